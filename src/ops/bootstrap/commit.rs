//! Commits the files, and brings them to where they are asked for.

use super::act::Run;
use super::blocking::blocking;
use super::facts::Copy;
use super::plan::Action;
use super::request::{Delivery, Place, Request};
use crate::env;
use crate::error::{Blame, Failure};
use crate::git::{Author, Change, CommitId, GitError, GitUrl, LocalClone, Over, Pushed};

/// How often a push that lost a race is made again.
const PUSH_TRIES: u32 = 5;

/// Where commits go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To the branch that the cluster follows.
    Branch,
    /// To the branch of a merge or pull request.
    Review(Over),
    /// Nowhere: the clone stays.
    Clone,
    /// Nowhere: what is asked for has to be there by now.
    Merged,
}

impl Destination {
    /// Returns where the commits of a run go as long as no merge or pull request comes into play.
    pub const fn of(request: &Request) -> Self {
        match request.delivery {
            Delivery::Push => Self::Branch,
            Delivery::Keep(_) => Self::Clone,
            Delivery::Review(_) => Self::Merged,
        }
    }
}

impl Run<'_> {
    /// Commits the manifests of Flux.
    pub async fn commit_components(&mut self) -> Result<(), Failure> {
        self.ui.action("generating component manifests");
        self.ui.success("generated component manifests");
        let subject = format!("Add Flux {} component manifests", self.generated.version);
        let components = self.files.components.clone();
        let changes = move |_: &LocalClone| Ok(vec![components.clone()]);
        self.commit("component", &subject, changes).await?;
        self.done(Action::CommitComponents);
        Ok(())
    }

    /// Commits the objects that follow the repository.
    pub async fn commit_sync(&mut self) -> Result<(), Failure> {
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
        let branch = self.branch_name();
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
            self.changed = true;
            let Some(over) = self.push_over(what)? else {
                return Ok(());
            };
            self.ui.action(format_args!(
                "pushing {what} manifests to \"{}\"",
                self.git_address()
            ));
            match self.push(over).await? {
                Pushed::Done => return Ok(()),
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

    /// Says how a commit is pushed; `None` where it stays here.
    fn push_over(&self, what: &str) -> Result<Option<Over>, Failure> {
        match self.destination {
            Destination::Branch => Ok(Some(Over::Nothing)),
            Destination::Review(over) => Ok(Some(over)),
            Destination::Clone => Ok(None),
            Destination::Merged => Err(Failure::new(format!(
                "the {what} manifests on the branch {} are not the ones of this command, though the request is merged",
                self.request.branch
            ))
            .with_hint("run the same command again: it asks for what differs")),
        }
    }

    /// Returns the branch that the commits go to.
    fn branch_name(&self) -> String {
        match self.destination {
            Destination::Review(_) => self.request.review_branch(),
            _ => self.request.branch.clone(),
        }
    }

    async fn commit_once(
        &mut self,
        message: String,
        changes: impl Fn(&LocalClone) -> Result<Vec<Change>, GitError> + Send + 'static,
    ) -> Result<Option<CommitId>, Failure> {
        let author = self.author();
        let signer = self.request.commits.signer.clone();
        let committed = self
            .with_clone(move |clone| {
                let changes = changes(clone)?;
                let commit = clone.commit(&changes, &author, &message, signer.as_ref())?;
                if commit.is_some() {
                    clone.check_out(&changes)?;
                }
                Ok::<_, GitError>(commit)
            })
            .await?;
        Ok(committed?)
    }

    fn author(&self) -> Author {
        Author {
            name: self.request.commits.name.clone(),
            email: self.request.commits.email.clone(),
            seconds: env::now().as_second(),
        }
    }

    /// Gives an empty repository its branch, with a commit that holds nothing: a request needs something to be for.
    pub async fn create_branch(&mut self) -> Result<(), Failure> {
        let (author, branch) = (self.author(), self.request.branch.clone());
        let (message, signer) = (
            self.request.message("Begin"),
            self.request.commits.signer.clone(),
        );
        let name = branch.clone();
        let pushed = self.with_clone(move |clone| {
            clone.commit_nothing(&author, &message, signer.as_ref())?;
            let pushed = clone.push(&name, Over::Nothing)?;
            if pushed == Pushed::Rejected {
                clone.fetch_again()?;
            }
            Ok::<_, GitError>(pushed)
        });
        if let Pushed::Declined { said } = pushed.await?? {
            return Err(declined("the first", &branch, &said));
        }
        self.ui.success(format_args!("created branch \"{branch}\""));
        self.changed = true;
        self.done(Action::CreateBranch);
        Ok(())
    }

    async fn push(&mut self, over: Over) -> Result<Pushed, Failure> {
        let branch = self.branch_name();
        Ok(self
            .with_clone(move |clone| clone.push(&branch, over))
            .await??)
    }

    /// Hands the clone to a thread that may wait for the network, and takes it back.
    pub async fn with_clone<T: Send + 'static>(
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
            .ok_or_else(|| Failure::blaming(Blame::Bug, "the clone is lost"))
    }

    /// Returns the address that this program pushes to, as it may be shown.
    fn git_address(&self) -> String {
        match (&self.facts.host.repository, &self.request.place) {
            (Some(repository), _) => repository.https_url.clone(),
            (None, Place::Plain { url, .. }) => url.to_string(),
            (None, Place::Hosted(_)) => self.files.url.clone(),
        }
    }

    /// Returns the address that this program fetches from and pushes to.
    pub fn git_url(&self) -> Result<GitUrl, Failure> {
        match &self.request.place {
            Place::Plain { url, .. } => Ok(url.clone()),
            Place::Hosted(_) => Ok(self.git_address().parse()?),
        }
    }
}

fn declined(what: &str, branch: &str, said: &str) -> Failure {
    Failure::new(format!(
        "failed to push {what} manifests: the server refuses changes of {branch}: {said}"
    ))
    .with_hint(format!(
        "let the token's user push to {branch}, ask for the change with `--pull-request`, or follow another branch with `--branch`"
    ))
}
