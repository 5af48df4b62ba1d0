//! The repository: look, create, change who sees it.

use reqwest::Method;
use serde_json::json;

use super::super::error::{HostError, Need};
use super::super::host::{AccountKind, Branch, Change, NewRepository, Repository};
use super::super::name::Visibility;
use super::answer::{BranchAnswer, RepositoryAnswer};
use super::host::Gitea;

impl Gitea {
    pub(super) async fn read_repository(&self) -> Result<Option<Repository>, HostError> {
        let found: Option<RepositoryAnswer> = self
            .client
            .find(&self.route(""), &self.errand("read", ""))
            .await?;
        Ok(found.map(|answer| self.take(answer)))
    }

    fn take(&self, answer: RepositoryAnswer) -> Repository {
        self.remember(&answer.full_name);
        answer.into_repository(&self.path())
    }

    async fn needed_repository(&self) -> Result<Repository, HostError> {
        let missing = || HostError::NotVisible {
            what: format!("the repository {}", self.path()),
            hint: None,
        };
        self.read_repository().await?.ok_or_else(missing)
    }

    pub(super) async fn read_branch(&self, name: &str) -> Result<Option<Branch>, HostError> {
        let endpoint = self.route(&format!(
            "/branches/{}",
            name.replace('%', "%25").replace('/', "%2F")
        ));
        let found: Option<BranchAnswer> = self
            .client
            .find(&endpoint, &self.errand("read the branches of", ""))
            .await?;
        Ok(found.map(|branch| Branch {
            name: branch.name,
            protected: branch.protected.unwrap_or_default(),
            may_push: branch.user_can_push,
        }))
    }

    pub(super) async fn create(
        &self,
        wanted: &NewRepository,
    ) -> Result<(Change, Repository), HostError> {
        if let Some(found) = self.read_repository().await? {
            return Ok((Change::None, found));
        }
        let endpoint = self.place().await?;
        let body = json!({
            "name": self.name.as_str(),
            "description": wanted.description,
            "private": self.is_private(wanted.visibility)?,
            "default_branch": wanted.default_branch,
        });
        let errand = self.errand(
            "create",
            "owner, or member of a team that may create repositories",
        );
        match self
            .client
            .create::<RepositoryAnswer>(&endpoint, &body, &errand)
            .await
        {
            Ok(answer) => Ok((Change::Made, self.take(answer))),
            Err(error) if error.is_unclear() => match self.read_repository().await? {
                Some(found) => Ok((Change::Made, found)),
                None => Err(error),
            },
            Err(HostError::Refused {
                status: 409,
                message,
                ..
            }) => match self.read_repository().await? {
                Some(found) => Ok((Change::None, found)),
                None => Err(self.taken(message)),
            },
            Err(error) => Err(self.explain_creation(error)),
        }
    }

    /// Returns where the repository is created: with the organisation or with the user of the token.
    async fn place(&self) -> Result<String, HostError> {
        if self.kind == AccountKind::Group {
            return Ok(format!("orgs/{}/repos", self.owner));
        }
        match self.user().await? {
            Some(login) if !login.eq_ignore_ascii_case(self.owner.as_str()) => {
                Err(HostError::NotAllowed {
                    action: format!("create the repository {}", self.path()),
                    need: Need::Unknown,
                    message: format!(
                        "the owner {} does not match the token's user {login}",
                        self.owner
                    ),
                    hint: Some(
                        "correct `--owner`, or leave `--personal` out if it is an organisation"
                            .into(),
                    ),
                })
            }
            _ => Ok("user/repos".into()),
        }
    }

    fn is_private(&self, visibility: Visibility) -> Result<bool, HostError> {
        match visibility {
            Visibility::Public => Ok(false),
            Visibility::Private => Ok(true),
            Visibility::Internal => {
                let service = self.client.session.service();
                Err(HostError::Unsupported {
                    service,
                    what: "internal repositories",
                })
            }
        }
    }

    fn taken(&self, message: String) -> HostError {
        let hint = "a repository of this name is there, but the token can't see it: have its user given access";
        HostError::Taken {
            what: format!("the repository {}", self.path()),
            message,
            hint: Some(hint.into()),
        }
    }

    fn explain_creation(&self, error: HostError) -> HostError {
        match error {
            HostError::NotVisible { .. } => HostError::NotVisible {
                what: format!("the organisation {}", self.owner),
                hint: Some("correct `--owner`, or add `--personal` if it is a user".into()),
            },
            HostError::Refused {
                action, message, ..
            } if message.contains("not allowed creating repository") => {
                let hint = format!(
                    "the user of the token needs a team in {} that may create repositories",
                    self.owner
                );
                HostError::NotAllowed {
                    action,
                    need: Need::Unknown,
                    message,
                    hint: Some(hint),
                }
            }
            error => error,
        }
    }

    pub(super) async fn edit_visibility(&self, wanted: Visibility) -> Result<Change, HostError> {
        let private = self.is_private(wanted)?;
        if self.needed_repository().await?.visibility == wanted {
            return Ok(Change::None);
        }
        let errand = self.errand(
            "change the visibility of",
            "administrator of the repository",
        );
        let body = json!({ "private": private });
        match self
            .client
            .send(Method::PATCH, &self.route(""), Some(&body), &errand)
            .await
        {
            Ok(_) => Ok(Change::Made),
            Err(error)
                if error.is_unclear() && self.needed_repository().await?.visibility == wanted =>
            {
                Ok(Change::Made)
            }
            Err(error) => Err(error),
        }
    }
}
