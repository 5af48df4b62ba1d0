//! The kind of `source.extensions.fluxcd.io`: `ArtifactGenerator`, which composes artifacts of others.

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::cell::{MESSAGE, READY, SUSPENDED};
use super::flux::{Definition, Flux, Kind, PrinterColumn, Verb};
use super::meta::{CommonMetadata, Condition, Resource, words};
use super::row::Row;

/// Composes new artifacts out of those of several sources.
pub type ArtifactGenerator = Resource<ArtifactGeneratorSpec, ArtifactGeneratorStatus>;

impl Flux for ArtifactGenerator {
    const KIND: Kind = Kind {
        words: &["artifact", "generator"],
        plural_words: &["artifacts", "generators"],
        verbs: Verb::READ_ONLY,
        human: "artifactgenerator",
        group: "source.extensions.fluxcd.io",
        version: "v1beta1",
        name: "ArtifactGenerator",
        resource: "artifactgenerators",
        columns: &[SUSPENDED, READY, MESSAGE],
        suspended: Row::is_disabled,
        definition: Definition {
            about: "Composes new artifacts out of those of several sources.",
            component: "source-watcher",
            short_names: &["ag"],
            category: "fluxcd-sources",
            columns: &[
                PrinterColumn::AGE,
                PrinterColumn::READY,
                PrinterColumn::STATUS,
            ],
            spec: SchemaGenerator::subschema_for::<ArtifactGeneratorSpec>,
            status: Some(SchemaGenerator::subschema_for::<ArtifactGeneratorStatus>),
        },
        ..Kind::BASE
    };
}

/// Which sources to take apart, and which artifacts to make of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    {"message": "artifact names must be valid Kubernetes object names when pathPattern is not set", "rule": r"has(self.pathPattern) && size(self.pathPattern) > 0 || self.artifacts.all(a, a.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'))"},
]))]
pub struct ArtifactGeneratorSpec {
    /// The sources, each under an alias.
    #[schemars(length(min = 1, max = 1000))]
    pub sources: Vec<GeneratorSource>,
    /// The artifacts to make.
    #[schemars(length(min = 1, max = 1000))]
    pub artifacts: Vec<OutputArtifact>,
    /// Make one set of artifacts for each directory that matches, as `@alias/pattern`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    #[schemars(regex(pattern = "^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)/(.*)$"))]
    pub path_pattern: Option<String>,
    /// Labels and annotations for every artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common_metadata: Option<CommonMetadata>,
}

/// A source of the generated artifacts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GeneratorSource {
    /// The name by which copies refer to it.
    #[schemars(length(max = 63))]
    #[schemars(regex(pattern = "^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$"))]
    pub alias: String,
    /// Kind of the source.
    pub kind: GeneratorSourceKind,
    /// Name of the source.
    #[schemars(length(max = 253))]
    #[schemars(regex(pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"))]
    pub name: String,
    /// Namespace of the source; this one if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    #[schemars(regex(pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub namespace: Option<String>,
}

/// An artifact to make.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutputArtifact {
    /// Name of the `ExternalArtifact`.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// What goes into it, in this order.
    #[schemars(length(min = 1))]
    pub copy: Vec<CopyOperation>,
    /// Take the revision of this source, as `@alias`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    #[schemars(regex(pattern = "^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)$"))]
    pub revision: Option<String>,
    /// Note the revision of this source as the origin, as `@alias`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    #[schemars(regex(pattern = "^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)$"))]
    pub origin_revision: Option<String>,
}

/// Files that are copied into an artifact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CopyOperation {
    /// What to copy, as `@alias/pattern`.
    #[schemars(length(min = 1, max = 1024))]
    #[schemars(regex(pattern = "^@([a-z0-9]([a-z0-9_-]*[a-z0-9])?)/(.*)$"))]
    pub from: String,
    /// Where to put it, as `@artifact/path`.
    #[schemars(length(min = 1, max = 1024))]
    #[schemars(regex(
        pattern = "^@artifact/([^/]{0,1}|[^./][^/]|[.][^./]|[^/]{3,})(/([^/]{0,1}|[^./][^/]|[.][^./]|[^/]{3,}))*$"
    ))]
    pub to: String,
    /// Patterns of what to leave out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    #[schemars(inner(length(max = 1024)))]
    pub exclude: Option<Vec<String>>,
    /// Overwrite what is there, merge YAML into it, or unpack an archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<CopyStrategy>,
}

/// What a generator has made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactGeneratorStatus {
    /// The state of the object, statement by statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Vec<Condition>>,
    /// The last request for a reconciliation that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The artifacts that were made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inventory: Option<Vec<GeneratedArtifact>>,
    /// Checksum of the sources that they were made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_sources_digest: Option<String>,
}

/// An artifact that a generator has made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GeneratedArtifact {
    /// Name of the `ExternalArtifact`.
    pub name: String,
    /// Namespace of the `ExternalArtifact`.
    pub namespace: String,
    /// Checksum of its content.
    pub digest: String,
    /// Name of its file in the storage.
    pub filename: String,
}

words! {
    /// How files get into an artifact.
    CopyStrategy {
        Overwrite = "Overwrite",
        Merge = "Merge",
        Extract = "Extract",
    }
}

words! {
    /// The kinds that artifacts are generated from.
    GeneratorSourceKind = GitRepository {
        Bucket = "Bucket",
        GitRepository = "GitRepository",
        OCIRepository = "OCIRepository",
        HelmChart = "HelmChart",
        ExternalArtifact = "ExternalArtifact",
    }
}
