//! What GitLab answers: only the fields that are read, and only those needed that must be there.

use serde::Deserialize;

use super::super::host::Repository;
use super::super::key::{KeyAccess, PublicKey, RegisteredKey};
use super::super::name::{Level, Visibility};

/// `GET user`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct User {
    pub username: String,
    pub bot: Option<bool>,
}

/// `GET personal_access_tokens/self`.
#[derive(Debug, Deserialize)]
pub(super) struct AccessToken {
    pub scopes: Option<Vec<String>>,
    pub expires_at: Option<String>,
    pub active: Option<bool>,
    pub revoked: Option<bool>,
    pub granular: Option<bool>,
}

/// `GET groups/:id`.
#[derive(Debug, Deserialize)]
pub(super) struct Group {
    pub id: u64,
    pub full_path: Option<String>,
    pub project_creation_level: Option<String>,
    pub marked_for_deletion_on: Option<String>,
}

/// `GET namespaces/:id`.
#[derive(Debug, Deserialize)]
pub(super) struct Namespace {
    pub kind: Option<String>,
}

/// `GET projects/:id`.
#[derive(Debug, Deserialize)]
pub(super) struct Project {
    pub id: u64,
    pub path_with_namespace: String,
    pub name: Option<String>,
    pub web_url: Option<String>,
    pub http_url_to_repo: Option<String>,
    pub ssh_url_to_repo: Option<String>,
    pub default_branch: Option<String>,
    pub visibility: Option<String>,
    pub empty_repo: Option<bool>,
    pub archived: Option<bool>,
    pub marked_for_deletion_on: Option<String>,
    pub marked_for_deletion_at: Option<String>,
    pub shared_with_groups: Option<Vec<Share>>,
    pub permissions: Option<Permissions>,
}

/// A group's access to a project.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Share {
    #[serde(rename = "group_id")]
    pub id: u64,
    #[serde(rename = "group_full_path")]
    pub full_path: Option<String>,
    #[serde(rename = "group_name")]
    pub name: Option<String>,
    #[serde(rename = "group_access_level")]
    pub access_level: u64,
}

/// What the one who asks may do with a project.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Permissions {
    project_access: Option<Access>,
    group_access: Option<Access>,
}

#[derive(Clone, Debug, Deserialize)]
struct Access {
    access_level: Option<u64>,
}

impl Project {
    /// Returns the day of its deletion, if that is decided.
    pub(super) fn deletion(&self) -> Option<&String> {
        self.marked_for_deletion_on
            .as_ref()
            .or(self.marked_for_deletion_at.as_ref())
    }

    /// Returns it as the repository that was asked for under the path `asked`.
    pub(super) fn into_repository(self, asked: &str) -> Repository {
        let web_url = self.web_url.clone().unwrap_or_default();
        let renamed = !self.path_with_namespace.eq_ignore_ascii_case(asked);
        Repository {
            id: self.id,
            pending_deletion: self.deletion().cloned(),
            level: self.permissions.as_ref().and_then(Permissions::level),
            https_url: self
                .http_url_to_repo
                .unwrap_or_else(|| format!("{web_url}.git")),
            ssh_url: self.ssh_url_to_repo.unwrap_or_default(),
            // Old servers name no emptiness; without commits there is no default branch.
            empty: self.empty_repo.unwrap_or(self.default_branch.is_none()),
            default_branch: self.default_branch.filter(|name| !name.is_empty()),
            visibility: self
                .visibility
                .and_then(|text| text.parse().ok())
                .unwrap_or(Visibility::Private),
            archived: self.archived.unwrap_or_default(),
            renamed_to: renamed.then(|| self.path_with_namespace.clone()),
            full_name: self.path_with_namespace,
            web_url,
        }
    }
}

impl Permissions {
    fn level(&self) -> Option<Level> {
        let levels = [&self.project_access, &self.group_access];
        levels
            .into_iter()
            .flatten()
            .filter_map(|access| access.access_level)
            .max()
            .map(level_of)
    }
}

/// Returns the level that a number of GitLab's means.
pub(super) const fn level_of(number: u64) -> Level {
    match number {
        ..20 => Level::Pull,
        20..30 => Level::Triage,
        30..40 => Level::Push,
        40..50 => Level::Maintain,
        50.. => Level::Admin,
    }
}

/// `GET projects/:id/repository/branches/:branch`.
#[derive(Debug, Deserialize)]
pub(super) struct BranchAnswer {
    pub name: String,
    pub protected: Option<bool>,
    pub can_push: Option<bool>,
}

/// A row of `GET projects/:id/deploy_keys`.
#[derive(Debug, Deserialize)]
pub(super) struct KeyAnswer {
    pub id: u64,
    pub title: Option<String>,
    pub key: Option<String>,
    pub can_push: Option<bool>,
}

impl From<KeyAnswer> for RegisteredKey {
    fn from(answer: KeyAnswer) -> Self {
        Self {
            id: answer.id,
            title: answer.title.unwrap_or_default(),
            key: answer.key.as_deref().and_then(PublicKey::shown),
            access: if answer.can_push == Some(true) {
                KeyAccess::ReadWrite
            } else {
                KeyAccess::ReadOnly
            },
        }
    }
}

/// A row of `GET projects/:id/deploy_tokens`.
#[derive(Debug, Deserialize)]
pub(super) struct DeployTokenRow {
    pub id: u64,
    pub name: Option<String>,
    pub revoked: Option<bool>,
    pub expired: Option<bool>,
}

/// The answer to `POST projects/:id/deploy_tokens`.
#[derive(Deserialize)]
pub(super) struct NewDeployToken {
    pub id: u64,
    pub username: String,
    pub token: String,
}

/// A merge request.
#[derive(Debug, Deserialize)]
pub(super) struct MergeRequestAnswer {
    pub iid: u64,
    pub web_url: Option<String>,
    pub state: Option<String>,
    pub merge_commit_sha: Option<String>,
    pub squash_commit_sha: Option<String>,
    pub sha: Option<String>,
}

/// A note of a merge request.
#[derive(Debug, Deserialize)]
pub(super) struct Note {
    pub id: u64,
    pub body: Option<String>,
    pub author: Option<Author>,
}

/// Who wrote a note.
#[derive(Debug, Deserialize)]
pub(super) struct Author {
    pub username: Option<String>,
}
