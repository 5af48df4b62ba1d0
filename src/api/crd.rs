//! The CRD of a kind: its schema, with the generator's gaps closed, and its names around it.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::flux::{Definition, Kind};
use super::kinds::KINDS;

/// The generator whose conventions the definitions follow.
const GENERATOR: (&str, &str) = ("controller-gen.kubebuilder.io/version", "v0.21.0");

/// Keeps Flux's own substitution away from the definitions.
const SUBSTITUTE: (&str, &str) = ("kustomize.toolkit.fluxcd.io/substitute", "disabled");

/// Returns the definitions that a component brings, in the order of their names.
pub fn crds_of(component: &str) -> Vec<Value> {
    let brings = |kind: &&&Kind| kind.definition.component == component;
    let mut kinds: Vec<_> = KINDS.iter().filter(brings).collect();
    kinds.sort_by_key(|kind| (kind.resource, kind.group));
    kinds.into_iter().map(|kind| of(kind)).collect()
}

/// Returns the definition of a kind.
pub fn of(kind: &Kind) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "annotations": { GENERATOR.0: GENERATOR.1, SUBSTITUTE.0: SUBSTITUTE.1 },
            "name": format!("{}.{}", kind.resource, kind.group),
        },
        "spec": {
            "group": kind.group,
            "names": names(kind),
            "scope": "Namespaced",
            "versions": [version(kind)],
        },
    })
}

/// Returns what the kind is called.
fn names(kind: &Kind) -> Value {
    let mut names = json!({
        "categories": ["all", "fluxcd", kind.definition.category],
        "kind": kind.name,
        "listKind": format!("{}List", kind.name),
        "plural": kind.resource,
        "singular": kind.name.to_lowercase(),
    });
    if !kind.definition.short_names.is_empty() {
        names["shortNames"] = json!(kind.definition.short_names);
    }
    names
}

/// Returns the one version of the kind.
fn version(kind: &Kind) -> Value {
    let definition = &kind.definition;
    json!({
        "additionalPrinterColumns": printer_columns(definition),
        "name": kind.version,
        "schema": { "openAPIV3Schema": schema(definition) },
        "served": true,
        "storage": true,
        "subresources": if definition.status.is_some() { json!({"status": {}}) } else { json!({}) },
    })
}

/// Returns what `kubectl get` shows.
fn printer_columns(definition: &Definition) -> Vec<Value> {
    let columns = definition.columns.iter().map(|column| {
        let mut value =
            json!({ "jsonPath": column.path, "name": column.name, "type": column.type_ });
        if column.priority > 0 {
            value["priority"] = column.priority.into();
        }
        value
    });
    columns.collect()
}

/// Returns the schema of the whole object.
fn schema(definition: &Definition) -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut generator = settings.into_generator();
    let mut properties = json!({
        "apiVersion": { "description": "API group and version of this object.", "type": "string" },
        "kind": { "description": "Kind of this object.", "type": "string" },
        "metadata": { "type": "object" },
    });
    properties["spec"] = closed(definition.spec, &mut generator);
    if let Some(status) = definition.status {
        properties["status"] = closed(status, &mut generator);
    }
    json!({ "description": definition.about, "properties": properties, "type": "object" })
}

/// Makes a schema and closes its gaps.
fn closed(
    make: fn(&mut SchemaGenerator) -> schemars::Schema,
    generator: &mut SchemaGenerator,
) -> Value {
    let mut schema = make(generator).to_value();
    close(&mut schema);
    schema
}

/// Makes a schema one that the API server takes, and that Go's types would have given.
///
/// An optional field may be missing but not null; and of the formats of integers only `int64` is
/// ever written, since Go's plain `int` has none. Required fields are listed in alphabetical order.
fn close(schema: &mut Value) {
    let Value::Object(fields) = schema else {
        return;
    };
    drop_null(fields);
    if fields.get("format").is_some_and(|format| format == "int") {
        fields.remove("format");
    }
    if let Some(Value::Array(names)) = fields.get_mut("required") {
        names.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
    }
    if let Some(Value::Object(properties)) = fields.get_mut("properties") {
        properties.values_mut().for_each(close);
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(schema) = fields.get_mut(inner) {
            close(schema);
        }
    }
}

