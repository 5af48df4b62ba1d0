//! Flux's custom resources: their types, their definitions, and what the verbs must know about each kind.

mod cell;
mod crd;
mod extensions;
mod flux;
mod helm;
mod image;
mod kinds;
mod kustomize;
mod lenient;
mod meta;
mod notification;
mod origin;
mod outcome;
#[cfg(test)]
mod recorded;
mod row;
mod selector;
#[cfg(test)]
mod shared;
mod source;

pub use crd::crds_of;
pub use flux::{Kind, Verb};
pub use kinds::{ALL, ALL_IMAGES, ALL_SOURCES, KINDS};
pub use meta::*;
pub use row::{Row, row_of};
pub use selector::Selector;
