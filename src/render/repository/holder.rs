//! Config maps and Secrets as the variables of Kustomizations take them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::super::mask::is_mask;
use crate::api::{PostBuild, ValuesKind};
use crate::manifest::Object;

/// What a config map or a Secret holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Holder {
    values: BTreeMap<String, String>,
}

/// All config maps and Secrets that are known, by kind, namespace and name.
#[derive(Debug, Default)]
pub struct Holders(BTreeMap<(String, String, String), Holder>);

/// The variables that a Kustomization takes from references.
#[derive(Clone, Debug, Default)]
pub struct Referred {
    /// The variables.
    pub values: BTreeMap<String, String>,
    /// The references that lead nowhere, as `Kind/namespace/name`.
    pub missing: Vec<String>,
    /// Whether a Secret is among the references.
    pub holds_secrets: bool,
}

impl Holders {
    /// Takes an object in, if it is a config map or a Secret.
    pub fn add(&mut self, object: &Object) {
        let is_secret = object.kind() == "Secret";
        if !object.group().is_empty() || !(is_secret || object.kind() == "ConfigMap") {
            return;
        }
        let fields = |part| object.get(part).and_then(Value::as_object);
        let mut values = BTreeMap::new();
        for (key, value) in fields("/data").into_iter().flat_map(Map::iter) {
            let text = value.as_str().unwrap_or_default();
            let plain = if is_secret {
                decoded(text)
            } else {
                text.into()
            };
            values.insert(key.clone(), plain);
        }
        for (key, value) in fields("/stringData").into_iter().flat_map(Map::iter) {
            values.insert(key.clone(), value.as_str().unwrap_or_default().into());
        }
        if is_secret {
            for (key, value) in &mut values {
                // What is encrypted stays a variable: the mask is no value, and may be no YAML.
                if is_mask(value) {
                    *value = format!("${{{key}}}");
                }
            }
        }
        let key = (
            object.kind().to_owned(),
            object.namespace().to_owned(),
            object.name().to_owned(),
        );
        self.0.insert(key, Holder { values });
    }

    /// Says whether a config map or a Secret is known.
    pub fn knows(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let id = (kind.to_owned(), namespace.to_owned(), name.to_owned());
        self.0.contains_key(&id)
    }

    /// Returns what stands under a key of a config map or a Secret.
    pub fn value(&self, kind: &str, namespace: &str, name: &str, key: &str) -> Option<&str> {
        let id = (kind.to_owned(), namespace.to_owned(), name.to_owned());
        self.0.get(&id)?.values.get(key).map(String::as_str)
    }

    /// Puts the variables of references together, the later ones over the earlier.
    pub fn referred(&self, namespace: &str, post_build: Option<&PostBuild>) -> Referred {
        let mut referred = Referred::default();
        let references = post_build.and_then(|post_build| post_build.substitute_from.as_deref());
        for reference in references.unwrap_or_default() {
            let kind = reference.kind.to_string();
            referred.holds_secrets |= reference.kind == ValuesKind::Secret;
            let key = (kind, namespace.to_owned(), reference.name.clone());
            match self.0.get(&key) {
                Some(holder) => referred.values.extend(holder.values.clone()),
                None if reference.optional == Some(true) => {}
                None => {
                    let (kind, namespace, name) = key;
                    referred.missing.push(format!("{kind}/{namespace}/{name}"));
                }
            }
        }
        referred
    }

    /// Says whether a reference leads nowhere so far, even one that need not lead anywhere.
    pub fn lacks(&self, namespace: &str, post_build: Option<&PostBuild>) -> bool {
        let references = post_build.and_then(|post_build| post_build.substitute_from.as_deref());
        let mut references = references.unwrap_or_default().iter();
        references.any(|reference| {
            let kind = reference.kind.to_string();
            let key = (kind, namespace.to_owned(), reference.name.clone());
            !self.0.contains_key(&key)
        })
    }
}

fn decoded(text: &str) -> String {
    let folded: String = text.split_whitespace().collect();
    let bytes = STANDARD.decode(folded).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
