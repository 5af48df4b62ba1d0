//! What a document becomes when Go's YAML writer has written it as it stands, and its reader has read it again.

use super::node::{Content, Entry, Node, Style, Tag};
use super::timestamp;

impl Node {
    /// Makes of scalars what they become on that way: between braces, a null that was left away is an empty text and a
    /// time of day is text as it stands; folded blocks change.
    pub fn rewrite(&mut self) {
        settle(self, Around::Block);
    }
}

/// What stands around a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    Block,
    /// Brackets or braces, at any distance.
    Flow,
}

fn settle(node: &mut Node, around: Around) {
    let around = if node.style == Style::Flow {
        Around::Flow
    } else {
        around
    };
    match &mut node.content {
        Content::Scalar(text) => {
            if around == Around::Flow && is_quoted_in_flow(node.style, &node.tag, text) {
                node.tag = Tag::Text;
            }
            if node.style == Style::Folded && text.trim_end_matches('\n').contains('\n') {
                fold_again(node);
            }
        }
        Content::Sequence(items) => items.iter_mut().for_each(|item| settle(item, around)),
        Content::Mapping(entries) => {
            for entry in entries {
                settle(&mut entry.value, around);
            }
        }
    }
}

/// Says whether a scalar without quotes gets some between braces, and is a text from then on.
///
/// It does where it is empty and where it has a colon; only times of day have one that are no text already.
fn is_quoted_in_flow(style: Style, tag: &Tag, text: &str) -> bool {
    let is_time = || text.contains(':') && timestamp::parse(text).is_some();
    match tag {
        Tag::None => text.is_empty() || (style == Style::Plain && is_time()),
        Tag::Timestamp => is_time(),
        _ => false,
    }
}

/// Writes and reads a folded block: a break before a line that starts with a blank is doubled by that.
fn fold_again(node: &mut Node) {
    let key = Node::plain("k");
    let value = node.clone();
    let text = Node::mapping(vec![Entry { key, value }]).to_text();
    let documents = Node::documents(&text).unwrap_or_default();
    if let Some(text) = documents
        .first()
        .and_then(|document| document.get("k")?.as_text())
    {
        node.content = Content::Scalar(text.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_what_was_left_away_between_braces() {
        let mut root = Node::documents("a: \nb: {c: , d: ~}\n").unwrap().remove(0);
        root.rewrite();
        assert!(root.get("a").unwrap().is_null());
        let braces = root.get("b").unwrap();
        assert_eq!(braces.get("c").unwrap().tag, Tag::Text);
        assert!(braces.get("d").unwrap().is_null());
    }

    #[test]
    fn quotes_times_of_day_between_braces() {
        let time = "2001-12-14T21:59:43Z";
        let text = format!("a: {time}\nb: [{time}, 2001-12-14]\n");
        let mut root = Node::documents(&text).unwrap().remove(0);
        root.rewrite();
        assert_eq!(root.get("a").unwrap().tag, Tag::None);
        let items = root.get("b").unwrap().items().unwrap();
        assert_eq!(items[0].tag, Tag::Text);
        assert_eq!(items[1].tag, Tag::None);
    }
}
