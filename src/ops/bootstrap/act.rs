//! Carry a plan out: one step after the other, each safe to repeat, each noted in the journal.

use tokio::time::Instant;

use super::super::install::Generated;
use super::commit::Destination;
use super::facts::Facts;
use super::files::Files;
use super::journal::Journal;
use super::objects::is_sync;
use super::plan::{Action, Plan};
use super::reading::clone;
use super::request::{Delivery, Hosted, Request};
use crate::cluster::Cluster;
use crate::error::Failure;
use crate::hosting::{self, NewRepository, OpenRequest};
use crate::report::Ui;
use crate::secrets::JsonLayout;

/// A plan that is being carried out.
pub struct Run<'a> {
    /// What was asked.
    pub request: &'a Request,
    /// What was found.
    pub facts: Facts,
    /// The manifests of Flux.
    pub generated: Generated,
    /// The files that go into the repository.
    pub files: Files,
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The terminal.
    pub ui: &'a Ui,
    /// What is done.
    pub journal: Journal,
    /// The grants that could not be made; they are told, and fail the run in the end.
    pub ungranted: usize,
    /// Whether anything was changed, anywhere.
    pub changed: bool,
    /// Where commits go.
    pub destination: Destination,
    /// When all began, since the time limit counts from there.
    pub begun: Instant,
}

/// How far a plan was carried out.
#[derive(Debug)]
pub enum Reached {
    /// All of it: the cluster has what it needs.
    Cluster,
    /// Up to a merge or pull request that somebody has to merge.
    Request(OpenRequest),
}

impl Run<'_> {
    /// Carries the plan out, up to and without the wait for the cluster.
    ///
    /// Steps that the plan does not have say that all is up to date, where flux does.
    pub async fn act(&mut self, plan: &Plan) -> Result<Reached, Failure> {
        let request = self.request;
        if let Some(hosted) = request.hosted() {
            self.prepare_repository(hosted, plan).await?;
            if let Delivery::Review(merge) = request.delivery
                && plan.has(Action::AwaitMerge)
                && let Some(open) = self.ask_for_merge(hosted, merge, plan).await?
            {
                return Ok(Reached::Request(open));
            }
        }
        if let Delivery::Keep(folder) = &request.delivery {
            self.keep_clone(folder).await?;
        }
        self.commit_components().await?;
        if plan.has(Action::WritePullSecret) {
            self.write_pull_secret().await?;
        }
        if plan.has(Action::InstallComponents) {
            self.install_components().await?;
        }
        self.ui.success("reconciled components");
        self.write_source_secret(plan).await?;
        self.commit_sync().await?;
        self.apply_sync().await?;
        Ok(Reached::Cluster)
    }

    /// Notes a step as done; that it can't be noted does not stop the run.
    pub fn done(&mut self, action: Action) {
        if let Err(error) = self.journal.note(action) {
            self.ui.warning(format_args!(
                "cannot note the progress in the cache folder: {error}"
            ));
        }
    }

    async fn prepare_repository(&mut self, hosted: &Hosted, plan: &Plan) -> Result<(), Failure> {
        if plan.has(Action::CreateRepository) {
            self.create_repository(hosted).await?;
        }
        if plan.has(Action::UpdateRepository) {
            hosted.host.update_visibility(hosted.visibility).await?;
            self.ui
                .success(format_args!("repository \"{}\" reconciled", self.files.url));
            self.done(Action::UpdateRepository);
        }
        if plan.has(Action::GrantAccess)
            || (plan.has(Action::CreateRepository) && !hosted.teams.is_empty())
        {
            self.grant(hosted).await;
        }
        Ok(())
    }

    async fn create_repository(&mut self, hosted: &Hosted) -> Result<(), Failure> {
        let wanted = NewRepository {
            visibility: hosted.visibility,
            default_branch: self.request.branch.clone(),
            description: String::new(),
        };
        let (change, repository) = hosted.host.create_repository(&wanted).await?;
        if change == hosting::Change::Made {
            self.ui.success(format_args!(
                "repository \"{}\" created",
                repository.https_url.trim_end_matches(".git")
            ));
        }
        self.files = Files::new(self.request, &self.generated, Some(&repository))?;
        self.facts.copy =
            Some(clone(self.request, repository.https_url.parse()?, None, self.ui).await?);
        self.facts.host.repository = Some(repository);
        self.changed = true;
        self.done(Action::CreateRepository);
        Ok(())
    }

    /// Gives every team its access; one that can't be given does not stop the others.
    async fn grant(&mut self, hosted: &Hosted) {
        self.ui.action("reconciling repository permissions");
        for team in &hosted.teams {
            match hosted.host.grant(team).await {
                Ok((hosting::Change::Made, level)) => {
                    self.ui.success(format_args!(
                        "granted \"{level}\" permissions to \"{}\"",
                        team.name
                    ));
                }
                Ok((hosting::Change::None, _)) => {}
                Err(error) => {
                    self.ungranted += 1;
                    let failure = Failure::from(error);
                    self.ui.failure(format_args!(
                        "failed to grant permissions to \"{}\": {}",
                        team.name,
                        failure.in_one_line()
                    ));
                }
            }
        }
        self.ui.success("reconciled repository permissions");
        self.done(Action::GrantAccess);
    }

    async fn write_pull_secret(&mut self) -> Result<(), Failure> {
        let namespace = self
            .generated
            .objects
            .iter()
            .find(|object| object.kind() == "Namespace");
        if let (Some(secret), Some(namespace)) = (&self.request.pull_secret, namespace) {
            secret
                .write(self.cluster, namespace, JsonLayout::Compact)
                .await?;
            self.ui
                .success(format_args!("reconciled image pull secret {}", secret.name));
        }
        self.done(Action::WritePullSecret);
        Ok(())
    }

    async fn install_components(&mut self) -> Result<(), Failure> {
        self.ui.action(format_args!(
            "installing components in \"{}\" namespace",
            self.request.namespace
        ));
        // A user's own kustomization takes effect from the first installation on.
        let objects = match self.folder_objects(std::slice::from_ref(&self.files.sync))? {
            Some(objects) => objects
                .into_iter()
                .filter(|object| {
                    let (namespace, name) = (object.namespace(), object.name());
                    !is_sync(self.request, object.kind(), namespace, name)
                })
                .collect(),
            None => self.generated.objects.clone(),
        };
        self.apply(&objects).await?;
        self.ui.success("installed components");
        self.done(Action::InstallComponents);
        Ok(())
    }

    async fn apply_sync(&mut self) -> Result<(), Failure> {
        self.ui.action("applying sync manifests");
        let objects = self.folder_objects(&[])?.ok_or_else(|| {
            Failure::new(format!(
                "there is no kustomization in {}",
                self.request.folder()
            ))
        })?;
        self.apply(&objects).await?;
        self.ui.success("reconciled sync configuration");
        self.done(Action::ApplySync);
        Ok(())
    }
}
