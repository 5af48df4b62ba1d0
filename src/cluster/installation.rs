//! Is Flux there already, which one, and who looks after it?

use super::client::Cluster;
use super::error::ClusterError;
use super::resource::Resource;
use crate::manifest::Object;

/// The CRD whose labels tell: it is there wherever Flux is.
const WITNESS: &str = "gitrepositories.source.toolkit.fluxcd.io";

/// Flux as it is installed in a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Installation {
    /// Its version, such as `v2.9.4`.
    pub version: Option<String>,
    /// Whether a Kustomization of Flux's own keeps it up to date.
    pub bootstrapped: bool,
    /// The tool that manages it, such as `Helm`.
    pub manager: Option<String>,
    /// The name and version of the distribution, such as `flux-v2.9.4`.
    pub distribution: Option<String>,
}

impl Installation {
    /// Says whether a tool other than Flux's own manages it, so that people should be asked first.
    pub fn is_foreign(&self) -> bool {
        self.manager
            .as_deref()
            .is_some_and(|manager| manager != "flux")
    }

    fn read(definition: &Object) -> Self {
        let label = |key: &str| {
            definition
                .label(key)
                .filter(|value| !value.is_empty())
                .map(str::to_owned)
        };
        let version = label("app.kubernetes.io/version");
        let part_of = label("app.kubernetes.io/part-of");
        Self {
            bootstrapped: label("kustomize.toolkit.fluxcd.io/namespace").is_some(),
            manager: label("app.kubernetes.io/managed-by"),
            distribution: part_of
                .zip(version.as_ref())
                .map(|(name, version)| format!("{name}-{version}")),
            version,
        }
    }
}

impl Cluster {
    /// Finds out about the Flux of this cluster; `None` where there is none.
    pub async fn installation(&self) -> Result<Option<Installation>, ClusterError> {
        let witness = Resource::CUSTOM_RESOURCE_DEFINITION.at("", WITNESS);
        let definition = self.read_metadata(&witness).await?;
        Ok(definition.as_ref().map(Installation::read))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::double::{Double, answer};
    use super::*;

    async fn with_labels(labels: Value) -> (Installation, Vec<String>) {
        let double = Double::start(move |_| {
            let metadata = json!({"name": WITNESS, "labels": labels});
            let body = json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": metadata});
            answer(200, &body)
        })
        .await;
        let found = double
            .connect()
            .await
            .installation()
            .await
            .unwrap()
            .unwrap();
        (found, double.lines())
    }

    #[tokio::test]
    async fn labels_tell_version_owner_and_manager() {
        let (found, lines) = with_labels(json!({
            "app.kubernetes.io/version": "v2.9.4",
            "app.kubernetes.io/part-of": "flux",
            "app.kubernetes.io/managed-by": "Helm",
            "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
        }))
        .await;
        assert_eq!(found.distribution.as_deref(), Some("flux-v2.9.4"));
        assert!(found.bootstrapped && found.is_foreign());
        let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        assert_eq!(lines, [format!("GET {path}/{WITNESS}")]);
    }

    #[tokio::test]
    async fn a_definition_without_labels_is_still_an_installation() {
        let (found, _) = with_labels(json!({"app.kubernetes.io/part-of": "flux"})).await;
        assert_eq!(found, Installation::default());
        assert!(!found.is_foreign());
    }

    #[tokio::test]
    async fn no_definition_means_no_installation() {
        let missing = json!({"kind": "Status", "reason": "NotFound", "details": {"name": WITNESS}});
        let double = Double::start(move |_| answer(404, &missing)).await;
        assert_eq!(double.connect().await.installation().await.unwrap(), None);
    }
}
