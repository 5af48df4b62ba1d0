//! What a document becomes when Go's YAML writer has written it as it stands, and its reader has read it again.

use super::node::{Content, Entry, Node, Style, Tag};

impl Node {
    /// Makes of scalars what they become on that way: a null that was left away between braces is an empty text, and
    /// folded blocks change.
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
            if around == Around::Flow && text.is_empty() && node.tag == Tag::None {
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
}
