//! How a diff ends: what is printed, what is told beside it, and the exit status.

use super::super::context::Context;
use super::super::fleet::Gathered;
use super::compare_args::{CompareArgs, Form};
use crate::diff::{Palette, Style};
use crate::error::{Blame, Failure};
use crate::manifest::ObjectId;
use crate::ops::changes::{Diff, TextStyle, write_html, write_markdown, write_summary};
use crate::ops::{Entry, Tally, diff_document, refusals, report, rows, warnings};
use crate::report::{Format, Output, Table};

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

/// Up to so many bytes fit into a comment of every host.
const COMMENT: usize = 65_000;

/// Prints the diffs of one cluster or of several in the form that was asked for, and ends the command.
///
/// `owner` is who would apply the objects.
pub fn show_all(
    context: &Context,
    compare: &CompareArgs,
    owner: &ObjectId,
    gathered: &Gathered<Vec<Entry>>,
) -> Result<(), Failure> {
    let is_fleet = compare.fleet().is_fleet();
    let mut all = Tally::default();
    for (cluster, entries) in &gathered.answers {
        all = all.and(Tally::of(entries));
        match cluster {
            Some(cluster) => tell(&context.of(cluster), entries),
            None => tell(context, entries),
        }
    }
    match (compare.form(), is_fleet) {
        (Form::Text, true) => context.ui.data(table(&gathered.answers))?,
        (Form::Text, false) => {
            for (_, entries) in &gathered.answers {
                context.ui.data(report(entries, style(context)))?;
            }
        }
        (form, _) => print(context, form, &diff_document(owner, &gathered.answers))?,
    }
    gathered.end().map_err(Failure::undecided)?;
    end(context, all)
}

/// Draws a row for each object that does not stay as it is.
fn table(answers: &[(Option<String>, Vec<Entry>)]) -> Table {
    let mut table = Table::new(["cluster", "object", "change", "fields"]);
    for (cluster, entries) in answers {
        let cluster = cluster.clone().unwrap_or_default();
        for row in rows(entries) {
            table.push([cluster.clone()].into_iter().chain(row));
        }
    }
    table
}

/// Prints a document, or a report made of it.
fn print(context: &Context, form: Form, diff: &Diff) -> Result<(), Failure> {
    let format = match form {
        Form::Json => Format::Json,
        Form::Yaml => Format::Yaml,
        Form::Markdown => return Ok(context.ui.data(write_markdown(diff, COMMENT))?),
        Form::Html => return Ok(context.ui.data(write_html(diff))?),
        Form::Text | Form::Summary => {
            let mut text = String::new();
            let palette = style(context).palette;
            write_summary(diff, TextStyle { palette }, &mut text);
            return Ok(context.ui.data(text)?);
        }
    };
    let output = Output {
        format: &format,
        header: true,
    };
    Ok(context.ui.print(output, diff, || "")?)
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
