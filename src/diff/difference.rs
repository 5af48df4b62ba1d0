//! One place of an object where two states differ.

use std::fmt;

use serde_json::Value;

/// One step on the way from the root of an object to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The value of a key of a mapping.
    Key(String),
    /// The entry of a list that a field of it tells from the others.
    Named {
        /// The field, such as `name`.
        field: String,
        /// Its value in that entry.
        name: String,
    },
    /// The entry of a list at a position, counted from zero.
    Index(usize),
}

/// The way from the root of an object to a node.
///
/// Shown with dots, such as `spec.ports.http.port`; the root itself as `(root level)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodePath {
    steps: Vec<Step>,
}

impl NodePath {
    /// Returns the steps, from the root on.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns the path of a node below.
    pub fn below(&self, step: Step) -> Self {
        let mut steps = self.steps.clone();
        steps.push(step);
        Self { steps }
    }
}

impl fmt::Display for NodePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.steps.is_empty() {
            return formatter.write_str("(root level)");
        }
        let mut separator = "";
        for step in &self.steps {
            match step {
                // An empty name would look like a doubled dot.
                Step::Key(name) | Step::Named { name, .. } if name.is_empty() => continue,
                Step::Key(name) | Step::Named { name, .. } => {
                    write!(formatter, "{separator}{name}")?;
                }
                Step::Index(index) => write!(formatter, "{separator}{index}")?,
            }
            separator = ".";
        }
        Ok(())
    }
}

/// Entries that only one of two states has.
#[derive(Clone, Debug, PartialEq)]
pub enum Entries {
    /// Keys of a mapping with their values.
    Map(Vec<(String, Value)>),
    /// Entries of a list.
    List(Vec<Value>),
}

/// How a node differs.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Another value, perhaps of another type.
    Changed {
        /// The value before.
        old: Value,
        /// The value after.
        new: Value,
    },
    /// The entries that both lists have stand in another order; of named entries these are the names.
    Reordered {
        /// The entries in their order before.
        old: Vec<Value>,
        /// The entries in their order after.
        new: Vec<Value>,
    },
    /// Entries that are there no more.
    Removed(Entries),
    /// Entries that were not there before.
    Added(Entries),
}

/// A node that differs, with everything that differs right there.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where the node is.
    pub path: NodePath,
    /// How it differs; never empty.
    pub edits: Vec<Edit>,
}
