//! Groups that share a project.

use gitlab::api::common::AccessLevel;
use gitlab::api::projects::{ShareProject, UnshareProject};

use super::super::error::HostError;
use super::super::host::{Change, Grant};
use super::super::name::{Level, Team};
use super::answer::{Share, level_of};
use super::client::on_project;
use super::host::{GitLab, built};

impl GitLab {
    pub(super) async fn read_grants(&self) -> Result<Vec<Grant>, HostError> {
        let shares = self
            .needed_project()
            .await?
            .shared_with_groups
            .unwrap_or_default();
        Ok(shares.into_iter().map(grant).collect())
    }

    pub(super) async fn share(&self, team: &Team) -> Result<(Change, Level), HostError> {
        let level = team.level.unwrap_or(Level::Maintain);
        let Some(group) = self.read_group(&team.name).await? else {
            let hint = "name the group by its full path, as in `acme/platform`";
            return Err(HostError::NotVisible {
                what: format!("the group {}", team.name),
                hint: Some(hint.into()),
            });
        };
        match self.access_of(group.id).await? {
            Some(present) if present == level => return Ok((Change::None, level)),
            Some(present) => self.replace_share(group.id, present, level).await?,
            None => self.add_share(group.id, level).await?,
        }
        Ok((Change::Made, level))
    }

    async fn access_of(&self, group: u64) -> Result<Option<Level>, HostError> {
        let shares = self
            .needed_project()
            .await?
            .shared_with_groups
            .unwrap_or_default();
        let share = shares.iter().find(|share| share.id == group);
        Ok(share.map(|share| level_of(share.access_level)))
    }

    async fn add_share(&self, group: u64, level: Level) -> Result<(), HostError> {
        match self.post_share(group, level).await {
            // Somebody was faster, or our own request took effect: what counts is the level.
            Err(error) if error.is_unclear() || is_shared(&error) => {
                match self.access_of(group).await? {
                    Some(present) if present == level => Ok(()),
                    Some(present) => self.replace_share(group, present, level).await,
                    None => Err(error),
                }
            }
            done => done,
        }
    }

    /// Changes the level of a share; GitLab can only remove it and add it again.
    async fn replace_share(
        &self,
        group: u64,
        present: Level,
        level: Level,
    ) -> Result<(), HostError> {
        let endpoint = built(
            UnshareProject::builder()
                .project(self.project())
                .group_id(group)
                .build(),
        );
        self.client
            .delete(
                &endpoint,
                &on_project("take a group's access to", &self.path(), "Maintainer"),
            )
            .await?;
        let Err(error) = self.post_share(group, level).await else {
            return Ok(());
        };
        if error.is_unclear() && self.access_of(group).await? == Some(level) {
            return Ok(());
        }
        if self.post_share(group, present).await.is_ok() {
            return Err(error);
        }
        let what = format!(
            "the access of group number {group} to the project {}",
            self.path()
        );
        Err(HostError::Lost {
            what,
            source: Box::new(error),
        })
    }

    async fn post_share(&self, group: u64, level: Level) -> Result<(), HostError> {
        let endpoint = ShareProject::builder()
            .project(self.project())
            .group_id(group)
            .group_access(access(level))
            .build();
        self.client
            .ask(
                &built(endpoint),
                &on_project("share", &self.path(), "Maintainer"),
            )
            .await?;
        Ok(())
    }
}

fn is_shared(error: &HostError) -> bool {
    match error {
        HostError::Refused {
            status, message, ..
        } => *status == 409 || message.contains("already shared with this group"),
        _ => false,
    }
}

fn grant(share: Share) -> Grant {
    let team = share
        .full_path
        .or(share.name)
        .unwrap_or_else(|| share.id.to_string());
    Grant {
        team,
        level: level_of(share.access_level),
    }
}

const fn access(level: Level) -> AccessLevel {
    match level {
        Level::Pull => AccessLevel::Guest,
        Level::Triage => AccessLevel::Reporter,
        Level::Push => AccessLevel::Developer,
        Level::Maintain => AccessLevel::Maintainer,
        Level::Admin => AccessLevel::Owner,
    }
}