/// Takes null out of the types and values of a schema.
fn drop_null(fields: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_mut_slice() {
            fields["type"] = only.take();
        }
    }
    if let Some(Value::Array(values)) = fields.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::shared;

    /// Takes away what is ours to say, and puts lists without an order in order.
    fn structure(mut value: Value) -> Value {
        fn walk(value: &mut Value, inside_properties: bool) {
            match value {
                Value::Array(list) => list.iter_mut().for_each(|item| walk(item, false)),
                Value::Object(fields) => {
                    if !inside_properties {
                        fields.remove("description");
                        for list in [
                            "enum",
                            "required",
                            "x-kubernetes-validations",
                            "x-kubernetes-list-map-keys",
                        ] {
                            if let Some(Value::Array(list)) = fields.get_mut(list) {
                                list.sort_by_key(ToString::to_string);
                            }
                        }
                    }
                    for (name, inner) in fields {
                        walk(inner, name == "properties" && !inside_properties);
                    }
                }
                _ => {}
            }
        }
        walk(&mut value, false);
        value
    }

    /// Lists the differences of two values, each with its path.
    fn differences(path: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
        match (ours, theirs) {
            (Value::Object(ours), Value::Object(theirs)) => {
                let names: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
                for name in names {
                    let null = Value::Null;
                    let pair = (
                        ours.get(name).unwrap_or(&null),
                        theirs.get(name).unwrap_or(&null),
                    );
                    differences(&format!("{path}.{name}"), pair.0, pair.1, found);
                }
            }
            (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
                for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                    differences(&format!("{path}[{index}]"), ours, theirs, found);
                }
            }
            _ if ours == theirs => {}
            _ => found.push(format!("{path}: ours {ours}, theirs {theirs}")),
        }
    }

    #[test]
    fn builds_the_structure_that_flux_publishes() {
        let Some(folder) = shared::folder("flux-crds") else {
            return;
        };
        let mut found = Vec::new();
        for kind in KINDS {
            let file = folder.join(format!("{}_{}.yaml", kind.group, kind.resource));
            let text = std::fs::read_to_string(&file).unwrap();
            let theirs: Value = serde_saphyr::from_str(&text).unwrap();
            assert!(
                theirs.pointer("/spec/versions/0/schema").is_some(),
                "{}",
                file.display()
            );
            differences(
                kind.name,
                &structure(of(kind)),
                &structure(theirs),
                &mut found,
            );
        }
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    /// Holds a schema to what the API server asks of it, and to what we ask of ourselves.
    fn inspect(path: &str, schema: &Value) {
        const FIELDS: &[&str] = &[
            "additionalProperties",
            "default",
            "description",
            "enum",
            "format",
            "items",
            "maxItems",
            "maxLength",
            "minItems",
            "minLength",
            "minimum",
            "pattern",
            "properties",
            "required",
            "type",
        ];
        let fields = schema
            .as_object()
            .unwrap_or_else(|| panic!("{path}: {schema}"));
        for name in fields.keys() {
            let known = FIELDS.contains(&name.as_str()) || name.starts_with("x-kubernetes-");
            assert!(known, "{path}: `{name}` is no field of a structural schema");
        }
        let free = fields.contains_key("x-kubernetes-preserve-unknown-fields");
        assert!(
            free || fields.get("type").is_some_and(Value::is_string),
            "{path}: no single type"
        );
        assert_eq!(
            fields.get("type") == Some(&json!("array")),
            fields.contains_key("items"),
            "{path}"
        );
        inspect_properties(path, fields);
        for inner in ["items", "additionalProperties"] {
            if let Some(schema) = fields.get(inner) {
                inspect(&format!("{path}.{inner}"), schema);
            }
        }
    }

    /// Holds the properties of a schema to the same.
    fn inspect_properties(path: &str, fields: &Map<String, Value>) {
        if let Some(format) = fields.get("format") {
            assert!(
                format == "int64" || format == "date-time",
                "{path}: {format}"
            );
        }
        let properties = fields.get("properties").and_then(Value::as_object);
        for name in fields
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            assert!(
                properties.unwrap().contains_key(name.as_str().unwrap()),
                "{path}: {name}"
            );
        }
        for (name, property) in properties.into_iter().flatten() {
            let path = format!("{path}.{name}");
            let described = property["description"]
                .as_str()
                .is_some_and(|text| text.ends_with('.'));
            assert!(described || name == "metadata", "{path} is not described");
            inspect(&path, property);
        }
    }

    #[test]
    fn builds_structural_schemas_with_a_word_on_every_field() {
        for kind in KINDS {
            let crd = of(kind);
            inspect(
                kind.name,
                &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"],
            );
        }
    }

    #[test]
    fn defines_every_kind_by_one_component() {
        let components = [
            ("source-controller", 6),
            ("kustomize-controller", 1),
            ("helm-controller", 1),
            ("notification-controller", 3),
            ("image-reflector-controller", 2),
            ("image-automation-controller", 1),
            ("source-watcher", 1),
        ];
        let mut names = BTreeSet::new();
        for (component, count) in components {
            let crds = crds_of(component);
            let own: Vec<_> = crds
                .iter()
                .map(|crd| crd["metadata"]["name"].as_str().unwrap().to_string())
                .collect();
            assert!(own.is_sorted(), "{own:?}");
            assert_eq!(own.len(), count, "{component}");
            names.extend(own);
        }
        let all = KINDS
            .iter()
            .map(|kind| format!("{}.{}", kind.resource, kind.group))
            .collect();
        assert_eq!(names, all);
        assert!(crds_of("no-such-controller").is_empty());
    }
}
