//! Replacements that go into a text which holds JSON or YAML.

use serde_json::Value;

use super::super::lookup;
use super::super::trail;
use super::super::write::Sort;
use super::path::{Found, TargetPath};
use super::target::set_text_or_all;
use crate::kustomize::generate::go_json;
use crate::manifest::{Content, Dialect, Node, Style};

/// Writes a value into the text that a path goes through, if there is one.
///
/// Returns whether that was done. Whatever is wrong with the text, the path is then tried as an ordinary one.
pub fn set_in_text(root: &mut Node, parts: &[String], value: &Node, create: Option<Sort>) -> bool {
    let Some(length) = text_length(root, parts) else {
        return false;
    };
    let Some(text) = text_at(root, &parts[..length]).and_then(Node::as_text) else {
        return false;
    };
    let Some(new) = replaced(text, &parts[length..], value, create) else {
        return false;
    };
    let at = text_at(root, &parts[..length]).and_then(|node| trail::to(root, node));
    match at {
        Some(at) => {
            if let Some(node) = trail::node_mut(root, &at) {
                node.settle();
                node.content = Content::Scalar(new);
                node.mark_written();
            }
            true
        }
        None => false,
    }
}

/// Returns how many steps lead to the first scalar on a path that goes on behind it.
fn text_length(root: &Node, parts: &[String]) -> Option<usize> {
    (1..parts.len()).find(|length| {
        text_at(root, &parts[..*length]).is_some_and(|node| node.as_text().is_some())
    })
}

fn text_at<'node>(root: &'node Node, parts: &[String]) -> Option<&'node Node> {
    lookup::lookup(root, parts).ok().flatten()
}

/// Returns the text with the value in it.
fn replaced(text: &str, rest: &[String], value: &Node, create: Option<Sort>) -> Option<String> {
    let mut documents = Node::documents(text).ok()?;
    if documents.is_empty() || text.trim().is_empty() {
        return None;
    }
    let mut document = documents.swap_remove(0);
    let found = TargetPath::new(rest)
        .ok()?
        .find(&mut document, create)
        .ok()?;
    if found.is_empty() {
        return None;
    }
    let splice = Splice::of(text, &document, &found);
    for place in &found {
        if let Found::At(at) = place
            && let Some(node) = trail::node_mut(&mut document, at)
        {
            set_text_or_all(node, value);
        }
    }
    match text.trim_start().chars().next() {
        Some('{' | '[') => as_json(document, text),
        _ => match splice {
            Some(splice) => splice.apply(text, &document, &found),
            None => Some(document.to_text().trim().to_owned()),
        },
    }
}

/// Writes a document as JSON: in lines where the text that it was had lines, else without blanks.
fn as_json(mut document: Node, original: &str) -> Option<String> {
    document.rewrite();
    let value = document.into_value(Dialect::Resources, 1).ok()?;
    let in_lines = original.contains('\n') && original.contains("  ");
    let mut out = String::new();
    append(&value, in_lines.then_some(0), &mut out);
    Some(out)
}

/// Appends JSON; with a level of indentation, each item and field in a line of its own.
fn append(value: &Value, level: Option<usize>, out: &mut String) {
    let below = level.map(|level| level + 1);
    let line = |level: Option<usize>, out: &mut String| {
        if let Some(level) = level {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", level));
        }
    };
    match value {
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                line(below, out);
                append(item, below, out);
            }
            line(level, out);
            out.push(']');
        }
        Value::Object(map) if !map.is_empty() => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| key.as_str());
            out.push('{');
            for (index, (key, item)) in entries.into_iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                line(below, out);
                out.push_str(&go_json::write(&Value::String(key.clone())));
                out.push_str(if level.is_some() { ": " } else { ":" });
                append(item, below, out);
            }
            line(level, out);
            out.push('}');
        }
        Value::Number(number) if !number.is_f64() => out.push_str(&number.to_string()),
        other => out.push_str(&go_json::write(other)),
    }
}

/// How to put new scalars into a text that has comments, which a document does not keep.
struct Splice {
    /// Start and length of each old scalar, in bytes.
    spans: Vec<(usize, usize)>,
}

impl Splice {
    /// Finds the old scalars, if the text has comments and each of them stands in one line.
    fn of(text: &str, document: &Node, found: &[Found]) -> Option<Self> {
        let has_comment = text
            .lines()
            .any(|line| line.trim_start().starts_with('#') || line.contains(" #"));
        if !has_comment {
            return None;
        }
        let spans = found
            .iter()
            .map(|place| match place {
                Found::At(at) => span(text, trail::node(document, at)?),
                Found::Nowhere => None,
            })
            .collect::<Option<Vec<_>>>()?;
        let in_order = spans.windows(2).all(|pair| pair[0].0 < pair[1].0);
        in_order.then_some(Self { spans })
    }

    fn apply(self, text: &str, document: &Node, found: &[Found]) -> Option<String> {
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for ((start, length), place) in self.spans.into_iter().zip(found) {
            let Found::At(at) = place else {
                return None;
            };
            out.push_str(&text[done..start]);
            out.push_str(trail::node(document, at)?.to_text().trim_end());
            done = start + length;
        }
        out.push_str(&text[done..]);
        Some(out.trim().to_owned())
    }
}

/// Returns where a scalar stands in a text, if it stands in one line.
fn span(text: &str, node: &Node) -> Option<(usize, usize)> {
    let row = (node.line as usize).checked_sub(1)?;
    let start_of_line: usize = text.split_inclusive('\n').take(row).map(str::len).sum();
    let line = text[start_of_line..].lines().next()?;
    let column = line
        .char_indices()
        .nth((node.column as usize).checked_sub(1)?)?
        .0;
    let old = node.as_text()?;
    let written = match node.style {
        Style::Plain | Style::Flow => old.to_owned(),
        Style::SingleQuoted => format!("'{}'", old.replace('\'', "''")),
        Style::DoubleQuoted => format!("\"{old}\""),
        Style::Literal | Style::Folded => return None,
    };
    line[column..]
        .starts_with(&written)
        .then_some((start_of_line + column, written.len()))
}
