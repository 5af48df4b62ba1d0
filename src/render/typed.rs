//! The spec of a Kustomization in a file, read as Flux reads it: into typed fields.
//!
//! Where a text belongs, a number or a boolean of YAML is taken for its text; a field that the type does not have is
//! passed over; a value of another type is an error, whether a build needs it or not.

use serde_json::{Number, Value};

use crate::api::Duration;
use crate::error::Explain;
use crate::manifest::sort_of;
use crate::sops::float_text;

/// Why a spec is none that Flux would read.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` is {found}, and has to be {wanted}")]
pub struct TypeError {
    path: String,
    found: &'static str,
    wanted: &'static str,
}

impl Explain for TypeError {}

/// The type of a field.
enum Type {
    Text,
    Flag,
    /// A length of time as Go writes it.
    Period,
    /// Texts under names.
    Texts,
    List(&'static Self),
    Fields(&'static [(&'static str, Self)]),
}

/// Who is meant, in the same namespace or another.
const REFERENCE: Type = Type::Fields(&[
    ("apiVersion", Type::Text),
    ("kind", Type::Text),
    ("name", Type::Text),
    ("namespace", Type::Text),
    ("key", Type::Text),
    ("readyExpr", Type::Text),
]);

/// A choice of objects.
const SELECTOR: Type = Type::Fields(&[
    ("group", Type::Text),
    ("version", Type::Text),
    ("kind", Type::Text),
    ("name", Type::Text),
    ("namespace", Type::Text),
    ("labelSelector", Type::Text),
    ("annotationSelector", Type::Text),
]);

/// The spec of Kustomizations, version `v1` of the API of Flux 2.9.
const SPEC: Type = Type::Fields(&[
    ("buildMetadata", Type::List(&Type::Text)),
    (
        "commonMetadata",
        Type::Fields(&[("annotations", Type::Texts), ("labels", Type::Texts)]),
    ),
    ("components", Type::List(&Type::Text)),
    (
        "decryption",
        Type::Fields(&[
            ("provider", Type::Text),
            ("secretRef", REFERENCE),
            ("serviceAccountName", Type::Text),
        ]),
    ),
    ("deletionPolicy", Type::Text),
    ("dependsOn", Type::List(&REFERENCE)),
    ("force", Type::Flag),
    (
        "healthCheckExprs",
        Type::List(&Type::Fields(&[
            ("apiVersion", Type::Text),
            ("kind", Type::Text),
            ("current", Type::Text),
            ("failed", Type::Text),
            ("inProgress", Type::Text),
        ])),
    ),
    ("healthChecks", Type::List(&REFERENCE)),
    (
        "ignore",
        Type::List(&Type::Fields(&[
            ("paths", Type::List(&Type::Text)),
            ("target", SELECTOR),
        ])),
    ),
    ("ignoreMissingComponents", Type::Flag),
    (
        "images",
        Type::List(&Type::Fields(&[
            ("name", Type::Text),
            ("newName", Type::Text),
            ("newTag", Type::Text),
            ("digest", Type::Text),
        ])),
    ),
    ("interval", Type::Period),
    (
        "kubeConfig",
        Type::Fields(&[("configMapRef", REFERENCE), ("secretRef", REFERENCE)]),
    ),
    ("namePrefix", Type::Text),
    ("nameSuffix", Type::Text),
    (
        "patches",
        Type::List(&Type::Fields(&[
            ("patch", Type::Text),
            ("target", SELECTOR),
        ])),
    ),
    ("path", Type::Text),
    (
        "postBuild",
        Type::Fields(&[
            ("substitute", Type::Texts),
            (
                "substituteFrom",
                Type::List(&Type::Fields(&[
                    ("kind", Type::Text),
                    ("name", Type::Text),
                    ("optional", Type::Flag),
                ])),
            ),
            ("substituteStrategy", Type::Text),
        ]),
    ),
    ("prune", Type::Flag),
    ("retryInterval", Type::Period),
    ("serviceAccountName", Type::Text),
    ("sourceRef", REFERENCE),
    ("suspend", Type::Flag),
    ("targetNamespace", Type::Text),
    ("timeout", Type::Period),
    ("wait", Type::Flag),
]);

