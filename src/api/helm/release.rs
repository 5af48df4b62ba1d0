//! `HelmRelease`: a chart that is released.

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::action::{InstallAction, RollbackAction, TestAction, UninstallAction, UpgradeAction};
use super::status::HelmReleaseStatus;
use crate::api::cell::{MESSAGE, READY, RELEASE_REVISION, SOURCE, SUSPENDED};
use crate::api::flux::{Definition, Flux, Kind, PrinterColumn};
use crate::api::meta::{
    CommonMetadata, DependencyReference, Duration, HealthCheckExpression, IgnoredPaths,
    ImageOverride, KubeConfigReference, LocalReference, Patch, Resource, ValuesKind, any_value,
    words,
};
use crate::api::row::Row;
use crate::api::source::{ChartSourceKind, ReconcileStrategy, VerificationProvider};

/// A Helm chart that is released to a cluster.
pub type HelmRelease = Resource<HelmReleaseSpec, HelmReleaseStatus>;

impl Flux for HelmRelease {
    const KIND: Kind = Kind {
        words: &["helmrelease"],
        plural_words: &["helmreleases"],
        aliases: &["hr"],
        human: "helmrelease",
        group: "helm.toolkit.fluxcd.io",
        version: "v2",
        name: "HelmRelease",
        resource: "helmreleases",
        columns: &[RELEASE_REVISION, SUSPENDED, READY, MESSAGE],
        source_column: Some(SOURCE),
        outcome: |row| Some(format!("applied revision {}", row.release_revision())),
        source: Some(Row::release_source),
        force: true,
        definition: Definition {
            about: "A Helm chart that is released to a cluster.",
            component: "helm-controller",
            short_names: &["hr"],
            category: "fluxcd-appliers",
            columns: &[
                PrinterColumn::AGE,
                PrinterColumn::READY,
                PrinterColumn::STATUS,
            ],
            spec: SchemaGenerator::subschema_for::<HelmReleaseSpec>,
            status: Some(SchemaGenerator::subschema_for::<HelmReleaseStatus>),
        },
        ..Kind::BASE
    };
}

/// Which chart to release, with which values, and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    {"message": "either chart or chartRef must be set", "rule": "(has(self.chart) && !has(self.chartRef)) || (!has(self.chart) && has(self.chartRef))"},
]))]
pub struct HelmReleaseSpec {
    /// The chart, as a `HelmChart` to be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart: Option<ChartTemplate>,
    /// The chart, as an object that is there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart_ref: Option<ChartReference>,
    /// How often to compare the release with what is wanted.
    pub interval: Duration,
    /// Name of the release; made of namespace and name if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 53))]
    pub release_name: Option<String>,
    /// The namespace to release into; this one if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub target_namespace: Option<String>,
    /// The namespace where Helm keeps its records; this one if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub storage_namespace: Option<String>,
    /// Values for the chart; they win over those of `valuesFrom`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "any_value")]
    pub values: Option<Value>,
    /// Objects that hold values; later ones win.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values_from: Option<Vec<ValuesReference>>,
    /// The other releases that have to be ready first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depends_on: Option<Vec<DependencyReference>>,
    /// The `ServiceAccount` to act as.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub service_account_name: Option<String>,
    /// The cluster to release to; this one if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kube_config: Option<KubeConfigReference>,
    /// Keep one client for all steps of an action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistent_client: Option<bool>,
    /// Time limit for each single operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// How many revisions Helm keeps; 0 for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_history: Option<isize>,
    /// Stop releasing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
    /// How to install.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install: Option<InstallAction>,
    /// How to upgrade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<UpgradeAction>,
    /// How to test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<TestAction>,
    /// How to roll back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback: Option<RollbackAction>,
    /// How to uninstall.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uninstall: Option<UninstallAction>,
    /// What to do about changes that others made in the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift_detection: Option<DriftDetection>,
    /// Changes to the rendered objects, in this order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_renderers: Option<Vec<PostRenderer>>,
    /// What the post-renderers see: no hooks, or hooks together with or apart from the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_render_strategy: Option<PostRenderStrategy>,
    /// Labels and annotations for every object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common_metadata: Option<CommonMetadata>,
    /// How the health of other kinds is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_check_exprs: Option<Vec<HealthCheckExpression>>,
    /// How to wait until the objects are healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_strategy: Option<WaitStrategy>,
}

