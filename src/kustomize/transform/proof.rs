//! What the tests of the transformers share: lists from text, and text from lists.

use std::sync::Arc;

use crate::kustomize::resource::{Gvk, Resource, ResourceList, Scope};
use crate::manifest::{Dialect, Node, emit};

/// Reads resources; a few kinds live outside of namespaces.
pub fn list(text: &str) -> ResourceList {
    Node::documents(text)
        .unwrap()
        .into_iter()
        .map(|root| Resource::new(Arc::new(root), scope))
        .collect()
}

fn scope(gvk: &Gvk) -> Scope {
    match gvk.kind.as_str() {
        "Namespace" | "ClusterRole" | "ClusterRoleBinding" | "PersistentVolume" => Scope::Cluster,
        _ => Scope::Namespaced,
    }
}

/// Prints the resources of a list.
pub fn print(list: &ResourceList) -> String {
    let documents: Vec<String> = list.iter().map(document).collect();
    documents.join("---\n")
}

fn document(resource: &Resource) -> String {
    let root = resource.root().clone();
    emit(&root.into_value(Dialect::Resources, 1).unwrap())
}
