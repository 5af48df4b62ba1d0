//! What is left of an object that is to be kept in a file: no status, no defaults that say nothing, durations as Go writes them.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::flux::Kind;
use super::meta::Duration;

/// Optional fields whose zero says something else than their absence, since Go's types hold them by pointer.
const MEANT: &[&str] = &[
    "ignore",
    "ignoreTestFailures",
    "maxHistory",
    "persistentClient",
    "remediateLastFailure",
];

/// Returns an object with only what a manifest of it says: its identity, labels, annotations and spec.
///
/// As with flux, an optional field that has its zero value is left out, and durations are written as Go
/// does. A field that our types do not know stays as it is.
pub fn exported(kind: &Kind, object: &Value) -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut generator = settings.into_generator();
    let schema = (kind.definition.spec)(&mut generator).to_value();
    let spec = object.get("spec").cloned().unwrap_or_else(|| json!({}));
    json!({
        "apiVersion": kind.api_version(),
        "kind": kind.name,
        "metadata": picked(object, &["name", "namespace", "labels", "annotations"]),
        "spec": tidied(&spec, &schema),
    })
}

/// Returns a Secret with only what makes it a credential: as with flux, its labels and annotations stay behind.
pub fn exported_secret(secret: &Value) -> Value {
    let metadata = picked(secret, &["name", "namespace"]);
    let mut manifest = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": metadata });
    for field in ["data", "type"] {
        if let Some(value) = secret.get(field).filter(|value| !is_zero(value)) {
            manifest[field] = value.clone();
        }
    }
    manifest
}

/// Returns these fields of the metadata, where they say something.
fn picked(object: &Value, fields: &[&str]) -> Value {
    let kept = fields.iter().filter_map(|field| {
        let value = object.get("metadata")?.get(field)?;
        (!is_zero(value)).then(|| ((*field).to_owned(), value.clone()))
    });
    Value::Object(kept.collect())
}

/// Rewrites a value as Go's types would write it.
fn tidied(value: &Value, schema: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(tidied_fields(fields, schema)),
        Value::Array(items) => {
            let schema = schema.get("items").unwrap_or(&Value::Null);
            items.iter().map(|item| tidied(item, schema)).collect()
        }
        Value::String(text) if is_duration(schema) => Duration(text.clone()).canonical().0.into(),
        other => other.clone(),
    }
}

fn tidied_fields(fields: &Map<String, Value>, schema: &Value) -> Map<String, Value> {
    let mut kept = Map::new();
    for (name, value) in fields {
        let Some(inner) = schema
            .get("properties")
            .and_then(|properties| properties.get(name))
        else {
            // A key of a map, or a field that is newer than our types.
            let inner = schema.get("additionalProperties").unwrap_or(&Value::Null);
            kept.insert(name.clone(), tidied(value, inner));
            continue;
        };
        let is_required = schema
            .get("required")
            .and_then(Value::as_array)
            .is_some_and(|required| required.iter().any(|field| field == name));
        let is_structure = inner.get("properties").is_some();
        let says_nothing = is_zero(value) && !is_structure && !MEANT.contains(&name.as_str());
        if is_required || !says_nothing {
            kept.insert(name.clone(), tidied(value, inner));
        }
    }
    kept
}

/// Says whether a schema is that of a length of time: its pattern is of numbers with units.
fn is_duration(schema: &Value) -> bool {
    schema
        .get("pattern")
        .and_then(Value::as_str)
        .is_some_and(|pattern| pattern.starts_with(r"^([0-9]+(\.[0-9]+)?(ms|s|m"))
}

/// Says whether Go would call it the zero of its type.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::KINDS;

    fn of(name: &str, object: &Value) -> Value {
        exported(Kind::named(name).unwrap(), object)
    }

    #[test]
    fn keeps_what_was_wanted_and_nothing_of_the_server() {
        let kustomization = json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {
                "name": "apps", "namespace": "flux-system", "uid": "1", "resourceVersion": "2", "generation": 1,
                "managedFields": [{}], "finalizers": ["finalizers.fluxcd.io"], "labels": {"team": ""}, "annotations": {},
            },
            "spec": {
                "interval": "90m", "timeout": "1.5s", "prune": false, "force": false, "suspend": false, "path": "",
                "sourceRef": {"kind": "GitRepository", "name": "apps", "namespace": ""},
                "postBuild": {"substitute": {"empty": "", "length": "60m"}, "substituteFrom": []},
                "healthChecks": [], "ofTomorrow": {"wanted": false},
            },
            "status": {"observedGeneration": 1},
        });
        let expected = json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": "apps", "namespace": "flux-system", "labels": {"team": ""}},
            "spec": {
                "interval": "1h30m0s", "timeout": "1.5s", "prune": false,
                "sourceRef": {"kind": "GitRepository", "name": "apps"},
                "postBuild": {"substitute": {"empty": "", "length": "60m"}},
                "ofTomorrow": {"wanted": false},
            },
        });
        assert_eq!(of("Kustomization", &kustomization), expected);
    }

    #[test]
    fn leaves_values_and_what_is_meant_alone() {
        let release = json!({
            "metadata": {"name": "web", "namespace": "apps"},
            "spec": {
                "interval": "5m", "maxHistory": 0, "persistentClient": false, "install": {},
                "values": {"replicas": 0, "empty": "", "none": null, "list": [], "interval": "5m"},
                "upgrade": {"remediation": {"retries": 0, "remediateLastFailure": false}, "timeout": "60s"},
                "chart": {"spec": {"chart": "web", "interval": "1h", "version": "", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}},
            },
        });
        let spec = of("HelmRelease", &release)["spec"].clone();
        assert_eq!(spec["values"], release["spec"]["values"]);
        assert_eq!(
            (&spec["maxHistory"], &spec["persistentClient"]),
            (&json!(0), &json!(false))
        );
        assert_eq!(spec["install"], json!({}));
        let upgrade = json!({"remediation": {"remediateLastFailure": false}, "timeout": "1m0s"});
        assert_eq!(spec["upgrade"], upgrade);
        assert_eq!(spec["chart"]["spec"]["interval"], "1h0m0s");
        assert_eq!(spec["chart"]["spec"].get("version"), None);
    }

    #[test]
    fn every_kind_leaves_its_status_behind() {
        for kind in KINDS {
            let object = json!({"metadata": {"name": "a", "uid": "1"}, "spec": {}, "status": {}});
            let expected = json!({
                "apiVersion": kind.api_version(), "kind": kind.name, "metadata": {"name": "a"}, "spec": {},
            });
            assert_eq!(exported(kind, &object), expected);
        }
    }

    #[test]
    fn keeps_what_makes_a_secret_a_credential() {
        let secret = json!({
            "metadata": {"name": "key", "namespace": "apps", "uid": "1", "labels": {"team": "x"}},
            "data": {"identity": "YQ=="}, "type": "Opaque",
        });
        let expected = json!({
            "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": {"identity": "YQ=="},
            "metadata": {"name": "key", "namespace": "apps"},
        });
        assert_eq!(exported_secret(&secret), expected);
    }
}
