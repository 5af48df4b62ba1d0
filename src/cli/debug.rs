//! `debug`: what the controller of an object works with, and what it has done.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::context::Context;
use super::output::OutputArgs;
use crate::api::Kind;
use crate::cluster::{Address, Resource};
use crate::error::Failure;
use crate::manifest;
use crate::ops::debug;
use crate::report::Output;

/// Where the fields of a status are explained.
const DOCUMENTATION: &str = "https://fluxcd.io/flux/components";

/// Of which kind the object is.
#[derive(Subcommand)]
#[command(after_help = "Example: gitops debug helmrelease podinfo --show-values")]
pub enum DebugCommand {
    #[command(visible_alias = "hr")]
    Helmrelease(ReleaseArgs),
    #[command(visible_alias = "ks")]
    Kustomization(KustomizationArgs),
}

/// Show the status, the values or the history of a release
///
/// The values are shown as the chart gets them, with all that they take from Secrets.
#[derive(Args)]
#[command(after_help = "Example: gitops debug helmrelease podinfo --show-values > values.yaml")]
pub struct ReleaseArgs {
    /// Name of the `HelmRelease`
    name: String,

    /// Show its status
    #[arg(long)]
    show_status: bool,

    /// Show its values, put together from all references; Secrets are shown in clear
    #[arg(long)]
    show_values: bool,

    /// Show its releases so far
    #[arg(long)]
    show_history: bool,

    #[command(flatten)]
    output: OutputArgs,
}

/// Show the status, the variables or the history of a Kustomization
///
/// The variables are shown as they are substituted, with all that they take from Secrets.
#[derive(Args)]
#[command(after_help = "Example: gitops debug kustomization apps --show-vars > vars.env")]
pub struct KustomizationArgs {
    /// Name of the Kustomization
    name: String,

    /// Show its status
    #[arg(long)]
    show_status: bool,

    /// Show its variables, put together from all references; Secrets are shown in clear
    #[arg(long)]
    show_vars: bool,

    /// Show its reconciliations so far
    #[arg(long)]
    show_history: bool,

    #[command(flatten)]
    output: OutputArgs,
}

/// Shows what was asked for.
pub async fn run(context: &Context, command: &DebugCommand) -> Result<(), Failure> {
    match command {
        DebugCommand::Helmrelease(args) => release(context, args).await,
        DebugCommand::Kustomization(args) => kustomization(context, args).await,
    }
}

/// Which part of an object was asked for; exactly one.
enum Part {
    Status,
    History,
    /// What the controller puts together: the values, or the variables.
    Parameters,
}

impl Part {
    /// Reads the three flags: status, history, and the one that `parameters` names.
    fn of(flags: [bool; 3], parameters: &str) -> Result<Self, Failure> {
        match flags {
            [true, false, false] => Ok(Self::Status),
            [false, true, false] => Ok(Self::History),
            [false, false, true] => Ok(Self::Parameters),
            _ => Err(Failure::usage(format!(
                "exactly one of --show-status, --{parameters}, or --show-history must be set"
            ))),
        }
    }
}

async fn release(context: &Context, args: &ReleaseArgs) -> Result<(), Failure> {
    let flags = [args.show_status, args.show_history, args.show_values];
    let part = Part::of(flags, "show-values")?;
    let address = address(context, "HelmRelease", &args.name);
    let output = args.output.output();
    let cluster = context.cluster().await?;
    match part {
        Part::Status => {
            let page = "helm/helmreleases/#helmrelease-status";
            status(context, output, &address, page).await
        }
        Part::History => {
            let page = "helm/helmreleases/#history";
            history(context, output, &address, page).await
        }
        Part::Parameters => {
            let values = debug::values(cluster, &address).await?;
            document(context, output, &Value::Object(values), None)
        }
    }
}

async fn kustomization(context: &Context, args: &KustomizationArgs) -> Result<(), Failure> {
    let flags = [args.show_status, args.show_history, args.show_vars];
    let part = Part::of(flags, "show-vars")?;
    let address = address(context, "Kustomization", &args.name);
    let output = args.output.output();
    let cluster = context.cluster().await?;
    match part {
        Part::Status => {
            let page = "kustomize/kustomizations/#kustomization-status";
            status(context, output, &address, page).await
        }
        Part::History => {
            let page = "kustomize/kustomizations/#history";
            history(context, output, &address, page).await
        }
        Part::Parameters => {
            let variables = debug::variables(cluster, &address).await?;
            let line = |(key, value)| format!("{key}={value}\n");
            let lines = || variables.iter().map(line).collect::<String>();
            Ok(context.ui.print(output, &variables, lines)?)
        }
    }
}

/// Shows the status of an object; `page` of the documentation explains it.
async fn status(
    context: &Context,
    output: Output<'_>,
    address: &Address,
    page: &str,
) -> Result<(), Failure> {
    let status = debug::status(context.cluster().await?, address).await?;
    document(
        context,
        output,
        &Value::Object(status),
        Some(("Status", page)),
    )
}

/// Shows what an object has done so far; `page` of the documentation explains it.
async fn history(
    context: &Context,
    output: Output<'_>,
    address: &Address,
    page: &str,
) -> Result<(), Failure> {
    let history = debug::history(context.cluster().await?, address).await?;
    document(context, output, &history, Some(("History", page)))
}

fn address(context: &Context, kind: &str, name: &str) -> Address {
    let kind = Kind::named(kind).expect("it is one of the table");
    Resource::from(kind).at(&context.namespace, name)
}

/// Prints a part of an object; for people as YAML, below a comment that says where it is explained.
fn document(
    context: &Context,
    output: Output<'_>,
    document: &Value,
    explained: Option<(&str, &str)>,
) -> Result<(), Failure> {
    let comment = explained
        .filter(|_| output.header)
        .map(|(part, page)| format!("# {part} documentation: {DOCUMENTATION}/{page}\n"));
    let text = || comment.unwrap_or_default() + &manifest::emit(document);
    Ok(context.ui.print(output, document, text)?)
}
