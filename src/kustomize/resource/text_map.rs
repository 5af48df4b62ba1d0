//! Maps of texts in a document: labels, annotations, data.

use std::collections::BTreeMap;

use crate::manifest::{Entry, Node};

/// Returns the texts of a map as they are written, nulls too; what is no scalar counts as empty.
pub fn read(map: Option<&Node>) -> BTreeMap<String, String> {
    let entries = map.and_then(Node::entries).unwrap_or_default();
    let text = |node: &Node| node.as_text().unwrap_or_default().to_owned();
    entries
        .iter()
        .map(|entry| (text(&entry.key), text(&entry.value)))
        .collect()
}

/// Returns the texts of data: as [`read`], but nulls are empty.
pub fn read_data(map: Option<&Node>) -> BTreeMap<String, String> {
    let entries = map.and_then(Node::entries).unwrap_or_default();
    let text = |node: &Node| {
        let text = node.as_text().filter(|_| !node.is_null());
        text.unwrap_or_default().to_owned()
    };
    entries
        .iter()
        .map(|entry| (text(&entry.key), text(&entry.value)))
        .collect()
}

/// Makes a map of texts; the keys are typed by their looks, as in the reference.
pub fn write(texts: BTreeMap<String, String>) -> Node {
    let entry = |(key, value): (String, String)| Entry {
        key: Node::plain(key),
        value: Node::text(value),
    };
    Node::mapping(texts.into_iter().map(entry).collect())
}

/// Puts a map of texts into a field of a mapping; an empty map takes the field away.
pub fn set(parent: &mut Node, field: &str, texts: BTreeMap<String, String>) {
    if texts.is_empty() {
        parent.remove(field);
    } else {
        parent.set(field, write(texts));
    }
}

/// Returns the metadata of a document, made where there is none; what is no mapping becomes one.
///
/// # Panics
///
/// Never: what was just set is there.
pub fn metadata(root: &mut Node) -> &mut Node {
    if root.entries().is_none() {
        *root = Node::mapping(Vec::new());
    }
    if root
        .get("metadata")
        .is_none_or(|metadata| metadata.entries().is_none())
    {
        root.set("metadata", Node::mapping(Vec::new()));
    }
    root.get_mut("metadata").expect("it was just set")
}
