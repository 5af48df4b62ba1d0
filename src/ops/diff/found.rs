//! What was found out about one object, or why nothing could be.

use std::sync::Arc;

use super::compared::{Compared, Fate, States};
use crate::cluster::{Address, ClusterError};
use crate::error::{Explain as _, Failure};
use crate::manifest::Object;

/// What was found out about an object.
pub struct Found {
    /// What would happen to it.
    pub fate: Fate,
    /// What the server warns of.
    pub warnings: Vec<String>,
    /// How it would be, where that is not simply what is wanted.
    pub after: Option<Arc<Object>>,
}

impl Found {
    /// Says what would happen to it, and nothing else.
    pub const fn of(fate: Fate) -> Self {
        Self {
            fate,
            warnings: Vec::new(),
            after: None,
        }
    }

    /// Puts it together with the object before and after.
    pub fn compared(self, wanted: &Object, live: Option<&Object>) -> Compared {
        // What stays as it is needs no document.
        let is_told = !matches!(self.fate, Fate::Unchanged | Fate::Skipped { .. });
        let states = States {
            before: live.filter(|_| is_told).map(|live| Arc::new(live.clone())),
            after: self
                .after
                .or_else(|| is_told.then(|| Arc::new(wanted.clone()))),
        };
        Compared {
            id: wanted.id(),
            fate: self.fate,
            warnings: self.warnings,
            states,
        }
    }
}

/// Where an object belongs, or why that is not known.
pub type Place = Result<Address, NoPlace>;

/// Why it is not known where an object belongs.
pub enum NoPlace {
    /// The server does not tell its kind.
    Kind(ClusterError),
    /// It has no namespace, and its kind lives in one.
    Namespace,
}

impl NoPlace {
    /// Returns what that comes to for the object.
    pub fn fate(self, wanted: &Object) -> Fate {
        match self {
            Self::Kind(error) if error.is_not_found() => Fate::Refused {
                why: format!(
                    "dry-run failed: no matches for kind \"{}\" in version \"{}\"",
                    wanted.kind(),
                    wanted.api_version()
                ),
                hint: error.hint(),
                immutable: false,
            },
            Self::Kind(error) => refused(error),
            Self::Namespace => Fate::Refused {
                why: "namespace not specified".into(),
                hint: Some("set `metadata.namespace`".into()),
                immutable: false,
            },
        }
    }
}

/// Says why an object can't be applied, and what may be tried.
pub fn refused(error: ClusterError) -> Fate {
    let immutable = error.is_immutable();
    let is_forbidden = error.is_forbidden_to("patch");
    let failure = Failure::from(error);
    let hint = if immutable {
        Some(
            "a field of it can't be changed: delete it first, or let Flux make it anew with the annotation \
             `kustomize.toolkit.fluxcd.io/force: enabled`"
                .into(),
        )
    } else if is_forbidden {
        Some("compare without the right to change anything with `--read-only`".into())
    } else {
        failure.hints().first().cloned()
    };
    Fate::Refused {
        why: format!("dry-run failed: {}", failure.in_one_line()),
        hint,
        immutable,
    }
}
