//! What a branch changes, as plain text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::branch::{BranchChange, ClusterChange};
use crate::diff::{Style, compare, mask, write_report};
use crate::manifest::{Object, ObjectId};
use crate::render::repository::{ClusterRender, Owner};

/// An object and its owner.
type Owned<'a> = (&'a Owner, &'a Object);

/// Writes what a branch changes; empty where it changes nothing.
pub fn branch_text(change: &BranchChange) -> String {
    let mut text = String::new();
    for cluster in &change.clusters {
        let told = cluster_text(cluster);
        if !told.is_empty() {
            // Writing into a text can't fail.
            let _infallible = write!(text, "# {}\n\n{told}", cluster.cluster);
        }
    }
    text
}

fn cluster_text(change: &ClusterChange) -> String {
    let (base, head) = (objects(&change.base), objects(&change.head));
    let mut text = String::new();
    for (id, (owner, object)) in &head {
        // Writing into a text can't fail.
        let _infallible = match base.get(id) {
            None => writeln!(text, "► {id} created by {owner}\n"),
            Some((before, old)) => {
                let moved = if before == owner {
                    String::new()
                } else {
                    format!(" (moved from {before})")
                };
                match report(old, object) {
                    told if told.is_empty() && moved.is_empty() => Ok(()),
                    told => write!(text, "► {id} changed by {owner}{moved}\n\n{told}"),
                }
            }
        };
    }
    for (id, (owner, _)) in &base {
        if !head.contains_key(id) {
            // Writing into a text can't fail.
            let _infallible = writeln!(text, "► {id} deleted from {owner}\n");
        }
    }
    text
}

fn objects(render: &ClusterRender) -> BTreeMap<ObjectId, Owned<'_>> {
    let owners = render.owners.iter();
    let owned = owners.flat_map(|owner| {
        let objects = owner.objects().iter();
        objects.map(|object| (object.id(), (&owner.owner, object)))
    });
    owned.collect()
}

fn report(old: &Object, new: &Object) -> String {
    if old == new {
        return String::new();
    }
    let (mut old, mut new) = (old.value().clone(), new.value().clone());
    mask(Some(&mut old), &mut new);
    let mut text = String::new();
    let differences = compare(&old, &new);
    if !differences.is_empty() {
        write_report(&differences, Style::default(), &mut text);
    }
    text
}
