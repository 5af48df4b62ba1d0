//! The objects that alerts and receivers are about.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::meta::words;

/// The objects that events come from or that a webhook reconciles.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventSource {
    /// API group and version of the objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Kind of the objects.
    pub kind: EventSourceKind,
    /// Name of the object, or `*` for all.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Namespace of the objects; this one if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub namespace: Option<String>,
    /// Labels that the objects must carry; with the name `*` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_labels: Option<BTreeMap<String, String>>,
}

words! {
    /// The kinds that events come from.
    EventSourceKind = GitRepository {
        Bucket = "Bucket",
        GitRepository = "GitRepository",
        Kustomization = "Kustomization",
        HelmRelease = "HelmRelease",
        HelmChart = "HelmChart",
        HelmRepository = "HelmRepository",
        ImageRepository = "ImageRepository",
        ImagePolicy = "ImagePolicy",
        ImageUpdateAutomation = "ImageUpdateAutomation",
        OCIRepository = "OCIRepository",
        ArtifactGenerator = "ArtifactGenerator",
        ExternalArtifact = "ExternalArtifact",
    }
}
