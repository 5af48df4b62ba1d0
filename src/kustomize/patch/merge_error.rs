//! Why a patch cannot be merged, and where in the document.

use super::directive::UnknownDirective;
use crate::error::Explain;
use crate::manifest::{Content, Node};

/// Why a patch cannot be merged.
#[derive(Debug, thiserror::Error)]
#[error("{problem}{}", at(path))]
pub struct MergeError {
    problem: MergeProblem,
    /// Field names from the inside out.
    path: Vec<String>,
}

impl Explain for MergeError {}

#[derive(Debug, thiserror::Error)]
enum MergeProblem {
    #[error("wrong node kind: expected {wanted} but got {found}")]
    WrongSort {
        wanted: &'static str,
        found: &'static str,
    },
    #[error(
        "wrong node kind: expected ScalarNode but got MappingNode: a field without a name cannot be set"
    )]
    Nameless,
    #[error(transparent)]
    Directive(#[from] UnknownDirective),
}

impl MergeError {
    /// Makes the error of a node that is not of the sort that the other one is of.
    pub(super) fn wrong_sort(wanted: &'static str, found: &Node) -> Self {
        MergeProblem::WrongSort {
            wanted,
            found: sort(found),
        }
        .into()
    }

    /// Refuses a field without a name, which the reference's setter takes for the mapping itself.
    pub(super) fn unless_named(name: &str) -> Result<(), Self> {
        match name {
            "" => Err(MergeProblem::Nameless.into()),
            _ => Ok(()),
        }
    }

    /// Says below which field it happened.
    pub(super) fn inside(mut self, field: &str) -> Self {
        self.path.push(field.into());
        self
    }
}

impl<P: Into<MergeProblem>> From<P> for MergeError {
    fn from(problem: P) -> Self {
        Self {
            problem: problem.into(),
            path: Vec::new(),
        }
    }
}

fn at(path: &[String]) -> String {
    if path.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = path.iter().rev().map(String::as_str).collect();
    format!(" at {}", names.join("."))
}

/// Names the sort of a node as the reference does.
pub(super) const fn sort(node: &Node) -> &'static str {
    match &node.content {
        Content::Scalar(_) => "ScalarNode",
        Content::Sequence(_) => "SequenceNode",
        Content::Mapping(_) => "MappingNode",
    }
}
