//! `stats`: how many Flux objects there are, how they are, and how much they keep.

use clap::Args;

use super::context::Context;
use super::document::Format;
use crate::error::Failure;
use crate::ops::{self, Count, Stats, Uncounted};
use crate::report::{Table, size};

/// Which objects are counted, and how that is shown.
#[derive(Args)]
#[command(after_help = "Example: gitops stats -A")]
pub struct StatsArgs {
    /// Count the objects of all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,

    /// Form of the answer; a table where it is left out
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<Format>,
}

/// Prints the counts; a kind that could not be counted is told, and shown with zeros.
pub async fn run(context: &Context, args: &StatsArgs) -> Result<(), Failure> {
    let namespace = if args.all_namespaces {
        ""
    } else {
        context.namespace.as_str()
    };
    let stats = ops::stats(context.cluster().await?, namespace).await?;
    match args.output {
        Some(format) => format.print(context, &stats)?,
        None => context.ui.data(table(&stats))?,
    }
    for (why, words) in [
        (Uncounted::NotServed, "the cluster does not know"),
        (Uncounted::NotAllowed, "not allowed to list"),
    ] {
        let kinds = stats.reconcilers.iter();
        let kinds: Vec<&str> = kinds
            .filter(|count| count.uncounted == Some(why))
            .map(|count| count.kind)
            .collect();
        if !kinds.is_empty() {
            context
                .ui
                .warning(format_args!("{words}: {}", kinds.join(", ")));
        }
    }
    Ok(())
}

fn table(stats: &Stats) -> Table {
    let mut table = Table::new(["Reconcilers", "Running", "Failing", "Suspended", "Storage"]);
    for count in &stats.reconcilers {
        table.push([
            count.kind.to_owned(),
            count.running.to_string(),
            count.failing.to_string(),
            count.suspended.to_string(),
            storage(count),
        ]);
    }
    table
}

fn storage(count: &Count) -> String {
    match u64::try_from(count.storage_bytes) {
        Ok(bytes) if bytes > 0 => size(bytes),
        _ => "-".into(),
    }
}
