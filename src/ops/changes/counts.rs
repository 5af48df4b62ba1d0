//! What may become of an object, and how many objects come to which end.

use std::ops::AddAssign;

use schemars::JsonSchema;
use serde::Serialize;

use super::object_change::ObjectChange;

/// What becomes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It is new.
    Created,
    /// Fields of it change.
    Changed,
    /// Another owner applies it from now on.
    Moved,
    /// It is no longer wanted, and its owner prunes.
    Pruned,
    /// It goes together with its owner, or with a release.
    Deleted,
    /// It is no longer wanted, but stays in the cluster: nobody prunes it.
    Orphaned,
    /// Nobody looks at it.
    Skipped,
    /// What becomes of it could not be found out.
    Failed,
}

impl Outcome {
    /// All outcomes, in the order of a report.
    pub const ALL: [Self; 8] = [
        Self::Created,
        Self::Changed,
        Self::Moved,
        Self::Pruned,
        Self::Deleted,
        Self::Orphaned,
        Self::Skipped,
        Self::Failed,
    ];

    /// Returns the outcome as a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Moved => "moved",
            Self::Pruned => "pruned",
            Self::Deleted => "deleted",
            Self::Orphaned => "orphaned",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }

    /// Returns a sign of one column.
    pub const fn sign(self) -> char {
        match self {
            Self::Created => '+',
            Self::Changed => '±',
            Self::Moved => '→',
            Self::Pruned | Self::Deleted => '-',
            Self::Orphaned => '~',
            Self::Skipped => '·',
            Self::Failed => '!',
        }
    }

    /// Says whether the object is gone from the cluster afterwards.
    pub const fn is_loss(self) -> bool {
        matches!(self, Self::Pruned | Self::Deleted)
    }
}

/// How many objects come to which end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// New objects.
    pub created: usize,
    /// Objects with other fields.
    pub changed: usize,
    /// Objects with another owner.
    pub moved: usize,
    /// Objects that are pruned.
    pub pruned: usize,
    /// Objects that go with their owner or release.
    pub deleted: usize,
    /// Objects that nobody applies any more and nobody prunes.
    pub orphaned: usize,
    /// Objects that nobody looks at.
    pub skipped: usize,
    /// Objects whose end could not be found out.
    pub failed: usize,
    /// Objects that stay as they are.
    pub unchanged: usize,
    /// Of the objects above, those whose owner is suspended.
    pub held_back: usize,
    /// Dangers.
    pub dangers: usize,
}

impl Counts {
    /// Returns how many objects come to an end.
    pub const fn of(&self, outcome: Outcome) -> usize {
        match outcome {
            Outcome::Created => self.created,
            Outcome::Changed => self.changed,
            Outcome::Moved => self.moved,
            Outcome::Pruned => self.pruned,
            Outcome::Deleted => self.deleted,
            Outcome::Orphaned => self.orphaned,
            Outcome::Skipped => self.skipped,
            Outcome::Failed => self.failed,
        }
    }

    /// Says whether anything happens; what is skipped does not count.
    pub const fn has_changes(&self) -> bool {
        self.created
            + self.changed
            + self.moved
            + self.pruned
            + self.deleted
            + self.orphaned
            + self.failed
            > 0
    }

    /// Counts one more object.
    pub fn add(&mut self, object: &ObjectChange) {
        let count = match object.outcome {
            Outcome::Created => &mut self.created,
            Outcome::Changed => &mut self.changed,
            Outcome::Moved => &mut self.moved,
            Outcome::Pruned => &mut self.pruned,
            Outcome::Deleted => &mut self.deleted,
            Outcome::Orphaned => &mut self.orphaned,
            Outcome::Skipped => &mut self.skipped,
            Outcome::Failed => &mut self.failed,
        };
        *count += 1;
        self.dangers += object.dangers.len();
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.created += other.created;
        self.changed += other.changed;
        self.moved += other.moved;
        self.pruned += other.pruned;
        self.deleted += other.deleted;
        self.orphaned += other.orphaned;
        self.skipped += other.skipped;
        self.failed += other.failed;
        self.unchanged += other.unchanged;
        self.held_back += other.held_back;
        self.dangers += other.dangers;
    }
}
