//! A cluster as `why` sees it: what was read once is not asked for again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::super::controller::{self, Presence};
use super::facts::{FluxObject, address_of};
use crate::api::Kind;
use crate::cluster::{Address, Cluster, ClusterError};
use crate::manifest::{Object, ObjectId};

/// A cluster, and what was read of it so far.
pub struct Sight<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    objects: Mutex<BTreeMap<ObjectId, Option<Object>>>,
    /// Held while one is looked for, so that many who want it ask once.
    presences: tokio::sync::Mutex<BTreeMap<&'static str, Presence>>,
}

impl<'a> Sight<'a> {
    /// Begins with objects that were read already.
    pub fn new(cluster: &'a Cluster, known: impl IntoIterator<Item = Object>) -> Self {
        let known = known.into_iter().map(|object| (object.id(), Some(object)));
        Self {
            cluster,
            objects: Mutex::new(known.collect()),
            presences: tokio::sync::Mutex::default(),
        }
    }

    /// Reads an object.
    pub async fn object(&self, address: &Address) -> Result<Option<Object>, ClusterError> {
        let id = address.id();
        if let Some(known) = self.read_before().get(&id) {
            return Ok(known.clone());
        }
        let read = self.cluster.get(address).await?;
        self.read_before().insert(id, read.clone());
        Ok(read)
    }

    fn read_before(&self) -> MutexGuard<'_, BTreeMap<ObjectId, Option<Object>>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads an object of Flux.
    pub async fn flux(&self, id: &ObjectId) -> Result<Option<FluxObject>, ClusterError> {
        let Some(kind) = Kind::of(&id.group, &id.kind) else {
            return Ok(None);
        };
        let object = self.object(&address_of(kind, id)).await?;
        Ok(object.map(|object| FluxObject::new(kind, object)))
    }

    /// Looks for the Deployments of a component.
    pub async fn presence(&self, component: &'static str) -> Presence {
        let mut presences = self.presences.lock().await;
        if let Some(known) = presences.get(component) {
            return known.clone();
        }
        let found = controller::presence(self.cluster, component).await;
        presences.insert(component, found.clone());
        found
    }
}
