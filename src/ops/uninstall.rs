//! Take Flux out of a cluster; what it deployed keeps running.

use futures::future::join_all;
use schemars::JsonSchema;
use serde::Serialize;
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

/// What an uninstallation did, or would do; a document of `cli.gitops/v1`.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UninstallReport {
    #[schemars(extend("const" = "cli.gitops/v1"))]
    api_version: &'static str,
    #[schemars(extend("const" = "UninstallReport"))]
    kind: &'static str,
    /// Whether the server was only asked, and has kept everything.
    pub dry_run: bool,
    /// The objects that were deleted, as `Kind/namespace/name` or `Kind/name`, in that order.
    pub deleted: Vec<String>,
    /// The objects that the finalizer of Flux was taken off.
    pub released: Vec<String>,
    /// What could not be done, and why.
    pub failed: Vec<String>,
}

impl UninstallReport {
    const fn new(dry_run: bool) -> Self {
        Self {
            api_version: "cli.gitops/v1",
            kind: "UninstallReport",
            dry_run,
            deleted: Vec::new(),
            released: Vec::new(),
            failed: Vec::new(),
        }
    }

    /// Says how it ended: a failure where something could not be deleted.
    pub fn end(&self) -> Result<(), Failure> {
        match self.failed.len() {
            0 => Ok(()),
            1 => Err(Failure::new("one object could not be deleted")),
            failed => Err(Failure::new(format!(
                "{failed} objects could not be deleted"
            ))),
        }
    }
}

/// Deletes components, finalizers, definitions and the namespace, in this order.
///
/// What could not be deleted is part of the report ([`UninstallReport::end`]); the rest is deleted all the same.
pub async fn uninstall(
    cluster: &Cluster,
    ui: &Ui,
    request: UninstallRequest<'_>,
) -> UninstallReport {
    let cluster = if request.dry_run {
        &cluster.rehearsing()
    } else {
        cluster
    };
    let mut removal = Removal {
        cluster,
        ui,
        suffix: if request.dry_run { " (dry run)" } else { "" },
        report: UninstallReport::new(request.dry_run),
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
    removal.report
}

/// A removal that goes on when one object can't be removed.
struct Removal<'a> {
    cluster: &'a Cluster,
    ui: &'a Ui,
    suffix: &'static str,
    report: UninstallReport,
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
                self.report.deleted.push(address.id().to_string());
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
                self.report.released.push(address.id().to_string());
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
        let failed = format!("{what} failed: {}", Failure::from(error).in_one_line());
        self.ui.failure(&failed);
        self.report.failed.push(failed);
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
