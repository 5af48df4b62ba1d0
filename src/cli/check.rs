//! `check`: is the cluster fit for Flux, and is Flux well in it?

use std::time::Duration;

use clap::Args;

use super::context::Context;
use super::flag::{self, Csv};
use super::fleet::{self, FleetArgs};
use super::output::OutputArgs;
use crate::error::Failure;
use crate::ops::{self, CheckOutcome as Outcome, CheckReport, CheckReportList};
use crate::report::{Output, Table};

/// What to check, and how it is told.
#[derive(Args)]
#[command(after_help = "Example: gitops check --pre")]
pub struct CheckArgs {
    /// Check only what an installation needs
    #[arg(long)]
    pre: bool,

    /// Fail on objects that are suspended past their time of `suspend --until`, and list them
    #[arg(long)]
    freezes: bool,

    /// Controllers that must be there
    #[arg(long, value_name = "LIST")]
    components: Vec<Csv>,

    /// More controllers that must be there
    #[arg(long, value_name = "LIST")]
    components_extra: Vec<Csv>,

    /// How often to look at controllers that are not ready, and to tell what they wait for; changes are seen at once
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = flag::duration)]
    poll_interval: Duration,

    #[command(flatten)]
    output: OutputArgs,

    #[command(flatten)]
    fleet: FleetArgs,
}

/// Checks, and fails where something is not as it should be.
pub async fn run(context: &Context, args: &CheckArgs) -> Result<(), Failure> {
    let mut components = Csv::join(&args.components);
    components.extend(Csv::join(&args.components_extra));
    let check = async |context: &Context| {
        let request = ops::CheckRequest {
            namespace: &context.namespace,
            prerequisites_only: args.pre,
            freezes: args.freezes,
            components: components.clone(),
            poll_interval: args.poll_interval,
        };
        let report = ops::check(context.cluster().await?, &context.ui, &request).await?;
        if report.passed {
            context.ui.success(if args.pre {
                "prerequisites checks passed"
            } else {
                "all checks passed"
            });
        }
        Ok(report)
    };
    let mut gathered = fleet::gather(context, &args.fleet, check).await?;
    let answers = std::mem::take(&mut gathered.answers).into_iter();
    let mut reports: Vec<CheckReport> = answers
        .map(|(cluster, mut report)| {
            report.cluster = cluster;
            report
        })
        .collect();
    for silent in &gathered.silent {
        let report = CheckReport::without_answer(&silent.cluster, &silent.message);
        reports.insert(silent.place.min(reports.len()), report);
    }
    let passed = reports.iter().all(|report| report.passed);
    let output = args.output.output();
    match reports.pop() {
        Some(only) if !args.fleet.is_fleet() => context.ui.print(output, &only, || "")?,
        last => {
            reports.extend(last);
            let reports = CheckReportList::new(reports);
            context
                .ui
                .print(output, &reports, || table(&reports, output))?;
        }
    }
    gathered.end()?;
    if passed {
        Ok(())
    } else {
        Err(Failure::new("check failed"))
    }
}

/// Draws a row for each cluster: whether all is well in it, or what is not.
fn table(reports: &CheckReportList, output: Output<'_>) -> Table {
    let mut table = Table::new(["cluster", "passed", "message"]);
    if !output.header {
        table = table.without_header();
    }
    for report in &reports.items {
        let failed = report.findings.iter();
        let failed = failed.filter(|finding| finding.outcome == Outcome::Failed);
        let messages: Vec<&str> = failed.map(|finding| finding.message.as_str()).collect();
        let passed = if report.passed { "True" } else { "False" };
        table.push([
            report.cluster.clone().unwrap_or_default(),
            passed.to_owned(),
            messages.join("; "),
        ]);
    }
    table
}
