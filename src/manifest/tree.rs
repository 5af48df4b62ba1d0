//! What the writer of YAML sees of a document: of JSON all, of nodes what needs no second look.

use serde_json::{Number, Value};

use super::node::{Content, Node, Style, Tag};
use super::scalar::{self, Dialect, Scalar};

/// A part of a document as it is written.
pub enum Part<'tree, T> {
    /// A null or a boolean.
    Word(&'static str),
    /// A number.
    Number(Number),
    /// A text.
    Text(&'tree str),
    /// A list.
    Sequence(&'tree [T]),
    /// A mapping, in any order; no key repeats.
    Mapping(Vec<(&'tree str, &'tree T)>),
}

/// What can be written.
pub trait Tree: Sized {
    /// Shows the part at the top; `None` where it has no JSON without a second look.
    fn part(&self) -> Option<Part<'_, Self>>;
}

impl Tree for Value {
    fn part(&self) -> Option<Part<'_, Self>> {
        Some(match self {
            Self::Null => Part::Word("null"),
            Self::Bool(true) => Part::Word("true"),
            Self::Bool(false) => Part::Word("false"),
            Self::Number(number) => Part::Number(number.clone()),
            Self::String(text) => Part::Text(text),
            Self::Array(items) => Part::Sequence(items),
            Self::Object(map) => {
                let entries = map.iter().map(|(key, value)| (key.as_str(), value));
                Part::Mapping(entries.collect())
            }
        })
    }
}

/// Shows a node by the rules of [`Node::rewrite`] and [`Node::into_value`] for resources.
///
/// Whatever these refuse or change has no part here: repeated keys, most tags, folded blocks, tabs at the start of others, nulls that were left
/// away, fractions, dates, and all texts beyond ASCII.
impl Tree for Node {
    fn part(&self) -> Option<Part<'_, Self>> {
        match &self.content {
            Content::Scalar(_) if self.is_plain() => plain(self.as_text()?),
            Content::Scalar(_) if self.style == Style::Folded || self.is_block_with_tab() => None,
            Content::Scalar(_) => text(self).map(Part::Text),
            Content::Sequence(items) => Some(Part::Sequence(items)),
            Content::Mapping(entries) => {
                if self.repeated_key().is_some() {
                    return None;
                }
                let entries = entries
                    .iter()
                    .map(|entry| Some((key(&entry.key)?, &entry.value)));
                entries.collect::<Option<_>>().map(Part::Mapping)
            }
        }
    }
}

/// Returns the text of a key.
fn key(node: &Node) -> Option<&str> {
    let is_text = !node.is_plain() || matches!(plain(node.as_text()?)?, Part::Text(_));
    text(node).filter(|_| is_text)
}

/// Types a scalar by its looks.
fn plain(text: &str) -> Option<Part<'_, Node>> {
    if text.is_empty() {
        return None;
    }
    match scalar::resolve(text, Dialect::Resources) {
        Scalar::Null => Some(Part::Word("null")),
        Scalar::Boolean(true) => Some(Part::Word("true")),
        Scalar::Boolean(false) => Some(Part::Word("false")),
        Scalar::Integer(number) => Some(Part::Number(number.into())),
        Scalar::Text if is_simple(text) => Some(Part::Text(text)),
        _ => None,
    }
}

/// Returns the text of a scalar whose tag, if it has one, says that it is one.
fn text(node: &Node) -> Option<&str> {
    let text = node.as_text().filter(|text| is_simple(text))?;
    matches!(node.tag, Tag::None | Tag::Text).then_some(text)
}

/// Says whether a text has only characters that nobody refuses.
fn is_simple(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b'\t' | b'\n' | b' '..=b'~'))
}

#[cfg(test)]
mod tests {
    use super::super::emit::{emit, emit_node_into};
    use super::*;

    #[test]
    fn writes_nodes_as_their_json() {
        for text in [
            "{b: [1, 0x10, -3, true, ~, 'yes', \"a\\nb\", yes, {}], a: {}}",
            "k: |\n  a\n  b\nm: {l: [], 'n': !!str 5}\n'7': [[x, {y: z}]]\n",
            "a: 18446744073709551616x\nb: 0o17\nc: =\nd: '- x'\n",
        ] {
            let node = Node::documents(text).unwrap().remove(0);
            let mut written = String::from("before\n");
            assert!(emit_node_into(&node, &mut written), "{text}");
            let value = node.into_value(Dialect::Resources, 1).unwrap();
            assert_eq!(written, format!("before\n{}", emit(&value)), "{text}");
        }
    }

    #[test]
    fn leaves_alone_what_needs_a_second_look() {
        for text in [
            "a: 1\na: 2",
            "a: ",
            "a: {b: }",
            "a: >\n  x",
            "a: 1.5",
            "a: 2024-01-01",
            "a: é",
            "é: a",
            "1: a",
            "a: !!binary aGVsbG8=",
            "a: !foo b",
            "{a: 1}: b",
            "a: [b, \"\\x7f\"]",
            "a: \"\\r\"",
        ] {
            let node = Node::documents(text).unwrap().remove(0);
            let mut written = String::from("before\n");
            assert!(!emit_node_into(&node, &mut written), "{text}");
            assert_eq!(written, "before\n", "{text}");
        }
    }
}
