//! One side of a comparison: what is rendered for each cluster.

use std::borrow::Cow;

use super::document::{Finding, Owner};
use crate::manifest::Object;

/// Everything that is rendered for one cluster.
#[derive(Clone, Debug, Default)]
pub struct ClusterSide<'a> {
    /// Name of the cluster.
    pub cluster: String,
    /// The objects, in the order of their owners.
    pub objects: Vec<SideObject<'a>>,
    /// Owners whose objects could not be rendered: what they lack is not gone.
    pub unrendered: Vec<Owner>,
    /// What was wrong.
    pub findings: Vec<Finding>,
}

/// A rendered object and who applies it.
#[derive(Clone, Debug)]
pub struct SideObject<'a> {
    /// The object; what both sides share is borrowed from the same place.
    pub object: Cow<'a, Object>,
    /// Who applies it; `None` where nobody does.
    pub owner: Option<Owner>,
    /// Its owner deletes it from the cluster once it is not rendered any more.
    pub prunes: bool,
    /// Its owner is suspended.
    pub suspended: bool,
}

impl SideObject<'_> {
    /// Says whether both sides have the same.
    pub fn is_as(&self, other: &Self) -> bool {
        std::ptr::eq(&raw const *self.object, &raw const *other.object)
            || self.object == other.object
    }

    /// Says why Flux does not look at the object; `None` where it does.
    pub fn skip_reason(&self) -> Option<&'static str> {
        if self.note("reconcile") == "disabled" {
            return Some("reconciliation is disabled by a note on it");
        }
        (self.note("ssa") == "ignore").then_some("a note on it has it ignored")
    }

    /// Says whether the object is deleted once it is not rendered any more.
    pub fn is_pruned(&self) -> bool {
        self.prunes && self.note("prune") != "disabled" && self.note("ssa") != "ignore"
    }

    /// Returns a note for Flux, in lower case, be it a label or an annotation.
    fn note(&self, name: &str) -> String {
        let value = |place: &str| {
            let pointer = format!("/metadata/{place}/kustomize.toolkit.fluxcd.io~1{name}");
            self.object.text(&pointer).to_ascii_lowercase()
        };
        match value("annotations") {
            empty if empty.is_empty() => value("labels"),
            value => value,
        }
    }
}
