//! The report of a branch as a comment on its merge request.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::super::context::Context;
use crate::env::{self, Variable};
use crate::error::Failure;
use crate::hosting::{AccountKind, Change, GitLab, Gitea, Host, Settings, Token};
use crate::http::{Patience, Pause};
use crate::ops::{self, Addressee, Clues, Opened, Pipeline};

/// How long one request to a service may take; never longer than the whole run.
const REQUEST_LIMIT: Duration = Duration::from_mins(1);

/// Whether and where the report is written as a comment.
#[derive(Args)]
#[command(next_help_heading = "Comment")]
pub struct CommentArgs {
    /// Write the report to the merge request of the branch on GitLab or Gitea, in place of the comment of an earlier
    /// run
    #[arg(long)]
    comment: bool,

    /// Number of the merge request [default: the pipeline's, or else the open one of the branch]
    #[arg(long, value_name = "NUMBER", requires = "comment")]
    request: Option<u64>,

    /// Service that the merge request is on [default: from the pipeline, the host, or the token that is set]
    #[arg(long, value_enum, value_name = "SERVICE", requires = "comment")]
    provider: Option<Provider>,

    /// Address of the service [default: from the pipeline, or else from the remote `origin`]
    #[arg(long, value_name = "HOST", requires = "comment")]
    hostname: Option<String>,

    /// File with certificates to trust beside the system's
    #[arg(long, value_name = "FILE", requires = "comment")]
    ca_file: Option<PathBuf>,
}

/// A service that takes comments.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Provider {
    /// GitLab, with the token of `GITLAB_TOKEN`
    Gitlab,
    /// Gitea or Forgejo, with the token of `GITEA_TOKEN`
    Gitea,
}

impl From<Provider> for ops::Provider {
    fn from(provider: Provider) -> Self {
        match provider {
            Provider::Gitlab => Self::GitLab,
            Provider::Gitea => Self::Gitea,
        }
    }
}

/// The two branches of a merge request.
pub struct Ends {
    /// The one with the changes.
    source: String,
    /// The one that they are for.
    target: String,
}

/// Where a comment goes.
pub struct Comment {
    host: Box<dyn Host>,
    request: Option<u64>,
    ends: Option<Ends>,
}

impl CommentArgs {
    /// Says whether a comment is asked for.
    pub const fn is_asked(&self) -> bool {
        self.comment
    }

    /// Finds where the comment goes, before anything is rendered for it; `None` where none is asked for.
    ///
    /// # Errors
    ///
    /// Fails where that is not clear, or there is no token.
    pub fn prepare(
        &self,
        context: &Context,
        opened: &Opened,
        revision: Option<&str>,
    ) -> Result<Option<Comment>, Failure> {
        if !self.comment {
            return Ok(None);
        }
        let checkout = opened.checkout()?;
        let clues = Clues {
            provider: self.provider.map(Into::into),
            address: self.hostname.clone(),
            request: self.request,
            pipeline: pipeline(),
            remote: checkout.remote("origin"),
            tokens: tokens(),
        };
        let addressee = ops::addressee(&clues)?;
        let source = env::CI_COMMIT_BRANCH
            .text()
            .or_else(|| env::GITHUB_HEAD_REF.text());
        let source = revision
            .filter(|revision| checkout.has_branch(revision))
            .map(str::to_owned)
            .or_else(|| checkout.branch())
            .or(source);
        let target = checkout.default_branch().and_then(|branch| {
            let local = branch.strip_prefix("refs/heads/");
            let name = local.or_else(|| branch.strip_prefix("refs/remotes/origin/"));
            name.map(str::to_owned)
        });
        let ends = source
            .zip(target)
            .map(|(source, target)| Ends { source, target });
        if addressee.request.is_none() && ends.is_none() {
            return Err(unknown_request());
        }
        Ok(Some(Comment {
            request: addressee.request,
            host: self.host(context, &addressee)?,
            ends,
        }))
    }

    fn host(&self, context: &Context, addressee: &Addressee) -> Result<Box<dyn Host>, Failure> {
        let variable = match addressee.provider {
            ops::Provider::GitLab => &env::GITLAB_TOKEN,
            ops::Provider::Gitea => &env::GITEA_TOKEN,
        };
        let settings = Settings {
            base: addressee.address.parse()?,
            token: token(variable)?,
            owner: addressee.owner.parse()?,
            // Only the creation of a repository asks for it.
            kind: AccountKind::Group,
            repository: addressee.repository.parse()?,
            authorities: self.authorities()?,
            limit: Some(context.timeout.min(REQUEST_LIMIT)),
            patience: Patience::default(),
            on_pause: Some(Arc::new({
                let ui = context.ui.clone();
                move |pause: &Pause| ui.waiting(pause)
            })),
        };
        Ok(match addressee.provider {
            ops::Provider::GitLab => Box::new(GitLab::new(&settings)?),
            ops::Provider::Gitea => Box::new(Gitea::new(&settings)?),
        })
    }

