//! What a controller works with: the values of a release and the variables of a Kustomization, put together.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::holders::Holders;
use crate::api::{PostBuild, Values, ValuesPart, ValuesReference};
use crate::cluster::{Address, Cluster};
use crate::error::Failure;

/// The key of a values document where a reference names none.
const DEFAULT_KEY: &str = "values.yaml";

/// The few fields of a `HelmRelease` that its values come from.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ReleaseRow {
    spec: ReleaseSpec,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ReleaseSpec {
    values: Option<Value>,
    values_from: Vec<ValuesReference>,
}

/// The few fields of a Kustomization that its variables come from.
#[derive(Default, Deserialize)]
#[serde(default)]
struct KustomizationRow {
    spec: KustomizationSpec,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct KustomizationSpec {
    post_build: Option<PostBuild>,
}

/// The status of any object.
#[derive(Default, Deserialize)]
#[serde(default)]
struct StatusRow {
    status: Map<String, Value>,
}

/// Returns the status of an object, as the types of flux write it.
///
/// # Errors
///
/// Fails where the object is not there.
pub async fn status(cluster: &Cluster, address: &Address) -> Result<Map<String, Value>, Failure> {
    let row: StatusRow = read(cluster, address).await?;
    let mut status = row.status;
    if address.resource.kind == "HelmRelease" {
        let history = status.get_mut("history").and_then(Value::as_array_mut);
        for record in history.into_iter().flatten() {
            // The API server drops the null that Flux always writes.
            if let Some(record) = record.as_object_mut() {
                record.entry("deleted").or_insert(Value::Null);
            }
        }
    }
    let conditions = status.get_mut("conditions").and_then(Value::as_array_mut);
    for condition in conditions.into_iter().flatten() {
        if let Some(condition) = condition.as_object_mut() {
            condition.retain(|field, value| field != "observedGeneration" || !is_empty(value));
        }
    }
    status.retain(|_, value| !is_empty(value));
    Ok(status)
}

/// Says whether a value is one that Go's `omitempty` leaves out; all fields of a status are marked so, and of a
/// condition the generation (`metav1.Condition`).
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(is_set) => !is_set,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(_) => false,
    }
}

/// Returns what an object has done so far, newest first; an empty list where there is nothing.
///
/// # Errors
///
/// Fails where the object is not there.
pub async fn history(cluster: &Cluster, address: &Address) -> Result<Value, Failure> {
    let mut status = status(cluster, address).await?;
    Ok(status
        .remove("history")
        .unwrap_or_else(|| Value::Array(Vec::new())))
}

/// Puts the values of a release together as helm-controller does; they may hold secrets.
///
/// # Errors
///
/// Fails where the release or something that it refers to is not there, or is no values.
pub async fn values(cluster: &Cluster, address: &Address) -> Result<Map<String, Value>, Failure> {
    let row: ReleaseRow = read(cluster, address).await?;
    let mut values = Values::new(row.spec.values.as_ref())?;
    let mut holders = Holders::of_cluster(cluster, &address.namespace);
    for reference in &row.spec.values_from {
        let key = reference
            .values_key
            .as_deref()
            .filter(|key| !key.is_empty());
        let key = key.unwrap_or(DEFAULT_KEY);
        let named = format!(
            "{} {}/{} with key `{key}`",
            reference.kind, address.namespace, reference.name
        );
        let data = holders.data(&reference.kind, &reference.name).await?;
        let Some(text) = data.and_then(|data| data.get(key)) else {
            if reference.optional == Some(true) {
                continue;
            }
            let missing = if data.is_none() { "it" } else { "the key" };
            return Err(Failure::new(format!(
                "cannot get values from {named}: {missing} is not there"
            )));
        };
        let path = reference.target_path.as_deref().unwrap_or_default();
        let part = match (path, reference.literal) {
            ("", _) => ValuesPart::Document(text),
            (path, Some(true)) => ValuesPart::Literal(path, text),
            (path, _) => ValuesPart::At(path, text),
        };
        values.add(part).map_err(|error| {
            let why = Failure::from(error).in_one_line();
            Failure::new(format!("cannot get values from {named}: {why}"))
        })?;
    }
    Ok(values.finish())
}

/// Puts the variables of a Kustomization together as kustomize-controller does; they may hold secrets.
///
/// # Errors
///
/// Fails where the Kustomization or something that it refers to is not there, or where it has no variables.
pub async fn variables(
    cluster: &Cluster,
    address: &Address,
) -> Result<BTreeMap<String, String>, Failure> {
    let row: KustomizationRow = read(cluster, address).await?;
    let post_build = row.spec.post_build.ok_or_else(|| {
        Failure::new("no post build substitutions found")
            .with_hint(format!("{address} has no `spec.postBuild`"))
    })?;
    let mut holders = Holders::of_cluster(cluster, &address.namespace);
    let mut variables = holders.variables(&post_build).await?.values;
    variables.extend(post_build.substitute.unwrap_or_default());
    for value in variables.values_mut() {
        value.retain(|character| character != '\n');
    }
    Ok(variables)
}

async fn read<T: serde::de::DeserializeOwned>(
    cluster: &Cluster,
    address: &Address,
) -> Result<T, Failure> {
    let row = cluster.read(address).await?;
    row.ok_or_else(|| Failure::new(format!("{address} not found")))
}
