//! A diff for people: flux's lines, with a report of each change.

use super::compared::{Compared, Entry, Fate, Tally};
use crate::diff::{Palette, Style, write_report};
use crate::manifest::ObjectId;

/// The colour of what is made.
const GREEN: &str = "32";

/// The colour of what is left alone.
const YELLOW: &str = "33";

/// The colour of what goes.
const RED: &str = "31";

/// Returns the lines of a diff: what is made, changed, left alone and deleted. What stays as it is has none.
pub fn report(entries: &[Entry], style: Style) -> String {
    let mut out = String::new();
    write(entries, style, &mut out);
    out
}

fn write(entries: &[Entry], style: Style, out: &mut String) {
    for entry in entries {
        match entry {
            Entry::Object(compared) => write_object(compared, style, out),
            Entry::Nested { id, entries } if Tally::of(entries).differs() => {
                out.extend(["📁 ", &id.to_string(), " changed\n"]);
                write(entries, style, out);
            }
            Entry::Nested { .. } => {}
            Entry::Remote(id) => {
                let line = format!("⚠️ {id} skipped: diff not supported for remote clusters\n");
                out.push_str(&painted(&line, YELLOW, style));
            }
        }
    }
}

fn write_object(compared: &Compared, style: Style, out: &mut String) {
    let mut line = |word: &str, colour: Option<&str>| {
        let line = format!("► {} {word}\n", compared.id);
        out.push_str(&colour.map_or_else(|| line.clone(), |colour| painted(&line, colour, style)));
    };
    match &compared.fate {
        Fate::Created | Fate::Recreated => line("created", Some(GREEN)),
        Fate::Skipped { .. } => line("skipped", Some(YELLOW)),
        Fate::Deleted => line("deleted", Some(RED)),
        Fate::Changed(differences) => {
            line("drifted", None);
            write_report(differences, style, out);
        }
        Fate::Unchanged | Fate::Refused { .. } => {}
    }
}

fn painted(line: &str, colour: &str, style: Style) -> String {
    match style.palette {
        Palette::Plain => line.to_owned(),
        Palette::Terminal => {
            let bare = line.trim_end_matches('\n');
            format!("\u{1b}[{colour}m{bare}\u{1b}[0m\n")
        }
    }
}

/// Returns a row for each object that does not stay as it is: the object, the change, and the fields that change.
pub fn rows(entries: &[Entry]) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    walk(entries, &mut |compared| {
        let (word, fields) = match &compared.fate {
            Fate::Unchanged => return,
            Fate::Created => ("created", String::new()),
            Fate::Recreated => ("recreated", String::new()),
            Fate::Skipped { .. } => ("skipped", String::new()),
            Fate::Deleted => ("deleted", String::new()),
            Fate::Refused { .. } => ("refused", String::new()),
            Fate::Changed(differences) => {
                let paths: Vec<String> =
                    differences.iter().map(|one| one.path.to_string()).collect();
                ("changed", paths.join(", "))
            }
        };
        rows.push([compared.id.to_string(), word.into(), fields]);
    });
    rows
}

/// Returns what the server warns of, object by object.
pub fn warnings(entries: &[Entry]) -> Vec<String> {
    let mut told = Vec::new();
    walk(entries, &mut |compared| {
        let id = &compared.id;
        told.extend(
            compared
                .warnings
                .iter()
                .map(|warning| format!("{id}: {warning}")),
        );
        match &compared.fate {
            Fate::Recreated => told.push(format!(
                "{id}: a field of it can't be changed: it is deleted and made anew"
            )),
            Fate::Skipped { mark } => told.push(format!("{id} is left alone: {mark}")),
            _ => {}
        }
    });
    told
}

/// A refusal: the object, why in one line, and what may be tried.
pub struct Refusal<'a> {
    /// The object.
    pub id: &'a ObjectId,
    /// Why it can't be applied.
    pub why: String,
    /// What may be tried.
    pub hint: Option<&'a str>,
}

/// Returns what can't be applied, object by object.
pub fn refusals(entries: &[Entry]) -> Vec<Refusal<'_>> {
    let mut told = Vec::new();
    walk(entries, &mut |compared| {
        if let Fate::Refused {
            why,
            hint,
            immutable,
        } = &compared.fate
        {
            let danger = if *immutable { "can't be changed: " } else { "" };
            told.push(Refusal {
                id: &compared.id,
                why: format!("{danger}{why}"),
                hint: hint.as_deref(),
            });
        }
    });
    told
}

fn walk<'a>(entries: &'a [Entry], visit: &mut dyn FnMut(&'a Compared)) {
    for entry in entries {
        match entry {
            Entry::Object(compared) => visit(compared),
            Entry::Nested { entries, .. } => walk(entries, visit),
            Entry::Remote(_) => {}
        }
    }
}
