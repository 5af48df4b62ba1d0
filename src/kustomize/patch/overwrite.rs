//! One node in the place of another: which type it has then, and how it is written.

use std::mem;

use crate::manifest::{Content, Node, Style, Tag};

/// Takes a node out of a patch.
pub(super) const fn take(node: &mut Node) -> Node {
    mem::replace(node, Node::sequence(Vec::new()))
}

/// Makes text of what a transformer wrote without a type: the walk puts it between quotes where they are needed.
pub(super) fn settle(node: &mut Node) {
    if node.is_plain() && node.is_text() && !node.reads_as_text() {
        node.style = Style::DoubleQuoted;
    }
}

/// Puts a node of a patch in the place of another; a scalar keeps its type, but is written as the other was.
///
/// So a number is text where text stood between quotes, and text stays text where none did.
pub(super) fn put(node: &mut Node, mut patch: Node) {
    if matches!(patch.content, Content::Scalar(_)) && matches!(node.content, Content::Scalar(_)) {
        match (is_quoted(patch.style), is_quoted(node.style)) {
            (true, false) if patch.tag == Tag::None => patch.tag = Tag::Text,
            (false, true) if is_implied(&patch.tag) => patch.tag = Tag::None,
            _ => {}
        }
        patch.style = node.style;
    }
    node.overwrite(patch);
}

const fn is_quoted(style: Style) -> bool {
    matches!(
        style,
        Style::SingleQuoted | Style::DoubleQuoted | Style::Literal | Style::Folded
    )
}

/// Says whether a tag says no more than the looks of its scalar; the reference drops it between quotes.
const fn is_implied(tag: &Tag) -> bool {
    matches!(
        tag,
        Tag::Integer | Tag::Float | Tag::Boolean | Tag::Null | Tag::Timestamp
    )
}
