//! What is wrong with a document, and where.

use std::fmt;

use serde::de;

use crate::error::Explain;
use crate::manifest::Node;

/// What is wrong with a document, problem by problem.
#[derive(Debug, thiserror::Error)]
#[error("{}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct DecodeError {
    /// All that was found, at least one.
    pub problems: Vec<DecodeProblem>,
}

impl Explain for DecodeError {}

/// One thing that is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeProblem {
    /// Line, from one; zero where it is unknown.
    pub line: u32,
    /// Path of the field, such as `images[0].newTag`.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for DecodeProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(formatter, "line {}: ", self.line)?;
        }
        if !self.path.is_empty() {
            write!(formatter, "`{}`: ", self.path)?;
        }
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for DecodeProblem {}

impl de::Error for DecodeProblem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            line: 0,
            path: String::new(),
            message: message.to_string(),
        }
    }
}

impl DecodeProblem {
    pub(super) fn at(node: &Node, message: impl Into<String>) -> Self {
        Self {
            line: node.line,
            path: String::new(),
            message: message.into(),
        }
    }

    /// Adds the part of the path that leads here, and the line if none is known yet.
    pub(super) fn below(mut self, step: &str, node: &Node) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') {
            ""
        } else {
            "."
        };
        self.path = format!("{step}{dot}{}", self.path);
        if self.line == 0 {
            self.line = node.line;
        }
        self
    }
}
