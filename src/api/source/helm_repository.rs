//! `HelmRepository`: the index of a chart repository.

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::artifact::Artifact;
use crate::api::cell::{READY, SHORT_MESSAGE, SHORT_REVISION, SUSPENDED};
use crate::api::flux::{Definition, Flux, Kind, PrinterColumn};
use crate::api::meta::{
    AccessFrom, CloudProvider, Condition, Duration, LocalReference, Resource, TIMEOUT_PATTERN,
    words,
};

/// A repository of Helm charts.
pub type HelmRepository = Resource<HelmRepositorySpec, HelmRepositoryStatus>;

impl Flux for HelmRepository {
    const KIND: Kind = Kind {
        words: &["source", "helm"],
        plural_words: &["sources", "helm"],
        human: "source helm",
        group: "source.toolkit.fluxcd.io",
        version: "v1",
        name: "HelmRepository",
        resource: "helmrepositories",
        columns: &[SHORT_REVISION, SUSPENDED, READY, SHORT_MESSAGE],
        fixed: |row| (row.spec.type_ == "oci").then_some("Helm repository is Ready"),
        outcome: |row| (row.spec.type_ != "oci").then(|| row.fetched()),
        definition: Definition {
            about: "A repository of Helm charts.",
            component: "source-controller",
            short_names: &["helmrepo"],
            category: "fluxcd-sources",
            columns: &[
                PrinterColumn::text("URL", ".spec.url"),
                PrinterColumn::AGE,
                PrinterColumn::READY,
                PrinterColumn::STATUS,
            ],
            spec: SchemaGenerator::subschema_for::<HelmRepositorySpec>,
            status: Some(SchemaGenerator::subschema_for::<HelmRepositoryStatus>),
        },
        ..Kind::BASE
    };
}

/// Where a Helm repository is, and how to open it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HelmRepositorySpec {
    /// Address of the repository: `https://…` or `oci://…`.
    #[schemars(regex(pattern = "^(http|https|oci)://.*$"))]
    pub url: String,
    /// A repository with an index, or a registry; the former if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub type_: Option<HelmRepositoryType>,
    /// How often to fetch the index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,
    /// A Secret with the credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// A Secret with a client certificate or a certificate authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalReference>,
    /// Send the credentials to other hosts too, where the index leads there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pass_credentials: Option<bool>,
    /// Whose identity opens the registry; for the type `oci` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "generic"))]
    pub provider: Option<CloudProvider>,
    /// Talk to the registry without TLS; for the type `oci` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insecure: Option<bool>,
    /// The namespaces that may refer to this repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_from: Option<AccessFrom>,
    /// Time limit for fetching the index.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIMEOUT_PATTERN))]
    pub timeout: Option<Duration>,
    /// Stop fetching.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// What is known of a Helm repository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct HelmRepositoryStatus {
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
}

words! {
    /// The sort of a Helm repository.
    HelmRepositoryType {
        Default = "default",
        Oci = "oci",
    }
}
