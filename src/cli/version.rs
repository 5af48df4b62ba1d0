//! `version`: of this program, and of the controllers in the cluster.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::context::Context;
use super::fleet::{self, FleetArgs, Gathered};
use super::fleet_report::{ClusterReport, ReportList};
use super::output::OutputArgs;
use crate::error::Failure;
use crate::install::RELEASE;
use crate::ops;
use crate::report::{Format, Output, Table};

/// Whose versions, and how they are shown.
#[derive(Args)]
#[command(after_help = "Example: gitops version -o json")]
pub struct VersionArgs {
    /// Print only what this program knows by itself
    #[arg(long)]
    client: bool,

    #[command(flatten)]
    output: OutputArgs,

    #[command(flatten)]
    fleet: FleetArgs,

    /// Taken and ignored, as flux does
    #[arg(hide = true)]
    rest: Vec<String>,
}

/// The versions of this program's Flux, of the distribution and of each controller, by name.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Versions(BTreeMap<String, String>);

/// The versions in one of several clusters.
#[derive(Debug, JsonSchema, Serialize)]
#[schemars(rename = "Versions")]
pub struct ClusterVersions {
    /// What `version` prints of this cluster alone.
    versions: Versions,
}

impl ClusterReport for ClusterVersions {
    const LIST: &'static str = "VersionsList";
}

impl VersionArgs {
    /// Says whether no cluster is asked.
    pub const fn is_local(&self) -> bool {
        self.client
    }
}

/// Returns what `--version` prints.
pub fn short(program: &str) -> String {
    match program {
        "flux" => format!("flux version {}", RELEASE.trim_start_matches('v')),
        _ => format!("gitops version {}", env!("CARGO_PKG_VERSION")),
    }
}

/// Prints the versions, of one cluster or of several.
pub async fn run(context: &Context, args: &VersionArgs) -> Result<(), Failure> {
    if args.client {
        args.fleet.refuse("--client")?;
    }
    if args.fleet.is_fleet() {
        return run_all(context, args).await;
    }
    let mut versions = vec![("flux".to_owned(), RELEASE.to_owned())];
    if !args.client {
        let found = match context.cluster().await {
            Ok(cluster) => ops::versions(cluster, &context.namespace).await,
            Err(failure) => Err(failure),
        };
        match found {
            Ok(found) => versions.extend(found),
            Err(failure) => {
                // What is known without the cluster is told before the failure ends the command.
                context.ui.action(format_args!("flux: {RELEASE}"));
                return Err(failure);
            }
        }
    }
    let output = args.output.output_or(&Format::Yaml);
    match output.format {
        Format::Yaml => context.ui.data(as_yaml(&versions))?,
        Format::Json => context.ui.data(as_json(&versions)?)?,
        _ => context
            .ui
            .print(output, &document(&versions), || table(&versions, output))?,
    }
    Ok(())
}

/// Prints the versions of several clusters: a table for people, since they are there to be compared.
async fn run_all(context: &Context, args: &VersionArgs) -> Result<(), Failure> {
    let read =
        async |context: &Context| ops::versions(context.cluster().await?, &context.namespace).await;
    let gathered = fleet::gather(context, &args.fleet, read).await?;
    let own = ("flux".to_owned(), RELEASE.to_owned());
    let complete = |found: &Vec<(String, String)>| ClusterVersions {
        versions: document(&[std::slice::from_ref(&own), found].concat()),
    };
    let reports: Vec<(&str, ClusterVersions)> = gathered
        .named()
        .map(|(name, found)| (name, complete(found)))
        .collect();
    let list = ReportList::new(reports.iter().map(|(name, report)| (*name, report)));
    let output = args.output.output();
    context
        .ui
        .print(output, &list, || table_of_all(&gathered, output))?;
    gathered.end()
}

/// Draws a row for each component of each cluster; what this program is made for is in none of them.
fn table_of_all(gathered: &Gathered<Vec<(String, String)>>, output: Output<'_>) -> Table {
    let mut table = Table::new(["cluster", "component", "version"]);
    if !output.header {
        table = table.without_header();
    }
    for (cluster, versions) in gathered.named() {
        for (component, version) in versions {
            table.push([cluster, component, version].map(str::to_owned));
        }
    }
    table
}

fn table(versions: &[(String, String)], output: Output<'_>) -> Table {
    let mut table = Table::new(["component", "version"]);
    if !output.header {
        table = table.without_header();
    }
    for (name, version) in versions {
        table.push([name.clone(), version.clone()]);
    }
    table
}

/// Writes them in their order, one a line.
fn as_yaml(versions: &[(String, String)]) -> String {
    versions
        .iter()
        .fold(String::new(), |mut text, (name, version)| {
            // Writing into a text can't fail.
            let _infallible = writeln!(text, "{name}: {version}");
            text
        })
}

/// Writes them as flux does, which is not how other documents are written.
fn as_json(versions: &[(String, String)]) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(&document(versions))
        .map_err(|error| Failure::new(error.to_string()))?;
    Ok(text + "\n")
}

fn document(versions: &[(String, String)]) -> Versions {
    Versions(versions.iter().cloned().collect())
}
