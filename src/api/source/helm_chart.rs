//! `HelmChart`: a packaged chart.

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::artifact::{Artifact, OidcIdentity, VerificationProvider};
use crate::api::cell::{READY, REVISION, SHORT_MESSAGE, SUSPENDED};
use crate::api::flux::{Definition, Flux, Kind, PrinterColumn};
use crate::api::meta::{Condition, Duration, LocalReference, Resource, words};
use crate::api::row::Row;

/// A Helm chart, packaged from its source.
pub type HelmChart = Resource<HelmChartSpec, HelmChartStatus>;

impl Flux for HelmChart {
    const KIND: Kind = Kind {
        words: &["source", "chart"],
        plural_words: &["sources", "chart"],
        human: "source chart",
        group: "source.toolkit.fluxcd.io",
        version: "v1",
        name: "HelmChart",
        resource: "helmcharts",
        columns: &[REVISION, SUSPENDED, READY, SHORT_MESSAGE],
        outcome: |row| Some(row.fetched()),
        source: Some(Row::source),
        definition: Definition {
            about: "A Helm chart, packaged from its source.",
            component: "source-controller",
            short_names: &["hc"],
            category: "fluxcd-sources",
            columns: &[
                PrinterColumn::text("Chart", ".spec.chart"),
                PrinterColumn::text("Version", ".spec.version"),
                PrinterColumn::text("Source Kind", ".spec.sourceRef.kind"),
                PrinterColumn::text("Source Name", ".spec.sourceRef.name"),
                PrinterColumn::AGE,
                PrinterColumn::READY,
                PrinterColumn::STATUS,
            ],
            spec: SchemaGenerator::subschema_for::<HelmChartSpec>,
            status: Some(SchemaGenerator::subschema_for::<HelmChartStatus>),
        },
        ..Kind::BASE
    };
}

/// Which chart to package, and from where.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    {"message": "spec.verify is only supported when spec.sourceRef.kind is 'HelmRepository'", "rule": "!has(self.verify) || self.sourceRef.kind == 'HelmRepository'"},
]))]
pub struct HelmChartSpec {
    /// Name of the chart, or its path in the source.
    pub chart: String,
    /// A range of versions; not used with a `GitRepository` or a Bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "*"))]
    pub version: Option<String>,
    /// Where the chart is found.
    pub source_ref: ChartSourceReference,
    /// How often to look for a new version.
    pub interval: Duration,
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
    pub verify: Option<ChartVerification>,
    /// Stop packaging.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// The source of a chart, in the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChartSourceReference {
    /// API group and version of the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Kind of the source.
    pub kind: ChartSourceKind,
    /// Name of the source.
    pub name: String,
}

/// How the signature of a chart is checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChartVerification {
    /// The tool that signed it.
    #[schemars(extend("default" = "cosign"))]
    pub provider: VerificationProvider,
    /// A Secret with the public keys or the trust policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// The accepted signers of a keyless signature; one that matches is enough.
    #[serde(rename = "matchOIDCIdentity", skip_serializing_if = "Option::is_none")]
    pub match_oidc_identity: Option<Vec<OidcIdentity>>,
}

/// What is known of a chart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct HelmChartStatus {
    /// What the last successful reconciliation produced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// The state of the object, statement by statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Vec<Condition>>,
    /// The last request for a reconciliation that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Address that always leads to the latest artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Name of the chart in the artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_chart_name: Option<String>,
    /// The revision of the source that the chart was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_source_artifact_revision: Option<String>,
    /// The values files that were merged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_values_files: Option<Vec<String>>,
}

words! {
    /// What makes a chart new.
    ReconcileStrategy {
        ChartVersion = "ChartVersion",
        Revision = "Revision",
    }
}

words! {
    /// The kinds that a chart may come from.
    ChartSourceKind {
        HelmRepository = "HelmRepository",
        GitRepository = "GitRepository",
        Bucket = "Bucket",
    }
}
