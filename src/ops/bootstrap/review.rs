//! Brings the files into a branch that nobody may push to: through a merge or pull request.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::act::Run;
use super::commit::Destination;
use super::plan::{Action, Plan};
use super::reading::clone;
use super::request::{Hosted, Merge};
use crate::error::{Blame, Failure};
use crate::git::Over;
use crate::hosting::{Change, NewRequest, OpenRequest, RequestState};

/// How long to wait between two looks at a request.
const PAUSE: Duration = Duration::from_secs(3);

/// How often a word is said while a request waits.
const SILENCE: Duration = Duration::from_secs(9);

impl Run<'_> {
    /// Asks for the files, and waits for the merge if that is wished; returns the request where it is not merged yet.
    ///
    /// An open request is added to; otherwise its branch is made anew on the branch that it is for, whatever an
    /// earlier request left of it.
    pub async fn ask_for_merge(
        &mut self,
        hosted: &Hosted,
        merge: Merge,
        plan: &Plan,
    ) -> Result<Option<OpenRequest>, Failure> {
        if plan.has(Action::CreateBranch) {
            self.create_branch().await?;
        }
        let open = self.facts.review.take().map(|review| {
            self.facts.copy = Some(review.copy);
            review.request
        });
        self.destination = Destination::Review(match open {
            Some(_) => Over::Nothing,
            None => Over::Anything,
        });
        self.commit_components().await?;
        self.commit_sync().await?;
        let open = match open {
            Some(open) => open,
            None => self.open_request(hosted).await?,
        };
        let name = hosted.host.request_name();
        if merge == Merge::Left {
            self.ui.waiting(format_args!(
                "{name} {} waits: merge it, then run the same command again, which goes on from there",
                open.url
            ));
            return Ok(Some(open));
        }
        self.await_merge(hosted, &open).await?;
        self.ui
            .success(format_args!("{name} {} is merged", open.url));
        self.done(Action::AwaitMerge);
        let url = self.git_url()?;
        self.facts.copy = Some(clone(self.request, url, None, self.ui).await?);
        self.destination = Destination::Merged;
        Ok(None)
    }

    async fn open_request(&mut self, hosted: &Hosted) -> Result<OpenRequest, Failure> {
        let (branch, path) = (&self.request.branch, &self.request.path);
        let wanted = NewRequest {
            source: self.request.review_branch(),
            target: branch.clone(),
            title: format!("Bootstrap Flux {} in {path}", self.generated.version),
            body: format!(
                "Adds the manifests of Flux {} and the objects that make a cluster follow the folder `{path}` of \
                 the branch `{branch}`.\n\nOnce this is merged, the command that opened it finishes the bootstrap \
                 when it is run again.",
                self.generated.version
            ),
        };
        let (change, open) = hosted.host.open_request(&wanted).await?;
        let name = hosted.host.request_name();
        if change == Change::Made {
            self.ui.success(format_args!("opened {name} {}", open.url));
            self.changed = true;
        } else {
            self.ui
                .success(format_args!("{name} {} is open already", open.url));
        }
        self.done(Action::OpenRequest);
        Ok(open)
    }

    /// Looks at the request until somebody has merged it.
    async fn await_merge(&self, hosted: &Hosted, open: &OpenRequest) -> Result<(), Failure> {
        let name = hosted.host.request_name();
        let end = self.begun + self.request.timeout;
        let mut told: Option<Instant> = None;
        loop {
            match hosted.host.request_state(open.number).await? {
                RequestState::Merged(_) => return Ok(()),
                RequestState::Closed => {
                    return Err(Failure::new(format!(
                        "{name} {} was closed without being merged",
                        open.url
                    ))
                    .with_hint("run the same command again to open another one"));
                }
                RequestState::Open => {}
            }
            let now = Instant::now();
            if now + PAUSE >= end {
                return Err(Failure::blaming(
                    Blame::Timeout,
                    format!("timed out waiting for the merge of {name} {}", open.url),
                )
                .with_hint("run the same command again after the merge, or give it more time with `--timeout`"));
            }
            if told.is_none_or(|at| now.duration_since(at) >= SILENCE) {
                self.ui
                    .waiting(format_args!("waiting for the merge of {name} {}", open.url));
                told = Some(now);
            }
            sleep(PAUSE).await;
        }
    }
}
