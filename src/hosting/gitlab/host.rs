//! One project on one GitLab, as a `Host`.

use std::sync::OnceLock;

use async_trait::async_trait;
use gitlab::api::common::NameOrId;
use gitlab::api::users::CurrentUser;
use tokio::sync::OnceCell;

use super::super::error::HostError;
use super::super::host::{
    AccountKind, Branch, Change, DeployToken, Grant, Host, Identity, NewRepository, NewRequest,
    OpenRequest, OwnerState, Repository, RequestState,
};
use super::super::key::{DeployKey, RegisteredKey};
use super::super::name::{Level, NameError, Owner, RepositoryName, Team, Visibility};
use super::super::session::Errand;
use super::super::settings::{Settings, Token};
use super::answer::User;
use super::client::Client;

/// Beginnings of tokens that are no access tokens, and what they are.
const OTHER_TOKENS: &[(&str, &str)] = &[
    (
        "glcbt-",
        "it is the token of a CI job, which may not create projects, keys or shares",
    ),
    ("gldt-", "it is a deploy token, which can't use the API"),
    ("glrt-", "it is a runner's token"),
    ("glptt-", "it is a pipeline trigger token"),
    ("glft-", "it is a feed token"),
    ("glagent-", "it is the token of an agent for Kubernetes"),
];

/// One project on one GitLab.
pub struct GitLab {
    pub(super) client: Client,
    pub(super) owner: Owner,
    pub(super) kind: AccountKind,
    pub(super) name: RepositoryName,
    id: OnceLock<u64>,
    user: OnceCell<User>,
}

impl GitLab {
    /// Makes a client; nothing is asked yet.
    pub fn new(settings: &Settings) -> Result<Self, HostError> {
        check_name(&settings.repository)?;
        let client = Client::new(settings)?;
        check_token(&settings.token, &client)?;
        Ok(Self {
            client,
            owner: settings.owner.clone(),
            kind: settings.kind,
            name: settings.repository.clone(),
            id: OnceLock::new(),
            user: OnceCell::new(),
        })
    }

    /// Returns owner and name as they were given.
    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// Returns what addresses the project: its number once it is known, since a new name keeps that.
    pub(super) fn project(&self) -> NameOrId<'static> {
        match self.id.get() {
            Some(id) => NameOrId::from(*id),
            None => NameOrId::Name(self.path().into()),
        }
    }

    /// Remembers the number of the project.
    pub(super) fn remember(&self, id: u64) {
        self.id.get_or_init(|| id);
    }

    /// Returns the user or bot that the token stands for.
    pub(super) async fn user(&self) -> Result<&User, HostError> {
        let errand = Errand::new("read", "the user of the token", "");
        let endpoint = built(CurrentUser::builder().build());
        self.user
            .get_or_try_init(|| self.client.query(&endpoint, &errand))
            .await
    }
}

/// Holds the name of a project to GitLab's rule.
fn check_name(name: &RepositoryName) -> Result<(), NameError> {
    let first =
        |c: char| c.is_ascii_alphanumeric() || c == '_' || ('\u{a9}'..='\u{1f9ff}').contains(&c);
    let rest = |c: char| first(c) || matches!(c, '-' | '.');
    if name.as_str().starts_with(first) && name.as_str().chars().all(rest) {
        return Ok(());
    }
    let rule =
        "it should begin with a letter, a digit, an emoji or `_`, and hold only these, `-` and `.`";
    Err(NameError::new("the repository", name.as_str(), rule))
}

fn check_token(token: &Token, client: &Client) -> Result<(), HostError> {
    let other = OTHER_TOKENS
        .iter()
        .find(|(prefix, _)| token.reveal().starts_with(prefix));
    match other {
        None => Ok(()),
        Some((_, reason)) => {
            let hint = format!(
                "create an access token {}",
                client.session.where_to_get("api")
            );
            Err(HostError::BadToken {
                reason,
                hint: Some(hint),
            })
        }
    }
}

/// Takes an endpoint from its builder.
pub(super) fn built<T, E: std::fmt::Debug>(endpoint: Result<T, E>) -> T {
    endpoint.expect("every field that the endpoint needs is set")
}

#[async_trait]
impl Host for GitLab {
    fn service(&self) -> &'static str {
        self.client.session.service()
    }

    fn request_name(&self) -> &'static str {
        "merge request"
    }

    fn address(&self) -> &str {
        self.client.session.address()
    }

    async fn identity(&self) -> Result<Identity, HostError> {
        self.read_identity().await
    }

    async fn owner(&self) -> Result<OwnerState, HostError> {
        self.read_owner().await
    }

    async fn repository(&self) -> Result<Option<Repository>, HostError> {
        let project = self.read_project().await?;
        Ok(project.map(|project| project.into_repository(&self.path())))
    }

    async fn branch(&self, name: &str) -> Result<Option<Branch>, HostError> {
        self.read_branch(name).await
    }

    async fn deploy_keys(&self) -> Result<Vec<RegisteredKey>, HostError> {
        self.read_keys().await
    }

    async fn grants(&self) -> Result<Vec<Grant>, HostError> {
        self.read_grants().await
    }

    async fn find_request(
        &self,
        source: &str,
        target: &str,
    ) -> Result<Option<OpenRequest>, HostError> {
        self.open_one(source, target).await
    }

    async fn create_repository(
        &self,
        wanted: &NewRepository,
    ) -> Result<(Change, Repository), HostError> {
        let (change, project) = self.create_project(wanted).await?;
        Ok((change, project.into_repository(&self.path())))
    }

    async fn update_visibility(&self, wanted: Visibility) -> Result<Change, HostError> {
        self.edit_visibility(wanted).await
    }

    async fn put_deploy_key(&self, wanted: &DeployKey) -> Result<Change, HostError> {
        self.put_key(wanted).await
    }

    async fn put_deploy_token(&self, name: &str) -> Result<DeployToken, HostError> {
        self.put_token(name).await
    }

    async fn grant(&self, team: &Team) -> Result<(Change, Level), HostError> {
        self.share(team).await
    }

    async fn open_request(&self, wanted: &NewRequest) -> Result<(Change, OpenRequest), HostError> {
        self.open_merge_request(wanted).await
    }

    async fn request_state(&self, number: u64) -> Result<RequestState, HostError> {
        self.merge_request_state(number).await
    }

    async fn comment(&self, number: u64, marker: &str, body: &str) -> Result<Change, HostError> {
        self.put_note(number, marker, body).await
    }
}
