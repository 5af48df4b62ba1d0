//! Who the token is, and what it sees of the owner.

use gitlab::api::groups;
use gitlab::api::namespaces;
use gitlab::api::personal_access_tokens::PersonalAccessTokenSelf;

use super::super::error::HostError;
use super::super::host::{AccountKind, Identity, OwnerState, Permission, TokenKind};
use super::super::session::Errand;
use super::answer::{AccessToken, Group, Namespace, User};
use super::host::{GitLab, built};

/// The scope that bootstrap needs.
const SCOPE: &str = "api";

impl GitLab {
    pub(super) async fn read_identity(&self) -> Result<Identity, HostError> {
        let errand = Errand::new("read", "the token", "");
        let endpoint = built(PersonalAccessTokenSelf::builder().build());
        // Old servers and OAuth tokens have no such page: then only trying tells.
        let token: Option<AccessToken> = self.client.find(&endpoint, &errand).await?;
        let user = self.user().await?;
        let remedy = format!("create a token {}", self.client.session.where_to_get(SCOPE));
        Ok(identity(user, token.as_ref(), remedy))
    }

    pub(super) async fn read_group(&self, path: &str) -> Result<Option<Group>, HostError> {
        let endpoint = built(groups::Group::builder().group(path).build());
        self.client
            .find(
                &endpoint,
                &Errand::new("read", format!("the group {path}"), ""),
            )
            .await
    }

    pub(super) async fn read_owner(&self) -> Result<OwnerState, HostError> {
        match self.kind {
            AccountKind::Group => self.read_group_owner().await,
            AccountKind::User => self.read_user_owner().await,
        }
    }

    async fn read_group_owner(&self) -> Result<OwnerState, HostError> {
        if let Some(group) = self.read_group(self.owner.as_str()).await? {
            let path = group
                .full_path
                .clone()
                .unwrap_or_else(|| self.owner.to_string());
            return Ok(OwnerState::Found {
                kind: AccountKind::Group,
                path,
                may_create: may_create(&group),
            });
        }
        if self
            .user()
            .await?
            .username
            .eq_ignore_ascii_case(self.owner.as_str())
        {
            return Ok(OwnerState::OtherKind(AccountKind::User));
        }
        let mut nearest = None;
        for parent in self.owner.parents() {
            if let Some(group) = self.read_group(parent).await? {
                nearest = Some((
                    parent.len() + 1,
                    group.full_path.unwrap_or_else(|| parent.into()),
                ));
                break;
            }
        }
        Ok(OwnerState::Missing {
            missing: self.owner.as_str()[nearest.as_ref().map_or(0, |(end, _)| *end)..].into(),
            nearest: nearest.map(|(_, path)| path),
        })
    }

    async fn read_user_owner(&self) -> Result<OwnerState, HostError> {
        let username = &self.user().await?.username;
        if username.eq_ignore_ascii_case(self.owner.as_str()) {
            let path = username.clone();
            return Ok(OwnerState::Found {
                kind: AccountKind::User,
                path,
                may_create: Permission::Granted,
            });
        }
        let endpoint = built(
            namespaces::Namespace::builder()
                .namespace(self.owner.as_str())
                .build(),
        );
        let errand = Errand::new("read", format!("the namespace {}", self.owner), "");
        let found: Option<Namespace> = self.client.find(&endpoint, &errand).await?;
        if found.and_then(|namespace| namespace.kind).as_deref() == Some("group") {
            return Ok(OwnerState::OtherKind(AccountKind::Group));
        }
        let reason = format!(
            "the token is {username}'s, and only {} can create projects there",
            self.owner
        );
        let (path, may_create) = (self.owner.to_string(), Permission::Denied(reason));
        Ok(OwnerState::Found {
            kind: AccountKind::User,
            path,
            may_create,
        })
    }

    /// Returns the error of a group that can't be seen, which says what of it is missing.
    pub(super) async fn missing_group(&self) -> HostError {
        let hint = match self.read_owner().await {
            Ok(OwnerState::OtherKind(AccountKind::User)) => "it is a user: add `--personal`".into(),
            Ok(OwnerState::Missing {
                nearest: Some(nearest),
                missing,
            }) => {
                format!(
                    "the group {nearest} is there, `{missing}` in it is not: create it, or correct `--owner`"
                )
            }
            _ => {
                "correct `--owner`, or have the user of the token made a member of the group".into()
            }
        };
        HostError::NotVisible {
            what: format!("the group {}", self.owner),
            hint: Some(hint),
        }
    }
}

fn may_create(group: &Group) -> Permission {
    if let Some(day) = &group.marked_for_deletion_on {
        return Permission::Denied(format!("the group is to be deleted on {day}"));
    }
    match group.project_creation_level.as_deref() {
        Some("noone") => Permission::Denied("the group lets nobody create projects".into()),
        _ => Permission::Unknown,
    }
}

fn identity(user: &User, token: Option<&AccessToken>, remedy: String) -> Identity {
    let granular = token.is_some_and(|token| token.granular == Some(true));
    let scopes = token.and_then(|token| token.scopes.clone());
    let lacks = !granular
        && scopes
            .as_ref()
            .is_some_and(|scopes| !scopes.iter().any(|scope| scope == SCOPE));
    Identity {
        name: user.username.clone(),
        kind: kind(user, granular),
        missing_scopes: if lacks {
            vec![SCOPE.into()]
        } else {
            Vec::new()
        },
        scopes,
        expires: token.and_then(|token| token.expires_at.as_ref()?.get(..10)?.parse().ok()),
        active: token
            .is_none_or(|token| token.active != Some(false) && token.revoked != Some(true)),
        remedy,
    }
}

fn kind(user: &User, granular: bool) -> TokenKind {
    let bot_of = |kind: &str| {
        let number = user
            .username
            .strip_prefix(kind)
            .and_then(|rest| rest.split_once("_bot"));
        number.is_some_and(|(number, _)| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    match () {
        () if bot_of("project_") => TokenKind::Project,
        () if bot_of("group_") || user.bot == Some(true) => TokenKind::Group,
        () if granular => TokenKind::FineGrained,
        () => TokenKind::Personal,
    }
}
