//! Custom resources in a cluster, written anew so that the server stores them in the version it serves.

use futures::StreamExt as _;
use futures::stream;
use serde_json::{Map, Value, json};

use crate::cluster::{Address, Cluster, ClusterError, Resource, Selection};
use crate::error::Failure;
use crate::manifest::Object;
use crate::ops::inventory;
use crate::report::Ui;

/// How many objects are written at once.
const AT_ONCE: usize = 8;

/// How often an object is read again after somebody else changed it in between.
const TRIES: usize = 5;

/// Whether what is written stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// It stays.
    ForGood,
    /// The server only checks it.
    Rehearsed,
}

/// Writes all custom resources of Flux anew, then makes their definitions forget the versions before.
///
/// # Errors
///
/// Fails at the first kind or object that the server does not let us read or write; a second run goes on.
pub async fn migrate_stored(cluster: &Cluster, ui: &Ui, write: Write) -> Result<(), Failure> {
    let (cluster, suffix) = match write {
        Write::ForGood => (cluster, ""),
        Write::Rehearsed => (&cluster.rehearsing(), " (dry run)"),
    };
    for definition in inventory::definitions(cluster).await? {
        let Some(resource) = stored_resource(&definition) else {
            continue;
        };
        migrate_kind(cluster, ui, &resource, suffix).await?;
        let wanted = json!([resource.version]);
        if definition.get("/status/storedVersions") != Some(&wanted) {
            let address = Resource::CUSTOM_RESOURCE_DEFINITION.at("", definition.name());
            let patch = json!({ "status": { "storedVersions": wanted } });
            cluster.merge_status(&address, &patch).await?;
            ui.success(format_args!(
                "{} migrated to storage version {}{suffix}",
                definition.name(),
                resource.version
            ));
        }
    }
    Ok(())
}

async fn migrate_kind(
    cluster: &Cluster,
    ui: &Ui,
    resource: &Resource,
    suffix: &str,
) -> Result<(), Failure> {
    let mut objects = cluster
        .list_objects(resource, &Selection::default())
        .await?;
    objects.sort_by_key(Object::id);
    let writes = objects.into_iter().map(|object| async {
        let address = resource.at(object.namespace(), object.name());
        let migrated = migrate_object(cluster, &address, object).await?;
        Ok::<_, Failure>(migrated.then_some(address))
    });
    let mut writes = stream::iter(writes).buffered(AT_ONCE);
    while let Some(migrated) = writes.next().await {
        // What is gone in between needs no migration.
        if let Some(address) = migrated? {
            ui.success(format_args!(
                "{address} migrated to version {}{suffix}",
                resource.version
            ));
        }
    }
    Ok(())
}

/// Writes one object anew; false where it is gone.
async fn migrate_object(
    cluster: &Cluster,
    address: &Address,
    object: Object,
) -> Result<bool, ClusterError> {
    let mut object = object;
    for _ in 1..TRIES {
        match write_anew(cluster, address, &object).await {
            Err(error) if error.is_conflict() => match cluster.get(address).await? {
                Some(newer) => object = newer,
                None => return Ok(false),
            },
            Err(error) if error.is_not_found() => return Ok(false),
            outcome => return outcome.map(|_| true),
        }
    }
    write_anew(cluster, address, &object).await.map(|_| true)
}

async fn write_anew(
    cluster: &Cluster,
    address: &Address,
    object: &Object,
) -> Result<Object, ClusterError> {
    match renamed_managers(object, &address.resource) {
        // Whoever still writes in an old version would lose its fields when that version goes.
        Some(managers) => {
            let version = object.text("/metadata/resourceVersion");
            let patch = json!([
                { "op": "replace", "path": "/metadata/resourceVersion", "value": version },
                { "op": "replace", "path": "/metadata/managedFields", "value": managers },
            ]);
            cluster.patch(address, &patch).await
        }
        // The server writes even an empty change when the stored version is not the one that it stores.
        None => cluster.merge(address, &json!({})).await,
    }
}

