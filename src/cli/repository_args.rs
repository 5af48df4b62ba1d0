//! The flags of all commands that render a repository without a cluster, and what they all say in the end.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::build::kustomization::sources;
use super::context::Context;
use super::decryption::{Asking, LocalKeyArgs};
use super::flag::Csv;
use crate::error::Failure;
use crate::kustomize::Unset;
use crate::ops::{self, HelmCharts, Network, OpenRequest, Opened};
use crate::render::repository::{Charts, Finding, Session, Severity};
use crate::report::Mark;

/// What may be used beside the repository.
#[derive(Args)]
pub struct RepositoryArgs {
    /// Folders of sources that are not in the repository
    #[arg(long, value_name = "KIND/NAMESPACE/NAME=DIR")]
    local_sources: Vec<Csv>,

    /// Fetch sources that are not in the repository, and remote bases: Git repositories, artifacts of registries
    #[arg(long)]
    fetch: bool,

    /// Take from the cache what `--fetch` would fetch, if it names a commit, digest or tag that is there
    #[arg(long)]
    offline: bool,

    /// Files with config maps, Secrets and sources that are in the cluster, but not in the repository
    #[arg(long, value_name = "FILE")]
    set_object: Vec<PathBuf>,

    /// Fail on a variable that is not set and has no default
    #[arg(long)]
    strict_substitute: bool,

    #[command(flatten)]
    keys: LocalKeyArgs,

    #[command(flatten)]
    helm: HelmArgs,
}

/// How the charts of releases are rendered.
#[derive(Args)]
#[command(next_help_heading = "Helm")]
struct HelmArgs {
    /// Render the charts of Helm releases with the `helm` program; charts that are not in the repository need `--fetch`
    #[arg(long)]
    helm: bool,

    /// The `helm` program
    #[arg(long, value_name = "PATH", default_value = "helm")]
    helm_command: String,

    /// API versions that the cluster is said to have, for charts that ask
    #[arg(long, value_name = "VERSIONS")]
    helm_api_versions: Vec<Csv>,

    /// Kubernetes version that the cluster is said to have, for charts that ask
    #[arg(
        long,
        value_name = "VERSION",
        default_value = "",
        hide_default_value = true
    )]
    helm_kube_version: String,
}

impl HelmArgs {
    fn charts(&self) -> Option<Arc<dyn Charts>> {
        if !self.helm {
            return None;
        }
        let versions = Csv::join(&self.helm_api_versions);
        let charts = HelmCharts::new(&self.helm_command, &self.helm_kube_version, &versions);
        Some(Arc::new(charts))
    }
}

impl RepositoryArgs {
    /// Opens the repository that a path belongs to.
    pub fn open(&self, path: &Path) -> Result<Opened, Failure> {
        let sources = sources(&Csv::join(&self.local_sources))?;
        ops::open(&OpenRequest {
            path,
            sources: &sources,
            fetch: (self.fetch || self.offline).then(|| Network::unless(self.offline)),
        })
    }

    /// Says whether neither a runtime nor a client is needed.
    pub const fn is_local(&self) -> bool {
        !self.fetch || self.offline
    }

    /// Starts the renders of a run.
    pub fn session(&self, opened: &Opened, asking: Asking) -> Result<Session, Failure> {
        let objects = ops::read_given(&self.set_object)?;
        let unset = if self.strict_substitute {
            Unset::Refused
        } else {
            Unset::Empty
        };
        let decryptor = self.keys.decryptor(asking)?;
        let session = ops::session(opened, unset, objects, decryptor);
        Ok(match self.helm.charts() {
            Some(charts) => session.with_charts(charts),
            None => session,
        })
    }

    /// Tells what stays encrypted, and keeps what was rendered for the next run.
    pub fn finish(&self, context: &Context, session: &Session) {
        self.keys.tell(&context.ui, &session.decryptor());
        keep(context, session);
    }
}

/// Keeps what was rendered for the next run; where that can't be done, this one has lost nothing.
fn keep(context: &Context, session: &Session) {
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
        // What a branch has written makes no lines of its own.
        let line = format!("{place}: {owner}: {message}{hint}").replace(['\n', '\t'], " ");
        context.ui.say_about(mark, &owner, line);
    }
    let errors = findings.iter();
    errors
        .filter(|finding| finding.severity == Severity::Error)
        .count()
}
