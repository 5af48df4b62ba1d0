//! `version`: of this program, and of the controllers in the cluster.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value};

use super::context::Context;
use crate::error::Failure;
use crate::install::RELEASE;
use crate::ops;

/// Print the Flux version of this program and of the cluster
#[derive(Args)]
#[command(after_help = "Example: gitops version -o json")]
pub struct VersionArgs {
    /// Print only what this program knows by itself
    #[arg(long)]
    client: bool,

    /// Form of the answer
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "yaml")]
    output: Output,

    /// Taken and ignored, as flux does
    #[arg(hide = true)]
    rest: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Output {
    Yaml,
    Json,
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

/// Prints the versions.
pub async fn run(context: &Context, args: &VersionArgs) -> Result<(), Failure> {
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
    let text = match args.output {
        Output::Yaml => as_yaml(&versions),
        Output::Json => as_json(&versions)?,
    };
    Ok(context.ui.data(text)?)
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

fn as_json(versions: &[(String, String)]) -> Result<String, Failure> {
    let map: Map<String, Value> = versions
        .iter()
        .map(|(name, version)| (name.clone(), version.as_str().into()))
        .collect();
    let text =
        serde_json::to_string_pretty(&map).map_err(|error| Failure::new(error.to_string()))?;
    Ok(text + "\n")
}
