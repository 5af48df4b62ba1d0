//! What applying does to objects.

use std::fmt;

use crate::manifest::ObjectId;

/// What applying an object does to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// It was not there.
    Created,
    /// It was there, and changed.
    Configured,
    /// It was as it should be, so nothing was sent.
    Unchanged,
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Unchanged => "unchanged",
        })
    }
}

/// An object that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The object.
    pub id: ObjectId,
    /// What happened to it.
    pub action: Action,
}
