//! How a value is written over another: what stays of the old one, and which nodes are one and the same.

use crate::manifest::{Content, Entry, Node, Style, Tag};

/// A failure to write a value at its place.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WriteError {
    /// A path goes on where a scalar stands.
    #[error("expected sequence or mapping node")]
    InTheWay,
    /// A path has a step without a name.
    #[error("cannot set or create an empty field name")]
    EmptyName,
    /// Something of another sort stands where the value belongs.
    #[error("wrong node kind: expected {} but got {}: node contents:\n{contents}", .expected.name(), .found.name())]
    Kind {
        /// What was expected.
        expected: Sort,
        /// What is there.
        found: Sort,
        /// What it holds.
        contents: String,
    },
}

/// What a node holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A scalar.
    Scalar,
    /// A list.
    Sequence,
    /// A mapping.
    Mapping,
}

impl Sort {
    /// Says what a node holds.
    pub const fn of(node: &Node) -> Self {
        match node.content {
            Content::Scalar(_) => Self::Scalar,
            Content::Sequence(_) => Self::Sequence,
            Content::Mapping(_) => Self::Mapping,
        }
    }

    /// Makes an empty one; an empty scalar has no type yet.
    pub fn make(self) -> Node {
        match self {
            Self::Scalar => Node::plain(""),
            Self::Sequence => Node::sequence(Vec::new()),
            Self::Mapping => Node::mapping(Vec::new()),
        }
    }

    /// Returns its name in messages, as the reference has it.
    const fn name(self) -> &'static str {
        match self {
            Self::Scalar => "ScalarNode",
            Self::Sequence => "SequenceNode",
            Self::Mapping => "MappingNode",
        }
    }
}

impl WriteError {
    /// Says that a node is of the wrong sort.
    pub fn kind(expected: Sort, node: &Node) -> Self {
        Self::Kind {
            expected,
            found: Sort::of(node),
            contents: node.to_text(),
        }
    }
}

/// Returns the entries of a mapping, to change them.
pub const fn entries_mut(node: &mut Node) -> Option<&mut Vec<Entry>> {
    match &mut node.content {
        Content::Mapping(entries) => Some(entries),
        _ => None,
    }
}

/// Returns the items of a list, to change them.
pub const fn items_mut(node: &mut Node) -> Option<&mut Vec<Node>> {
    match &mut node.content {
        Content::Sequence(items) => Some(items),
        _ => None,
    }
}

/// Puts a text in the place of a scalar; it keeps its quotes, but from now on its looks say its type.
///
/// # Errors
///
/// Fails where no scalar stands; a null of any sort is one.
pub fn set_scalar(node: &mut Node, text: &str) -> Result<(), WriteError> {
    expect_scalar(node)?;
    overwrite_scalar(node, text);
    Ok(())
}

/// Puts a value of a given type in the place of a scalar; it keeps its quotes.
///
/// # Errors
///
/// Fails where no scalar stands; a null of any sort is one.
pub fn set_tagged(node: &mut Node, text: &str, tag: Tag) -> Result<(), WriteError> {
    expect_scalar(node)?;
    overwrite_scalar(node, text);
    // Quotes win over a tag that the looks of the text agree with.
    let looks = Node::plain(text).settled_tag();
    if node.style == Style::Plain || looks.as_ref() != Some(&tag) {
        node.tag = tag;
    }
    Ok(())
}

/// Refuses a list or a mapping.
pub fn expect_scalar(node: &Node) -> Result<(), WriteError> {
    match node.content {
        Content::Scalar(_) => Ok(()),
        _ => Err(WriteError::kind(Sort::Scalar, node)),
    }
}

/// Replaces the text of a node whatever it is; its looks say its type.
pub fn overwrite_scalar(node: &mut Node, text: &str) {
    text.clone_into(scalar_mut(node));
    node.tag = Tag::None;
    if node.style == Style::Flow {
        node.style = Style::Plain;
    }
    node.forget_place();
    node.mark_written();
}

/// Replaces only the text of a scalar: it keeps the type that it had.
pub fn replace_text(node: &mut Node, text: &str) {
    node.settle();
    text.clone_into(scalar_mut(node));
    node.mark_written();
}

fn scalar_mut(node: &mut Node) -> &mut String {
    if !matches!(node.content, Content::Scalar(_)) {
        node.content = Content::Scalar(String::new());
    }
    match &mut node.content {
        Content::Scalar(text) => text,
        _ => unreachable!("it was made a scalar above"),
    }
}

/// Sets a text of a mapping; a text that is there keeps its quotes, and its looks say its type.
pub fn put_text(map: &mut Node, key: &str, text: &str) {
    if let Some(field) = map.get_mut(key) {
        overwrite_scalar(field, text);
        return;
    }
    let mut value = Node::plain(text);
    if looks_like_no_text(text) {
        value.style = Style::DoubleQuoted;
    }
    if let Some(entries) = entries_mut(map) {
        entries.push(Entry {
            key: Node::plain(key),
            value,
        });
    }
}

/// Says whether a text without quotes would be something else to YAML 1.1; several lines never are.
pub fn looks_like_no_text(text: &str) -> bool {
    !text.is_empty() && !text.contains('\n') && !Node::plain(text).reads_as_text()
}
