//! What Gitea answers: only the fields that are read, and only those needed that must be there.

use serde::Deserialize;

use super::super::host::Repository;
use super::super::key::{KeyAccess, PublicKey, RegisteredKey};
use super::super::name::{Level, Visibility};

/// `GET user`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct User {
    pub login: String,
}

/// `GET orgs/:org`.
#[derive(Debug, Deserialize)]
pub(super) struct Organization {
    pub name: Option<String>,
    pub username: Option<String>,
}

/// `GET repos/:owner/:repo`.
#[derive(Debug, Deserialize)]
pub(super) struct RepositoryAnswer {
    pub id: u64,
    pub full_name: String,
    pub html_url: Option<String>,
    pub clone_url: Option<String>,
    pub ssh_url: Option<String>,
    pub default_branch: Option<String>,
    pub private: Option<bool>,
    pub internal: Option<bool>,
    pub empty: Option<bool>,
    pub archived: Option<bool>,
    pub permissions: Option<Permissions>,
}

/// What the one who asks may do with a repository.
#[derive(Debug, Deserialize)]
pub(super) struct Permissions {
    admin: Option<bool>,
    push: Option<bool>,
    pull: Option<bool>,
}

impl Permissions {
    fn level(&self) -> Option<Level> {
        match (self.admin, self.push, self.pull) {
            (Some(true), _, _) => Some(Level::Admin),
            (_, Some(true), _) => Some(Level::Push),
            (_, _, Some(true)) => Some(Level::Pull),
            _ => None,
        }
    }
}

impl RepositoryAnswer {
    /// Returns it as the repository that was asked for under the name `asked`.
    pub(super) fn into_repository(self, asked: &str) -> Repository {
        let web_url = self.html_url.unwrap_or_default();
        let renamed = !self.full_name.eq_ignore_ascii_case(asked);
        Repository {
            id: self.id,
            https_url: self.clone_url.unwrap_or_else(|| format!("{web_url}.git")),
            ssh_url: self.ssh_url.unwrap_or_default(),
            default_branch: self.default_branch.filter(|name| !name.is_empty()),
            visibility: visibility(self.private, self.internal),
            empty: self.empty.unwrap_or_default(),
            archived: self.archived.unwrap_or_default(),
            pending_deletion: None,
            renamed_to: renamed.then(|| self.full_name.clone()),
            level: self.permissions.as_ref().and_then(Permissions::level),
            full_name: self.full_name,
            web_url,
        }
    }
}

fn visibility(private: Option<bool>, internal: Option<bool>) -> Visibility {
    match (private, internal) {
        (Some(true) | None, _) => Visibility::Private,
        (_, Some(true)) => Visibility::Internal,
        _ => Visibility::Public,
    }
}

/// `GET repos/:owner/:repo/branches/:branch`.
#[derive(Debug, Deserialize)]
pub(super) struct BranchAnswer {
    pub name: String,
    pub protected: Option<bool>,
    pub user_can_push: Option<bool>,
}

/// A row of `GET repos/:owner/:repo/keys`.
#[derive(Debug, Deserialize)]
pub(super) struct KeyAnswer {
    pub id: u64,
    pub title: Option<String>,
    pub key: Option<String>,
    pub read_only: Option<bool>,
}

impl From<KeyAnswer> for RegisteredKey {
    fn from(answer: KeyAnswer) -> Self {
        Self {
            id: answer.id,
            title: answer.title.unwrap_or_default(),
            key: answer.key.as_deref().and_then(PublicKey::shown),
            access: if answer.read_only == Some(false) {
                KeyAccess::ReadWrite
            } else {
                KeyAccess::ReadOnly
            },
        }
    }
}

/// A team.
#[derive(Debug, Deserialize)]
pub(super) struct TeamAnswer {
    pub name: String,
    permission: Option<String>,
    units_map: Option<std::collections::BTreeMap<String, String>>,
}

impl TeamAnswer {
    /// Returns what the team may do: as a whole, or with the code where that is set unit by unit.
    pub(super) fn level(&self) -> Level {
        let whole = self.permission.as_deref().filter(|word| *word != "none");
        let code = self
            .units_map
            .as_ref()
            .and_then(|units| units.get("repo.code"))
            .map(String::as_str);
        match whole.or(code) {
            Some("admin" | "owner") => Level::Admin,
            Some("write") => Level::Push,
            _ => Level::Pull,
        }
    }
}

/// A pull request.
#[derive(Debug, Deserialize)]
pub(super) struct PullRequest {
    pub number: u64,
    pub html_url: Option<String>,
    pub state: Option<String>,
    pub merged: Option<bool>,
    pub merge_commit_sha: Option<String>,
    head: Option<Side>,
    base: Option<Side>,
}

/// One side of a pull request.
#[derive(Debug, Deserialize)]
struct Side {
    r#ref: Option<String>,
    repo_id: Option<u64>,
}

impl PullRequest {
    /// Says whether it leads from one branch to the other, both of the same repository.
    pub(super) fn is_between(&self, source: &str, target: &str) -> bool {
        let (Some(head), Some(base)) = (&self.head, &self.base) else {
            return false;
        };
        head.repo_id == base.repo_id
            && head.r#ref.as_deref() == Some(source)
            && base.r#ref.as_deref() == Some(target)
    }
}

/// A comment on a pull request.
#[derive(Debug, Deserialize)]
pub(super) struct Comment {
    pub id: u64,
    pub body: Option<String>,
    pub user: Option<User>,
}
