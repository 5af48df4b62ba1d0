//! How generated resources come to those that are there: beside them, into them or in their place.

use std::collections::BTreeMap;

use super::behavior::Behavior;
use super::id::Id;
use super::list::{ListError, ResourceList};
use super::text_map;
use super::tracked::Resource;
use crate::error::Explain;
use crate::manifest::Node;

/// Why a generated resource finds no place.
#[derive(Debug, thiserror::Error)]
pub enum AbsorbError {
    /// There is nothing to merge into or to replace.
    #[error("id {id} does not exist; cannot merge or replace")]
    Nothing {
        /// The generated resource.
        id: Box<Id>,
    },
    /// One is there already.
    #[error("id {id} exists; can not use behavior: '{}', behavior must be merge or replace", .behavior.word())]
    Exists {
        /// The generated resource.
        id: Box<Id>,
        /// What its generator asked for.
        behavior: Behavior,
    },
    /// More than one is there.
    #[error("found multiple objects {} that could accept merge of {id}", .found.join(", "))]
    Ambiguous {
        /// The generated resource.
        id: Box<Id>,
        /// Those that are there.
        found: Vec<String>,
    },
    /// The one that is there has changed its kind since.
    #[error("cannot find resource with id {id} to replace")]
    Changed {
        /// Who it would have to be now.
        id: Box<Id>,
    },
    /// It cannot be added.
    #[error(transparent)]
    List(#[from] ListError),
}

impl Explain for AbsorbError {}

impl ResourceList {
    /// Adds a generated resource, or merges it into the one that is or was the same.
    ///
    /// # Errors
    ///
    /// Fails where its behavior does not fit what is there.
    pub fn absorb(&mut self, mut new: Resource) -> Result<(), AbsorbError> {
        let id = Box::new(new.id().clone());
        let found: Vec<usize> = self.ever(&id).collect();
        let place = match *found.as_slice() {
            [] if matches!(new.behavior, Behavior::Merge | Behavior::Replace) => {
                return Err(AbsorbError::Nothing { id });
            }
            [] => return Ok(self.push(new)?),
            [place] => place,
            _ => {
                let found = found
                    .iter()
                    .map(|place| self.at(*place).id().to_string())
                    .collect();
                return Err(AbsorbError::Ambiguous { id, found });
            }
        };
        let old = self.at(place);
        match new.behavior {
            Behavior::Replace => {
                let origin = new.origin.take().or_else(|| old.origin.clone());
                take_metadata(&mut new, old);
                new.origin = origin;
            }
            Behavior::Merge => {
                let origin = old.origin.clone().or_else(|| new.origin.take());
                take_metadata(&mut new, old);
                for field in ["data", "binaryData"] {
                    let mut merged = text_map::read_data(old.root().get(field));
                    merged.extend(text_map::read_data(new.root().get(field)));
                    text_map::set(new.root_mut(), field, merged);
                }
                new.origin = origin;
            }
            behavior => return Err(AbsorbError::Exists { id, behavior }),
        }
        if self.current(new.id()).next() != Some(place) {
            let id = Box::new(new.id().clone());
            return Err(AbsorbError::Changed { id });
        }
        self.replace(place, new);
        Ok(())
    }
}

/// Takes over the old name, namespace and history, and the labels and annotations that the new one lacks.
fn take_metadata(new: &mut Resource, old: &Resource) {
    let needs_hash = new.needs_hash && old.needs_hash;
    for field in ["labels", "annotations"] {
        let of = |resource: &Resource| {
            resource
                .root()
                .get("metadata")
                .and_then(|metadata| metadata.get(field))
                .cloned()
        };
        let merged = merged(of(old).as_ref(), of(new).as_ref());
        text_map::set(text_map::metadata(new.root_mut()), field, merged);
    }
    new.set_name(old.name());
    new.set_namespace(old.namespace());
    new.inherit(old);
    new.needs_hash = needs_hash;
}

/// Merges two maps of texts; the new one wins.
fn merged(old: Option<&Node>, new: Option<&Node>) -> BTreeMap<String, String> {
    let mut merged = text_map::read(old);
    merged.extend(text_map::read(new));
    merged
}
