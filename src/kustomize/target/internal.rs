//! The annotations that the reference keeps its books in; they never reach the output.

use super::origin::{ORIGIN, TRANSFORMATIONS};
use crate::manifest::{Node, Tag};

/// Those of the books, and those of the tools around it.
const INTERNAL: [&str; 21] = [
    ORIGIN,
    TRANSFORMATIONS,
    "internal.config.kubernetes.io/previousKinds",
    "internal.config.kubernetes.io/previousNames",
    "internal.config.kubernetes.io/previousNamespaces",
    "internal.config.kubernetes.io/prefixes",
    "internal.config.kubernetes.io/suffixes",
    "internal.config.kubernetes.io/allowNameChange",
    "internal.config.kubernetes.io/allowKindChange",
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/generatorBehavior",
    "internal.config.kubernetes.io/needsHashSuffix",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "internal.config.kubernetes.io/helm-generated",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
];

/// Says whether an annotation is one of the books.
pub fn is_internal(key: &str) -> bool {
    INTERNAL.contains(&key)
}

/// Says whether annotations can be written as they are: not empty, all texts, none internal, no key twice.
pub fn is_clean(annotations: &Node) -> bool {
    let Some(entries) = annotations.entries().filter(|entries| !entries.is_empty()) else {
        return false;
    };
    let clean = entries.iter().all(|entry| {
        let key = entry.key.as_text().unwrap_or_default();
        let looks = Node::plain(key).settled_tag();
        !is_internal(key) && looks == Some(Tag::Text) && entry.value.is_text()
    });
    clean && annotations.repeated_key().is_none()
}
