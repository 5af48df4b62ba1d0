//! `diff branch`: what merging a branch would change in every cluster of its repository.

use std::fs;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::super::context::Context;
use super::super::decryption::Asking;
use super::super::repository_args::{self, RepositoryArgs};
use super::comment::{self, CommentArgs};
use crate::diff::Palette;
use crate::error::{Blame, Failure};
use crate::manifest;
use crate::ops::changes::{self, Diff, TextStyle};
use crate::ops::{self, BranchChange, BranchRequest, Opened, Side};

/// How many bytes a comment may have that every host takes.
const COMMENT: usize = 60_000;

/// The words of flux for the end of a diff with changes.
const DIFFERS: &str = "identified at least one change, exiting with non-zero exit code";

/// Show what merging a branch would change in every cluster of its repository
///
/// Both sides are rendered without a cluster, as far as they differ, and compared object by object. The clusters are
/// found by the files that a bootstrap left. Exits with 0 where nothing would change, with 1 where something would,
/// and with 2 where a part can't be rendered.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  gitops diff branch\n  gitops diff branch --base origin/main --revision HEAD --path clusters/production\n  gitops diff branch --comment"
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

    /// Form of the report
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text")]
    output: Form,

    /// Print only how many objects come to which end
    #[arg(long)]
    summary: bool,

    /// File to write the report to, in place of standard output
    #[arg(long, value_name = "FILE")]
    output_file: Option<PathBuf>,

    #[command(flatten)]
    repository: RepositoryArgs,

    #[command(flatten)]
    comment: CommentArgs,
}

/// A form of the report.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Objects with their fields, for terminals and logs
    Text,
    /// How many objects come to which end
    Summary,
    /// A comment on a merge request, cut where a host would refuse it
    Markdown,
    /// One document
    Json,
    /// One document
    Yaml,
    /// One page that needs nothing beside it
    Html,
}

impl BranchArgs {
    const fn form(&self) -> Form {
        match (self.output, self.summary) {
            (Form::Text, true) => Form::Summary,
            (form, _) => form,
        }
    }

    /// Says whether neither a runtime nor a client is needed.
    pub const fn is_local(&self) -> bool {
        self.repository.is_local() && !self.comment.is_asked()
    }
}

/// Prints what would change, and tells what can't be rendered.
pub async fn run(context: &Context, args: &BranchArgs) -> Result<(), Failure> {
    let opened = open(args).map_err(Failure::undecided)?;
    let revision = args.revision.as_deref();
    let comment = args.comment.prepare(context, &opened, revision);
    let comment = comment.map_err(Failure::undecided)?;
    let paths = ops::paths_in(&opened, &args.path).map_err(Failure::undecided)?;
    let change = compare(context, args, &opened, &paths).map_err(Failure::undecided)?;
    // The process ends right after: to free a fleet piece by piece would take a tenth of the run.
    let change = ManuallyDrop::new(change);
    let head = args.revision.as_deref().unwrap_or("working tree");
    let diff = ops::branch_diff(&change, head);
    let text = form(context, args, &diff)?;
    match &args.output_file {
        None => context.ui.data(text)?,
        Some(file) => fs::write(file, text).map_err(|error| {
            let file = file.display();
            Failure::new(format!("cannot write {file}: {error}")).undecided()
        })?,
    }
    if let Some(comment) = comment {
        let body = changes::write_markdown(&diff, COMMENT);
        let marker = comment::marker(&paths);
        let written = comment.write(context, &marker, &body).await;
        written.map_err(Failure::undecided)?;
    }
    let mut errors = 0;
    let mut same = 0;
    for cluster in &change.clusters {
        let findings = ops::new_findings(cluster);
        errors += repository_args::tell(context, &cluster.cluster, &findings);
        same += cluster.same;
    }
    context
        .ui
        .success(format_args!("{same} Kustomizations do not differ"));
    if errors > 0 || diff.has_findings() {
        let message = "a part of the branch can't be compared";
        return Err(Failure::blaming(Blame::Undecided, message));
    }
    if diff.has_changes() {
        context.ui.warning(DIFFERS);
        return Err(Failure::told(Blame::User, DIFFERS));
    }
    Ok(())
}

/// Writes the report in the form that was asked for; only what goes to a terminal is coloured.
fn form(context: &Context, args: &BranchArgs, diff: &Diff) -> Result<String, Failure> {
    let palette = match &args.output_file {
        None if context.ui.colors_data() => Palette::Terminal,
        _ => Palette::Plain,
    };
    let style = TextStyle { palette };
    let mut text = String::new();
    match args.form() {
        Form::Text if diff.has_changes() || diff.has_findings() => {
            changes::write_text(diff, style, &mut text);
        }
        Form::Text => {}
        Form::Summary => changes::write_summary(diff, style, &mut text),
        Form::Markdown => text = changes::write_markdown(diff, COMMENT),
        Form::Html => text = changes::write_html(diff),
        Form::Json | Form::Yaml => {
            let document = serde_json::to_value(diff);
            let document = document.map_err(|error| Failure::new(error.to_string()))?;
            if args.output == Form::Yaml {
                text = manifest::emit(&document);
            } else {
                text = format!("{document:#}\n");
            }
        }
    }
    Ok(text)
}

fn open(args: &BranchArgs) -> Result<Opened, Failure> {
    let near = args.path.iter().find(|path| path.is_dir());
    args.repository
        .open(near.map_or(Path::new("."), PathBuf::as_path))
}

fn compare(
    context: &Context,
    args: &BranchArgs,
    opened: &Opened,
    paths: &[String],
) -> Result<BranchChange, Failure> {
    let session = args.repository.session(opened, Asking::Allowed)?;
    let request = BranchRequest {
        base: args.base.as_deref(),
        head: args
            .revision
            .as_deref()
            .map_or(Side::Folder, Side::Revision),
        paths,
    };
    let change = ops::branch_change(opened, &session, &request)?;
    args.repository.finish(context, &session);
    Ok(change)
}
