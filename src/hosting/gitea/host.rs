//! One repository on one Gitea or Forgejo, as a `Host`.

use std::sync::OnceLock;

use async_trait::async_trait;
use tokio::sync::OnceCell;

use super::super::error::{HostError, Need};
use super::super::host::{
    AccountKind, Branch, Change, Grant, Host, Identity, NewRepository, NewRequest, OpenRequest,
    OwnerState, Permission, Repository, RequestState, TokenKind,
};
use super::super::key::{DeployKey, RegisteredKey};
use super::super::name::{Level, NameError, Owner, RepositoryName, Team, Visibility};
use super::super::session::Errand;
use super::super::settings::Settings;
use super::answer::{Organization, User};
use super::client::{Client, scopes};

/// One repository on one Gitea or Forgejo.
pub struct Gitea {
    pub(super) client: Client,
    pub(super) owner: Owner,
    pub(super) kind: AccountKind,
    pub(super) name: RepositoryName,
    full_name: OnceLock<String>,
    user: OnceCell<Option<String>>,
}

impl Gitea {
    /// Makes a client; nothing is asked yet.
    pub fn new(settings: &Settings) -> Result<Self, HostError> {
        if settings.owner.is_nested() {
            let reason = "organisations have no groups in them here";
            return Err(NameError::new("the owner", settings.owner.as_str(), reason).into());
        }
        Ok(Self {
            client: Client::new(settings)?,
            owner: settings.owner.clone(),
            kind: settings.kind,
            name: settings.repository.clone(),
            full_name: OnceLock::new(),
            user: OnceCell::new(),
        })
    }

    /// Returns owner and name as they were given.
    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// Returns an endpoint of the repository, under the name that the service knows it by now.
    pub(super) fn route(&self, rest: &str) -> String {
        let path = self.full_name.get().cloned().unwrap_or_else(|| self.path());
        format!("repos/{path}{rest}")
    }

    /// Remembers the name that the service knows the repository by.
    pub(super) fn remember(&self, full_name: &str) {
        self.full_name.get_or_init(|| full_name.into());
    }

    /// Makes an errand on the repository.
    pub(super) fn errand(&self, action: &'static str, role: &'static str) -> Errand {
        Errand::new(action, format!("the repository {}", self.path()), role)
    }

    /// Returns the user of the token; `None` where the token may not read even that.
    pub(super) async fn user(&self) -> Result<Option<&String>, HostError> {
        let errand = Errand::new("read", "the user of the token", "");
        let read = || async {
            match self.client.read::<User>("user", &errand).await {
                Ok(user) => Ok(Some(user.login)),
                Err(HostError::NotAllowed {
                    need: Need::Scope(_),
                    ..
                }) => Ok(None),
                Err(error) => Err(error),
            }
        };
        self.user.get_or_try_init(read).await.map(Option::as_ref)
    }

    async fn read_identity(&self) -> Result<Identity, HostError> {
        let user = self.user().await?.cloned();
        // Whose the token is matters only where the repository is to be the user's own.
        let lacks = user.is_none() && self.kind == AccountKind::User;
        Ok(Identity {
            name: user.unwrap_or_else(|| "a user that the token may not read".into()),
            kind: TokenKind::Personal,
            scopes: None,
            missing_scopes: if lacks {
                vec!["read:user".into()]
            } else {
                Vec::new()
            },
            expires: None,
            active: true,
            remedy: format!(
                "create a token {}",
                self.client.session.where_to_get(scopes(self.kind))
            ),
        })
    }

    async fn read_owner(&self) -> Result<OwnerState, HostError> {
        let user = self.user().await?;
        let is_user = user.is_some_and(|login| login.eq_ignore_ascii_case(self.owner.as_str()));
        if self.kind == AccountKind::User && is_user {
            let path = user.cloned().unwrap_or_default();
            return Ok(OwnerState::Found {
                kind: AccountKind::User,
                path,
                may_create: Permission::Granted,
            });
        }
        let organization = self.read_organization().await?;
        match (self.kind, organization) {
            (AccountKind::Group, Some(organization)) => {
                let path = organization
                    .name
                    .or(organization.username)
                    .unwrap_or_else(|| self.owner.to_string());
                Ok(OwnerState::Found {
                    kind: AccountKind::Group,
                    path,
                    may_create: Permission::Unknown,
                })
            }
            (AccountKind::User, Some(_)) => Ok(OwnerState::OtherKind(AccountKind::Group)),
            (AccountKind::Group, None) if is_user => Ok(OwnerState::OtherKind(AccountKind::User)),
            (kind, None) => self.read_foreign(kind).await,
        }
    }

    pub(super) async fn read_organization(&self) -> Result<Option<Organization>, HostError> {
        let errand = Errand::new("read", format!("the organisation {}", self.owner), "");
        self.client
            .find(&format!("orgs/{}", self.owner), &errand)
            .await
    }

    /// Tells of an owner that is neither the user of the token nor an organisation.
    async fn read_foreign(&self, kind: AccountKind) -> Result<OwnerState, HostError> {
        let errand = Errand::new("read", format!("the user {}", self.owner), "");
        let found: Option<User> = self
            .client
            .find(&format!("users/{}", self.owner), &errand)
            .await?;
        Ok(match (kind, found) {
            (_, None) => OwnerState::Missing {
                nearest: None,
                missing: self.owner.to_string(),
            },
            (AccountKind::Group, Some(_)) => OwnerState::OtherKind(AccountKind::User),
            (AccountKind::User, Some(user)) => OwnerState::Found {
                kind,
                may_create: Permission::Denied(format!("the token is not {}'s", user.login)),
                path: user.login,
            },
        })
    }
}

#[async_trait]
impl Host for Gitea {
    fn service(&self) -> &'static str {
        self.client.session.service()
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
        self.read_repository().await
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
        self.create(wanted).await
    }

    async fn update_visibility(&self, wanted: Visibility) -> Result<Change, HostError> {
        self.edit_visibility(wanted).await
    }

    async fn put_deploy_key(&self, wanted: &DeployKey) -> Result<Change, HostError> {
        self.put_key(wanted).await
    }

    async fn grant(&self, team: &Team) -> Result<(Change, Level), HostError> {
        self.add_team(team).await
    }

    async fn open_request(&self, wanted: &NewRequest) -> Result<(Change, OpenRequest), HostError> {
        self.open_pull_request(wanted).await
    }

    async fn request_state(&self, number: u64) -> Result<RequestState, HostError> {
        self.pull_request_state(number).await
    }

    async fn comment(&self, number: u64, marker: &str, body: &str) -> Result<Change, HostError> {
        self.put_comment(number, marker, body).await
    }
}