/// Reads the spec of a Kustomization of a file into what Flux would make of it.
///
/// # Errors
///
/// Fails where a field has a value of another type.
pub fn read_spec(spec: &mut Value) -> Result<(), TypeError> {
    if spec.is_null() {
        return Ok(());
    }
    read(spec, &SPEC, "spec")
}

fn read(value: &mut Value, wanted: &Type, path: &str) -> Result<(), TypeError> {
    match (wanted, &mut *value) {
        // What has no value is as if it were not there.
        (_, Value::Null) | (Type::Flag, Value::Bool(_)) => Ok(()),
        (Type::Text, Value::Array(_) | Value::Object(_)) => Err(error(value, wanted, path)),
        (Type::Text, _) => {
            *value = text(value).into();
            Ok(())
        }
        (Type::Period, Value::String(text)) if Duration::is_one(text) => Ok(()),
        (Type::Texts, Value::Object(entries)) => {
            for (name, value) in entries {
                if value.is_null() {
                    *value = "".into();
                }
                read(value, &Type::Text, &format!("{path}.{name}"))?;
            }
            Ok(())
        }
        (Type::List(item), Value::Array(items)) => {
            for (index, value) in items.iter_mut().enumerate() {
                read(value, item, &format!("{path}[{index}]"))?;
            }
            Ok(())
        }
        (Type::Fields(known), Value::Object(fields)) => {
            fields.retain(|name, _| known.iter().any(|(field, _)| field == name));
            for (name, wanted) in *known {
                if let Some(value) = fields.get_mut(*name) {
                    read(value, wanted, &format!("{path}.{name}"))?;
                }
            }
            Ok(())
        }
        _ => Err(error(value, wanted, path)),
    }
}

/// Returns the text of a scalar as the reader of Flux makes it.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if is_float(number) => {
            number.as_f64().map_or_else(String::new, float_text)
        }
        other => other.to_string(),
    }
}

fn is_float(number: &Number) -> bool {
    number.as_i64().is_none() && number.as_u64().is_none()
}

fn error(found: &Value, wanted: &Type, path: &str) -> TypeError {
    TypeError {
        path: path.to_owned(),
        found: sort_of(found),
        wanted: match wanted {
            Type::Text => "a text",
            Type::Flag => "true or false",
            Type::Period => "a length of time such as `10m` or `1h30m`",
            Type::Texts => "a mapping of texts",
            Type::List(_) => "a list",
            Type::Fields(_) => "a mapping",
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scalars_are_texts_where_texts_belong() {
        let mut spec = json!({
            "images": [{"name": "web", "newTag": 1.1}], "namePrefix": 31, "nameSuffix": 1_000_000.5,
            "commonMetadata": {"labels": {"a": true, "b": null}}, "prune": true, "interval": "1m30s",
            "patchesStrategicMerge": [{}], "timeout": null, "postBuild": {"substitute": {"big": 1e21}},
        });
        read_spec(&mut spec).unwrap();
        assert_eq!(
            spec,
            json!({
                "images": [{"name": "web", "newTag": "1.1"}], "namePrefix": "31", "nameSuffix": "1.0000005e+06",
                "commonMetadata": {"labels": {"a": "true", "b": ""}}, "prune": true, "interval": "1m30s",
                "timeout": null, "postBuild": {"substitute": {"big": "1e+21"}},
            })
        );
    }

    #[test]
    fn values_of_another_type_are_named() {
        let refused = |mut spec: Value| read_spec(&mut spec).unwrap_err().to_string();
        assert_eq!(
            refused(json!({"prune": "true"})),
            "`spec.prune` is a text, and has to be true or false"
        );
        assert_eq!(
            refused(json!({"timeout": 5})),
            "`spec.timeout` is a number, and has to be a length of time such as `10m` or `1h30m`"
        );
        assert_eq!(
            refused(json!({"postBuild": {"substitute": {"a": [1]}}})),
            "`spec.postBuild.substitute.a` is a list, and has to be a text"
        );
        assert_eq!(
            refused(json!({"dependsOn": ["x"]})),
            "`spec.dependsOn[0]` is a text, and has to be a mapping"
        );
        assert_eq!(
            refused(json!([])),
            "`spec` is a list, and has to be a mapping"
        );
    }
}
