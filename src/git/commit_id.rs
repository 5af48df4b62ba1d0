//! The name of a commit.

use std::fmt;

/// The name of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitId(pub(super) git2::Oid);

impl fmt::Display for CommitId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
