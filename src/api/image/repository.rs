//! `ImageRepository`: the tags of an image.

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::api::cell::{LAST_SCAN, MESSAGE, READY, SUSPENDED};
use crate::api::flux::{Definition, Flux, Kind, PrinterColumn};
use crate::api::meta::{
    AccessFrom, CloudProvider, Condition, Duration, LocalReference, Resource, TIMEOUT_PATTERN, Time,
};

/// The tags of a container image.
pub type ImageRepository = Resource<ImageRepositorySpec, ImageRepositoryStatus>;

impl Flux for ImageRepository {
    const KIND: Kind = Kind {
        words: &["image", "repository"],
        plural_words: &["images", "repository"],
        human: "image repository",
        group: "image.toolkit.fluxcd.io",
        version: "v1",
        name: "ImageRepository",
        resource: "imagerepositories",
        columns: &[LAST_SCAN, SUSPENDED, READY, MESSAGE],
        outcome: |row| {
            Some(format!(
                "scan fetched {} tags",
                row.status.last_scan_result.tag_count
            ))
        },
        definition: Definition {
            about: "The tags of a container image.",
            component: "image-reflector-controller",
            short_names: &["imgrepo", "imagerepo"],
            category: "fluxcd-images",
            columns: &[
                PrinterColumn::text("Image", ".spec.image"),
                PrinterColumn::text("Tags", ".status.lastScanResult.tagCount"),
                PrinterColumn::READY,
                PrinterColumn::STATUS,
                PrinterColumn::text("Last scan", ".status.lastScanResult.scanTime").wide(),
                PrinterColumn::AGE,
            ],
            spec: SchemaGenerator::subschema_for::<ImageRepositorySpec>,
            status: Some(SchemaGenerator::subschema_for::<ImageRepositoryStatus>),
        },
        ..Kind::BASE
    };
}

/// Which image to scan for tags, and how often.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageRepositorySpec {
    /// Name of the image, without its tag.
    pub image: String,
    /// How often to scan.
    pub interval: Duration,
    /// Whose identity opens the registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "generic"))]
    pub provider: Option<CloudProvider>,
    /// A Secret of the type `kubernetes.io/dockerconfigjson`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// The `ServiceAccount` whose pull secrets or cloud identity are used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub service_account_name: Option<String>,
    /// A Secret with a client certificate or a certificate authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalReference>,
    /// A Secret with the address and the credentials of a proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalReference>,
    /// The namespaces that may refer to this repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_from: Option<AccessFrom>,
    /// Regular expressions for tags to leave out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 25))]
    #[schemars(extend("default" = ["^.*\\.sig$"]))]
    pub exclusion_list: Option<Vec<String>>,
    /// Talk to the registry without TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insecure: Option<bool>,
    /// Time limit for a scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIMEOUT_PATTERN))]
    pub timeout: Option<Duration>,
    /// Stop scanning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// What the last scan has found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct ImageRepositoryStatus {
    /// The state of the object, statement by statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Vec<Condition>>,
    /// The last request for a reconciliation that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Full name of the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canonical_image_name: Option<String>,
    /// The last successful scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_scan_result: Option<ScanResult>,
    /// The exclusions that it was made with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_exclusion_list: Option<Vec<String>>,
}

/// What a scan has found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScanResult {
    /// The first few tags, newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_tags: Option<Vec<String>>,
    /// Checksum of all tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scan_time: Option<Time>,
    /// How many tags there are.
    pub tag_count: isize,
}
