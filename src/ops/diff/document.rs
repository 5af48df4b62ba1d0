//! A diff against clusters as the document for programs and the reports made of it.

use super::super::changes::{
    ClusterChanges, Diff, Finding, ObjectChange, Outcome, Owner, OwnerChanges,
};
use super::compared::{Compared, Entry, Fate};
use crate::manifest::ObjectId;

/// Makes the document of diffs: each with the name of its cluster, which is empty where there is just one.
pub fn document(owner: &ObjectId, clusters: &[(Option<String>, Vec<Entry>)]) -> Diff {
    let clusters = clusters.iter().map(|(name, entries)| {
        let mut collected = Collected::default();
        collected.take(owner, entries);
        let name = name.clone().unwrap_or_default();
        ClusterChanges::new(name, collected.owners, collected.findings)
    });
    Diff::new("", clusters.collect())
}

#[derive(Default)]
struct Collected {
    owners: Vec<OwnerChanges>,
    findings: Vec<Finding>,
}

impl Collected {
    fn take(&mut self, owner: &ObjectId, entries: &[Entry]) {
        let named = Owner {
            kind: owner.kind.clone(),
            namespace: owner.namespace.clone(),
            name: owner.name.clone(),
        };
        let (mut objects, mut unchanged) = (Vec::new(), 0);
        let mut nested = Vec::new();
        for entry in entries {
            match entry {
                Entry::Object(compared) => {
                    let warnings = compared.warnings.iter();
                    self.findings.extend(warnings.map(|warning| Finding {
                        owner: Some(named.clone()),
                        file: String::new(),
                        line: None,
                        message: format!("{}: {warning}", compared.id),
                    }));
                    match change(compared) {
                        Some(change) => objects.push(change),
                        None => unchanged += 1,
                    }
                }
                Entry::Nested { id, entries } => nested.push((id, entries)),
                Entry::Remote(id) => objects.push(ObjectChange::skipped(
                    id.clone(),
                    "diff not supported for remote clusters",
                )),
            }
        }
        self.owners
            .push(OwnerChanges::new(Some(named), objects, unchanged));
        for (id, entries) in nested {
            self.take(id, entries);
        }
    }
}

/// Returns what happens to an object; `None` where it stays as it is.
fn change(compared: &Compared) -> Option<ObjectChange> {
    let id = || compared.id.clone();
    let before = compared.states.before.as_deref();
    let after = compared.states.after.as_deref();
    Some(match (&compared.fate, before, after) {
        (Fate::Unchanged, ..) => return None,
        (Fate::Created, _, Some(after)) => ObjectChange::created(after),
        (Fate::Recreated, Some(before), Some(after)) => ObjectChange {
            outcome: Outcome::Created,
            reason: Some("a field of it can't be changed: it is deleted and made anew".into()),
            ..with_hidden(ObjectChange::changed(before, after))
        },
        (Fate::Created | Fate::Recreated, ..) => ObjectChange::new(id(), Outcome::Created),
        (Fate::Changed(differences), Some(before), Some(after)) => {
            ObjectChange::changed(before, after).with_differences(differences.clone())
        }
        (Fate::Changed(differences), ..) => {
            ObjectChange::new(id(), Outcome::Changed).with_differences(differences.clone())
        }
        (Fate::Skipped { mark }, ..) => ObjectChange::skipped(id(), mark.clone()),
        (Fate::Deleted, Some(before), _) => ObjectChange::gone(before, Outcome::Pruned),
        (Fate::Deleted, ..) => ObjectChange::new(id(), Outcome::Pruned),
        (
            Fate::Refused {
                why,
                immutable: true,
                ..
            },
            Some(before),
            Some(after),
        ) => ObjectChange {
            outcome: Outcome::Failed,
            reason: Some(why.clone()),
            ..with_hidden(ObjectChange::changed(before, after))
        },
        (Fate::Refused { why, .. }, ..) => ObjectChange::failed(id(), why.clone()),
    })
}

/// Leaves the values out: what a variable has carried into them is not known here.
fn with_hidden(change: ObjectChange) -> ObjectChange {
    change.with_differences(Vec::new())
}
