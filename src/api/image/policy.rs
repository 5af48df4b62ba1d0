//! `ImagePolicy`: the choice of a tag.

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::api::cell::{IMAGE, MESSAGE, READY, TAG};
use crate::api::flux::{Definition, Flux, Kind, PrinterColumn};
use crate::api::meta::{Condition, Duration, NamespacedReference, Resource, words};

/// Chooses the latest image among the scanned tags.
pub type ImagePolicy = Resource<ImagePolicySpec, ImagePolicyStatus>;

impl Flux for ImagePolicy {
    const KIND: Kind = Kind {
        words: &["image", "policy"],
        plural_words: &["images", "policy"],
        human: "image policy",
        group: "image.toolkit.fluxcd.io",
        version: "v1",
        name: "ImagePolicy",
        resource: "imagepolicies",
        columns: &[IMAGE, TAG, READY, MESSAGE],
        outcome: |row| Some(format!("selected ref {}", row.status.latest_ref)),
        definition: Definition {
            about: "Chooses the latest image among the scanned tags.",
            component: "image-reflector-controller",
            short_names: &["imgpol", "imagepol"],
            category: "fluxcd-images",
            columns: &[
                PrinterColumn::text("Image", ".status.latestRef.name"),
                PrinterColumn::text("Tag", ".status.latestRef.tag"),
                PrinterColumn::READY,
                PrinterColumn::STATUS,
                PrinterColumn::AGE,
            ],
            spec: SchemaGenerator::subschema_for::<ImagePolicySpec>,
            status: Some(SchemaGenerator::subschema_for::<ImagePolicyStatus>),
        },
        ..Kind::BASE
    };
}

/// Which of the scanned tags is the latest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    {"message": "spec.interval is only accepted when spec.digestReflectionPolicy is set to 'Always'", "rule": "!has(self.interval) || (has(self.digestReflectionPolicy) && self.digestReflectionPolicy == 'Always')"},
    {"message": "spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'", "rule": "has(self.interval) || !has(self.digestReflectionPolicy) || self.digestReflectionPolicy != 'Always'"},
]))]
pub struct ImagePolicySpec {
    /// The `ImageRepository` that scans the tags.
    pub image_repository_ref: NamespacedReference,
    /// How to choose a tag.
    pub policy: PolicyChoice,
    /// The tags to choose from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_tags: Option<TagFilter>,
    /// Whether and when to look the digest of the tag up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "Never"))]
    pub digest_reflection_policy: Option<DigestReflection>,
    /// How often to look the digest up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,
    /// Stop choosing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// The tags to choose from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TagFilter {
    /// A regular expression for the tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// What of a match to compare, such as `$1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extract: Option<String>,
}

/// How to choose a tag; one of the three.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyChoice {
    /// By version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semver: Option<SemverPolicy>,
    /// By alphabet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alphabetical: Option<OrderedPolicy>,
    /// By number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numerical: Option<OrderedPolicy>,
}

/// A choice by version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SemverPolicy {
    /// A range of versions, of which the newest is taken.
    pub range: String,
}

/// A choice by order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderedPolicy {
    /// Ascending takes the last one, descending the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "asc"))]
    pub order: Option<SortOrder>,
}

/// Which tag was chosen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct ImagePolicyStatus {
    /// The state of the object, statement by statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Vec<Condition>>,
    /// The last request for a reconciliation that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The image that was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_ref: Option<ImageReference>,
    /// The image that was chosen before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_previous_ref: Option<ImageReference>,
}

/// An image in a registry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageReference {
    /// Name of the image.
    pub name: String,
    /// Tag of the image.
    pub tag: String,
    /// Digest of the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

words! {
    /// When a digest is looked up.
    DigestReflection = Never {
        Always = "Always",
        IfNotPresent = "IfNotPresent",
        Never = "Never",
    }
}

words! {
    /// An order.
    SortOrder {
        Ascending = "asc",
        Descending = "desc",
    }
}
