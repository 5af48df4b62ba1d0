//! The schemas that comments in a document give, read before a merge.

use std::collections::HashMap;

use serde_json::Value;

use crate::manifest::{Content, Node, Tag};

/// Schemas by the text of their comment.
#[derive(Debug, Default)]
pub struct Described {
    schemas: HashMap<Box<str>, Value>,
}

impl Described {
    /// Reads those of documents; most have none, and say so at their root.
    pub fn of(documents: [&Node; 2]) -> Self {
        let mut all = Self::default();
        for document in documents {
            if matches!(document.tag, Tag::Described(_)) {
                all.collect(document);
            }
        }
        all
    }

    /// Returns the schema of a node, if a comment gives one.
    pub fn schema(&self, node: &Node) -> Option<&Value> {
        match &node.tag {
            Tag::Described(comment) => self.schemas.get(comment),
            _ => None,
        }
    }

    fn collect(&mut self, node: &Node) {
        if let Tag::Described(comment) = &node.tag
            && let Ok(schema) = serde_json::from_str(comment)
        {
            self.schemas.insert(comment.clone(), schema);
        }
        match &node.content {
            Content::Scalar(_) => {}
            Content::Sequence(items) => items.iter().for_each(|item| self.collect(item)),
            Content::Mapping(entries) => {
                for entry in entries {
                    self.collect(&entry.value);
                }
            }
        }
    }
}
