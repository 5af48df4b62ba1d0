//! `Bucket`: an artifact from an object storage.

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::artifact::Artifact;
use crate::api::cell::{READY, SHORT_MESSAGE, SHORT_REVISION, SUSPENDED};
use crate::api::flux::{Definition, Flux, Kind, PrinterColumn};
use crate::api::meta::{
    CloudProvider, Condition, Duration, LocalReference, Resource, TIMEOUT_PATTERN, words,
};

/// A bucket of an object storage, copied into an artifact.
pub type Bucket = Resource<BucketSpec, BucketStatus>;

impl Flux for Bucket {
    const KIND: Kind = Kind {
        words: &["source", "bucket"],
        plural_words: &["sources", "bucket"],
        human: "source bucket",
        group: "source.toolkit.fluxcd.io",
        version: "v1",
        name: "Bucket",
        resource: "buckets",
        columns: &[SHORT_REVISION, SUSPENDED, READY, SHORT_MESSAGE],
        outcome: |row| Some(row.fetched()),
        definition: Definition {
            about: "A bucket of an object storage, copied into an artifact.",
            component: "source-controller",
            short_names: &[],
            category: "fluxcd-sources",
            columns: &[
                PrinterColumn::text("Endpoint", ".spec.endpoint"),
                PrinterColumn::AGE,
                PrinterColumn::READY,
                PrinterColumn::STATUS,
            ],
            spec: SchemaGenerator::subschema_for::<BucketSpec>,
            status: Some(SchemaGenerator::subschema_for::<BucketStatus>),
        },
        ..Kind::BASE
    };
}

/// Which bucket to copy, and how often.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    {"message": "STS configuration is only supported for the 'aws' and 'generic' Bucket providers", "rule": "self.provider == 'aws' || self.provider == 'generic' || !has(self.sts)"},
    {"message": "'aws' is the only supported STS provider for the 'aws' Bucket provider", "rule": "self.provider != 'aws' || !has(self.sts) || self.sts.provider == 'aws'"},
    {"message": "'ldap' is the only supported STS provider for the 'generic' Bucket provider", "rule": "self.provider != 'generic' || !has(self.sts) || self.sts.provider == 'ldap'"},
    {"message": "spec.sts.secretRef is not required for the 'aws' STS provider", "rule": "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.secretRef)"},
    {"message": "spec.sts.certSecretRef is not required for the 'aws' STS provider", "rule": "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.certSecretRef)"},
    {"message": "ServiceAccountName is not supported for the 'generic' Bucket provider", "rule": "self.provider != 'generic' || !has(self.serviceAccountName)"},
    {"message": "cannot set both .spec.secretRef and .spec.serviceAccountName", "rule": "!has(self.secretRef) || !has(self.serviceAccountName)"},
]))]
pub struct BucketSpec {
    /// Name of the bucket.
    pub bucket_name: String,
    /// Host of the object storage, without a scheme.
    pub endpoint: String,
    /// Region of the bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Take only what is below this prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Who serves the bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "generic", "enum" = ["generic", "aws", "gcp", "azure"]))]
    pub provider: Option<CloudProvider>,
    /// How often to look for changes.
    pub interval: Duration,
    /// A Secret with the credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// The `ServiceAccount` whose cloud identity is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// A Secret with a client certificate or a certificate authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalReference>,
    /// A Secret with the address and the credentials of a proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalReference>,
    /// A service that hands out temporary credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sts: Option<BucketSts>,
    /// What to leave out, in the manner of `.gitignore`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore: Option<String>,
    /// Talk to the storage without TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insecure: Option<bool>,
    /// Time limit for the download.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIMEOUT_PATTERN))]
    #[schemars(extend("default" = "60s"))]
    pub timeout: Option<Duration>,
    /// Stop copying.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// A service that hands out temporary credentials for a bucket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BucketSts {
    /// The sort of service.
    pub provider: StsProvider,
    /// Address of the service.
    #[schemars(regex(pattern = "^(http|https)://.*$"))]
    pub endpoint: String,
    /// A Secret with the credentials for the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// A Secret with a client certificate or a certificate authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalReference>,
}

/// What is known of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct BucketStatus {
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
}

words! {
    /// The sort of a token service.
    StsProvider {
        Aws = "aws",
        Ldap = "ldap",
    }
}
