//! What is no longer as a Kustomization left it, though that says that all is well: gone, or changed by hand.

use futures::future::join_all;
use jiff::Timestamp;
use serde_json::Value;

use super::facts::{FluxObject, LEAVES, resolve};
use crate::cluster::Cluster;
use crate::manifest::{Object, ObjectId};

/// The end of the names of programs that change objects by themselves, again and again.
const AUTOMATIC: &[&str] = &[
    "controller",
    "controller-manager",
    "autoscaler",
    "kubelet",
    "operator",
];

/// An object that is no longer as it was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The object.
    pub id: ObjectId,
    /// How it is now: `missing` or `changed`.
    pub state: &'static str,
    /// What happened to it.
    pub message: String,
}

/// Finds the first object of an inventory that is gone, or else that somebody has changed since the last
/// reconciliation. What may not be read counts as unchanged.
pub async fn drift(cluster: &Cluster, applier: &FluxObject) -> Option<Drift> {
    if applier.is_elsewhere() {
        return None;
    }
    let entries = applier.object.get("/status/inventory/entries")?;
    let ids = entries.as_array()?.iter().filter_map(|entry| {
        let id = ObjectId::from_inventory(entry["id"].as_str()?).ok()?;
        Some((id.group, id.kind, id.namespace, id.name))
    });
    let addresses = resolve(cluster, ids.take(LEAVES).collect()).await;
    let reads = addresses.iter().map(|address| cluster.get(address));
    let read = join_all(reads).await;
    let mut drifted: Vec<Drift> = addresses
        .iter()
        .zip(read)
        .filter_map(|(address, object)| match object {
            Ok(None) => Some(gone(address.id())),
            Ok(Some(object)) => changed(&object, applier),
            Err(_) => None,
        })
        .collect();
    drifted.sort_by_key(|drift| drift.state != "missing");
    drifted.into_iter().next()
}

fn gone(id: ObjectId) -> Drift {
    Drift {
        message: format!("{id} was applied and is gone: somebody has deleted it"),
        id,
        state: "missing",
    }
}

/// Says whether somebody has changed an object since who applied it was reconciled for the last time (pure).
pub fn changed(object: &Object, applier: &FluxObject) -> Option<Drift> {
    // It is applied where it is missing, and never again.
    if object
        .get("/metadata/annotations")
        .and_then(|all| all.get("kustomize.toolkit.fluxcd.io/ssa")?.as_str())
        .is_some_and(|how| how.eq_ignore_ascii_case("IfNotPresent"))
    {
        return None;
    }
    let reconciled = applier.object.text("/status/history/0/lastReconciled");
    let reconciled: Timestamp = reconciled.parse().ok()?;
    let fields = object.get("/metadata/managedFields")?.as_array()?;
    let by_hand = fields.iter().filter_map(|entry| {
        let text = |field: &str| entry.get(field).and_then(Value::as_str);
        let (manager, time) = (text("manager")?, text("time")?);
        let when: Timestamp = time.parse().ok()?;
        let is_automatic = AUTOMATIC.iter().any(|end| manager.ends_with(end));
        let is_update = text("operation") == Some("Update") && text("subresource").is_none();
        (is_update && !is_automatic && when > reconciled).then_some((when, manager))
    });
    let (when, manager) = by_hand.max()?;
    let id = object.id();
    Some(Drift {
        message: format!("{id} was changed with {manager} at {when}, after it had been applied"),
        id,
        state: "changed",
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::Kind;

    fn applier(reconciled: &str) -> FluxObject {
        let object = Object::new(json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": "app", "namespace": "a"},
            "status": {"history": [{"lastReconciled": reconciled}]},
        }));
        FluxObject::new(Kind::named("Kustomization").unwrap(), object.unwrap())
    }

    #[test]
    fn only_what_people_changed_since_counts() {
        let found = |manager: &str, operation: &str, subresource: Option<&str>| {
            let mut entry =
                json!({"manager": manager, "operation": operation, "time": "2026-11-21T12:00:00Z"});
            if let Some(subresource) = subresource {
                entry["subresource"] = subresource.into();
            }
            let object = Object::new(json!({
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": "conf", "namespace": "a", "managedFields": [entry]},
            }))
            .unwrap();
            let before = changed(&object, &applier("2026-11-21T11:00:00Z"));
            assert_eq!(changed(&object, &applier("2026-11-21T13:00:00Z")), None);
            assert_eq!(changed(&object, &applier("")), None);
            before.map(|drift| drift.message)
        };
        assert_eq!(
            found("kubectl-edit", "Update", None).unwrap(),
            "ConfigMap/a/conf was changed with kubectl-edit at 2026-11-21T12:00:00Z, after it had been applied"
        );
        assert_eq!(found("kubectl", "Update", Some("status")), None);
        assert_eq!(found("kustomize-controller", "Apply", None), None);
        assert_eq!(found("kube-controller-manager", "Update", None), None);
    }
}
