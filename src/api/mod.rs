//! Flux's custom resources: their types, their definitions, and what the verbs must know about each kind.

mod cell;
mod crd;
mod export;
mod extensions;
mod flux;
mod freeze;
mod helm;
mod image;
mod kinds;
mod kustomize;
mod lenient;
mod link;
mod meta;
mod notification;
mod origin;
mod outcome;
#[cfg(test)]
mod recorded;
mod row;
mod selector;
mod source;

pub use cell::WIDE;
pub use crd::crds_of;
pub use export::{exported, exported_secret};
pub use flux::{Column, Kind, Verb};
pub use freeze::{SUSPEND_REASON, SUSPEND_UNTIL};
pub use helm::{StoredRelease, Values, ValuesPart, ValuesReference};
pub use kinds::{ALL, ALL_IMAGES, ALL_SOURCES, KINDS};
pub use kustomize::{PostBuild, SubstituteStrategy};
pub use link::{Relation, dependencies, links, parents, written_sources};
pub use meta::*;
pub use row::{Row, RowCondition, row_of};
pub use selector::Selector;