    fn authorities(&self) -> Result<Option<Vec<u8>>, Failure> {
        let read = |path: &PathBuf| {
            fs::read(path).map_err(|error| {
                let path = path.display();
                Failure::new(format!("unable to read TLS CA file {path}: {error}"))
            })
        };
        self.ca_file.as_ref().map(read).transpose()
    }
}

impl Comment {
    /// Writes the comment, in place of the one with the same marker, and says so.
    ///
    /// # Errors
    ///
    /// Fails where there is no such request, or the service refuses.
    pub async fn write(&self, context: &Context, marker: &str, body: &str) -> Result<(), Failure> {
        let name = self.host.request_name();
        let number = match (self.request, &self.ends) {
            (Some(number), _) => number,
            (None, Some(ends)) => self.number(ends).await?,
            (None, None) => return Err(unknown_request()),
        };
        let change = self.host.comment(number, marker, body).await?;
        let place = format!("{name} {number} on {}", self.host.address());
        context.ui.success(match change {
            Change::Made => format!("comment written on {place}"),
            Change::None => format!("the comment on {place} is up to date"),
        });
        Ok(())
    }

    async fn number(&self, ends: &Ends) -> Result<u64, Failure> {
        let Ends { source, target } = ends;
        let found = self.host.find_request(source, target).await?;
        found.map(|found| found.number).ok_or_else(|| {
            let name = self.host.request_name();
            Failure::new(format!(
                "there is no open {name} from `{source}` into `{target}`"
            ))
            .with_hint("name one with `--request NUMBER`")
        })
    }
}

/// Returns what the reports of these clusters are found again by.
pub fn marker(paths: &[String]) -> String {
    let mut paths = paths.to_vec();
    paths.sort();
    ["gitops diff branch".to_owned()]
        .into_iter()
        .chain(paths)
        .collect::<Vec<_>>()
        .join(" ")
}

fn unknown_request() -> Failure {
    Failure::usage("nothing says which merge request the branch belongs to")
        .with_hint("name it with `--request NUMBER`")
}

fn token(variable: &Variable) -> Result<Token, Failure> {
    variable.text().map(Token::new).ok_or_else(|| {
        let name = variable.name;
        Failure::usage(format!("--comment needs a token in {name}"))
            .with_hint("a token that may read the repository and write comments is enough")
    })
}

/// Returns the services that there are tokens for.
fn tokens() -> Vec<ops::Provider> {
    let all = [
        (&env::GITLAB_TOKEN, ops::Provider::GitLab),
        (&env::GITEA_TOKEN, ops::Provider::Gitea),
    ];
    let set = all.into_iter().filter(|(variable, _)| variable.is_set());
    set.map(|(_, provider)| provider).collect()
}

/// Reads what the pipeline tells of itself; `None` where this runs in none.
fn pipeline() -> Option<Pipeline> {
    if env::CI_SERVER_URL.is_set() {
        // The request of a fork is in the project that it is for.
        let repository = env::CI_MERGE_REQUEST_PROJECT_PATH.text();
        return Some(Pipeline {
            provider: Some(ops::Provider::GitLab),
            address: env::CI_SERVER_URL.text(),
            repository: repository.or_else(|| env::CI_PROJECT_PATH.text()),
            request: env::CI_MERGE_REQUEST_IID
                .text()
                .and_then(|number| number.parse().ok()),
        });
    }
    let is_gitea = env::GITEA_ACTIONS.is_set();
    if !is_gitea && !env::GITHUB_ACTIONS.is_set() {
        return None;
    }
    Some(Pipeline {
        provider: is_gitea.then_some(ops::Provider::Gitea),
        address: env::GITHUB_SERVER_URL.text(),
        repository: env::GITHUB_REPOSITORY.text(),
        request: env::GITHUB_REF.text().and_then(|text| {
            let number = text.strip_prefix("refs/pull/")?.split('/').next()?;
            number.parse().ok()
        }),
    })
}
