//! Writes differences for people, byte for byte as flux does where there is no colour.
//!
//! The layout is that of `dyff`'s report for people without banner and indentation.

use serde_json::Value;

use super::block::{Paint, Painter, beside, hanging, prefixed, stacked_or_beside, width_of};
use super::clean::clean;
use super::difference::{Difference, Edit, Entries};
use super::line_diff::diff_lines;
use super::line_runs::Change;
use super::scalar::{Sort, text};
use super::yaml::{KeyOrder, yaml_of, yaml_of_entries};

pub use super::block::Palette;

/// How a report is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Colours.
    pub palette: Palette,
    /// How many columns there are to set two blocks side by side; flux takes 80 where there is no terminal.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            palette: Palette::Plain,
            width: 80,
        }
    }
}

/// Appends a report, with an empty line before each difference and one at the end.
pub fn write_report(differences: &[Difference], style: Style, out: &mut String) {
    let report = Report {
        painter: Painter(style.palette),
        width: style.width,
    };
    for difference in differences {
        let path = difference.path.to_string();
        out.push('\n');
        out.push_str(&report.painter.paint(Paint::Path, &clean(&path)));
        out.push('\n');
        let blocks: Vec<_> = difference
            .edits
            .iter()
            .map(|edit| report.edit(edit))
            .collect();
        stacked_or_beside(&blocks, 0, report.width, out);
    }
    out.push('\n');
}

struct Report {
    painter: Painter,
    width: usize,
}

impl Report {
    fn edit(&self, edit: &Edit) -> String {
        match edit {
            Edit::Changed { old, new } => self.changed(old, new),
            Edit::Reordered { old, new } => self.reordered(old, new),
            Edit::Removed(entries) => self.entries(entries, Paint::Old),
            Edit::Added(entries) => self.entries(entries, Paint::New),
        }
    }

    fn caption(&self, text: &str) -> String {
        self.painter.paint(Paint::Caption, text) + "\n"
    }

    fn entries(&self, entries: &Entries, paint: Paint) -> String {
        let (sign, verb, indent) = match paint {
            Paint::Old => ('-', "removed", 0),
            _ => ('+', "added", 2),
        };
        let what = match entries {
            Entries::Map(entries) => plural(entries.len(), "map entry", "map entries"),
            Entries::List(entries) => plural(entries.len(), "list entry", "list entries"),
        };
        let mut out = self.caption(&format!("{sign} {what} {verb}:"));
        let block = self.painter.paint(paint, &yaml_of_entries(entries));
        stacked_or_beside(&[block], indent, self.width, &mut out);
        out
    }

    fn changed(&self, old: &Value, new: &Value) -> String {
        if let (Value::String(old), Value::String(new)) = (old, new) {
            return self.changed_text(old, new);
        }
        let (from, to) = (Sort::of(old), Sort::of(new));
        let caption = if from == to {
            "± value change".into()
        } else {
            format!("± type change from {} to {}", from.name(), to.name())
        };
        let side = |value: &Value| match value {
            Value::Null => "<nil>".into(),
            value => yaml_of(value, KeyOrder::Document),
        };
        let (old, new) = (side(old), side(new));
        self.caption(&caption)
            + &self.side("- ", Paint::Old, old.trim_end_matches('\n'))
            + &self.side("+ ", Paint::New, new.trim_end_matches('\n'))
    }

    /// Writes one of two values after its sign, with further lines below the first.
    fn side(&self, sign: &str, paint: Paint, text: &str) -> String {
        self.painter.paint(paint, &hanging(sign, text))
    }

    fn changed_text(&self, old: &str, new: &str) -> String {
        if old.trim_matches([' ', '\n']) == new.trim_matches([' ', '\n']) {
            let visible = |text: &str| clean(text).replace('\n', "↵\n").replace(' ', "·");
            let mut out = self.caption("± whitespace only change");
            let blocks = [
                self.side("- ", Paint::Old, &visible(old)),
                self.side("+ ", Paint::New, &visible(new)),
            ];
            stacked_or_beside(&blocks, 0, self.width, &mut out);
            return out;
        }
        if old.contains('\n') || new.contains('\n') {
            return self.changed_lines(old, new);
        }
        self.caption("± value change")
            + &self.side("- ", Paint::Old, &clean(old))
            + &self.side("+ ", Paint::New, &clean(new))
    }

    fn changed_lines(&self, old: &str, new: &str) -> String {
        let (mut insertions, mut deletions) = (0, 0);
        let mut lines = String::new();
        for (change, text) in diff_lines(old, new) {
            let (sign, paint, count) = match change {
                Change::Keep => continue,
                Change::Insert => ("+ ", Paint::New, &mut insertions),
                Change::Delete => ("- ", Paint::Old, &mut deletions),
            };
            *count += 1;
            lines += &self.painter.paint(paint, &prefixed(sign, &clean(&text)));
        }
        let caption = format!(
            "± value change in multiline text ({}, {})",
            plural(insertions, "insert", "inserts"),
            plural(deletions, "deletion", "deletions")
        );
        self.caption(&caption) + &lines + "\n"
    }

    fn reordered(&self, old: &[Value], new: &[Value]) -> String {
        const SEPARATOR: &str = ", ";
        let shown = |entries: &[Value]| -> Vec<String> {
            let shown = entries.iter().map(|entry| match &*text(entry) {
                "" => yaml_of(entry, KeyOrder::Document),
                text => clean(text).into_owned(),
            });
            shown.collect()
        };
        let (old, new) = (shown(old), shown(new));
        let length = |entries: &[String]| {
            let texts: usize = entries.iter().map(|entry| width_of(entry)).sum();
            texts + entries.len().saturating_sub(1) * SEPARATOR.len()
        };
        let mut out = self.caption("⇆ order changed");
        if length(&old).max(length(&new)) < self.width / 2 {
            for (sign, paint, entries) in [("-", Paint::Old, &old), ("+", Paint::New, &new)] {
                let line = format!("{sign} {}\n", entries.join(SEPARATOR));
                out += &self.painter.paint(paint, &line);
            }
            return out;
        }
        let blocks = [
            self.painter.paint(Paint::Old, &old.join("\n")),
            self.painter.paint(Paint::New, &new.join("\n")),
        ];
        out + &beside(&blocks, " ", 2)
    }
}

/// Counts in words, as far as the words go.
fn plural(count: usize, one: &str, many: &str) -> String {
    const WORDS: [&str; 13] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    let unit = if count == 1 { one } else { many };
    match WORDS.get(count) {
        Some(word) => format!("{word} {unit}"),
        None => format!("{count} {unit}"),
    }
}
