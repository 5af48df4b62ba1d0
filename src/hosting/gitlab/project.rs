//! The project: look, create, change who sees it.

use gitlab::api::common::VisibilityLevel;
use gitlab::api::projects::repository::branches;
use gitlab::api::projects::{CreateProject, EditProject, Project as ProjectEndpoint, Projects};

use super::super::error::{HostError, Need};
use super::super::host::{AccountKind, Branch, Change, NewRepository};
use super::super::name::Visibility;
use super::super::session::Errand;
use super::answer::{BranchAnswer, Project};
use super::client::on_project;
use super::host::{GitLab, built};

impl GitLab {
    pub(super) async fn read_project(&self) -> Result<Option<Project>, HostError> {
        let endpoint = built(ProjectEndpoint::builder().project(self.project()).build());
        let found: Option<Project> = self
            .client
            .find(&endpoint, &on_project("read", &self.path(), ""))
            .await?;
        if let Some(project) = &found {
            self.remember(project.id);
        }
        Ok(found)
    }

    /// Reads the project where it has to be there.
    pub(super) async fn needed_project(&self) -> Result<Project, HostError> {
        let missing = || HostError::NotVisible {
            what: format!("the project {}", self.path()),
            hint: None,
        };
        self.read_project().await?.ok_or_else(missing)
    }

    pub(super) async fn read_branch(&self, name: &str) -> Result<Option<Branch>, HostError> {
        let endpoint = built(
            branches::Branch::builder()
                .project(self.project())
                .branch(name)
                .build(),
        );
        let found: Option<BranchAnswer> = self
            .client
            .find(
                &endpoint,
                &on_project("read the branches of", &self.path(), ""),
            )
            .await?;
        Ok(found.map(|branch| Branch {
            name: branch.name,
            protected: branch.protected.unwrap_or_default(),
            may_push: branch.can_push,
        }))
    }

    pub(super) async fn create_project(
        &self,
        wanted: &NewRepository,
    ) -> Result<(Change, Project), HostError> {
        if let Some(project) = self.read_project().await? {
            return Ok((Change::None, project));
        }
        let namespace = self.namespace().await?;
        let mut endpoint = CreateProject::builder();
        endpoint
            .name(self.name.as_str())
            .visibility(level(wanted.visibility))
            .default_branch(wanted.default_branch.as_str())
            .description(wanted.description.as_str());
        if let Some(id) = namespace {
            endpoint.namespace_id(id);
        }
        let role = "Developer or Maintainer (the group's settings say which) in the group";
        let errand = Errand::new("create", format!("the project {}", self.path()), role);
        match self
            .client
            .query::<Project, _>(&built(endpoint.build()), &errand)
            .await
        {
            Ok(project) => {
                self.remember(project.id);
                Ok((Change::Made, project))
            }
            Err(error) if error.is_unclear() => match self.read_project().await? {
                Some(project) => Ok((Change::Made, project)),
                None => Err(error),
            },
            Err(error) => Ok((Change::None, self.explain_creation(error).await?)),
        }
    }

    /// Returns the number of the group to create in; `None` for the user's own namespace.
    async fn namespace(&self) -> Result<Option<u64>, HostError> {
        if self.kind == AccountKind::Group {
            let group = self.read_group(self.owner.as_str()).await?;
            return match group {
                Some(group) => Ok(Some(group.id)),
                None => Err(self.missing_group().await),
            };
        }
        let username = &self.user().await?.username;
        if username.eq_ignore_ascii_case(self.owner.as_str()) {
            return Ok(None);
        }
        Err(HostError::NotAllowed {
            action: format!("create the project {}", self.path()),
            need: Need::Unknown,
            message: format!(
                "the owner {} does not match the token's user {username}",
                self.owner
            ),
            hint: Some("correct `--owner`, or leave `--personal` out if it is a group".into()),
        })
    }

    /// Finds out why the project could not be created; it may be there by now.
    async fn explain_creation(&self, error: HostError) -> Result<Project, HostError> {
        let HostError::Refused {
            action, message, ..
        } = &error
        else {
            return Err(error);
        };
        if message.contains("namespace is not valid") {
            return Err(HostError::NotAllowed {
                action: action.clone(),
                need: Need::Role("Developer".into()),
                message: message.clone(),
                hint: Some(format!(
                    "the user of the token needs a role in {} that may create projects",
                    self.owner
                )),
            });
        }
        if !message.contains("has already been taken") {
            return Err(error);
        }
        // Somebody was faster, or it goes by another path than its name.
        if let Some(project) = self.read_project().await? {
            return Ok(project);
        }
        Err(match self.search().await {
            Some(project) if project.deletion().is_none() => {
                self.remember(project.id);
                return Ok(project);
            }
            found => self.taken(message, found.as_ref().and_then(Project::deletion)),
        })
    }

    fn taken(&self, message: &str, deletion: Option<&String>) -> HostError {
        let hint = match deletion {
            Some(day) => format!("a project of this name is to be deleted on {day}: restore it, or delete it at once"),
            None => "a project of this name is there, but the user of the token is no member of it, or it waits for its \
                     deletion: ask an owner of the group to add the user, or to restore it or delete it at once"
                .into(),
        };
        HostError::Taken {
            what: format!("the project {}", self.path()),
            message: message.into(),
            hint: Some(hint),
        }
    }

    /// Looks for the project by its name among those that the token's user is a member of.
    async fn search(&self) -> Option<Project> {
        let endpoint = built(
            Projects::builder()
                .membership(true)
                .search(self.name.as_str())
                .build(),
        );
        let errand = Errand::new("search", "the projects", "");
        // What can't be searched is told as not found: the first error says more than this one would.
        let found: Vec<Project> = self.client.list(&endpoint, &errand).await.ok()?;
        found.into_iter().find(|project| self.is_this(project))
    }

    fn is_this(&self, project: &Project) -> bool {
        let Some((owner, path)) = project.path_with_namespace.rsplit_once('/') else {
            return false;
        };
        let named = |text: &str| text.eq_ignore_ascii_case(self.name.as_str());
        owner.eq_ignore_ascii_case(self.owner.as_str())
            && (named(path) || project.name.as_deref().is_some_and(named))
    }

    pub(super) async fn edit_visibility(&self, wanted: Visibility) -> Result<Change, HostError> {
        let present = self
            .needed_project()
            .await?
            .into_repository(&self.path())
            .visibility;
        if present == wanted {
            return Ok(Change::None);
        }
        let endpoint = EditProject::builder()
            .project(self.project())
            .visibility(level(wanted))
            .build();
        let errand = on_project(
            "change the visibility of",
            &self.path(),
            "Owner (or Maintainer, where allowed)",
        );
        match self.client.ask(&built(endpoint), &errand).await {
            Ok(_) => Ok(Change::Made),
            Err(error) if error.is_unclear() => {
                let project = self.needed_project().await?.into_repository(&self.path());
                if project.visibility == wanted {
                    Ok(Change::Made)
                } else {
                    Err(error)
                }
            }
            Err(error) => Err(error),
        }
    }
}

const fn level(visibility: Visibility) -> VisibilityLevel {
    match visibility {
        Visibility::Public => VisibilityLevel::Public,
        Visibility::Internal => VisibilityLevel::Internal,
        Visibility::Private => VisibilityLevel::Private,
    }
}
