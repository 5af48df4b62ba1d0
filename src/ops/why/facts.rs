//! What is read of the cluster on the way to a cause; every request is bounded.

use futures::future::join_all;
use jiff::Timestamp;
use serde_json::Value;

use super::excerpt::unhealthy;
use crate::api::{Kind, Relation, Row, links, row_of};
use crate::cluster::{self, Address, Cluster, Resource, Selection, State, Status};
use crate::manifest::{Object, ObjectId};

/// How many of the objects that something has brought are looked at.
pub const LEAVES: usize = 64;

/// How many objects of a list are read.
const PAGE: u32 = 500;

/// An object of Flux.
pub struct FluxObject {
    pub kind: &'static Kind,
    pub object: Object,
    pub row: Row,
}

impl FluxObject {
    pub fn new(kind: &'static Kind, object: Object) -> Self {
        let row = row_of(object.value());
        Self { kind, object, row }
    }

    pub fn is_suspended(&self) -> bool {
        (self.kind.suspended)(&self.row)
    }

    /// Says whether it applies its objects to another cluster, which is out of sight here.
    pub fn is_elsewhere(&self) -> bool {
        self.object.get("/spec/kubeConfig").is_some()
    }

    /// Returns the others that it waits for.
    pub fn dependencies(&self) -> Vec<ObjectId> {
        self.links(Relation::DependsOn)
    }

    /// Returns what it is made from; of a release with a chart of its own making that is the chart.
    pub fn sources(&self) -> Vec<ObjectId> {
        let chart = self.object.text("/status/helmChart");
        if let (Some((namespace, name)), Some(kind)) =
            (chart.split_once('/'), Kind::named("HelmChart"))
            && self.object.get("/spec/chart").is_some()
        {
            return vec![ObjectId {
                group: kind.group.into(),
                kind: kind.name.into(),
                namespace: namespace.into(),
                name: name.into(),
            }];
        }
        self.links(Relation::Source)
    }

    fn links(&self, relation: Relation) -> Vec<ObjectId> {
        let links = links(self.kind, &self.object);
        let own = self.object.id();
        let of_relation = links.into_iter().filter(|link| link.relation == relation);
        of_relation
            .map(|link| link.target)
            .filter(|target| relation == Relation::DependsOn || *target != own)
            .collect()
    }
}

/// Returns where an object of Flux is.
pub fn address_of(kind: &'static Kind, id: &ObjectId) -> Address {
    Resource::from(kind).at(&id.namespace, &id.name)
}

/// Says whether the cluster knows a kind; whoever may not look believes so.
pub async fn is_served(cluster: &Cluster, kind: &Kind) -> bool {
    match cluster.resources(&kind.api_version()).await {
        Ok(served) => served.iter().any(|resource| resource.kind == kind.name),
        Err(_) => true,
    }
}

/// Returns the namespaces that have an object of that kind and name.
pub async fn elsewhere(cluster: &Cluster, kind: &'static Kind, name: &str) -> Vec<String> {
    let selection = Selection {
        fields: format!("metadata.name={name}"),
        page: Some(PAGE),
        ..Selection::default()
    };
    let rows: Vec<Row> = cluster
        .list(&Resource::from(kind), &selection)
        .await
        .unwrap_or_default();
    let mut namespaces: Vec<String> = rows.into_iter().map(|row| row.metadata.namespace).collect();
    namespaces.sort();
    namespaces
}

/// An object that something has brought, and how it is.
pub struct Leaf {
    pub address: Address,
    pub status: Status,
}

/// The kinds whose objects can be unhealthy, beside those of Flux; others are as they should be once they are there.
const CHANGING: &[&str] = &[
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Job",
    "Pod",
    "PersistentVolumeClaim",
    "Service",
    "Ingress",
    "Namespace",
    "CustomResourceDefinition",
    "Certificate",
];

/// Finds the unhealthiest object of those that an object has brought: those that its message names, or else those
/// of its inventory and its health checks.
pub async fn unhealthiest(cluster: &Cluster, flux: &FluxObject, message: &str) -> Option<Leaf> {
    if flux.is_elsewhere() {
        return None;
    }
    let named = unhealthy(message);
    let wanted: Vec<(String, String, String, String)> = if named.is_empty() {
        brought(&flux.object)
    } else {
        let known = brought(&flux.object);
        named
            .into_iter()
            .map(|(kind, namespace, name)| {
                let known = known
                    .iter()
                    .find(|(_, other, _, other_name)| *other == kind && *other_name == name);
                let group = known.map_or_else(String::new, |(group, ..)| group.clone());
                (group, kind, namespace, name)
            })
            .collect()
    };
    let mut addresses = resolve(cluster, wanted).await;
    if addresses.is_empty() && flux.kind.name == "HelmRelease" {
        addresses = released(cluster, &flux.object).await;
    }
    let now = Timestamp::now();
    let reads = addresses
        .into_iter()
        .take(LEAVES)
        .map(|address| async move {
            let object = cluster.get(&address).await.ok()?;
            let status = cluster::status_of(object.as_ref(), now);
            Some(Leaf { address, status })
        });
    let leaves = join_all(reads).await.into_iter().flatten();
    leaves
        .filter(|leaf| leaf.status.state != State::Current)
        .max_by_key(|leaf| match leaf.status.state {
            State::Failed => 4,
            State::NotFound => 3,
            State::Terminating => 2,
            State::InProgress => 1,
            State::Current => 0,
        })
}

