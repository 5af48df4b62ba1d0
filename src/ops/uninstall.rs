//! Take Flux out of a cluster; what it deployed keeps running.

use futures::future::join_all;
use serde_json::json;

use super::inventory;
use crate::api::{KINDS, Kind};
use crate::cluster::{Address, Cluster, ClusterError, Deletion, Resource, Selection};
use crate::error::Failure;
use crate::report::Ui;

/// What every finalizer of Flux's own controllers is called.
const FINALIZER: &str = "finalizers.fluxcd.io";

/// How far an uninstallation goes.
#[derive(Clone, Copy, Debug)]
pub struct UninstallRequest<'a> {
    /// The namespace of Flux.
    pub namespace: &'a str,
    /// Only ask the server whether it would work.
    pub dry_run: bool,
    /// Leave the namespace, and what else is in it.
    pub keep_namespace: bool,
}

/// Deletes components, finalizers, definitions and the namespace, in this order.
///
/// # Errors
///
/// Fails at the end where something could not be deleted; the rest is deleted all the same.
pub async fn uninstall(
    cluster: &Cluster,
    ui: &Ui,
    request: UninstallRequest<'_>,
) -> Result<(), Failure> {
    let cluster = if request.dry_run {
        &cluster.rehearsing()
    } else {
        cluster
    };
    let mut removal = Removal {
        cluster,
        ui,
        suffix: if request.dry_run { " (dry run)" } else { "" },
        failed: 0,
    };
    ui.action(format_args!(
        "deleting components in {} namespace",
        request.namespace
    ));
    for resource in [
        Resource::DEPLOYMENT,
        Resource::SERVICE,
        Resource::NETWORK_POLICY,
        Resource::SERVICE_ACCOUNT,
    ] {
        removal.delete_all(&resource, request.namespace).await;
    }
    for resource in [Resource::CLUSTER_ROLE, Resource::CLUSTER_ROLE_BINDING] {
        removal.delete_all(&resource, "").await;
    }
    ui.action("deleting toolkit.fluxcd.io finalizers in all namespaces");
    removal.delete_finalizers().await;
    ui.action("deleting toolkit.fluxcd.io custom resource definitions");
    removal
        .delete_all(&Resource::CUSTOM_RESOURCE_DEFINITION, "")
        .await;
    if !request.keep_namespace {
        removal
            .delete(Resource::NAMESPACE.at("", request.namespace))
            .await;
    }
    match removal.failed {
        0 => Ok(()),
        1 => Err(Failure::new("one object could not be deleted")),
        failed => Err(Failure::new(format!(
            "{failed} objects could not be deleted"
        ))),
    }
}

/// A removal that goes on when one object can't be removed.
struct Removal<'a> {
    cluster: &'a Cluster,
    ui: &'a Ui,
    suffix: &'static str,
    failed: usize,
}

impl Removal<'_> {
    async fn delete_all(&mut self, resource: &Resource, namespace: &str) {
        match inventory::of_flux(self.cluster, resource, namespace).await {
            Ok(objects) => {
                for object in objects {
                    self.delete(resource.at(object.namespace(), object.name()))
                        .await;
                }
            }
            Err(error) => self.fail(resource, error),
        }
    }

    async fn delete(&mut self, address: Address) {
        match self.cluster.delete(&address).await {
            Ok(Deletion::Accepted) => {
                self.ui
                    .success(format_args!("{} deleted{}", address.id(), self.suffix));
            }
            Ok(Deletion::Absent) => {}
            Err(error) => self.fail(&format!("{} deletion", address.id()), error),
        }
    }

    /// Takes our finalizer off every custom resource: nobody will be there to act on it. Those of other
    /// controllers stay.
    async fn delete_finalizers(&mut self) {
        let lists = join_all(KINDS.iter().map(|kind| finalized(self.cluster, kind))).await;
        for (kind, listed) in KINDS.iter().zip(lists) {
            match listed {
                Ok(found) => {
                    for (address, finalizers) in found {
                        self.delete_finalizer(address, &finalizers).await;
                    }
                }
                Err(error) if error.is_not_found() => {}
                Err(error) => self.fail(&kind.resource, error),
            }
        }
    }

    async fn delete_finalizer(&mut self, address: Address, finalizers: &[String]) {
        let others: Vec<_> = finalizers
            .iter()
            .filter(|name| *name != FINALIZER)
            .collect();
        let patch = json!({ "metadata": { "finalizers": others } });
        match self.cluster.merge(&address, &patch).await {
            Ok(_) => {
                self.ui.success(format_args!(
                    "{} finalizers deleted{}",
                    address.id(),
                    self.suffix
                ));
                for other in others {
                    self.ui.warning(format_args!(
                        " {} stays until the owner of its finalizer {other} is done",
                        address.id()
                    ));
                }
            }
            Err(error) if error.is_not_found() => {}
            Err(error) => self.fail(&format!("{} finalizers deletion", address.id()), error),
        }
    }

    fn fail(&mut self, what: &dyn std::fmt::Display, error: ClusterError) {
        self.failed += 1;
        self.ui.failure(format_args!(
            "{what} failed: {}",
            Failure::from(error).in_one_line()
        ));
    }
}

/// Lists the objects of a kind that our finalizer is on, with all of their finalizers.
async fn finalized(
    cluster: &Cluster,
    kind: &'static Kind,
) -> Result<Vec<(Address, Vec<String>)>, ClusterError> {
    let resource = Resource::from(kind);
    let objects = cluster
        .list_objects(&resource, &Selection::default())
        .await?;
    let finalizers = |object: &crate::manifest::Object| -> Vec<String> {
        let names = object
            .get("/metadata/finalizers")
            .and_then(serde_json::Value::as_array);
        names
            .into_iter()
            .flatten()
            .filter_map(|name| Some(name.as_str()?.to_owned()))
            .collect()
    };
    Ok(objects
        .iter()
        .map(|object| {
            (
                resource.at(object.namespace(), object.name()),
                finalizers(object),
            )
        })
        .filter(|(_, finalizers)| finalizers.iter().any(|name| name == FINALIZER))
        .collect())
}
