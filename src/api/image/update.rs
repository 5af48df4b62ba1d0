//! `ImageUpdateAutomation`: commits with the chosen images.

use std::collections::BTreeMap;

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::policy::ImageReference;
use crate::api::cell::{LAST_RUN, MESSAGE, READY, SUSPENDED};
use crate::api::flux::{Definition, Flux, Kind, PrinterColumn};
use crate::api::meta::{Condition, Duration, LocalReference, Resource, Time, words};
use crate::api::source::GitReference;

/// Commits the latest images to a repository.
pub type ImageUpdateAutomation = Resource<ImageUpdateAutomationSpec, ImageUpdateAutomationStatus>;

impl Flux for ImageUpdateAutomation {
    const KIND: Kind = Kind {
        words: &["image", "update"],
        plural_words: &["images", "update"],
        human: "image update automation",
        group: "image.toolkit.fluxcd.io",
        version: "v1",
        name: "ImageUpdateAutomation",
        resource: "imageupdateautomations",
        columns: &[LAST_RUN, SUSPENDED, READY, MESSAGE],
        outcome: |row| Some(row.automated()),
        definition: Definition {
            about: "Commits the latest images to a repository.",
            component: "image-automation-controller",
            short_names: &["iua", "imgupd", "imgauto"],
            category: "fluxcd-images",
            columns: &[
                PrinterColumn::READY,
                PrinterColumn::STATUS,
                PrinterColumn::text("Last run", ".status.lastAutomationRunTime").wide(),
                PrinterColumn::AGE,
            ],
            spec: SchemaGenerator::subschema_for::<ImageUpdateAutomationSpec>,
            status: Some(SchemaGenerator::subschema_for::<ImageUpdateAutomationStatus>),
        },
        ..Kind::BASE
    };
}

/// Which files to update with the latest images, and how to commit them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageUpdateAutomationSpec {
    /// The repository to update.
    pub source_ref: AutomationSource,
    /// How to check out, commit and push.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git: Option<GitAutomation>,
    /// What to update in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = {"strategy": "Setters"}))]
    pub update: Option<UpdateChoice>,
    /// The policies to follow; all of the namespace if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_selector: Option<LabelSelector>,
    /// How often to update.
    pub interval: Duration,
    /// Stop updating.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// The repository that is updated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AutomationSource {
    /// API group and version of the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Kind of the repository.
    #[schemars(extend("default" = "GitRepository"))]
    pub kind: AutomationSourceKind,
    /// Name of the repository.
    pub name: String,
    /// Namespace of the repository; this one if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// How to check out, commit and push.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GitAutomation {
    /// What to check out; the reference of the repository if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkout: Option<GitCheckout>,
    /// How to commit.
    pub commit: GitCommit,
    /// Where to push; the branch that was checked out if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push: Option<GitPush>,
}

/// What to check out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GitCheckout {
    /// The reference to check out.
    pub ref_: GitReference,
}

/// How to commit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GitCommit {
    /// Who is named as the author.
    pub author: CommitAuthor,
    /// A Go template for the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_template: Option<String>,
    /// Values that the template may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_template_values: Option<BTreeMap<String, String>>,
    /// The key to sign with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<SigningKey>,
}

/// The author of a commit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommitAuthor {
    /// E-mail address.
    pub email: String,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A key that signs commits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SigningKey {
    /// A Secret with the key and its passphrase.
    pub secret_ref: LocalReference,
    /// The sort of key; `gpg` if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub type_: Option<SigningKeyType>,
}

/// Where to push.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GitPush {
    /// The branch to push to; made where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// A refspec to push, beside the branch if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^$|^[^+:]"))]
    pub refspec: Option<String>,
    /// Push options for the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<BTreeMap<String, String>>,
}

/// A choice of objects by their labels; all parts must match.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-map-type" = "atomic"))]
pub struct LabelSelector {
    /// Labels and their values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_labels: Option<BTreeMap<String, String>>,
    /// Requirements for labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub match_expressions: Option<Vec<LabelRequirement>>,
}

/// A requirement for a label.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LabelRequirement {
    /// Key of the label.
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    /// The values of `In` and `NotIn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub values: Option<Vec<String>>,
}

/// What to update.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateChoice {
    /// The directory to update; the whole repository if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How images are found in the files.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "Setters"))]
    pub strategy: Option<UpdateStrategy>,
}

/// What the last update has done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct ImageUpdateAutomationStatus {
    /// The state of the object, statement by statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Vec<Condition>>,
    /// The last request for a reconciliation that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// When it last ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_automation_run_time: Option<Time>,
    /// The commit that was last pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_push_commit: Option<String>,
    /// When it was last pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_push_time: Option<Time>,
    /// The images that the policies had chosen, by policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_policies: Option<BTreeMap<String, ImageReference>>,
    /// The revision of the repository that it started from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_source_revision: Option<String>,
}

words! {
    /// The kinds that are updated.
    AutomationSourceKind {
        GitRepository = "GitRepository",
    }
}

words! {
    /// The sort of a signing key.
    SigningKeyType {
        Gpg = "gpg",
        Ssh = "ssh",
    }
}

words! {
    /// How images are found in files.
    UpdateStrategy {
        Setters = "Setters",
    }
}
