//! The way of an object as `trace` writes it for people, in flux's columns.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::ops::{Label, Link, Trace};

/// Writes the way of an object for people.
pub fn report(trace: &Trace) -> String {
    let applier = trace.chain.first().map_or("", |link| link.kind);
    let mut text = String::from("\n");
    let mut block = Block::new(&mut text, applier, "");
    block.line(
        "Object",
        &format!("{}/{}", trace.object.kind, trace.object.name),
    );
    if !trace.object.namespace.is_empty() {
        block.line("Namespace", &trace.object.namespace);
    }
    block.line("Status", "Managed by Flux");
    for link in &trace.chain {
        text.push_str("---\n");
        let mut block = Block::new(&mut text, applier, link.kind);
        block.link(link);
    }
    text
}

/// Lines of one object: a label, and a text that begins at a fixed column.
struct Block<'a> {
    text: &'a mut String,
    column: usize,
}

impl<'a> Block<'a> {
    /// Begins the lines of a kind in the report about what an applier has brought; the column is flux's.
    const fn new(text: &'a mut String, applier: &str, kind: &str) -> Self {
        let column = match (applier.as_bytes(), kind.as_bytes()) {
            (b"Kustomization", _) | (_, b"OCIRepository" | b"ExternalArtifact") => 17,
            (_, b"GitRepository") => 15,
            _ => 16,
        };
        Self { text, column }
    }

    fn line(&mut self, label: &str, value: &str) {
        let width = self.column;
        // Writing into a text can't fail.
        let _infallible = writeln!(self.text, "{:width$}{value}", format!("{label}:"));
    }

    fn link(&mut self, link: &Link) {
        self.line(link.kind, &link.name);
        self.line("Namespace", &link.namespace);
        for (label, value) in &link.facts {
            let is_origin = matches!(label, Label::OriginRevision | Label::OriginSource);
            if is_origin && value.is_empty() {
                self.text.push('\n');
            } else {
                self.line(label.words(), value);
            }
        }
        let Some(ready) = &link.ready else {
            self.line("Status", "Unknown");
            return;
        };
        let what = match ready.status.as_str() {
            "False" => "Last reconciliation failed at",
            _ => "Last reconciled at",
        };
        let time = go_time(&ready.last_transition_time);
        self.line("Status", &format!("{what} {time}"));
        self.line("Message", &ready.message);
    }
}

/// Writes a time as Go's `Time.String` does, in UTC.
fn go_time(text: &str) -> String {
    text.parse::<Timestamp>().map_or_else(
        |_| text.to_owned(),
        |time| format!("{} +0000 UTC", time.strftime("%Y-%m-%d %H:%M:%S")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_go_writes_them() {
        assert_eq!(
            go_time("2026-08-10T09:30:00Z"),
            "2026-08-10 09:30:00 +0000 UTC"
        );
        assert_eq!(go_time("soon"), "soon");
    }
}
