//! What `why` answers: the chain, the first cause at its end, and the next step.

use schemars::JsonSchema;
use serde::Serialize;

use crate::manifest::{Object, ObjectId};

/// Why an object is as it is.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Chain {
    /// Version of the report's form.
    pub api_version: &'static str,
    /// Kind of the report.
    pub kind: &'static str,
    /// From the object that was asked about down to the one with the cause.
    pub links: Vec<ChainLink>,
    /// The first cause.
    pub cause: Cause,
    /// What else stands in the way, though it is not the cause.
    pub notes: Vec<String>,
    /// The one next step; `null` where nothing is to be done.
    pub next: Option<NextStep>,
}

/// One object on the way to the cause.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainLink {
    /// What it is to the object before: empty for the first, else words such as `waits for`.
    pub relation: &'static str,
    /// Who it is.
    pub object: ChainObject,
    /// How it is, in a word or two.
    pub state: String,
    /// What is said about it.
    pub message: String,
}

/// Who an object is.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainObject {
    /// API group; empty for the core group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace; empty for what lives in none.
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// The first cause.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// What sort of cause it is.
    pub kind: CauseKind,
    /// The cause as a sentence without a full stop.
    pub message: String,
}

/// The sorts of causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum CauseKind {
    /// There is none: all is as it should be.
    Healthy,
    /// Somebody holds it still.
    Suspended,
    /// It is not there.
    Missing,
    /// The cluster does not know the kind.
    KindMissing,
    /// It may not be read, so that nobody can say.
    Unreadable,
    /// It is being deleted, and something holds that up.
    Terminating,
    /// Nobody reconciles it: the controller is missing or down.
    Controller,
    /// The controller has not seen it as it is now.
    NotObserved,
    /// It is under way, and nothing stands in its way.
    InProgress,
    /// It waits, by way of others, for itself.
    Cycle,
    /// A condition of its own on what it waits for does not hold.
    Dependency,
    /// A Secret or `ConfigMap` that it refers to, or a key in it, is not there.
    Reference,
    /// The address cannot be reached, or is none.
    Url,
    /// The credentials are refused.
    Authentication,
    /// The branch, tag, commit or digest is not there.
    Revision,
    /// The content of a source cannot be proven to be of who it should be of.
    Verification,
    /// What it is made from cannot be fetched, for another reason.
    Source,
    /// The folder is not in the source.
    Path,
    /// The manifests cannot be built.
    Build,
    /// What is secret in the manifests cannot be decrypted.
    Decryption,
    /// It may not apply what it is to apply.
    Forbidden,
    /// It would change a field that cannot be changed.
    Immutable,
    /// The API server refuses what is applied.
    Apply,
    /// Something that it brought is gone, or was changed by hand.
    Drift,
    /// Something that it brought does not get healthy.
    Health,
    /// A container ends again and again, or does not start.
    Container,
    /// The image of a container cannot be pulled.
    Image,
    /// No node takes the pod.
    Scheduling,
    /// The pods cannot be made.
    Pods,
    /// The chart, or the version of it, is not where it should be.
    Chart,
    /// The values do not fit the chart, or cannot be put together.
    Values,
    /// The release failed.
    Release,
    /// No tag fits the policy.
    ImagePolicy,
    /// Something else, in the words of the controller.
    Other,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NextStep {
    /// What it is for, or what has to be done before it.
    pub advice: String,
    /// The command.
    pub command: String,
}

impl Chain {
    pub(super) fn new(links: Vec<ChainLink>, verdict: Verdict, notes: Vec<String>) -> Self {
        Self {
            api_version: "cli.gitops/v1",
            kind: "Why",
            links,
            cause: verdict.cause,
            notes,
            next: verdict.next,
        }
    }
}

/// The end of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub cause: Cause,
    pub next: Option<NextStep>,
}

impl Verdict {
    pub(super) fn new(kind: CauseKind, message: impl Into<String>, next: Option<NextStep>) -> Self {
        let message = message.into();
        Self {
            cause: Cause { kind, message },
            next,
        }
    }

    /// Says whether it names something that is wrong.
    pub(super) const fn is_fault(&self) -> bool {
        !matches!(self.cause.kind, CauseKind::Healthy)
    }
}

impl From<ObjectId> for ChainObject {
    fn from(id: ObjectId) -> Self {
        Self {
            group: id.group,
            kind: id.kind,
            namespace: id.namespace,
            name: id.name,
        }
    }
}

impl From<&Object> for ChainObject {
    fn from(object: &Object) -> Self {
        object.id().into()
    }
}

impl std::fmt::Display for ChainObject {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.namespace.as_str() {
            "" => write!(formatter, "{}/{}", self.kind, self.name),
            namespace => write!(formatter, "{}/{namespace}/{}", self.kind, self.name),
        }
    }
}
