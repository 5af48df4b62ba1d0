//! `check`: is the cluster fit for Flux, and is Flux well in it?

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::context::Context;
use super::flag::{self, Csv};
use crate::error::Failure;
use crate::manifest;
use crate::ops;

/// Check that the cluster is fit for Flux, and that Flux is well in it
#[derive(Args)]
#[command(after_help = "Example: gitops check --pre")]
pub struct CheckArgs {
    /// Check only what an installation needs
    #[arg(long)]
    pre: bool,

    /// Controllers that must be there
    #[arg(long, value_name = "LIST")]
    components: Vec<Csv>,

    /// More controllers that must be there
    #[arg(long, value_name = "LIST")]
    components_extra: Vec<Csv>,

    /// Taken for compatibility: changes are watched, not polled for
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = flag::duration, hide = true)]
    poll_interval: Duration,

    /// Print a report to standard output
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<Output>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Output {
    Json,
    Yaml,
}

/// Checks, and fails where something is not as it should be.
pub async fn run(context: &Context, args: &CheckArgs) -> Result<(), Failure> {
    let mut components = Csv::join(&args.components);
    components.extend(Csv::join(&args.components_extra));
    let request = ops::CheckRequest {
        namespace: &context.namespace,
        prerequisites_only: args.pre,
        components,
    };
    let report = ops::check(context.cluster().await?, &context.ui, &request).await?;
    if let Some(output) = args.output {
        let value =
            serde_json::to_value(&report).map_err(|error| Failure::new(error.to_string()))?;
        match output {
            Output::Json => context.ui.data(format_args!("{value:#}\n"))?,
            Output::Yaml => context.ui.data(manifest::emit(&value))?,
        }
    }
    if !report.passed {
        return Err(Failure::new("check failed"));
    }
    context.ui.success(if args.pre {
        "prerequisites checks passed"
    } else {
        "all checks passed"
    });
    Ok(())
}
