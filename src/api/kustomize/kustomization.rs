//! `Kustomization`: manifests that are built and applied.

use std::collections::BTreeMap;

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::status::KustomizationStatus;
use crate::api::cell::{APPLIED_REVISION, READY, SHORT_MESSAGE, SOURCE, SUSPENDED};
use crate::api::flux::{Definition, Flux, Kind, PrinterColumn};
use crate::api::meta::{
    CommonMetadata, DependencyReference, Duration, HealthCheckExpression, IgnoredPaths,
    ImageOverride, KubeConfigReference, LocalReference, ObjectReference, Patch, Resource,
    ValuesKind, words,
};
use crate::api::row::Row;

/// Manifests that are built from a source and applied to a cluster.
pub type Kustomization = Resource<KustomizationSpec, KustomizationStatus>;

impl Flux for Kustomization {
    const KIND: Kind = Kind {
        words: &["kustomization"],
        plural_words: &["kustomizations"],
        aliases: &["ks"],
        human: "kustomization",
        group: "kustomize.toolkit.fluxcd.io",
        version: "v1",
        name: "Kustomization",
        resource: "kustomizations",
        columns: &[APPLIED_REVISION, SUSPENDED, READY, SHORT_MESSAGE],
        source_column: Some(SOURCE),
        outcome: |row| {
            Some(format!(
                "applied revision {}",
                row.status.last_applied_revision
            ))
        },
        source: Some(Row::source),
        definition: Definition {
            about: "Manifests that are built from a source and applied to a cluster.",
            component: "kustomize-controller",
            short_names: &["ks"],
            category: "fluxcd-appliers",
            columns: &[
                PrinterColumn::AGE,
                PrinterColumn::READY,
                PrinterColumn::STATUS,
            ],
            spec: SchemaGenerator::subschema_for::<KustomizationSpec>,
            status: Some(SchemaGenerator::subschema_for::<KustomizationStatus>),
        },
        ..Kind::BASE
    };
}

/// Which manifests to build from a source, and how to apply them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KustomizationSpec {
    /// Where the manifests are found.
    pub source_ref: KustomizationSource,
    /// The directory to build; the root of the source if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How often to apply.
    pub interval: Duration,
    /// How soon to try again after a failure; the interval if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_interval: Option<Duration>,
    /// Delete what is no longer among the manifests.
    pub prune: bool,
    /// What happens to the applied objects when this one is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
    /// The namespace to put every object into.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub target_namespace: Option<String>,
    /// Text to put before every name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub name_prefix: Option<String>,
    /// Text to put after every name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub name_suffix: Option<String>,
    /// Labels and annotations for every object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common_metadata: Option<CommonMetadata>,
    /// Directories of kustomize components, relative to the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub components: Option<Vec<String>>,
    /// Go on where a component is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_missing_components: Option<bool>,
    /// Changes to the built objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patches: Option<Vec<Patch>>,
    /// Other images for the containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<Vec<ImageOverride>>,
    /// Which notes the build leaves on the objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_metadata: Option<Vec<BuildMetadata>>,
    /// Variables to put into the built manifests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_build: Option<PostBuild>,
    /// How to decrypt the manifests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decryption: Option<Decryption>,
    /// The other Kustomizations that have to be ready first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depends_on: Option<Vec<DependencyReference>>,
    /// The `ServiceAccount` to apply as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// The cluster to apply to; this one if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kube_config: Option<KubeConfigReference>,
    /// Delete and create anew what cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = false))]
    pub force: Option<bool>,
    /// Fields that are left to others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore: Option<Vec<IgnoredPaths>>,
    /// Time limit for apply and health checks; the interval if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// Wait until every applied object is healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<bool>,
    /// The objects to wait for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_checks: Option<Vec<ObjectReference>>,
    /// How the health of other kinds is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_check_exprs: Option<Vec<HealthCheckExpression>>,
    /// Stop applying.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// The source of manifests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KustomizationSource {
    /// API group and version of the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Kind of the source.
    pub kind: KustomizationSourceKind,
    /// Name of the source.
    pub name: String,
    /// Namespace of the source; this one if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// How encrypted manifests are decrypted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decryption {
    /// The tool that encrypted them.
    pub provider: DecryptionProvider,
    /// A Secret with the keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// The `ServiceAccount` whose cloud identity opens a key service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
}

/// Variables that are put into built manifests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PostBuild {
    /// Variables and their values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub substitute: Option<BTreeMap<String, String>>,
    /// Objects whose keys are variables; later ones win, `substitute` over all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub substitute_from: Option<Vec<SubstituteReference>>,
    /// Substitute only where variables are given, or always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub substitute_strategy: Option<SubstituteStrategy>,
}

/// A `ConfigMap` or Secret whose keys are variables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubstituteReference {
    /// Kind of the object.
    pub kind: ValuesKind,
    /// Name of the object.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Go on where the object is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = false))]
    pub optional: Option<bool>,
}

words! {
    /// The kinds that manifests may come from.
    KustomizationSourceKind = GitRepository {
        OCIRepository = "OCIRepository",
        GitRepository = "GitRepository",
        Bucket = "Bucket",
        ExternalArtifact = "ExternalArtifact",
    }
}

words! {
    /// What happens to applied objects when their Kustomization is deleted.
    DeletionPolicy {
        MirrorPrune = "MirrorPrune",
        Delete = "Delete",
        WaitForTermination = "WaitForTermination",
        Orphan = "Orphan",
    }
}

words! {
    /// A note that the build leaves on objects.
    BuildMetadata {
        OriginAnnotations = "originAnnotations",
        TransformerAnnotations = "transformerAnnotations",
    }
}

words! {
    /// A tool that encrypts manifests.
    DecryptionProvider {
        Sops = "sops",
    }
}

words! {
    /// When variables are substituted.
    SubstituteStrategy {
        WithVariables = "WithVariables",
        Always = "Always",
    }
}
