//! `export`: objects as YAML that can be kept in Git and applied again.

use clap::Args;
use serde_json::Value;

use super::context::Context;
use super::listed::Whole;
use super::on_kind::{OnKind, VerbArgs};
use super::select::{self, SelectArgs};
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
}

impl VerbArgs for ExportArgs {
    const VERB: Verb = Verb::Export;

    fn about(kind: &Kind) -> String {
        format!("Print a {} as YAML that can be applied again", kind.name)
    }
}

/// Prints the selected objects, each as one document.
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
    let mut told: Vec<Value> = Vec::new();
    for target in &targets {
        let kind = target.kind;
        for (whole, address) in select::find_all::<Whole>(context, &selection, target).await? {
            context.ui.data(document(&exported(kind, &whole.value)))?;
            let secret = secret_of(kind, &whole.value).filter(|_| args.with_credentials);
            let Some(name) = secret else { continue };
            let secret = exported_secret(read_secret(context, &address, name).await?.value());
            // Several sources may share one Secret: it is wanted once.
            if !told.contains(&secret) {
                context.ui.data(document(&secret))?;
                told.push(secret);
            }
        }
    }
    Ok(())
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

/// Returns a value as one document of a stream.
fn document(value: &Value) -> String {
    let mut text = String::from("---\n");
    emit_into(value, &mut text);
    text
}
