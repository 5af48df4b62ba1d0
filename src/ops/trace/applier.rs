//! From an object up to who applied it.

use futures::future::{BoxFuture, FutureExt as _};
use serde_json::Value;

use super::link::{Trace, Traced};
use super::source::{flux, kustomization, release};
use crate::cluster::{Address, Cluster, ClusterError};
use crate::error::Failure;
use crate::manifest::Object;

/// How many owners are followed upwards: more than any chain of controllers makes.
const HIGHEST: usize = 16;

/// Follows an object back to where it came from.
///
/// # Errors
///
/// Fails where Flux does not manage it, and where an object on the way is not there.
pub async fn trace(cluster: &Cluster, object: &Object) -> Result<Trace, Failure> {
    let applier = applier(cluster, object)
        .await?
        .ok_or_else(|| Failure::new("object not managed by Flux"))?;
    let chain = match applier.resource.kind.as_ref() {
        "Kustomization" => kustomization(cluster, &applier).await?,
        _ => release(cluster, &applier).await?,
    };
    Ok(Trace {
        object: Traced::of(object),
        chain,
    })
}

/// Finds the Kustomization or release whose labels the object carries, or else one of its owners.
async fn applier(cluster: &Cluster, object: &Object) -> Result<Option<Address>, Failure> {
    climb(cluster, object.clone(), HIGHEST).await
}

fn climb(
    cluster: &Cluster,
    object: Object,
    steps: usize,
) -> BoxFuture<'_, Result<Option<Address>, Failure>> {
    async move {
        if let Some(applier) = labelled(&object, "kustomize.toolkit.fluxcd.io", "Kustomization")
            .or_else(|| labelled(&object, "helm.toolkit.fluxcd.io", "HelmRelease"))
        {
            if applier.namespace.is_empty() {
                return Err(Failure::new(format!(
                    "its labels name {applier}, but no namespace"
                )));
            }
            return Ok(Some(applier));
        }
        if steps == 0 {
            return Ok(None);
        }
        for address in owners(cluster, &object).await? {
            let Some(owner) = cluster.get(&address).await? else {
                continue;
            };
            if let Some(applier) = climb(cluster, owner, steps - 1).await? {
                return Ok(Some(applier));
            }
        }
        Ok(None)
    }
    .boxed()
}

/// Reads who applies an object from its labels.
fn labelled(object: &Object, group: &str, kind: &str) -> Option<Address> {
    let name = object.label(&format!("{group}/name"))?;
    let namespace = object.label(&format!("{group}/namespace"));
    Some(flux(kind, namespace.unwrap_or_default(), name))
}

/// Returns where the owners of an object are; those of a kind that is no longer served are left out.
async fn owners(cluster: &Cluster, object: &Object) -> Result<Vec<Address>, Failure> {
    let references = object
        .get("/metadata/ownerReferences")
        .and_then(Value::as_array);
    let mut owners = Vec::new();
    for reference in references.into_iter().flatten() {
        let text = |field: &str| reference[field].as_str().unwrap_or_default();
        match cluster.resource(text("apiVersion"), text("kind")).await {
            Ok(resource) => owners.push(resource.at(object.namespace(), text("name"))),
            Err(ClusterError::UnknownKind { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(owners)
}
