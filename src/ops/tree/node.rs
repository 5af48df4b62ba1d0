//! The nodes of a tree, as flux writes them, and how they are drawn.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use crate::manifest::ObjectId;
use crate::report::reference;

/// A node, in the form in which flux writes it as JSON.
#[derive(Clone, Debug, JsonSchema, PartialEq, Eq, Serialize)]
pub struct Tree {
    /// What it is.
    pub resource: TreeResource,
    /// What it has brought.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Self>,
}

/// Who a node is.
#[derive(Clone, Debug, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TreeResource {
    namespace: String,
    name: String,
    group_kind: GroupKind,
}

#[derive(Clone, Debug, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct GroupKind {
    group: String,
    kind: String,
}

impl Tree {
    /// Makes a node that has brought nothing.
    pub fn leaf(id: &ObjectId) -> Self {
        Self {
            resource: TreeResource {
                namespace: id.namespace.clone(),
                name: id.name.clone(),
                group_kind: GroupKind {
                    group: id.group.clone(),
                    kind: id.kind.clone(),
                },
            },
            resources: Vec::new(),
        }
    }

    /// Draws the tree, a line a node.
    pub fn drawn(&self) -> String {
        let mut text = self.resource.to_string();
        text.push('\n');
        self.draw_below("", &mut text);
        text
    }

    /// Returns the names of all nodes as kubectl writes them, a line each, the root first.
    pub fn names(&self) -> String {
        let GroupKind { group, kind } = &self.resource.group_kind;
        let own = reference(group, kind, &self.resource.name) + "\n";
        let below = self.resources.iter().map(Self::names);
        std::iter::once(own).chain(below).collect()
    }

    fn draw_below(&self, indent: &str, text: &mut String) {
        for (index, child) in self.resources.iter().enumerate() {
            let is_last = index + 1 == self.resources.len();
            let (branch, below) = if is_last {
                ("└── ", "    ")
            } else {
                ("├── ", "│   ")
            };
            // Writing into a text can't fail.
            let _infallible = writeln!(text, "{indent}{branch}{}", child.resource);
            child.draw_below(&format!("{indent}{below}"), text);
        }
    }
}

/// Shown as `Kind/namespace/name`, or `Kind/name` for what lives in no namespace.
impl std::fmt::Display for TreeResource {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = &self.group_kind.kind;
        match self.namespace.as_str() {
            "" => write!(formatter, "{kind}/{}", self.name),
            namespace => write!(formatter, "{kind}/{namespace}/{}", self.name),
        }
    }
}
