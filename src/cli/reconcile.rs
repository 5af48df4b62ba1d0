//! `reconcile`: ask a controller to look at an object now, and wait for its answer.

use clap::{Args, Command};

use super::context::Context;
use super::on_kind::{OnKind, VerbArgs};
use crate::api::{Kind, Verb};
use crate::cluster::Resource;
use crate::error::Failure;
use crate::ops::{self, Depth, ReconcileRequest};

/// What to reconcile, and how.
#[derive(Args)]
pub struct ReconcileArgs {
    /// Name of the object
    names: Vec<String>,

    /// Reconcile its source first
    #[arg(long)]
    with_source: bool,

    /// Upgrade the release even when nothing changed
    #[arg(long)]
    force: bool,

    /// Forget the failures of the release so far
    #[arg(long)]
    reset: bool,
}

impl VerbArgs for ReconcileArgs {
    const VERB: Verb = Verb::Reconcile;
    const FLAGS_ANYWHERE: bool = false;

    fn about(kind: &Kind) -> String {
        format!("Reconcile a {} now", kind.name)
    }

    fn fit(command: Command, kind: &Kind) -> Command {
        command
            .mut_arg("with_source", |flag| flag.hide(kind.source.is_none()))
            .mut_arg("force", |flag| flag.hide(!kind.force))
            .mut_arg("reset", |flag| flag.hide(!kind.force))
    }
}

/// Reconciles one object.
pub async fn run(context: &Context, on: &OnKind<ReconcileArgs>) -> Result<(), Failure> {
    let args = &on.args;
    for kind in on.kinds.iter().copied() {
        refuse_unfit(kind, args)?;
        let Some(name) = args.names.first() else {
            return Err(Failure::usage(format!("{} name is required", kind.name)));
        };
        let request = ReconcileRequest {
            kind,
            address: Resource::from(kind).at(&context.namespace, name),
            depth: if args.with_source {
                Depth::WithSource
            } else {
                Depth::Alone
            },
            force: args.force,
            reset: args.reset,
        };
        ops::reconcile(context.cluster().await?, &context.ui, &request).await?;
    }
    Ok(())
}

/// Refuses flags that the kind has no use for.
fn refuse_unfit(kind: &Kind, args: &ReconcileArgs) -> Result<(), Failure> {
    let unfit = [
        (args.with_source && kind.source.is_none(), "--with-source"),
        (args.force && !kind.force, "--force"),
        (args.reset && !kind.force, "--reset"),
    ];
    match unfit.into_iter().find(|(is_unfit, _)| *is_unfit) {
        None => Ok(()),
        Some((_, flag)) => Err(Failure::usage(format!(
            "{flag} is not for {}",
            kind.words.join(" ")
        ))
        .with_hint(format!("leave {flag} out"))),
    }
}
