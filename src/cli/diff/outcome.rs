//! How a diff ends: what is printed, what is told beside it, and the exit status.

use super::super::context::Context;
use crate::diff::{Palette, Style};
use crate::error::{Blame, Failure};
use crate::ops::{Entry, Tally, refusals, report, warnings};

/// The words of flux for the end of a diff with changes.
const DIFFERS: &str = "identified at least one change, exiting with non-zero exit code";

/// Returns how reports are laid out on standard output.
pub fn style(context: &Context) -> Style {
    let palette = if context.ui.colors_data() {
        Palette::Terminal
    } else {
        Palette::Plain
    };
    Style {
        palette,
        ..Style::default()
    }
}

/// Prints a diff as text, and tells what belongs beside it.
pub fn show(context: &Context, entries: &[Entry]) -> Result<(), Failure> {
    context.ui.data(report(entries, style(context)))?;
    tell(context, entries);
    Ok(())
}

/// Tells what the server warns of and refuses, and how many objects there are.
pub fn tell(context: &Context, entries: &[Entry]) {
    for warning in warnings(entries) {
        context.ui.warning(warning);
    }
    for refusal in refusals(entries) {
        let told = format!("{} {}", refusal.id, refusal.why);
        context.ui.failure(match refusal.hint {
            Some(hint) => format!("{told}\n  hint: {hint}"),
            None => told,
        });
    }
    context.ui.success(Tally::of(entries));
}

/// Ends the command: 0 where nothing would change, 1 where something would, 2 where an object can't be applied.
pub fn end(context: &Context, tally: Tally) -> Result<(), Failure> {
    if tally.refused > 0 {
        let message = format!("{} objects can't be applied", tally.refused);
        return Err(Failure::told(Blame::Undecided, message));
    }
    if tally.differs() {
        context.ui.warning(DIFFERS);
        return Err(Failure::told(Blame::User, DIFFERS));
    }
    Ok(())
}
