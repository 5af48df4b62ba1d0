//! Deploy keys of a project.

use gitlab::api::common::{AccessLevel, NameOrId};
use gitlab::api::groups::projects::GroupProjects;
use gitlab::api::projects::deploy_keys::{
    CreateDeployKey, DeleteDeployKey, DeployKeys, EditDeployKey, EnableDeployKey,
};

use super::super::error::HostError;
use super::super::host::{AccountKind, Change};
use super::super::key::{DeployKey, KeyAccess, KeyStep, RegisteredKey, plan};
use super::super::session::Errand;
use super::answer::{KeyAnswer, Project};
use super::client::on_project;
use super::host::{GitLab, built};

/// In how many projects of the group a key that is in use somewhere is looked for.
const NEIGHBOURS: usize = 30;

impl GitLab {
    pub(super) async fn read_keys(&self) -> Result<Vec<RegisteredKey>, HostError> {
        self.keys_of(self.project(), &self.key_errand("read the deploy keys of"))
            .await
    }

    async fn keys_of(
        &self,
        project: NameOrId<'static>,
        errand: &Errand,
    ) -> Result<Vec<RegisteredKey>, HostError> {
        let endpoint = built(DeployKeys::builder().project(project).build());
        let rows: Vec<KeyAnswer> = self.client.list(&endpoint, errand).await?;
        Ok(rows.into_iter().map(RegisteredKey::from).collect())
    }

    fn key_errand(&self, action: &'static str) -> Errand {
        on_project(action, &self.path(), "Maintainer")
    }

    /// Registers the key first and removes old ones of its title then, so that the cluster is never without one.
    pub(super) async fn put_key(&self, wanted: &DeployKey) -> Result<Change, HostError> {
        let plan = plan(&self.read_keys().await?, wanted);
        if plan.step == KeyStep::Keep && plan.stale.is_empty() {
            return Ok(Change::None);
        }
        match plan.step {
            KeyStep::Keep => {}
            KeyStep::Change(present) => self.set_access(present.id, wanted.access).await?,
            KeyStep::Add => self.add_key(wanted).await?,
        }
        for old in plan.stale {
            let endpoint = built(
                DeleteDeployKey::builder()
                    .project(self.project())
                    .deploy_key(old.id)
                    .build(),
            );
            self.client
                .delete(&endpoint, &self.key_errand("remove an old deploy key from"))
                .await?;
        }
        Ok(Change::Made)
    }

    async fn add_key(&self, wanted: &DeployKey) -> Result<(), HostError> {
        let endpoint = CreateDeployKey::builder()
            .project(self.project())
            .title(wanted.title.as_str())
            .key(wanted.key.to_string())
            .can_push(wanted.access == KeyAccess::ReadWrite)
            .build();
        let errand = self.key_errand("add a deploy key to");
        let added: Result<KeyAnswer, _> = self.client.query(&built(endpoint), &errand).await;
        match added {
            Ok(answer) => self.widen(&answer.into(), wanted.access).await,
            Err(HostError::Refused { message, .. }) if is_in_use(&message) => {
                self.enable_key(wanted).await
            }
            Err(error) if error.is_unclear() => self.look_for(wanted, error).await,
            Err(error) => Err(error),
        }
    }

    /// Looks whether the key was registered although the answer did not arrive whole.
    async fn look_for(&self, wanted: &DeployKey, error: HostError) -> Result<(), HostError> {
        let present = self.read_keys().await?;
        match present
            .iter()
            .find(|other| other.key.as_ref() == Some(&wanted.key))
        {
            Some(found) => self.widen(found, wanted.access).await,
            None => Err(error),
        }
    }

    /// Gives a key the access it should have: one that was joined from another project keeps what it had.
    async fn widen(&self, present: &RegisteredKey, access: KeyAccess) -> Result<(), HostError> {
        if present.access == access {
            Ok(())
        } else {
            self.set_access(present.id, access).await
        }
    }

    async fn set_access(&self, id: u64, access: KeyAccess) -> Result<(), HostError> {
        let can_push = access == KeyAccess::ReadWrite;
        let endpoint = EditDeployKey::builder()
            .project(self.project())
            .deploy_key(id)
            .can_push(can_push)
            .build();
        self.client
            .ask(&built(endpoint), &self.key_errand("change a deploy key of"))
            .await?;
        Ok(())
    }

    /// Joins a key that is registered with another project of the group.
    async fn enable_key(&self, wanted: &DeployKey) -> Result<(), HostError> {
        let Some(found) = self.key_of_neighbour(wanted).await else {
            let host = self.client.session.address().into();
            return Err(HostError::KeyInUse {
                title: wanted.title.clone(),
                host,
            });
        };
        let endpoint = built(
            EnableDeployKey::builder()
                .project(self.project())
                .deploy_key(found.id)
                .build(),
        );
        let answer: KeyAnswer = self
            .client
            .query(&endpoint, &self.key_errand("enable a deploy key in"))
            .await?;
        self.widen(&answer.into(), wanted.access).await
    }

    /// Looks for the key in other projects of the group whose keys the token may see.
    async fn key_of_neighbour(&self, wanted: &DeployKey) -> Option<RegisteredKey> {
        if self.kind == AccountKind::User {
            return None;
        }
        let mut endpoint = GroupProjects::builder();
        endpoint
            .group(self.owner.as_str())
            .min_access_level(AccessLevel::Maintainer);
        let errand = Errand::new(
            "read",
            format!("the projects of the group {}", self.owner),
            "Maintainer",
        );
        // Whatever fails here, the answer is that the key can't be found.
        let projects: Vec<Project> = self
            .client
            .list(&built(endpoint.build()), &errand)
            .await
            .ok()?;
        for project in projects.into_iter().take(NEIGHBOURS) {
            let keys = self
                .keys_of(project.id.into(), &errand)
                .await
                .unwrap_or_default();
            if let Some(found) = keys
                .into_iter()
                .find(|key| key.key.as_ref() == Some(&wanted.key))
            {
                return Some(found);
            }
        }
        None
    }
}

fn is_in_use(message: &str) -> bool {
    message.contains("fingerprint") && message.contains("has already been taken")
}
