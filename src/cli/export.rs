//! `export`: objects as YAML that can be kept in Git and applied again.

use clap::{Args, Command};
use serde_json::Value;

use super::context::Context;
use super::fleet::{self, FleetArgs};
use super::fleet_report::comment;
use super::listed::Whole;
use super::on_kind::{OnKind, VerbArgs};
use super::select::{self, SelectArgs, Target};
use crate::api::{Kind, Verb, exported, exported_secret};
use crate::cluster::{Address, Resource};
use crate::error::Failure;
use crate::manifest::{Object, emit_into};

/// What to export.
#[derive(Args)]
pub struct ExportArgs {
    #[command(flatten)]
    selection: SelectArgs,

    /// Export the Secrets with the credentials of the sources too
    #[arg(long)]
    with_credentials: bool,

    #[command(flatten)]
    fleet: FleetArgs,
}

/// What the documents of several clusters have that those of one have not.
const MANY_CLUSTERS: &str = "Of several clusters, each document begins with the comment `# cluster NAME`: apply it to no other.";

impl VerbArgs for ExportArgs {
    const VERB: Verb = Verb::Export;

    fn fit(command: Command, _kind: &Kind) -> Command {
        command.after_help(MANY_CLUSTERS)
    }

    fn about(kind: &Kind) -> String {
        format!("Print a {} as YAML that can be applied again", kind.name)
    }
}

/// Prints the selected objects, each as one document; of several clusters, each names its own.
pub async fn run(context: &Context, on: &OnKind<ExportArgs>) -> Result<(), Failure> {
    let args = &on.args;
    let (selection, surplus) = args.selection.with_one_name();
    let targets = selection.targets(Verb::Export, &on.kinds)?;
    if !surplus.is_empty() {
        context.ui.warning(format_args!(
            "not exported: {}; run it again for each, write KIND/NAME, or use `--all`",
            surplus.join(", ")
        ));
    }
    for target in &targets {
        if args.with_credentials && !names_secret(target.kind) {
            return Err(Failure::usage(format!(
                "--with-credentials is not for {}",
                target.kind.words.join(" ")
            ))
            .with_hint("it is for sources: leave it out"));
        }
    }
    let wanted = Wanted {
        selection,
        targets,
        with_credentials: args.with_credentials,
    };
    if args.fleet.is_fleet() {
        return export_all(context, &args.fleet, &wanted).await;
    }
    let print = |value: &Value| Ok(context.ui.data(document(value, ""))?);
    export(context, &wanted, print).await
}

/// What is exported.
struct Wanted {
    selection: SelectArgs,
    targets: Vec<Target>,
    with_credentials: bool,
}

/// Hands out the objects of one cluster, as they are found.
async fn export(
    context: &Context,
    wanted: &Wanted,
    mut print: impl FnMut(&Value) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut told: Vec<Value> = Vec::new();
    for target in &wanted.targets {
        let kind = target.kind;
        let found = select::find_all::<Whole>(context, &wanted.selection, target).await?;
        for (whole, address) in found {
            print(&exported(kind, &whole.value))?;
            let secret = secret_of(kind, &whole.value).filter(|_| wanted.with_credentials);
            let Some(name) = secret else { continue };
            let secret = exported_secret(read_secret(context, &address, name).await?.value());
            // Several sources may share one Secret: it is wanted once.
            if !told.contains(&secret) {
                print(&secret)?;
                told.push(secret);
            }
        }
    }
    Ok(())
}

/// The documents of one of several clusters, and why there are no more.
struct Exported {
    documents: String,
    failure: Option<Failure>,
}

/// Prints the objects of several clusters, one cluster after the other.
async fn export_all(context: &Context, fleet: &FleetArgs, wanted: &Wanted) -> Result<(), Failure> {
    let read = async |context: &Context| {
        let name = context.cluster_name.as_deref().unwrap_or_default();
        let comment = comment(name);
        let mut documents = String::new();
        let add = |value: &Value| {
            documents.push_str(&document(value, &comment));
            Ok(())
        };
        match export(context, wanted, add).await {
            Err(failure) if documents.is_empty() => Err(failure),
            outcome => Ok(Exported {
                documents,
                failure: outcome.err(),
            }),
        }
    };
    let gathered = fleet::gather(context, fleet, read).await?;
    for (_, exported) in gathered.named() {
        context.ui.data(&exported.documents)?;
    }
    gathered.end_with(context, |_, exported| exported.failure)
}

async fn read_secret(context: &Context, of: &Address, name: &str) -> Result<Object, Failure> {
    let address = Resource::SECRET.at(&of.namespace, name);
    let secret = context.cluster().await?.get(&address).await?;
    secret.ok_or_else(|| {
        Failure::new(format!(
            "cannot export the credentials of {}: there is no Secret `{name}` in namespace `{}`",
            of.id(),
            of.namespace
        ))
        .with_hint("leave `--with-credentials` out, or create the Secret")
    })
}

/// Says whether objects of a kind may name a Secret with the credentials of what they fetch.
fn names_secret(kind: &Kind) -> bool {
    kind.words.first() == Some(&"source")
}

/// Returns the name of the Secret that a source takes its credentials from.
fn secret_of<'a>(kind: &Kind, object: &'a Value) -> Option<&'a str> {
    let name = object.pointer("/spec/secretRef/name")?.as_str()?;
    (names_secret(kind) && !name.is_empty()).then_some(name)
}

/// Returns a value as one document of a stream, below a comment perhaps.
fn document(value: &Value, comment: &str) -> String {
    let mut text = format!("---\n{comment}");
    emit_into(value, &mut text);
    text
}
