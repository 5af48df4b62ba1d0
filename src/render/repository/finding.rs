//! What is wrong in a repository, or can't be known from it, and where.

use serde::{Deserialize, Serialize};

use crate::manifest::{Object, ObjectId};

/// The Kustomization or release that objects belong to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Owner {
    /// Its kind.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Owner {
    /// Returns the owner that an object is.
    pub fn of(object: &Object) -> Self {
        Self {
            kind: object.kind().into(),
            namespace: object.namespace().into(),
            name: object.name().into(),
        }
    }
}

impl Owner {
    /// Returns an owner for what belongs to none.
    pub const fn nobody() -> Self {
        Self {
            kind: String::new(),
            namespace: String::new(),
            name: String::new(),
        }
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            kind,
            namespace,
            name,
        } = self;
        write!(formatter, "{kind}/{namespace}/{name}")
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something would not be applied as it stands, or could not be looked at.
    Error,
    /// Something is not known here, or is probably not meant.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Whose build it was found in.
    pub owner: Owner,
    /// The file, from the root of the repository; empty where none can be named.
    pub file: String,
    /// The line in it; zero where none can be named.
    pub line: u32,
    /// What is wrong.
    pub message: String,
    /// What may be tried; empty where there is nothing to say.
    pub hint: String,
    /// The object that it is about, where it is one among many.
    pub object: Option<ObjectId>,
}

impl Finding {
    /// Makes the finding of an owner, at no place yet.
    pub fn new(severity: Severity, owner: &Owner, message: impl Into<String>) -> Self {
        Self {
            severity,
            owner: owner.clone(),
            file: String::new(),
            line: 0,
            message: message.into(),
            hint: String::new(),
            object: None,
        }
    }

    /// Adds what may be tried.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Adds where it is.
    #[must_use]
    pub fn at(mut self, place: Option<(String, u32)>) -> Self {
        if let Some((file, line)) = place {
            (self.file, self.line) = (file, line);
        }
        self
    }

    /// Returns the place as `file:line`, as far as it is known.
    pub fn place(&self) -> String {
        match (self.file.as_str(), self.line) {
            ("", _) => String::new(),
            (file, 0) => file.to_owned(),
            (file, line) => format!("{file}:{line}"),
        }
    }
}
