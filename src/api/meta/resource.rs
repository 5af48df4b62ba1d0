//! What a custom resource is made of, whatever its kind.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::api::flux::Flux;

/// A custom resource: what is wanted, and what is.
///
/// It is for reading and for making new objects. A change to an object of a cluster is a patch,
/// since fields that are not known here would be lost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource<S, T> {
    /// API group and version.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Who it is.
    pub metadata: Metadata,
    /// What is wanted.
    pub spec: S,
    /// What is.
    #[serde(skip_serializing_if = "Option::is_none", default = "Option::default")]
    pub status: Option<T>,
}

impl<S, T> Resource<S, T>
where
    Self: Flux,
{
    /// Makes a new object, which has no status yet.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "`create` makes its objects with it")
    )]
    pub fn new(namespace: impl Into<String>, name: impl Into<String>, spec: S) -> Self {
        let metadata = Metadata {
            name: name.into(),
            namespace: Some(namespace.into()),
            ..Metadata::default()
        };
        Self {
            api_version: Self::KIND.api_version(),
            kind: Self::KIND.name.into(),
            metadata,
            spec,
            status: None,
        }
    }
}

/// Who an object is; only what people write themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// Name.
    pub name: String,
    /// Namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, String>>,
    /// Annotations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
}

/// The status of a kind that has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NoStatus {}

/// Returns the schema of a field that may hold anything.
pub fn any_value(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "x-kubernetes-preserve-unknown-fields": true })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::meta::Duration;
    use crate::api::source::{GitReference, GitRepository, GitRepositorySpec};

    #[test]
    fn makes_an_object_of_its_kind() {
        let spec = GitRepositorySpec {
            url: "https://git.example.com/web".into(),
            interval: Duration::from(std::time::Duration::from_mins(1)),
            ref_: Some(GitReference {
                branch: Some("main".into()),
                ..GitReference::default()
            }),
            ..GitRepositorySpec::default()
        };
        let object = serde_json::to_value(GitRepository::new("apps", "web", spec)).unwrap();
        let wanted = json!({
            "apiVersion": "source.toolkit.fluxcd.io/v1",
            "kind": "GitRepository",
            "metadata": {"name": "web", "namespace": "apps"},
            "spec": {"interval": "1m0s", "ref": {"branch": "main"}, "url": "https://git.example.com/web"},
        });
        assert_eq!(object, wanted);
    }
}
