//! A cluster as `why` sees it: what was read once is not asked for again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::controller::{self, Presence};
use super::facts::{FluxObject, address_of};
use crate::api::Kind;
use crate::cluster::{Address, Cluster, ClusterError};
use crate::manifest::ObjectId;

/// What was read of a place: the object of Flux there, or nothing. A copy of one with a long inventory would be dear.
type Seen = Option<Arc<FluxObject>>;

/// A cluster, and what was read of it so far.
pub struct Sight<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    objects: Mutex<BTreeMap<ObjectId, Seen>>,
    /// Held while one is looked for, so that many who want it ask once.
    presences: tokio::sync::Mutex<BTreeMap<&'static str, Presence>>,
}

impl<'a> Sight<'a> {
    /// Begins with objects of Flux that were read already.
    pub fn new(cluster: &'a Cluster, known: impl IntoIterator<Item = FluxObject>) -> Self {
        let known = known.into_iter().map(|found| {
            let id = found.object.id();
            (id, Some(Arc::new(found)))
        });
        Self {
            cluster,
            objects: Mutex::new(known.collect()),
            presences: tokio::sync::Mutex::default(),
        }
    }

    /// Reads an object of Flux.
    pub async fn flux(&self, id: &ObjectId) -> Result<Seen, ClusterError> {
        match Kind::of(&id.group, &id.kind) {
            Some(kind) => self.flux_at(kind, &address_of(kind, id)).await,
            None => Ok(None),
        }
    }

    /// Reads the object of a kind of Flux at its address.
    pub async fn flux_at(
        &self,
        kind: &'static Kind,
        address: &Address,
    ) -> Result<Seen, ClusterError> {
        let id = address.id();
        if let Some(seen) = self.seen().get(&id) {
            return Ok(seen.clone());
        }
        let object = self.cluster.get(address).await?;
        let read = object.map(|object| Arc::new(FluxObject::new(kind, object)));
        self.seen().insert(id, read.clone());
        Ok(read)
    }

    fn seen(&self) -> MutexGuard<'_, BTreeMap<ObjectId, Seen>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
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
