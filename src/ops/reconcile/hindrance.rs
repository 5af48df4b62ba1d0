//! Why an object is not picked up, or does not become ready: what stands in its way elsewhere in the cluster.

use std::time::Duration;

use futures::future::join_all;

use super::super::controller::{self, presence};
use crate::api::{Kind, Row, row_of};
use crate::cluster::{Address, Cluster, Resource};
use crate::manifest::{Object, ObjectId};

/// How long to look; the wait itself may be over.
const LIMIT: Duration = Duration::from_secs(2);

/// What an object that Flux applied says about who applied it.
const OWNERS: &[(&str, &str, &str)] = &[
    (
        "Kustomization",
        "kustomize.toolkit.fluxcd.io/name",
        "kustomize.toolkit.fluxcd.io/namespace",
    ),
    (
        "HelmRelease",
        "helm.toolkit.fluxcd.io/name",
        "helm.toolkit.fluxcd.io/namespace",
    ),
];

/// Returns what stands in the way of an object, most telling first; nothing where nothing is seen.
///
/// What may not be read is not told about: this is a help, not a check.
pub async fn hindrances(cluster: &Cluster, address: &Address) -> Vec<String> {
    let cluster = cluster.limited_to(Some(LIMIT));
    let looked = tokio::time::timeout(LIMIT, look(&cluster, address));
    looked.await.unwrap_or_default()
}

async fn look(cluster: &Cluster, address: &Address) -> Vec<String> {
    let Some(kind) = Kind::of(&address.resource.group, &address.resource.kind) else {
        return Vec::new();
    };
    let Ok(Some(object)) = cluster.get(address).await else {
        return Vec::new();
    };
    let row = row_of(object.value());
    let mut found = Vec::new();
    if (kind.suspended)(&row) {
        found.push("it is suspended".into());
    }
    if !is_seen(&row) {
        let component = kind.definition.component;
        let presence = presence(cluster, component).await;
        found.extend(controller::hindrance(component, &presence));
    }
    let relations = relations(kind, &object, &row);
    let reads = relations
        .iter()
        .map(|(relation, id)| related(cluster, *relation, id));
    found.extend(join_all(reads).await.into_iter().flatten());
    found
}

/// Says whether a controller has seen the object as it is now, the last request for a reconciliation included.
fn is_seen(row: &Row) -> bool {
    let requested = &row.metadata.annotations.requested_at;
    row.status.observed_generation == row.metadata.generation
        && (requested.is_empty() || *requested == row.status.last_handled_reconcile_at)
}

/// What another object is to the one that is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Source,
    Dependency,
    Parent,
}

/// Returns the objects that this one needs, or comes from.
fn relations(kind: &Kind, object: &Object, row: &Row) -> Vec<(Relation, ObjectId)> {
    let source = kind.source.and_then(|source| source(row));
    let dependency = |name: &str, namespace: &str| ObjectId {
        group: kind.group.into(),
        kind: kind.name.into(),
        namespace: namespace.into(),
        name: name.into(),
    };
    let dependencies = row.spec.depends_on.iter().map(|reference| {
        let namespace = match reference.namespace.as_str() {
            "" => object.namespace(),
            named => named,
        };
        dependency(&reference.name, namespace)
    });
    let parents = OWNERS.iter().filter_map(|(kind, name, namespace)| {
        let kind = Kind::named(kind)?;
        Some(ObjectId {
            group: kind.group.into(),
            kind: kind.name.into(),
            namespace: object.label(namespace)?.into(),
            name: object.label(name)?.into(),
        })
    });
    let sources = source.into_iter().map(|id| (Relation::Source, id));
    sources
        .chain(dependencies.map(|id| (Relation::Dependency, id)))
        .chain(parents.map(|id| (Relation::Parent, id)))
        .filter(|(_, id)| *id != object.id())
        .collect()
}

async fn related(cluster: &Cluster, relation: Relation, id: &ObjectId) -> Option<String> {
    let kind = Kind::of(&id.group, &id.kind)?;
    let address = Resource::from(kind).at(&id.namespace, &id.name);
    let row: Option<Row> = cluster.read(&address).await.ok()?;
    hindrance(relation, id, kind, row.as_ref())
}

/// Says how a related object, as it is now, stands in the way.
fn hindrance(relation: Relation, id: &ObjectId, kind: &Kind, row: Option<&Row>) -> Option<String> {
    let what = match relation {
        Relation::Source => "source",
        Relation::Dependency => "dependency",
        Relation::Parent => "parent",
    };
    let Some(row) = row else {
        return Some(format!("its {what} {id} does not exist"));
    };
    if (kind.suspended)(row) {
        return Some(match relation {
            Relation::Parent => format!("its parent {id} is suspended: what Git says of it waits"),
            _ => format!("its {what} {id} is suspended"),
        });
    }
    // A parent that is not ready may wait for this very object.
    if relation == Relation::Parent || (kind.fixed)(row).is_some() {
        return None;
    }
    match row.condition("Ready") {
        Some(ready) if ready.status == "True" => None,
        Some(ready) => Some(format!("its {what} {id} is not ready: {}", ready.message)),
        None => Some(format!("its {what} {id} is not ready yet")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn id() -> ObjectId {
        ObjectId {
            group: "kustomize.toolkit.fluxcd.io".into(),
            kind: "Kustomization".into(),
            namespace: "a".into(),
            name: "infra".into(),
        }
    }

    fn of(relation: Relation, row: Option<&Value>) -> Option<String> {
        let kind = Kind::named("Kustomization").unwrap();
        hindrance(relation, &id(), kind, row.map(row_of).as_ref())
    }

    #[test]
    fn what_stands_in_the_way_is_told() {
        let ready = |status| json!({"status": {"conditions": [{"type": "Ready", "status": status, "message": "build failed"}]}});
        let suspended = json!({"spec": {"suspend": true}});
        let told = |relation, row: &Value| of(relation, Some(row)).unwrap_or_default();
        assert_eq!(
            of(Relation::Source, None).unwrap(),
            "its source Kustomization/a/infra does not exist"
        );
        assert_eq!(
            told(Relation::Dependency, &suspended),
            "its dependency Kustomization/a/infra is suspended"
        );
        assert_eq!(
            told(Relation::Dependency, &ready("False")),
            "its dependency Kustomization/a/infra is not ready: build failed"
        );
        assert!(told(Relation::Parent, &suspended).contains("is suspended: what Git says"));
        assert_eq!(told(Relation::Dependency, &ready("True")), "");
        assert_eq!(told(Relation::Parent, &ready("False")), "");
    }

    #[test]
    fn sources_dependencies_and_parents_are_looked_at() {
        let kind = Kind::named("Kustomization").unwrap();
        let object = Object::new(json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": "apps", "namespace": "a", "labels": {
                "kustomize.toolkit.fluxcd.io/name": "flux-system", "kustomize.toolkit.fluxcd.io/namespace": "f",
            }},
            "spec": {"dependsOn": [{"name": "infra"}], "sourceRef": {"kind": "GitRepository", "name": "g", "namespace": "b"}},
        }))
        .unwrap();
        let found = relations(kind, &object, &row_of(object.value()));
        let told: Vec<String> = found
            .iter()
            .map(|(relation, id)| format!("{relation:?} {id}"))
            .collect();
        assert_eq!(
            told,
            [
                "Source GitRepository/b/g",
                "Dependency Kustomization/a/infra",
                "Parent Kustomization/f/flux-system",
            ]
        );
    }
}
