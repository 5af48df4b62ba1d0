//! `diff branch`: what merging a branch would change in every cluster of its repository.

use std::path::{Path, PathBuf};

use clap::Args;

use super::super::context::Context;
use super::super::repository_args::{self, RepositoryArgs};
use crate::error::{Blame, Failure};
use crate::ops::{self, BranchChange, BranchRequest, Side};

/// The words of flux for the end of a diff with changes.
const DIFFERS: &str = "identified at least one change, exiting with non-zero exit code";

/// Show what merging a branch would change in every cluster of its repository
///
/// Both sides are rendered without a cluster, as far as they differ, and compared object by object. The clusters are
/// found by the files that a bootstrap left. Exits with 0 where nothing would change, with 1 where something would,
/// and with 2 where a part can't be rendered.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  gitops diff branch\n  gitops diff branch --base origin/main --revision HEAD --path clusters/production"
)]
pub struct BranchArgs {
    /// Revision to compare with [default: where the branch left the default branch of `origin`]
    #[arg(long, value_name = "REVISION")]
    base: Option<String>,

    /// Revision to look at, in place of the files as they are now
    #[arg(long, value_name = "REVISION")]
    revision: Option<String>,

    /// Entry paths of clusters, in place of all that are found
    #[arg(long, value_name = "DIR")]
    path: Vec<PathBuf>,

    #[command(flatten)]
    repository: RepositoryArgs,
}

impl BranchArgs {
    /// Says whether neither a runtime nor a client is needed.
    pub const fn is_local(&self) -> bool {
        self.repository.is_local()
    }
}

/// Prints what would change, and tells what can't be rendered.
pub async fn run(context: &Context, args: &BranchArgs) -> Result<(), Failure> {
    let change = compare(context, args).map_err(Failure::undecided)?;
    let text = ops::branch_text(&change);
    let differs = !text.is_empty();
    context.ui.data(text)?;
    let mut errors = 0;
    let mut same = 0;
    for cluster in &change.clusters {
        let findings = cluster.head.all_findings();
        errors += repository_args::tell(context, &cluster.cluster, &findings);
        same += cluster.same;
    }
    context
        .ui
        .success(format_args!("{same} Kustomizations do not differ"));
    if errors > 0 {
        let message = format!("{errors} problems keep a part from being compared");
        return Err(Failure::blaming(Blame::Undecided, message));
    }
    if differs {
        context.ui.warning(DIFFERS);
        return Err(Failure::told(Blame::User, DIFFERS));
    }
    Ok(())
}

fn compare(context: &Context, args: &BranchArgs) -> Result<BranchChange, Failure> {
    let near = args.path.iter().find(|path| path.is_dir());
    let opened = args
        .repository
        .open(near.map_or(Path::new("."), PathBuf::as_path))?;
    let session = args.repository.session(&opened)?;
    let paths = ops::paths_in(&opened, &args.path)?;
    let request = BranchRequest {
        base: args.base.as_deref(),
        head: args
            .revision
            .as_deref()
            .map_or(Side::Folder, Side::Revision),
        paths: &paths,
    };
    let change = ops::branch_change(&opened, &session, &request)?;
    repository_args::keep(context, &session);
    Ok(change)
}
