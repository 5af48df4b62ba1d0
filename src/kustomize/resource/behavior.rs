//! What is to become of a generated resource that is already there.

/// What to do where a generated resource meets one that is already there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behavior {
    /// Nothing was said: as `Create`.
    #[default]
    Unspecified,
    /// There must be none yet.
    Create,
    /// Take its place, keep its labels and annotations.
    Replace,
    /// Merge labels, annotations and data into it.
    Merge,
}

impl Behavior {
    /// Reads a behavior; an unknown word counts as none.
    pub fn of(word: &str) -> Self {
        match word {
            "create" => Self::Create,
            "replace" => Self::Replace,
            "merge" => Self::Merge,
            _ => Self::Unspecified,
        }
    }

    /// Returns its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Create => "create",
            Self::Replace => "replace",
            Self::Merge => "merge",
        }
    }
}
