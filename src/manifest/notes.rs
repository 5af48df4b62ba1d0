//! Comments that are JSON objects beside the keys of lists and mappings: schemas for a merge.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::node::{Content, Node, Style, Tag};

const LINE_BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// Such comments of a text, by their lines, from one; nearly always none.
#[derive(Debug, Default)]
pub struct Notes {
    by_line: HashMap<u32, Box<str>>,
}

impl Notes {
    /// Collects those of a text.
    pub fn of(text: &str) -> Self {
        if !text.contains("# {") && !text.contains("#{") {
            return Self::default();
        }
        let mut by_line: HashMap<u32, Box<str>> = HashMap::new();
        let mut above = None;
        let mut follows_comment = false;
        // Lines end where the scanner ends them.
        let text = text.replace("\r\n", "\n");
        for (line, text) in (1..).zip(text.split(LINE_BREAKS)) {
            let is_comment = text.trim_start().starts_with('#');
            // What stands in the line of a key counts before what stands above it.
            if let Some(note) = note(text).or(above.filter(|_| !is_comment)) {
                by_line.insert(line, note.into());
            }
            above = if is_comment && !follows_comment {
                object(text.trim_start())
            } else {
                None
            };
            follows_comment = is_comment;
        }
        Self { by_line }
    }

    /// Says whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_line.is_empty()
    }

    /// Hangs a comment on a value whose key stands in the same line, or right below; says whether there was one.
    pub fn describe(&self, key: &Node, value: &mut Node) -> bool {
        if self.is_empty()
            || value.tag != Tag::None
            || value.style == Style::Flow
            || matches!(value.content, Content::Scalar(_))
        {
            return false;
        }
        let Some(note) = self.by_line.get(&key.line) else {
            return false;
        };
        value.tag = Tag::Described(note.clone());
        true
    }
}

/// Finds the comment after a key without a value in its line.
fn note(line: &str) -> Option<&str> {
    let (key, comment) = line.split_once(" #")?;
    object(comment).filter(|_| key.trim_end().ends_with(':'))
}

/// Returns a comment that is a JSON object with something in it.
fn object(comment: &str) -> Option<&str> {
    let comment = comment.trim_start_matches('#').trim();
    if !comment.starts_with('{') {
        return None;
    }
    let object: Map<String, Value> = serde_json::from_str(comment).ok()?;
    Some(comment).filter(|_| !object.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hangs_schemas_on_lists_and_mappings() {
        let text =
            "a: # {\"type\": \"array\"}\n- x # {\"b\": 1}\nb: 1 # {\"c\": 1}\nc: # {}\n  d: 1\n";
        let root = Node::documents(text).unwrap().remove(0);
        let described = |node: &Node| matches!(node.tag, Tag::Described(_));
        assert!(described(&root) && described(root.get("a").unwrap()));
        assert!(!described(root.get("b").unwrap()) && !described(root.get("c").unwrap()));
        let above =
            "b: 1\n# {\"c\": 1}\na:\n- x\n# two\n# {\"c\": 1}\nd:\n- x\n# {\"c\": 1}\n\ne:\n- x\n";
        let root = Node::documents(above).unwrap().remove(0);
        let found = ["a", "d", "e"].map(|field| described(root.get(field).unwrap()));
        assert_eq!(found, [true, false, false], "one comment, right above");
        let broken = "z: 1\u{2028}\r\na: # {\"c\": 1}\r\n- x\n";
        let root = Node::documents(broken).unwrap().remove(0);
        assert!(described(root.get("a").unwrap()), "lines as YAML ends them");
        let plain = Node::documents("a: # {x}\n- y\n").unwrap().remove(0);
        assert_eq!(plain.tag, Tag::None);
    }
}
