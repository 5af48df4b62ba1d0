//! The note in the cluster of what an owner has applied, which two runs at a time do not take from each other.

use serde_json::json;

use super::gone::Inventory;
use super::overlay::{INVENTORY_KEY, OWNER_LABEL, OverlayRequest};
use crate::cluster::{ClusterError, Resource};
use crate::error::Failure;
use crate::manifest::Object;

/// The note of an owner, as this run knows it.
pub struct Record<'a> {
    request: &'a OverlayRequest<'a>,
    /// The version that was read or written last; `None` where there is no note yet.
    version: Option<String>,
}

/// Why a note is not written.
pub enum RecordError {
    /// Another run has written it since it was read.
    Taken,
    /// Its namespace is not there.
    NoNamespace(Failure),
    /// Something else.
    Other(Failure),
}

impl<'a> Record<'a> {
    /// Takes the note in the version that was read.
    pub const fn new(request: &'a OverlayRequest<'a>, version: Option<String>) -> Self {
        Self { request, version }
    }

    /// Writes what the owner has applied, if nobody else has written meanwhile.
    pub async fn keep(&mut self, inventory: &Inventory) -> Result<(), RecordError> {
        let address = self.request.inventory_address();
        let text = serde_json::to_string(inventory).map_err(|error| other(&error.to_string()))?;
        let labels = json!({
            "app.kubernetes.io/managed-by": "gitops",
            OWNER_LABEL: self.request.owner,
        });
        let data = json!({INVENTORY_KEY: text});
        let cluster = self.request.cluster;
        let written = if let Some(version) = &self.version {
            let metadata = json!({"resourceVersion": version, "labels": labels});
            let patch = json!({"metadata": metadata, "data": data});
            cluster.merge(&address, &patch).await
        } else {
            let value = json!({
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": address.name, "namespace": address.namespace, "labels": labels},
                "data": data,
            });
            let object = Object::new(value).map_err(|error| other(&error.to_string()))?;
            cluster.create(&Resource::CONFIG_MAP, &object).await
        };
        match written {
            Ok(object) => {
                self.version = Some(object.text("/metadata/resourceVersion").to_owned());
                Ok(())
            }
            Err(error) if error.is_conflict() => Err(RecordError::Taken),
            // A note that is gone was taken too.
            Err(ClusterError::NotFound { .. }) if self.version.is_some() => Err(RecordError::Taken),
            Err(error) if error.is_not_found() => Err(RecordError::NoNamespace(error.into())),
            Err(error) => Err(RecordError::Other(error.into())),
        }
    }
}

fn other(message: &str) -> RecordError {
    RecordError::Other(Failure::new(message))
}
