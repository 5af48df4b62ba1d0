//! Carry a plan out: one step after the other, each safe to repeat, each noted in the journal.

use super::super::install::Generated;
use super::blocking::blocking;
use super::facts::{Copy, Facts, clone};
use super::folder::Folder;
use super::journal::Journal;
use super::plan::{Action, Plan};
use super::planning::Files;
use super::request::{Hosted, Request};
use crate::cluster::{self, ApplyOptions, Cluster};
use crate::env;
use crate::error::Failure;
use crate::git::{Author, Change, CommitId, GitError, LocalClone, Pushed};
use crate::hosting::{self, NewRepository};
use crate::install::read_folder;
use crate::manifest::Object;
use crate::report::Ui;
use crate::secrets::JsonLayout;

/// How often a push that lost a race is made again.
const PUSH_TRIES: u32 = 5;

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
}

impl Run<'_> {
    /// Carries the plan out, up to and without the wait for the cluster.
    ///
    /// Steps that the plan does not have say that all is up to date, where flux does.
    pub async fn act(&mut self, plan: &Plan) -> Result<(), Failure> {
        if let Some(hosted) = self.request.hosted() {
            self.prepare_repository(hosted, plan).await?;
        }
        self.commit_components().await?;
        if plan.has(Action::WritePullSecret) {
            self.write_pull_secret().await?;
        }
        if plan.has(Action::InstallComponents) {
            self.install_components().await?;
        }
        self.ui.success("reconciled components");
        self.write_source_secret().await?;
        self.commit_sync().await?;
        self.apply_sync().await
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

    async fn commit_components(&mut self) -> Result<(), Failure> {
        self.ui.action("generating component manifests");
        self.ui.success("generated component manifests");
        let subject = format!("Add Flux {} component manifests", self.generated.version);
        let components = self.files.components.clone();
        let changes = move |_: &LocalClone| Ok(vec![components.clone()]);
        self.commit("component", &subject, changes).await?;
        self.done(Action::CommitComponents);
        Ok(())
    }

    async fn commit_sync(&mut self) -> Result<(), Failure> {
        self.ui.action("generating sync manifests");
        self.ui.success("generated sync manifests");
        let (files, folder) = (self.files.clone(), self.request.folder());
        let changes = move |clone: &LocalClone| files.sync_changes(&folder, clone);
        self.commit("sync", "Add Flux sync manifests", changes)
            .await?;
        self.done(Action::CommitSync);
        Ok(())
    }

    /// Commits and pushes; a push that lost a race is fetched, made again and pushed again.
    async fn commit(
        &mut self,
        what: &'static str,
        subject: &str,
        changes: impl Fn(&LocalClone) -> Result<Vec<Change>, GitError> + Clone + Send + 'static,
    ) -> Result<(), Failure> {
        let branch = self.request.branch.clone();
        for _ in 0..PUSH_TRIES {
            let message = self.request.message(subject);
            let Some(commit) = self.commit_once(message, changes.clone()).await? else {
                self.ui
                    .success(format_args!("{what} manifests are up to date"));
                return Ok(());
            };
            self.ui.success(format_args!(
                "committed {what} manifests to \"{branch}\" (\"{commit}\")"
            ));
            self.ui.action(format_args!(
                "pushing {what} manifests to \"{}\"",
                self.git_address()
            ));
            match self.push().await? {
                Pushed::Done => {
                    self.changed = true;
                    return Ok(());
                }
                Pushed::Declined { said } => return Err(declined(what, &branch, &said)),
                Pushed::Rejected => {
                    self.ui.warning(format_args!("somebody else pushed to \"{branch}\" meanwhile: trying again on top of that"));
                    self.with_clone(LocalClone::fetch_again).await??;
                }
            }
        }
        Err(Failure::new(format!("failed to push {what} manifests: others pushed to {branch} {PUSH_TRIES} times meanwhile"))
            .with_hint("run the same command again"))
    }

    async fn commit_once(
        &mut self,
        message: String,
        changes: impl Fn(&LocalClone) -> Result<Vec<Change>, GitError> + Send + 'static,
    ) -> Result<Option<CommitId>, Failure> {
        let author = Author {
            name: self.request.commits.name.clone(),
            email: self.request.commits.email.clone(),
            seconds: env::now().as_second(),
        };
        let signer = self.request.commits.signer.clone();
        let committed = self
            .with_clone(move |clone| {
                let changes = changes(clone)?;
                clone.commit(&changes, &author, &message, signer.as_ref())
            })
            .await?;
        Ok(committed?)
    }

    async fn push(&mut self) -> Result<Pushed, Failure> {
        let branch = self.request.branch.clone();
        Ok(self.with_clone(move |clone| clone.push(&branch)).await??)
    }

    /// Hands the clone to a thread that may wait for the network, and takes it back.
    async fn with_clone<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut LocalClone) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let mut copy = self.copy()?;
        let (copy, result) = blocking(move || {
            let result = work(&mut copy.clone);
            (copy, result)
        })
        .await?;
        self.facts.copy = Some(copy);
        Ok(result)
    }

    fn copy(&mut self) -> Result<Copy, Failure> {
        self.facts
            .copy
            .take()
            .ok_or_else(|| Failure::blaming(crate::error::Blame::Bug, "the clone is lost"))
    }

    /// Returns the address that this program pushes to.
    fn git_address(&self) -> String {
        match (&self.facts.host.repository, &self.request.place) {
            (Some(repository), _) => repository.https_url.clone(),
            (None, super::request::Place::Plain { url, .. }) => url.to_string(),
            (None, super::request::Place::Hosted(_)) => self.files.url.clone(),
        }
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
                .filter(|object| !self.is_sync(object))
                .collect(),
            None => self.generated.objects.clone(),
        };
        self.apply(&objects).await?;
        self.ui.success("installed components");
        self.done(Action::InstallComponents);
        Ok(())
    }

    /// Applies objects, and notes whether that changed any.
    async fn apply(&mut self, objects: &[Object]) -> Result<(), Failure> {
        let applied = self
            .cluster
            .apply(objects, &ApplyOptions::default(), |_| {})
            .await?;
        self.changed |= applied
            .iter()
            .any(|applied| applied.action != cluster::Action::Unchanged);
        Ok(())
    }

    /// Says whether the object is one of the two that follow the repository.
    fn is_sync(&self, object: &Object) -> bool {
        let namespace = self.request.namespace.as_str();
        matches!(object.kind(), "GitRepository" | "Kustomization")
            && object.namespace() == namespace
            && object.name() == namespace
    }

    /// Reads the objects of the folder through its kustomization; `None` where it has none.
    fn folder_objects(&self, pending: &[Change]) -> Result<Option<Vec<Object>>, Failure> {
        let Some(copy) = &self.facts.copy else {
            return Ok(None);
        };
        let folder = Folder::new(&copy.clone, self.request.folder(), pending);
        if !folder.has_kustomization()? {
            return Ok(None);
        }
        Ok(Some(read_folder(&folder)?))
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

fn declined(what: &str, branch: &str, said: &str) -> Failure {
    Failure::new(format!(
        "failed to push {what} manifests: the server refuses changes of {branch}: {said}"
    ))
    .with_hint(format!(
        "let the token's user push to {branch}, or follow another branch with `--branch`"
    ))
}
