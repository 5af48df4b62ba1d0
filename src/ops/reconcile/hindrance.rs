//! Why an object is not picked up, or does not become ready: what stands in its way elsewhere in the cluster.

use std::time::Duration;

use futures::future::join_all;

use super::super::controller::{self, presence};
use crate::api::{Kind, Relation, Row, links, parents, row_of};
use crate::cluster::{Address, Cluster, Resource};
use crate::manifest::{Object, ObjectId};

/// How long to look; the wait itself may be over.
const LIMIT: Duration = Duration::from_secs(2);

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
    let relations = relations(kind, &object);
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
enum Role {
    Source,
    Dependency,
    Parent,
}

/// Returns the objects that this one needs, or comes from; sources first.
fn relations(kind: &Kind, object: &Object) -> Vec<(Role, ObjectId)> {
    let links = links(kind, object);
    let of = |relation: Relation, role: Role| {
        let links = links.iter().filter(move |link| link.relation == relation);
        links.map(move |link| (role, link.target.clone()))
    };
    let parents = parents(object).into_iter().map(|id| (Role::Parent, id));
    of(Relation::Source, Role::Source)
        .chain(of(Relation::DependsOn, Role::Dependency))
        .chain(parents)
        .filter(|(_, id)| *id != object.id())
        .collect()
}

async fn related(cluster: &Cluster, relation: Role, id: &ObjectId) -> Option<String> {
    let kind = Kind::of(&id.group, &id.kind)?;
    let address = Resource::from(kind).at(&id.namespace, &id.name);
    let row: Option<Row> = cluster.read(&address).await.ok()?;
    hindrance(relation, id, kind, row.as_ref())
}

/// Says how a related object, as it is now, stands in the way.
fn hindrance(relation: Role, id: &ObjectId, kind: &Kind, row: Option<&Row>) -> Option<String> {
    let what = match relation {
        Role::Source => "source",
        Role::Dependency => "dependency",
        Role::Parent => "parent",
    };
    let Some(row) = row else {
        return Some(format!("its {what} {id} does not exist"));
    };
    if (kind.suspended)(row) {
        return Some(match relation {
            Role::Parent => format!("its parent {id} is suspended: what Git says of it waits"),
            _ => format!("its {what} {id} is suspended"),
        });
    }
    // A parent that is not ready may wait for this very object.
    if relation == Role::Parent || (kind.fixed)(row).is_some() {
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

    fn of(relation: Role, row: Option<&Value>) -> Option<String> {
        let kind = Kind::named("Kustomization").unwrap();
        hindrance(relation, &id(), kind, row.map(row_of).as_ref())
    }

    #[test]
    fn what_stands_in_the_way_is_told() {
        let ready = |status| json!({"status": {"conditions": [{"type": "Ready", "status": status, "message": "build failed"}]}});
        let suspended = json!({"spec": {"suspend": true}});
        let told = |relation, row: &Value| of(relation, Some(row)).unwrap_or_default();
        assert_eq!(
            of(Role::Source, None).unwrap(),
            "its source Kustomization/a/infra does not exist"
        );
        assert_eq!(
            told(Role::Dependency, &suspended),
            "its dependency Kustomization/a/infra is suspended"
        );
        assert_eq!(
            told(Role::Dependency, &ready("False")),
            "its dependency Kustomization/a/infra is not ready: build failed"
        );
        assert!(told(Role::Parent, &suspended).contains("is suspended: what Git says"));
        assert_eq!(told(Role::Dependency, &ready("True")), "");
        assert_eq!(told(Role::Parent, &ready("False")), "");
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
        let found = relations(kind, &object);
        let told: Vec<String> = found
            .iter()
            .map(|(role, id)| format!("{role:?} {id}"))
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
