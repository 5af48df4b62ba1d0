//! `GitRepository`: an artifact from a Git repository.

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::artifact::Artifact;
use crate::api::cell::{READY, SHORT_MESSAGE, SHORT_REVISION, SUSPENDED};
use crate::api::flux::{Definition, Flux, Kind, PrinterColumn};
use crate::api::meta::{Condition, Duration, LocalReference, Resource, TIMEOUT_PATTERN, words};

/// A Git repository, fetched into an artifact.
pub type GitRepository = Resource<GitRepositorySpec, GitRepositoryStatus>;

impl Flux for GitRepository {
    const KIND: Kind = Kind {
        words: &["source", "git"],
        plural_words: &["sources", "git"],
        human: "source git",
        group: "source.toolkit.fluxcd.io",
        version: "v1",
        name: "GitRepository",
        resource: "gitrepositories",
        columns: &[SHORT_REVISION, SUSPENDED, READY, SHORT_MESSAGE],
        outcome: |row| Some(row.fetched()),
        definition: Definition {
            about: "A Git repository, fetched into an artifact.",
            component: "source-controller",
            short_names: &["gitrepo"],
            category: "fluxcd-sources",
            columns: &[
                PrinterColumn::text("URL", ".spec.url"),
                PrinterColumn::AGE,
                PrinterColumn::READY,
                PrinterColumn::STATUS,
            ],
            spec: SchemaGenerator::subschema_for::<GitRepositorySpec>,
            status: Some(SchemaGenerator::subschema_for::<GitRepositoryStatus>),
        },
        ..Kind::BASE
    };
}

/// Which repository to fetch, at what revision, and how often.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    {"message": "serviceAccountName can only be set when provider is 'azure' or 'aws'", "rule": "!has(self.serviceAccountName) || (has(self.provider) && (self.provider == 'azure' || self.provider == 'aws'))"},
]))]
pub struct GitRepositorySpec {
    /// Address of the repository, over HTTP, HTTPS or SSH.
    #[schemars(regex(pattern = "^(http|https|ssh)://.*$"))]
    pub url: String,
    /// How often to look for a new revision.
    pub interval: Duration,
    /// What to check out; the `master` branch if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ref_: Option<GitReference>,
    /// A Secret with the credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// How to log in when the credentials come from a cloud or an app; `generic` if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<GitProvider>,
    /// The `ServiceAccount` whose cloud identity is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// A Secret with the address and the credentials of a proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalReference>,
    /// Time limit for Git operations.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIMEOUT_PATTERN))]
    #[schemars(extend("default" = "60s"))]
    pub timeout: Option<Duration>,
    /// What to leave out of the artifact, in the manner of `.gitignore`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore: Option<String>,
    /// Artifacts of other repositories to copy into this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<Vec<GitInclude>>,
    /// Fetch submodules as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurse_submodules: Option<bool>,
    /// The only directories to check out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sparse_checkout: Option<Vec<String>>,
    /// Stop fetching.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
    /// Check the signature of the commit or the tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<GitVerification>,
}

/// What to check out; the most specific one that is set wins.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GitReference {
    /// A branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// A tag; it wins over a branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// A range of versions, of which the newest tag is taken; it wins over a tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semver: Option<String>,
    /// A full reference name, such as `refs/pull/420/head`; it wins over a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A commit, which must be reachable from the branch; it wins over all others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// How the signature of a revision is checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GitVerification {
    /// What must be signed: the commit, the tag, or both.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "HEAD"))]
    pub mode: Option<GitVerificationMode>,
    /// A Secret with the public keys of the trusted authors.
    pub secret_ref: LocalReference,
}

/// Part of another repository that is copied in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GitInclude {
    /// The `GitRepository` to copy from.
    pub repository: LocalReference,
    /// What to copy; all if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_path: Option<String>,
    /// Where to put it; a directory named after the repository if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_path: Option<String>,
}

/// What is known of a Git repository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct GitRepositoryStatus {
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
    /// The artifacts that were copied in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub included_artifacts: Option<Vec<Artifact>>,
    /// The inclusions that the artifact was made with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_include: Option<Vec<GitInclude>>,
    /// Whether the artifact was made with submodules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_recurse_submodules: Option<bool>,
    /// The directories that the artifact was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_sparse_checkout: Option<Vec<String>>,
    /// How the signature of the artifact was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_verification_mode: Option<String>,
}

words! {
    /// Who issues the credentials for a Git repository.
    GitProvider {
        Generic = "generic",
        Aws = "aws",
        Azure = "azure",
        Github = "github",
    }
}

words! {
    /// What must be signed.
    GitVerificationMode = Head {
        LowercaseHead = "head",
        Head = "HEAD",
        Tag = "Tag",
        TagAndHead = "TagAndHEAD",
    }
}
