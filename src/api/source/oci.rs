//! `OCIRepository`: an artifact from a registry.

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::artifact::{Artifact, OidcIdentity, VerificationProvider};
use crate::api::cell::{READY, SHORT_MESSAGE, SHORT_REVISION, SUSPENDED};
use crate::api::flux::{Definition, Flux, Kind, PrinterColumn};
use crate::api::meta::{
    CloudProvider, Condition, Duration, LocalReference, Resource, TIMEOUT_PATTERN, words,
};

/// An artifact of a registry, pulled into the cluster.
pub type OCIRepository = Resource<OCIRepositorySpec, OCIRepositoryStatus>;

impl Flux for OCIRepository {
    const KIND: Kind = Kind {
        words: &["source", "oci"],
        plural_words: &["sources", "oci"],
        human: "source oci",
        group: "source.toolkit.fluxcd.io",
        version: "v1",
        name: "OCIRepository",
        resource: "ocirepositories",
        columns: &[SHORT_REVISION, SUSPENDED, READY, SHORT_MESSAGE],
        outcome: |row| Some(row.fetched()),
        definition: Definition {
            about: "An artifact of a registry, pulled into the cluster.",
            component: "source-controller",
            short_names: &["ocirepo"],
            category: "fluxcd-sources",
            columns: &[
                PrinterColumn::text("URL", ".spec.url"),
                PrinterColumn::READY,
                PrinterColumn::STATUS,
                PrinterColumn::AGE,
            ],
            spec: SchemaGenerator::subschema_for::<OCIRepositorySpec>,
            status: Some(SchemaGenerator::subschema_for::<OCIRepositoryStatus>),
        },
        ..Kind::BASE
    };
}

/// Which artifact to pull from a registry, and how often.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OCIRepositorySpec {
    /// Address of the artifact, without its tag: `oci://host/path`.
    #[schemars(regex(pattern = "^oci://.*$"))]
    pub url: String,
    /// How often to look for a new revision.
    pub interval: Duration,
    /// Which version to pull; the tag `latest` if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ref_: Option<OCIReference>,
    /// Which layer to take; the first if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer_selector: Option<LayerSelector>,
    /// Whose identity opens the registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "generic"))]
    pub provider: Option<CloudProvider>,
    /// A Secret of the type `kubernetes.io/dockerconfigjson`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// The `ServiceAccount` whose pull secrets or cloud identity are used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// A Secret with a client certificate or a certificate authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalReference>,
    /// A Secret with the address and the credentials of a proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalReference>,
    /// Check the signature of the artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<OCIVerification>,
    /// What to leave out, in the manner of `.gitignore`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore: Option<String>,
    /// Talk to the registry without TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insecure: Option<bool>,
    /// Time limit for requests to the registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIMEOUT_PATTERN))]
    #[schemars(extend("default" = "60s"))]
    pub timeout: Option<Duration>,
    /// Stop pulling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// Which version of an artifact to pull; the most specific one that is set wins.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OCIReference {
    /// A tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// A range of versions, of which the newest tag is taken; it wins over a tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semver: Option<String>,
    /// A regular expression for the tags that the range may choose from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semver_filter: Option<String>,
    /// A digest; it wins over all others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// Which layer of an artifact to take, and what to do with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LayerSelector {
    /// Media type of the layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Extract the layer, or copy it as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<LayerOperation>,
}

/// How the signature of an artifact is checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OCIVerification {
    /// The tool that signed it.
    #[schemars(extend("default" = "cosign"))]
    pub provider: VerificationProvider,
    /// A Secret with the public keys or the trust policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// The accepted signers of a keyless signature; one that matches is enough.
    #[serde(rename = "matchOIDCIdentity", skip_serializing_if = "Option::is_none")]
    pub match_oidc_identity: Option<Vec<OidcIdentity>>,
    /// A Secret with the trust root of a private Sigstore instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted_root_secret_ref: Option<LocalReference>,
}

/// What is known of an artifact in a registry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct OCIRepositoryStatus {
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
    /// The ignore rules that the artifact was made with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_ignore: Option<String>,
    /// Address that always leads to the latest artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The choice of layer that the artifact was made with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_layer_selector: Option<LayerSelector>,
}

words! {
    /// What to do with a layer.
    LayerOperation {
        Extract = "extract",
        Copy = "copy",
    }
}
