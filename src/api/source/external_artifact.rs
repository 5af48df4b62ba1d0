//! `ExternalArtifact`: an artifact that somebody else makes.

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::artifact::Artifact;
use crate::api::cell::{READY, SHORT_MESSAGE, SHORT_REVISION, WRITTEN_SOURCE};
use crate::api::flux::{Definition, Flux, Kind, PrinterColumn, Verb};
use crate::api::meta::{Condition, ObjectReference, Resource};

/// An artifact that a controller outside of Flux looks after.
pub type ExternalArtifact = Resource<ExternalArtifactSpec, ExternalArtifactStatus>;

impl Flux for ExternalArtifact {
    const KIND: Kind = Kind {
        words: &["source", "external"],
        plural_words: &["sources", "external"],
        verbs: Verb::READ_ONLY,
        human: "source external-artifact",
        group: "source.toolkit.fluxcd.io",
        version: "v1",
        name: "ExternalArtifact",
        resource: "externalartifacts",
        columns: &[SHORT_REVISION, WRITTEN_SOURCE, READY, SHORT_MESSAGE],
        definition: Definition {
            about: "An artifact that a controller outside of Flux looks after.",
            component: "source-controller",
            short_names: &["ea"],
            category: "fluxcd-sources",
            columns: &[
                PrinterColumn::AGE,
                PrinterColumn::READY,
                PrinterColumn::STATUS,
                PrinterColumn::text("Source", ".spec.sourceRef.name"),
            ],
            spec: SchemaGenerator::subschema_for::<ExternalArtifactSpec>,
            status: Some(SchemaGenerator::subschema_for::<ExternalArtifactStatus>),
        },
        ..Kind::BASE
    };
}

/// Who looks after an artifact that Flux itself does not make.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExternalArtifactSpec {
    /// The object that the artifact is made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_ref: Option<ObjectReference>,
}

/// What is known of an external artifact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExternalArtifactStatus {
    /// What the last successful reconciliation produced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// The state of the object, statement by statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Vec<Condition>>,
}
