//! The flags of all commands that render a repository without a cluster, and what they all say in the end.

use std::path::{Path, PathBuf};

use clap::Args;

use super::build::kustomization::sources;
use super::context::Context;
use super::flag::Csv;
use crate::error::Failure;
use crate::kustomize::Unset;
use crate::ops::{self, OpenRequest, Opened};
use crate::render::repository::{Finding, Session, Severity};
use crate::report::Mark;

/// What may be used beside the repository.
#[derive(Args)]
pub struct RepositoryArgs {
    /// Folders of sources that are not in the repository
    #[arg(long, value_name = "KIND/NAMESPACE/NAME=DIR")]
    local_sources: Vec<Csv>,

    /// Fetch the Git repositories of other sources
    #[arg(long)]
    fetch: bool,

    /// Files with config maps, Secrets and sources that are in the cluster, but not in the repository
    #[arg(long, value_name = "FILE")]
    set_object: Vec<PathBuf>,

    /// Fail on a variable that is not set and has no default
    #[arg(long)]
    strict_substitute: bool,
}

impl RepositoryArgs {
    /// Opens the repository that a path belongs to.
    pub fn open(&self, path: &Path) -> Result<Opened, Failure> {
        let sources = sources(&Csv::join(&self.local_sources))?;
        ops::open(&OpenRequest {
            path,
            sources: &sources,
            fetch: self.fetch,
        })
    }

    /// Says whether neither a runtime nor a client is needed.
    pub const fn is_local(&self) -> bool {
        !self.fetch
    }

    /// Starts the renders of a run.
    pub fn session(&self, opened: &Opened) -> Result<Session, Failure> {
        let objects = ops::read_given(&self.set_object)?;
        let unset = if self.strict_substitute {
            Unset::Refused
        } else {
            Unset::Empty
        };
        Ok(ops::session(opened, unset, objects))
    }
}

/// Keeps what was rendered for the next run; where that can't be done, this one has lost nothing.
pub fn keep(context: &Context, session: &Session) {
    let counts = session.counts();
    if let Err(error) = session.save() {
        context.ui.warning(format_args!(
            "cannot keep the renders for the next run: {error}"
        ));
    }
    if context.verbose {
        let (built, kept) = (counts.built, counts.kept);
        context.ui.action(format_args!(
            "{built} built, {kept} taken from an earlier run"
        ));
    }
}

/// Tells what was found; returns how many errors there are.
pub fn tell(context: &Context, cluster: &str, findings: &[Finding]) -> usize {
    for finding in findings {
        let mark = match finding.severity {
            Severity::Error => Mark::Failure,
            Severity::Warning => Mark::Warning,
        };
        let place = match finding.place() {
            place if place.is_empty() => cluster.to_owned(),
            place => place,
        };
        let (owner, message) = (finding.owner.to_string(), &finding.message);
        let hint = match finding.hint.as_str() {
            "" => String::new(),
            hint => format!(" ({hint})"),
        };
        let line = format_args!("{place}: {owner}: {message}{hint}").to_string();
        context.ui.say_about(mark, &owner, line);
    }
    let errors = findings.iter();
    errors
        .filter(|finding| finding.severity == Severity::Error)
        .count()
}
