//! What an owner applied before and does not want any more.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::compared::{Compared, Fate, States};
use super::marks::is_marked;
use crate::cluster::{Address, Cluster, ClusterError};
use crate::error::Failure;
use crate::manifest::{InventoryError, Object, ObjectId, sort_for_apply};

/// The labels or annotations of objects that the controllers do not prune.
const KEPT: &[(&str, &str)] = &[
    ("kustomize.toolkit.fluxcd.io/prune", "disabled"),
    ("kustomize.toolkit.fluxcd.io/reconcile", "disabled"),
    ("kustomize.toolkit.fluxcd.io/ssa", "ignore"),
];

/// The objects that an owner has applied, in the form in which Kustomizations keep them in their status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Inventory {
    pub entries: Vec<InventoryEntry>,
}

/// One object of an inventory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InventoryEntry {
    /// Namespace, name, group and kind, joined by `_`.
    pub id: String,
    /// The API version without its group.
    #[serde(default)]
    pub v: String,
}

impl Inventory {
    /// Lists objects.
    pub fn of<'a>(objects: impl IntoIterator<Item = &'a Object>) -> Self {
        let entry = |object: &Object| InventoryEntry {
            id: object.id().to_inventory(),
            v: object.version().to_owned(),
        };
        Self {
            entries: objects.into_iter().map(entry).collect(),
        }
    }

    /// Returns both inventories as one.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let known: BTreeSet<&str> = self.entries.iter().map(|entry| entry.id.as_str()).collect();
        let more = other
            .entries
            .iter()
            .filter(|entry| !known.contains(entry.id.as_str()));
        Self {
            entries: self.entries.iter().chain(more).cloned().collect(),
        }
    }

    /// Returns what is listed and not among the objects, in the order of applying; only who they are is known of them.
    pub fn without(&self, objects: &[Object]) -> Result<Vec<Object>, InventoryError> {
        let kept: BTreeSet<ObjectId> = objects.iter().map(Object::id).collect();
        let mut gone = Vec::new();
        for entry in &self.entries {
            let id = ObjectId::from_inventory(&entry.id)?;
            if !kept.contains(&id) {
                gone.extend(stub(&id, &entry.v));
            }
        }
        sort_for_apply(&mut gone);
        Ok(gone)
    }
}

/// Returns an object of which only the identity is known.
fn stub(id: &ObjectId, version: &str) -> Option<Object> {
    let api_version = match id.group.as_str() {
        "" => version.to_owned(),
        group => format!("{group}/{version}"),
    };
    let value = json!({
        "apiVersion": api_version, "kind": id.kind, "metadata": {"name": id.name, "namespace": id.namespace},
    });
    Object::new(value).ok()
}

/// An object that its owner wants no more.
pub struct Gone {
    /// Who it is.
    pub object: Object,
    /// Where it is; `None` where its kind is not known any more.
    pub address: Option<Address>,
    /// How it is; `None` where it is gone already.
    pub live: Option<Object>,
    /// Why nobody knows whether it is gone already.
    pub unread: Option<String>,
}

impl Gone {
    /// Looks for the objects in a cluster.
    pub async fn find(
        cluster: &Cluster,
        objects: Vec<Object>,
        concurrency: usize,
    ) -> Result<Vec<Self>, ClusterError> {
        let mut places = Vec::new();
        for object in &objects {
            let known = cluster.resource(object.api_version(), object.kind()).await;
            places.push(known.map(|kind| kind.at(object.namespace(), object.name())));
        }
        let asked: BTreeSet<Address> = places.iter().flatten().cloned().collect();
        let mut state = cluster.live_state(&asked, concurrency).await?;
        let found = objects.into_iter().zip(places).map(|(object, place)| {
            let (address, found) = match place {
                Ok(address) => {
                    let found = state.remove(&address).unwrap_or(Ok(None));
                    (Some(address), found)
                }
                // Nothing is left of a kind that is not known any more.
                Err(error) if error.is_not_found() => (None, Ok(None)),
                Err(error) => (None, Err(error)),
            };
            let (live, unread) = match found {
                Ok(live) => (live, None),
                Err(error) => (None, Some(Failure::from(error).in_one_line())),
            };
            Self {
                object,
                address,
                live,
                unread,
            }
        });
        Ok(found.collect())
    }

    /// Says whether it is not known to be gone.
    pub const fn may_be_there(&self) -> bool {
        self.live.is_some() || self.unread.is_some()
    }

    /// Returns the mark for which the controllers keep it.
    pub fn mark(&self) -> Option<String> {
        let live = self.live.as_ref()?;
        let (key, value) = KEPT.iter().find(|mark| is_marked(live, **mark))?;
        Some(format!("{key}: {value}"))
    }

    /// Returns the line of it in a report.
    pub fn compared(&self) -> Compared {
        let warning = self
            .mark()
            .map(|mark| format!("the controllers keep it: {mark}"));
        Compared {
            id: self.object.id(),
            fate: Fate::Deleted,
            warnings: warning.into_iter().collect(),
            states: States {
                before: self.live.clone().map(Arc::new),
                after: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inventory_lists_what_is_gone() {
        let object = |kind: &str, name: &str| {
            Object::new(json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "a"}})).unwrap()
        };
        let (one, two) = (object("ConfigMap", "one"), object("Namespace", "two"));
        let before = Inventory::of([&one, &two]);
        let both = before.with(&Inventory::of([&one, &object("Secret", "s")]));
        assert_eq!(both.entries.len(), 3);
        let gone = both.without(std::slice::from_ref(&one)).unwrap();
        let names: Vec<String> = gone.iter().map(|object| object.id().to_string()).collect();
        assert_eq!(names, ["Namespace/a/two", "Secret/a/s"]);
    }
}
