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

async fn release(context: &Context, args: &ReleaseArgs) -> Result<(), Failure> {
    const WORDS: &str =
        "exactly one of --show-status, --show-values, or --show-history must be set";
    let address = address(context, "HelmRelease", &args.name);
    let about = |part| format!("{DOCUMENTATION}/helm/helmreleases/#{part}");
    let cluster = async || context.cluster().await;
    match (args.show_status, args.show_values, args.show_history) {
        (true, false, false) => {
            let status = debug::status(cluster().await?, &address).await?;
            let link = about("helmrelease-status");
            document(
                context,
                args.output.output(),
                &Value::Object(status),
                Some(("Status", &link)),
            )
        }
        (false, false, true) => {
            let history = debug::history(cluster().await?, &address).await?;
            document(
                context,
                args.output.output(),
                &history,
                Some(("History", &about("history"))),
            )
        }
        (false, true, false) => {
            let values = debug::values(cluster().await?, &address).await?;
            document(context, args.output.output(), &Value::Object(values), None)
        }
        _ => Err(Failure::usage(WORDS)),
    }
}

async fn kustomization(context: &Context, args: &KustomizationArgs) -> Result<(), Failure> {
    const WORDS: &str = "exactly one of --show-status, --show-vars, or --show-history must be set";
    let address = address(context, "Kustomization", &args.name);
    let about = |part| format!("{DOCUMENTATION}/kustomize/kustomizations/#{part}");
    let cluster = async || context.cluster().await;
    match (args.show_status, args.show_vars, args.show_history) {
        (true, false, false) => {
            let status = debug::status(cluster().await?, &address).await?;
            let link = about("kustomization-status");
            document(
                context,
                args.output.output(),
                &Value::Object(status),
                Some(("Status", &link)),
            )
        }
        (false, false, true) => {
            let history = debug::history(cluster().await?, &address).await?;
            document(
                context,
                args.output.output(),
                &history,
                Some(("History", &about("history"))),
            )
        }
        (false, true, false) => {
            let variables = debug::variables(cluster().await?, &address).await?;
            let line = |(key, value)| format!("{key}={value}\n");
            let lines = || variables.iter().map(line).collect::<String>();
            let output = args.output.output();
            Ok(context.ui.print(output, &variables, lines)?)
        }
        _ => Err(Failure::usage(WORDS)),
    }
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
        .map(|(part, link)| format!("# {part} documentation: {link}\n"));
    let text = || comment.unwrap_or_default() + &manifest::emit(document);
    Ok(context.ui.print(output, document, text)?)
}
