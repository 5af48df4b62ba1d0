//! What a controller works with: the values of a release and the variables of a Kustomization, put together.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::api::{PostBuild, Values, ValuesKind, ValuesPart, ValuesReference};
use crate::cluster::{Address, Cluster, Resource};
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
    Ok(status)
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
    let mut holders = Holders::new(cluster, &address.namespace);
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
    let mut variables = referred(cluster, &address.namespace, &post_build).await?;
    variables.extend(post_build.substitute.unwrap_or_default());
    for value in variables.values_mut() {
        value.retain(|character| character != '\n');
    }
    Ok(variables)
}

/// Reads the variables that a Kustomization takes from config maps and Secrets of its namespace; the later ones win.
///
/// # Errors
///
/// Fails where something that it refers to is not there.
pub async fn referred(
    cluster: &Cluster,
    namespace: &str,
    post_build: &PostBuild,
) -> Result<BTreeMap<String, String>, Failure> {
    referred_telling(cluster, namespace, post_build, &mut |_| {}).await
}

/// Reads the variables as [`referred`] does, and tells the values that come from Secrets.
///
/// # Errors
///
/// Fails as [`referred`] does.
pub async fn referred_telling(
    cluster: &Cluster,
    namespace: &str,
    post_build: &PostBuild,
    tell_secret: &mut (dyn FnMut(&str) + Send),
) -> Result<BTreeMap<String, String>, Failure> {
    let mut variables = BTreeMap::new();
    let mut holders = Holders::new(cluster, namespace);
    for reference in post_build.substitute_from.iter().flatten() {
        match holders.data(&reference.kind, &reference.name).await? {
            Some(data) => {
                if matches!(reference.kind, ValuesKind::Secret) {
                    for value in data.values() {
                        tell_secret(value);
                    }
                }
                variables.extend(data.clone());
            }
            None if reference.optional == Some(true) => {}
            None => {
                return Err(Failure::new(format!(
                    "cannot get variables from {} {namespace}/{}: it is not there",
                    reference.kind, reference.name
                )));
            }
        }
    }
    Ok(variables)
}

/// The data of config maps and Secrets, each read once.
struct Holders<'a> {
    cluster: &'a Cluster,
    namespace: &'a str,
    known: BTreeMap<Address, Option<BTreeMap<String, String>>>,
}

impl<'a> Holders<'a> {
    const fn new(cluster: &'a Cluster, namespace: &'a str) -> Self {
        Self {
            cluster,
            namespace,
            known: BTreeMap::new(),
        }
    }

    /// Returns the texts of a holder by key; `None` where it is not there.
    async fn data(
        &mut self,
        kind: &ValuesKind,
        name: &str,
    ) -> Result<Option<&BTreeMap<String, String>>, Failure> {
        let resource = match kind {
            ValuesKind::Secret => Resource::SECRET,
            ValuesKind::ConfigMap => Resource::CONFIG_MAP,
            ValuesKind::Other(kind) => {
                return Err(Failure::new(format!("a {kind} holds no values: {name}")));
            }
        };
        match self.known.entry(resource.at(self.namespace, name)) {
            Entry::Occupied(entry) => Ok(entry.into_mut().as_ref()),
            Entry::Vacant(entry) => {
                let row: Option<HolderRow> = self.cluster.read(entry.key()).await?;
                let decode = |text: String| match kind {
                    ValuesKind::Secret => decoded(&text),
                    _ => text,
                };
                let texts = row.map(|row| {
                    let data = row.data.unwrap_or_default().into_iter();
                    data.map(|(key, text)| (key, decode(text))).collect()
                });
                Ok(entry.insert(texts).as_ref())
            }
        }
    }
}

/// A config map or a Secret.
#[derive(Default, Deserialize)]
#[serde(default)]
struct HolderRow {
    data: Option<BTreeMap<String, String>>,
}

/// Takes the base64 off a value of a Secret.
fn decoded(text: &str) -> String {
    // The API server takes nothing else, so that there is always something to decode.
    let bytes = STANDARD.decode(text).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn read<T: serde::de::DeserializeOwned>(
    cluster: &Cluster,
    address: &Address,
) -> Result<T, Failure> {
    let row = cluster.read(address).await?;
    row.ok_or_else(|| Failure::new(format!("{address} not found")))
}
