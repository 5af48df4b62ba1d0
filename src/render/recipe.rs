//! What of a Flux Kustomization decides what is built.

use serde::Deserialize;
use serde_json::Value;

use crate::api::{CommonMetadata, ImageOverride, PostBuild};
use crate::error::Explain;
use crate::manifest::Object;

/// Why an object is no Kustomization that can be built.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the spec of {object}")]
pub struct RecipeError {
    object: String,
    source: serde_json::Error,
}

impl Explain for RecipeError {}

/// A Flux Kustomization, as far as a build needs it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recipe {
    /// Its name.
    pub name: String,
    /// Its namespace; empty where it names none.
    pub namespace: String,
    /// What it says.
    pub spec: RecipeSpec,
}

/// The fields of a Kustomization that a build needs; of older versions too.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RecipeSpec {
    /// The directory in the source.
    pub path: String,
    /// The source.
    pub source_ref: SourceReference,
    /// The namespace of everything.
    pub target_namespace: String,
    /// Text before every name.
    pub name_prefix: String,
    /// Text after every name.
    pub name_suffix: String,
    /// Labels and annotations of everything.
    pub common_metadata: CommonMetadata,
    /// Directories of components.
    pub components: Vec<String>,
    /// Whether components that are not there are passed over.
    pub ignore_missing_components: bool,
    /// Patches, as kustomize reads them.
    pub patches: Vec<Value>,
    /// Strategic merge patches, in the old spelling: the objects themselves.
    pub patches_strategic_merge: Vec<Value>,
    /// JSON patches, in the old spelling: a target, and the operations as a list.
    #[serde(rename = "patchesJson6902")]
    pub patches_json6902: Vec<Value>,
    /// Images.
    pub images: Vec<ImageOverride>,
    /// What the build writes into the output about itself.
    pub build_metadata: Vec<String>,
    /// The variables.
    pub post_build: Option<PostBuild>,
    /// How what is encrypted is opened.
    pub decryption: DecryptionReference,
}

/// How a Kustomization opens what is encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DecryptionReference {
    /// The tool that encrypted it; empty where nothing is.
    pub provider: String,
    /// The Secret with the keys.
    pub secret_ref: SecretReference,
}

/// A Secret in the namespace of a Kustomization.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SecretReference {
    /// Its name; empty where none is named.
    pub name: String,
}

/// Where the manifests of a Kustomization come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SourceReference {
    /// Kind of the source.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its namespace; empty for the one of the Kustomization.
    pub namespace: String,
}

impl Recipe {
    /// The API group of Kustomizations.
    pub const GROUP: &str = "kustomize.toolkit.fluxcd.io";

    /// Says whether an object is a Flux Kustomization, of whatever version.
    pub fn is_for(object: &Object) -> bool {
        object.group() == Self::GROUP && object.kind() == "Kustomization"
    }

    /// Reads a Kustomization.
    ///
    /// # Errors
    ///
    /// Fails where a field that a build needs has a value of another type.
    pub fn new(object: &Object) -> Result<Self, RecipeError> {
        let mut spec = object.get("/spec").cloned().unwrap_or_default();
        drop_nulls(&mut spec);
        let spec = match spec {
            Value::Null => RecipeSpec::default(),
            spec => serde_json::from_value(spec).map_err(|source| RecipeError {
                object: object.id().to_string(),
                source,
            })?,
        };
        Ok(Self {
            name: object.name().into(),
            namespace: object.namespace().into(),
            spec,
        })
    }

    /// Says whether what SOPS has encrypted is opened.
    pub fn is_decrypted(&self) -> bool {
        self.spec.decryption.provider == "sops"
    }

    /// Says whether an object is the Kustomization itself.
    pub fn is(&self, object: &Object) -> bool {
        Self::is_for(object) && object.name() == self.name && object.namespace() == self.namespace
    }

    /// Returns the source as `Kind/namespace/name`.
    pub fn source(&self) -> String {
        let source = &self.spec.source_ref;
        let namespace = match source.namespace.as_str() {
            "" => &self.namespace,
            namespace => namespace,
        };
        format!("{}/{namespace}/{}", source.kind, source.name)
    }
}

/// Takes entries without a value for entries that are not there, except within patches.
fn drop_nulls(value: &mut Value) {
    let Value::Object(fields) = value else { return };
    fields.retain(|_, value| !value.is_null());
    for (name, value) in fields {
        if !name.starts_with("patches") {
            drop_nulls(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_leniently_but_not_wrongly() {
        let object = |spec| {
            let value = json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1beta2", "kind": "Kustomization", "metadata": {"name": "a", "namespace": "b"}, "spec": spec});
            Object::new(value).unwrap()
        };
        let recipe = Recipe::new(&object(
            json!({"targetNamespace": null, "validation": "none", "sourceRef": {"kind": "Bucket", "name": "s"}}),
        ))
        .unwrap();
        assert_eq!(recipe.source(), "Bucket/b/s");
        let error = Recipe::new(&object(json!({"namePrefix": 7}))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot read the spec of Kustomization/b/a"
        );
    }
}