/// Returns the kind as a definition stores it; `None` where it stores none.
fn stored_resource(definition: &Object) -> Option<Resource> {
    let versions = definition.get("/spec/versions")?.as_array()?;
    let stored = versions
        .iter()
        .find(|version| version["storage"] == json!(true))?;
    Some(Resource {
        group: definition.text("/spec/group").to_owned().into(),
        version: stored["name"].as_str()?.to_owned().into(),
        kind: definition.text("/spec/names/kind").to_owned().into(),
        plural: definition.text("/spec/names/plural").to_owned().into(),
        namespaced: definition.text("/spec/scope") == "Namespaced",
    })
}

/// Returns the managed fields in the stored version; `None` where all are already.
fn renamed_managers(object: &Object, resource: &Resource) -> Option<Vec<Value>> {
    let api_version = resource.api_version();
    let managers = object.get("/metadata/managedFields")?.as_array()?;
    if managers
        .iter()
        .all(|manager| manager["apiVersion"] == json!(api_version))
    {
        return None;
    }
    let mut renamed: Vec<Value> = Vec::new();
    for manager in managers {
        let mut manager = manager.clone();
        manager["apiVersion"] = json!(api_version);
        // One manager that wrote in two versions becomes one again: what it owns is put together.
        match renamed.iter_mut().find(|other| is_same(other, &manager)) {
            Some(other) => unite(&mut other["fieldsV1"], &manager["fieldsV1"]),
            None => renamed.push(manager),
        }
    }
    Some(renamed)
}

fn is_same(one: &Value, other: &Value) -> bool {
    ["manager", "operation", "subresource"]
        .iter()
        .all(|field| one.get(field) == other.get(field))
}

/// Adds the fields of one set to another.
fn unite(fields: &mut Value, others: &Value) {
    let Some(others) = others.as_object() else {
        return;
    };
    if !fields.is_object() {
        *fields = Value::Object(Map::new());
    }
    for (name, inner) in others {
        unite(&mut fields[name.as_str()], inner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_names_what_it_stores() {
        let definition = Object::new(json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "alerts.notification.toolkit.fluxcd.io"},
            "spec": {
                "group": "notification.toolkit.fluxcd.io", "scope": "Namespaced",
                "names": {"kind": "Alert", "plural": "alerts"},
                "versions": [{"name": "v1beta2", "storage": false}, {"name": "v1beta3", "storage": true}],
            },
        }))
        .unwrap();
        let resource = stored_resource(&definition).unwrap();
        assert_eq!(
            resource.api_version(),
            "notification.toolkit.fluxcd.io/v1beta3"
        );
        assert_eq!((&*resource.plural, resource.namespaced), ("alerts", true));
    }

    #[test]
    fn managers_of_old_versions_are_renamed_and_put_together() {
        let alerts = Resource::in_namespace("x.io", "v1", "Alert", "alerts");
        let alert = |managers: Value| {
            Object::new(json!({
                "apiVersion": "x.io/v1", "kind": "Alert", "metadata": {"name": "a", "managedFields": managers},
            }))
            .unwrap()
        };
        let manager = |name: &str, version: &str, field: &str| json!({"manager": name, "operation": "Apply", "apiVersion": version, "fieldsV1": {"f:spec": {field: {}}}});
        let current = alert(json!([manager("a", "x.io/v1", "f:one")]));
        assert_eq!(renamed_managers(&current, &alerts), None);
        let mixed = alert(json!([
            manager("a", "x.io/v1", "f:one"),
            manager("a", "x.io/v1beta1", "f:two"),
            manager("b", "x.io/v1beta1", "f:two"),
        ]));
        let both = json!({"f:spec": {"f:one": {}, "f:two": {}}});
        let renamed = renamed_managers(&mixed, &alerts).unwrap();
        assert_eq!(renamed.len(), 2);
        assert_eq!(renamed[0]["fieldsV1"], both);
        assert_eq!(renamed[1], manager("b", "x.io/v1", "f:two"));
    }
}
