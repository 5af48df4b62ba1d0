//! `test cluster`: whether everything that the entry path of a cluster leads to can be built.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::super::context::Context;
use super::super::decryption::Asking;
use super::super::repository_args::RepositoryArgs;
use crate::error::Failure;
use crate::ops::{self, ClusterTest, Side, Verdict};
use crate::render::repository::Depth;
use crate::report::{Format, FormatError, Output, Table};

/// Test whether everything that the entry path of a cluster leads to can be built
///
/// Every Kustomization and every object passes or fails. What can't be known without a cluster or other repositories
/// is skipped.
#[derive(Args)]
#[command(after_help = "Example: gitops test cluster clusters/production -o junit > report.xml")]
pub struct ClusterArgs {
    /// Entry path of the cluster: the folder that its first Kustomization builds
    path: PathBuf,

    /// Revision of the repository, in place of the files as they are now
    #[arg(long, value_name = "REVISION")]
    revision: Option<String>,

    /// Form of the answer: table, wide, json, yaml, jsonpath=TEMPLATE, custom-columns=HEADER:PATH,… or junit
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: Form,

    /// Leave the header out
    #[arg(long)]
    no_header: bool,

    #[command(flatten)]
    repository: RepositoryArgs,
}

/// A form of the answer.
#[derive(Clone)]
enum Form {
    Junit,
    Other(Format),
}

impl FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "junit" {
            return Ok(Self::Junit);
        }
        text.parse().map(Self::Other).map_err(|error| match error {
            FormatError::Unknown(_) => format!("{error}, junit"),
            error => error.to_string(),
        })
    }
}

impl ClusterArgs {
    /// Says whether neither a runtime nor a client is needed.
    pub const fn is_local(&self) -> bool {
        self.repository.is_local()
    }
}

/// Prints what passed and what failed.
pub fn run(context: &Context, args: &ClusterArgs) -> Result<(), Failure> {
    let opened = args.repository.open(&args.path)?;
    let side = args
        .revision
        .as_deref()
        .map_or(Side::Folder, Side::Revision);
    let repository = opened.side(side)?;
    let session = args.repository.session(&opened, Asking::Allowed)?;
    let mut render = session.render(&repository, &opened.entry, Depth::Whole);
    args.repository.finish(context, &session);
    session.hide([&mut render]);
    let test = ops::verdicts(&render);
    match &args.output {
        Form::Junit => context.ui.data(test.junit())?,
        Form::Other(format) => {
            let header = !args.no_header;
            let output = Output { format, header };
            context.ui.print(output, &test, || table(&test, output))?;
        }
    }
    let (failed, all) = (test.failed, test.results.len());
    if failed == 0 {
        let (passed, skipped) = (test.passed, test.skipped);
        context
            .ui
            .success(format_args!("{passed} passed, {skipped} skipped"));
        return Ok(());
    }
    Err(Failure::new(format!("{failed} of {all} failed")))
}

/// Makes the table: all that is wrong, and with `-o wide` all that is not, too.
fn table(test: &ClusterTest, output: Output<'_>) -> Table {
    let mut table = Table::new(["result", "owner", "object", "place", "message"]);
    let is_wide = matches!(output.format, Format::Wide);
    for result in &test.results {
        let word = match result.verdict {
            Verdict::Passed => "passed",
            Verdict::Failed => "failed",
            Verdict::Skipped => "skipped",
        };
        if result.verdict != Verdict::Passed || !result.problems.is_empty() || is_wide {
            let cells = [&result.owner, &result.object, &result.place].map(Clone::clone);
            let message = [result.problems.join("; ")];
            table.push([word.to_owned()].into_iter().chain(cells).chain(message));
        }
    }
    if output.header {
        table
    } else {
        table.without_header()
    }
}
