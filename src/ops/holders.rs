//! Config maps and Secrets that hold values for others: those of the cluster, or those of files in their place.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use crate::api::{PostBuild, ValuesKind};
use crate::cluster::{Address, Cluster, Resource};
use crate::error::Failure;
use crate::manifest::{self, Dialect, Object, decode_base64};

/// The data of config maps and Secrets of one namespace, each read once.
pub struct Holders<'a> {
    cluster: Option<&'a Cluster>,
    namespace: &'a str,
    given: &'a [Object],
    known: BTreeMap<Address, Option<BTreeMap<String, String>>>,
}

/// Variables by name, and which of their values are secret.
#[derive(Debug, Default)]
pub struct Referred {
    /// The values, the later ones over the earlier.
    pub values: BTreeMap<String, String>,
    /// The values that came from Secrets.
    pub secrets: BTreeSet<String>,
    /// What is odd about where they come from.
    pub odd: Vec<String>,
}

impl<'a> Holders<'a> {
    /// Looks in a cluster alone.
    pub const fn of_cluster(cluster: &'a Cluster, namespace: &'a str) -> Self {
        Self::new(Some(cluster), namespace, &[])
    }

    /// Looks among given objects first, and then in the cluster, where there is one. A given object without a namespace
    /// is in every namespace.
    pub const fn new(
        cluster: Option<&'a Cluster>,
        namespace: &'a str,
        given: &'a [Object],
    ) -> Self {
        Self {
            cluster,
            namespace,
            given,
            known: BTreeMap::new(),
        }
    }

    /// Collects the variables that a Kustomization takes from config maps and Secrets; the later ones win.
    ///
    /// # Errors
    ///
    /// Fails where something that it refers to is not in the cluster. Without a cluster that is passed over.
    pub async fn variables(&mut self, post_build: &PostBuild) -> Result<Referred, Failure> {
        let mut referred = Referred::default();
        for reference in post_build.substitute_from.iter().flatten() {
            let is_optional = reference.optional == Some(true) || self.cluster.is_none();
            let namespace = self.namespace;
            // The controllers pass over what is neither; the server takes no Kustomization with it.
            if let ValuesKind::Other(kind) = &reference.kind {
                referred.odd.push(format!(
                    "no variables come from {kind}/{}: neither a ConfigMap nor a Secret",
                    reference.name
                ));
                continue;
            }
            match self.data(&reference.kind, &reference.name).await? {
                Some(data) => {
                    referred.values.extend(data.clone());
                    if reference.kind == ValuesKind::Secret {
                        referred.secrets.extend(data.values().cloned());
                    }
                }
                None if is_optional => {}
                None => {
                    return Err(Failure::new(format!(
                        "cannot get variables from {} {namespace}/{}: it is not there",
                        reference.kind, reference.name
                    )));
                }
            }
        }
        Ok(referred)
    }

    /// Returns the texts of a holder by key; `None` where it is not there.
    pub async fn data(
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
        let is_meant = |object: &&Object| {
            object.group().is_empty()
                && object.kind() == resource.kind
                && object.name() == name
                && (object.namespace().is_empty() || object.namespace() == self.namespace)
        };
        let given = self.given.iter().find(is_meant);
        match self.known.entry(resource.at(self.namespace, name)) {
            Entry::Occupied(entry) => Ok(entry.into_mut().as_ref()),
            Entry::Vacant(entry) => {
                let row: Option<HolderRow> = match (given, self.cluster) {
                    (Some(object), _) => Some(HolderRow::of(object)),
                    (None, Some(cluster)) => cluster.read(entry.key()).await?,
                    (None, None) => None,
                };
                Ok(entry.insert(row.map(|row| row.texts(kind))).as_ref())
            }
        }
    }
}

/// A config map or a Secret.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct HolderRow {
    data: Option<BTreeMap<String, String>>,
    string_data: Option<BTreeMap<String, String>>,
}

impl HolderRow {
    /// Reads an object of a file, whose numbers and booleans are taken for texts.
    fn of(object: &Object) -> Self {
        let texts = |pointer: &str| {
            let entries = object.get(pointer)?.as_object()?.iter();
            Some(
                entries
                    .map(|(key, value)| {
                        let text = match value {
                            Value::String(text) => text.clone(),
                            Value::Null => String::new(),
                            other => other.to_string(),
                        };
                        (key.clone(), text)
                    })
                    .collect(),
            )
        };
        Self {
            data: texts("/data"),
            string_data: texts("/stringData"),
        }
    }

    fn texts(self, kind: &ValuesKind) -> BTreeMap<String, String> {
        let decode = |text: String| match kind {
            ValuesKind::Secret => decoded(&text),
            _ => text,
        };
        let data = self.data.unwrap_or_default().into_iter();
        let encoded = data.map(|(key, text)| (key, decode(text)));
        encoded
            .chain(self.string_data.unwrap_or_default())
            .collect()
    }
}

/// Takes the base64 off a value of a Secret.
fn decoded(text: &str) -> String {
    // The API server takes nothing else, so that there is always something to decode.
    let bytes = decode_base64(text.trim()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads the config maps and Secrets of files, which count in place of those of the cluster.
///
/// # Errors
///
/// Fails where a file can't be read, or holds neither a config map nor a Secret.
pub fn read_given(files: &[PathBuf]) -> Result<Vec<Object>, Failure> {
    let mut given = Vec::new();
    for file in files {
        let shown = file.display();
        let failed = |why: String| Failure::new(format!("cannot read {shown}: {why}"));
        let text = fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
        let values =
            manifest::read_as(&text, Dialect::Loose).map_err(|error| failed(error.to_string()))?;
        let objects = values
            .into_iter()
            .filter_map(|value| Object::new(value).ok());
        let holders: Vec<Object> = objects
            .filter(|object| matches!(object.kind(), "ConfigMap" | "Secret"))
            .collect();
        if holders.is_empty() {
            return Err(failed("it holds neither a ConfigMap nor a Secret".into()));
        }
        given.extend(holders);
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn given_objects_stand_for_those_of_the_cluster() {
        let object = |value| Object::new(value).unwrap();
        let given = [
            object(
                json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "other"}, "data": {"a": "no"}}),
            ),
            object(
                json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": 1, "b": true}}),
            ),
            object(
                json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "apps"},
                "data": {"a": "aGk="}, "stringData": {"t": "plain"}}),
            ),
        ];
        let post_build: PostBuild = serde_json::from_value(json!({"substituteFrom": [
            {"kind": "ConfigMap", "name": "c"}, {"kind": "Secret", "name": "s"}, {"kind": "Secret", "name": "absent"},
        ]}))
        .unwrap();
        let mut holders = Holders::new(None, "apps", &given);
        let referred = holders.variables(&post_build).await.unwrap();
        let values: Vec<_> = referred
            .values
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        assert_eq!(values, ["a=hi", "b=true", "t=plain"]);
        assert_eq!(
            referred.secrets,
            BTreeSet::from(["hi".into(), "plain".into()])
        );
    }
}
