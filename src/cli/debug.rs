//! `debug`: what the controller of an object works with, and what it has done.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::context::Context;
use super::fleet::{self, FleetArgs};
use super::fleet_report::{ClusterReport, ReportList, commented_blocks};
use super::output::OutputArgs;
use crate::api::Kind;
use crate::cluster::Resource;
use crate::error::Failure;
use crate::manifest;
use crate::ops::debug;
use crate::report::{Output, Ui};

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

    #[command(flatten)]
    fleet: FleetArgs,
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

    #[command(flatten)]
    fleet: FleetArgs,
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

/// What is asked about which object, and how it is answered.
struct Question<'a> {
    kind: &'static str,
    name: &'a str,
    part: Part,
    /// The page of the documentation that explains the object.
    page: &'static str,
    output: Output<'a>,
}

async fn release(context: &Context, args: &ReleaseArgs) -> Result<(), Failure> {
    let flags = [args.show_status, args.show_history, args.show_values];
    let question = Question {
        kind: "HelmRelease",
        name: &args.name,
        part: Part::of(flags, "show-values")?,
        page: "helm/helmreleases",
        output: args.output.output(),
    };
    answer(context, &args.fleet, &question).await
}

async fn kustomization(context: &Context, args: &KustomizationArgs) -> Result<(), Failure> {
    let flags = [args.show_status, args.show_history, args.show_vars];
    let question = Question {
        kind: "Kustomization",
        name: &args.name,
        part: Part::of(flags, "show-vars")?,
        page: "kustomize/kustomizations",
        output: args.output.output(),
    };
    answer(context, &args.fleet, &question).await
}

/// A part of an object, as one cluster has it.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Debug")]
pub enum DebugReport {
    /// The status.
    Status(Map<String, Value>),
    /// What it has done so far.
    History(Value),
    /// The values of a release, as its chart gets them.
    Values(Map<String, Value>),
    /// The variables of a Kustomization, as they are substituted.
    Variables(BTreeMap<String, String>),
}

impl ClusterReport for DebugReport {
    const LIST: &'static str = "DebugList";
}

/// Shows what one cluster answers, or each of several.
async fn answer(
    context: &Context,
    fleet: &FleetArgs,
    question: &Question<'_>,
) -> Result<(), Failure> {
    let read = async |context: &Context| question.read(context).await;
    let gathered = fleet::gather(context, fleet, read).await?;
    let ui = &context.ui;
    if let Some(only) = gathered.only() {
        only.print(ui, question)?;
    } else {
        let found = || gathered.named();
        let texts = || found().map(|(name, found)| (name, question.text(found)));
        let list = ReportList::new(found());
        ui.print(question.output, &list, || commented_blocks(texts()))?;
    }
    gathered.end()
}

impl Question<'_> {
    /// Asks the cluster.
    async fn read(&self, context: &Context) -> Result<DebugReport, Failure> {
        let kind = Kind::named(self.kind).expect("it is one of the table");
        let address = Resource::from(kind).at(&context.namespace, self.name);
        let cluster = context.cluster().await?;
        Ok(match self.part {
            Part::Status => DebugReport::Status(debug::status(cluster, &address).await?),
            Part::History => DebugReport::History(debug::history(cluster, &address).await?),
            Part::Parameters if self.kind == "HelmRelease" => {
                DebugReport::Values(debug::values(cluster, &address).await?)
            }
            Part::Parameters => DebugReport::Variables(debug::variables(cluster, &address).await?),
        })
    }

    /// Writes the answer for people: variables as lines, all else as YAML, with a comment above where it is explained.
    fn text(&self, found: &DebugReport) -> String {
        let (what, place, value) = match found {
            DebugReport::Variables(variables) => {
                let line = |(key, value)| format!("{key}={value}\n");
                return variables.iter().map(line).collect();
            }
            DebugReport::Values(values) => return manifest::emit(&Value::Object(values.clone())),
            DebugReport::Status(status) => {
                let place = format!("{}-status", self.kind.to_lowercase());
                ("Status", place, &Value::Object(status.clone()))
            }
            DebugReport::History(history) => ("History", "history".to_owned(), history),
        };
        let comment = if self.output.header {
            format!(
                "# {what} documentation: {DOCUMENTATION}/{}/#{place}\n",
                self.page
            )
        } else {
            String::new()
        };
        comment + &manifest::emit(value)
    }
}

impl DebugReport {
    /// Prints the answer of the only cluster.
    fn print(&self, ui: &Ui, question: &Question<'_>) -> Result<(), Failure> {
        let (output, text) = (question.output, || question.text(self));
        match self {
            Self::Status(fields) | Self::Values(fields) => ui.print(output, fields, text)?,
            Self::History(value) => ui.print(output, value, text)?,
            Self::Variables(variables) => ui.print(output, variables, text)?,
        }
        Ok(())
    }
}