/// The `HelmChart` that is made for a release.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChartTemplate {
    /// Its labels and annotations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<CommonMetadata>,
    /// What to package.
    pub spec: ChartTemplateSpec,
}

/// Which chart a release takes, and from where.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChartTemplateSpec {
    /// Name of the chart, or its path in the source.
    #[schemars(length(min = 1, max = 2048))]
    pub chart: String,
    /// A range of versions; not used with a `GitRepository` or a Bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "*"))]
    pub version: Option<String>,
    /// Where the chart is found.
    pub source_ref: TemplateSource,
    /// How often to look for a new version; the interval of the release if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,
    /// Package anew for each version of the chart, or for each revision of the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "ChartVersion"))]
    pub reconcile_strategy: Option<ReconcileStrategy>,
    /// Values files of the source, merged in this order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values_files: Option<Vec<String>>,
    /// Go on where a values file is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_missing_values_files: Option<bool>,
    /// Check the signature of the chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<TemplateVerification>,
}

/// How the signature of a chart is checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TemplateVerification {
    /// The tool that signed it.
    #[schemars(extend("default" = "cosign"))]
    pub provider: VerificationProvider,
    /// A Secret with the public keys or the trust policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
}

/// The source of a chart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TemplateSource {
    /// API group and version of the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Kind of the source.
    pub kind: ChartSourceKind,
    /// Name of the source.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Namespace of the source; this one if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub namespace: Option<String>,
}

/// An object that holds a packaged chart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChartReference {
    /// API group and version of the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Kind of the object.
    pub kind: ChartReferenceKind,
    /// Name of the object.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Namespace of the object; this one if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub namespace: Option<String>,
}

/// A `ConfigMap` or Secret that holds values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValuesReference {
    /// Kind of the object.
    pub kind: ValuesKind,
    /// Name of the object.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// The key that holds the values; `values.yaml` if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    #[schemars(regex(pattern = r"^[\-._a-zA-Z0-9]+$"))]
    pub values_key: Option<String>,
    /// Where to put a single value; the key holds a whole file if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 250))]
    #[schemars(regex(pattern = r"^([a-zA-Z0-9_\-.\\\/]|\[[0-9]{1,5}\])+$"))]
    pub target_path: Option<String>,
    /// Take a single value as it is, without reading commas or types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub literal: Option<bool>,
    /// Go on where the object or the key is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optional: Option<bool>,
}

/// What to do about changes that others made in the cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriftDetection {
    /// Correct, warn, or do nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<DriftMode>,
    /// Fields that are left to others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore: Option<Vec<IgnoredPaths>>,
}

/// A change to rendered objects.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PostRenderer {
    /// Patches and images, as kustomize reads them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kustomize: Option<KustomizeRenderer>,
}

/// Patches and images, as kustomize reads them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KustomizeRenderer {
    /// Changes to the rendered objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patches: Option<Vec<Patch>>,
    /// Other images for the containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<Vec<ImageOverride>>,
}

/// How to wait until objects are healthy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitStrategy {
    /// Flux's own poller, or that of Helm 3.
    pub name: WaitStrategyName,
}

words! {
    /// The kinds that hold a packaged chart.
    ChartReferenceKind {
        OCIRepository = "OCIRepository",
        HelmChart = "HelmChart",
        ExternalArtifact = "ExternalArtifact",
    }
}

words! {
    /// What to do about drift.
    DriftMode = Disabled {
        Enabled = "enabled",
        Warn = "warn",
        Disabled = "disabled",
    }
}

words! {
    /// What post-renderers see.
    PostRenderStrategy {
        NoHooks = "nohooks",
        Combined = "combined",
        Separate = "separate",
    }
}

words! {
    /// How to wait.
    WaitStrategyName {
        Poller = "poller",
        Legacy = "legacy",
    }
}
