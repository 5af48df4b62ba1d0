//! `reconcile`: ask a controller to look at an object now, and wait for its answer.

use clap::{Args, Command};

use super::context::Context;
use super::fleet::FleetArgs;
use super::listed::Selected;
use super::on_kind::{OnKind, VerbArgs};
use super::select::{self, SelectArgs, Target};
use crate::api::{Kind, Row, Verb};
use crate::cluster::{Address, Resource};
use crate::error::Failure;
use crate::ops::{self, Depth, ReconcileRequest};

/// What to reconcile, and how.
#[derive(Args)]
pub struct ReconcileArgs {
    #[command(flatten)]
    pub selection: SelectArgs,

    #[command(flatten)]
    pub fleet: FleetArgs,

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

/// Reconciles the objects, those that others depend on first.
pub async fn run(context: &Context, on: &OnKind<ReconcileArgs>) -> Result<(), Failure> {
    let args = &on.args;
    let mut requests = Vec::new();
    for target in args.selection.targets(Verb::Reconcile, &on.kinds)? {
        let kind = target.kind;
        refuse_unfit(kind, args)?;
        let request = |address| ReconcileRequest {
            kind,
            address,
            depth: if args.with_source {
                Depth::WithSource
            } else {
                Depth::Alone
            },
            force: args.force,
            reset: args.reset,
        };
        let addresses = addresses(context, args, &target).await?;
        requests.extend(addresses.into_iter().map(request));
    }
    context.on_interrupt("what was asked for stands: `wait KIND/NAME` goes on waiting for it");
    ops::reconcile(context.cluster().await?, &context.ui, &requests).await
}

/// Returns where the objects are. One that is named is looked at by the work itself.
async fn addresses(
    context: &Context,
    args: &ReconcileArgs,
    target: &Target,
) -> Result<Vec<Address>, Failure> {
    let resource = Resource::from(target.kind);
    if args.selection.has_only_names() {
        let names = target.names.iter();
        return Ok(names
            .map(|name| resource.at(&context.namespace, name))
            .collect());
    }
    let found = select::find::<Row>(context, &args.selection, target).await?;
    if found.is_empty() {
        return Err(Failure::new("no objects found"));
    }
    let mut addresses = Vec::new();
    for one in found {
        match one {
            // Where flags choose, those that hold still on purpose are not asked.
            Selected::Found(found) if (target.kind.suspended)(&found.0) => {}
            Selected::Found(found) => addresses.push(found.1),
            Selected::Missing(name) => {
                return Err(Failure::new(format!(
                    "{} object '{name}' not found in {} namespace",
                    target.kind.name,
                    args.selection.choice.place(context)
                )));
            }
        }
    }
    Ok(addresses)
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
