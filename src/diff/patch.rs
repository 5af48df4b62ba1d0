//! Differences as lines with a sign, for logs, comments and pages.

use serde_json::Value;

use super::clean::clean;
use super::difference::{Difference, Edit, Entries};
use super::line_diff::diff_lines;
use super::line_runs::Change;
use super::scalar::{Sort, text};
use super::yaml::{KeyOrder, yaml_of, yaml_of_entries};

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineRole {
    /// Where the node is that the next lines are about.
    Path,
    /// Something about the change.
    Note,
    /// How it was.
    Old,
    /// How it will be.
    New,
}

/// One line of a patch, without its line break; control characters stand as escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchLine {
    /// What it says.
    pub role: LineRole,
    /// The text.
    pub text: String,
}

/// Returns differences as lines: a path, then what was and what will be.
pub fn patch_lines(differences: &[Difference]) -> Vec<PatchLine> {
    let mut lines = Vec::new();
    for difference in differences {
        push(&mut lines, LineRole::Path, &difference.path.to_string());
        for edit in &difference.edits {
            match edit {
                Edit::Changed { old, new } => changed(&mut lines, old, new),
                Edit::Reordered { old, new } => {
                    push(&mut lines, LineRole::Note, "order changed");
                    push(&mut lines, LineRole::Old, &listed(old));
                    push(&mut lines, LineRole::New, &listed(new));
                }
                Edit::Removed(entries) => entries_of(&mut lines, LineRole::Old, entries),
                Edit::Added(entries) => entries_of(&mut lines, LineRole::New, entries),
            }
        }
    }
    lines
}

fn changed(lines: &mut Vec<PatchLine>, old: &Value, new: &Value) {
    let (from, to) = (Sort::of(old), Sort::of(new));
    if from != to {
        let note = format!("type changed from {} to {}", from.name(), to.name());
        push(lines, LineRole::Note, &note);
    }
    if let (Value::String(old), Value::String(new)) = (old, new) {
        if old.split_whitespace().eq(new.split_whitespace()) {
            push(lines, LineRole::Note, "only white space changed");
            push(lines, LineRole::Old, &visible(old));
            push(lines, LineRole::New, &visible(new));
            return;
        }
        if old.contains('\n') || new.contains('\n') {
            return changed_lines(lines, old, new);
        }
    }
    for (role, value) in [(LineRole::Old, old), (LineRole::New, new)] {
        match value {
            Value::String(text) if from == to => push(lines, role, text),
            value => push(lines, role, &yaml_of(value, KeyOrder::Readable)),
        }
    }
}

fn changed_lines(lines: &mut Vec<PatchLine>, old: &str, new: &str) {
    let runs = diff_lines(old, new);
    let last = runs.len().saturating_sub(1);
    for (index, (change, text)) in runs.iter().enumerate() {
        match change {
            Change::Delete => push(lines, LineRole::Old, text),
            Change::Insert => push(lines, LineRole::New, text),
            Change::Keep if index != 0 && index != last => push(lines, LineRole::Note, "…"),
            Change::Keep => {}
        }
    }
}

fn entries_of(lines: &mut Vec<PatchLine>, role: LineRole, entries: &Entries) {
    push(lines, role, &yaml_of_entries(entries));
}

fn listed(entries: &[Value]) -> String {
    let shown: Vec<String> = entries
        .iter()
        .map(|entry| match entry {
            Value::Object(_) | Value::Array(_) => entry.to_string(),
            scalar => text(scalar).into_owned(),
        })
        .collect();
    shown.join(", ")
}

fn visible(text: &str) -> String {
    text.replace(' ', "·")
        .replace('\t', "→")
        .replace('\r', "␍")
        .replace('\n', "↵\n")
}

fn push(lines: &mut Vec<PatchLine>, role: LineRole, text: &str) {
    let text = clean(text);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    lines.extend(text.split('\n').map(|line| PatchLine {
        role,
        text: line.trim_end_matches('\r').to_owned(),
    }));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::compare::compare;
    use super::*;

    fn shown(old: &Value, new: &Value) -> String {
        let lines = patch_lines(&compare(old, new));
        let lines = lines.iter().map(|line| {
            let sign = match line.role {
                LineRole::Path => '@',
                LineRole::Note => '#',
                LineRole::Old => '-',
                LineRole::New => '+',
            };
            format!("{sign}{}", line.text)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn signs_every_line() {
        assert_eq!(
            shown(
                &json!({"a": 1, "b": "x", "c": [1]}),
                &json!({"a": "1", "b": "y\u{1b}", "d": {"e": 1}})
            ),
            "@(root level)\n-c:\n-- 1\n+d:\n+  e: 1\n@a\n#type changed from int to string\n-1\n+1\n@b\n-x\n+y\\x1b"
        );
        assert_eq!(
            shown(
                &json!({"a": "1\n2\n3\n4\n5\n"}),
                &json!({"a": "1\nx\n3\n4\ny\n"})
            ),
            "@a\n-2\n+x\n#…\n-5\n+y"
        );
        assert_eq!(
            shown(&json!({"a": "x "}), &json!({"a": "x\n"})),
            "@a\n#only white space changed\n-x·\n+x↵"
        );
        assert_eq!(
            shown(&json!(["a", "b"]), &json!(["b", "a"])),
            "@(root level)\n#order changed\n-a, b\n+b, a"
        );
    }
}
