//! `stats`: how many Flux objects there are, how they are, and how much they keep.

use clap::Args;

use super::context::Context;
use super::fleet::{self, FleetArgs};
use super::output::OutputArgs;
use crate::error::Failure;
use crate::ops::{self, Count, Stats, StatsList, Uncounted};
use crate::report::{Format, Output, Table, size};

/// Which objects are counted, and how that is shown.
#[derive(Args)]
#[command(after_help = "Example: gitops stats -A")]
pub struct StatsArgs {
    /// Count the objects of all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,

    #[command(flatten)]
    output: OutputArgs,

    #[command(flatten)]
    fleet: FleetArgs,
}

/// Prints the counts; a kind that could not be counted is told, and shown with zeros.
pub async fn run(context: &Context, args: &StatsArgs) -> Result<(), Failure> {
    let count = async |context: &Context| {
        let namespace = if args.all_namespaces {
            ""
        } else {
            context.namespace.as_str()
        };
        ops::stats(context.cluster().await?, namespace).await
    };
    let mut gathered = fleet::gather(context, &args.fleet, count).await?;
    let answers = std::mem::take(&mut gathered.answers).into_iter();
    let counted: Vec<Stats> = answers
        .map(|(cluster, mut stats)| {
            stats.cluster = cluster;
            stats
        })
        .collect();
    let output = args.output.output();
    let rows = || table(&counted, output);
    match counted.as_slice() {
        [only] if !args.fleet.is_fleet() => context.ui.print(output, only, rows)?,
        all => context
            .ui
            .print(output, &StatsList::new(all.to_vec()), rows)?,
    }
    for stats in &counted {
        tell_uncounted(context, stats);
    }
    gathered.end()
}

fn tell_uncounted(context: &Context, stats: &Stats) {
    let ui = context.ui_of(stats.cluster.as_deref());
    for why in [Uncounted::NotServed, Uncounted::NotAllowed] {
        let counts = stats.reconcilers.iter();
        let kinds: Vec<&str> = counts
            .filter(|count| count.uncounted == Some(why))
            .map(|count| count.kind)
            .collect();
        if !kinds.is_empty() {
            ui.warning(format_args!("{}: {}", words(why), kinds.join(", ")));
        }
    }
}

const fn words(why: Uncounted) -> &'static str {
    match why {
        Uncounted::NotServed => "the cluster does not know",
        Uncounted::NotAllowed => "not allowed to list",
    }
}

/// Draws a row for each kind; of several clusters, each row names its own.
fn table(counted: &[Stats], output: Output<'_>) -> Table {
    let is_fleet = counted.iter().any(|stats| stats.cluster.is_some());
    let is_wide = *output.format == Format::Wide;
    let cluster = is_fleet.then_some("Cluster");
    let columns = ["Reconcilers", "Running", "Failing", "Suspended", "Storage"];
    let more = is_wide.then_some("Uncounted");
    let mut table = Table::new(cluster.into_iter().chain(columns).chain(more));
    if !output.header {
        table = table.without_header();
    }
    for stats in counted {
        for count in &stats.reconcilers {
            let cluster = is_fleet.then(|| stats.cluster.clone().unwrap_or_default());
            let cells = [
                count.kind.to_owned(),
                count.running.to_string(),
                count.failing.to_string(),
                count.suspended.to_string(),
                storage(count),
            ];
            let more = is_wide.then(|| count.uncounted.map_or("-", words).to_owned());
            table.push(cluster.into_iter().chain(cells).chain(more));
        }
    }
    table
}

fn storage(count: &Count) -> String {
    match u64::try_from(count.storage_bytes) {
        Ok(bytes) if bytes > 0 => size(bytes),
        _ => "-".into(),
    }
}