/// Returns group, kind, namespace and name of what can be unhealthy in the inventory and the health checks.
fn brought(object: &Object) -> Vec<(String, String, String, String)> {
    let list = |pointer: &str| {
        object
            .get(pointer)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let mut found = Vec::new();
    for check in list("/spec/healthChecks") {
        let text = |field: &str| check[field].as_str().unwrap_or_default();
        let group = text("apiVersion")
            .split_once('/')
            .map_or("", |(group, _)| group);
        found.push((
            group.into(),
            text("kind").into(),
            text("namespace").into(),
            text("name").into(),
        ));
    }
    for entry in list("/status/inventory/entries") {
        if let Some(Ok(id)) = entry["id"].as_str().map(ObjectId::from_inventory)
            && (CHANGING.contains(&id.kind.as_str()) || Kind::of(&id.group, &id.kind).is_some())
        {
            found.push((id.group, id.kind, id.namespace, id.name));
        }
    }
    found
}

/// Finds where objects are of which group and kind are known; of some only the kind.
pub async fn resolve(
    cluster: &Cluster,
    wanted: Vec<(String, String, String, String)>,
) -> Vec<Address> {
    if wanted.is_empty() {
        return Vec::new();
    }
    let Ok(catalogue) = cluster.catalogue().await else {
        return Vec::new();
    };
    let address = |(group, kind, namespace, name): (String, String, String, String)| {
        let word = match group.as_str() {
            "" => kind,
            group => format!("{kind}.{group}"),
        };
        Some(catalogue.find(&word)?.at(&namespace, &name))
    };
    wanted.into_iter().filter_map(address).collect()
}

/// Finds the workloads of a release by the labels that its controller gives them.
async fn released(cluster: &Cluster, release: &Object) -> Vec<Address> {
    let labels = format!(
        "helm.toolkit.fluxcd.io/name={},helm.toolkit.fluxcd.io/namespace={}",
        release.name(),
        release.namespace()
    );
    let namespace = match release.text("/spec/targetNamespace") {
        "" => release.namespace(),
        target => target,
    };
    let selection = Selection {
        page: Some(PAGE),
        ..Selection::of_namespace(namespace).with_labels(labels)
    };
    let workloads = workloads();
    let lists = workloads.iter().map(|resource| async {
        let found = cluster
            .list_objects(resource, &selection)
            .await
            .unwrap_or_default();
        let at = |object: &Object| resource.at(object.namespace(), object.name());
        found.iter().map(at).collect::<Vec<_>>()
    });
    join_all(lists).await.into_iter().flatten().collect()
}

fn workloads() -> [Resource; 4] {
    [
        Resource::DEPLOYMENT,
        Resource::in_namespace("apps", "v1", "StatefulSet", "statefulsets"),
        Resource::in_namespace("apps", "v1", "DaemonSet", "daemonsets"),
        Resource::in_namespace("batch", "v1", "Job", "jobs"),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_can_be_unhealthy_is_known_from_checks_and_inventory() {
        let object = Object::new(json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": "apps", "namespace": "a"},
            "spec": {"healthChecks": [{"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "b", "name": "web"}]},
            "status": {"inventory": {"entries": [
                {"id": "a_settings__ConfigMap", "v": "v1"}, {"id": "a_db_apps_StatefulSet", "v": "v1"}, {"id": "odd"},
                {"id": "a_shop_helm.toolkit.fluxcd.io_HelmRelease", "v": "v2"},
            ]}},
        }))
        .unwrap();
        let found: Vec<String> = brought(&object)
            .into_iter()
            .map(|(group, kind, namespace, name)| format!("{group} {kind} {namespace} {name}"))
            .collect();
        assert_eq!(
            found,
            [
                "apps Deployment b web",
                "apps StatefulSet a db",
                "helm.toolkit.fluxcd.io HelmRelease a shop"
            ]
        );
    }
}
