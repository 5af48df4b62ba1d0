//! `wait`: until objects are ready, suspended, gone, or of a condition.

use clap::Args;

use super::choice::ChoiceArgs;
use super::context::Context;
use super::fleet::FleetArgs;
use super::refused::Refused;
use crate::api::{KINDS, Kind, Row};
use crate::cluster::{Address, Cluster, ClusterError, Outcome, Resource};
use crate::error::{Blame, Failure};
use crate::ops::{self, Goal};

/// What is waited for, and where.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  gitops wait ks/apps hr/podinfo deployment/web -n apps\n  gitops wait kustomization --all -A --timeout 10m\n  gitops wait --not-ready -A"
)]
pub struct WaitArgs {
    /// Objects as KIND/NAME, or kinds whose objects the flags choose; all kinds of Flux where none is named
    #[arg(value_name = "KIND/NAME")]
    objects: Vec<String>,

    /// What to wait for: ready, suspended, deleted or condition=TYPE[=STATUS]
    #[arg(long = "for", value_name = "STATE", default_value = "ready")]
    goal: Goal,

    #[command(flatten)]
    choice: ChoiceArgs,

    #[command(flatten)]
    pub fleet: FleetArgs,
}

impl WaitArgs {
    /// Says whether the flags choose the objects of kinds.
    const fn chooses(&self) -> bool {
        self.choice.chooses() || self.choice.is_everywhere()
    }
}

/// Waits, and says of each object how that ended.
pub async fn run(context: &Context, args: &WaitArgs) -> Result<(), Failure> {
    refuse_unclear(args)?;
    let cluster = context.cluster().await?;
    let addresses = chosen(context, cluster, args).await?;
    if addresses.is_empty() {
        if args.goal == Goal::Deleted || args.choice.has_state() {
            context.ui.success("no objects found");
            return Ok(());
        }
        return Err(Failure::new("no objects found"));
    }
    context.on_interrupt("nothing was changed: run the same command again to go on");
    let (mut failed, mut late) = (0, 0);
    let ui = &context.ui;
    for waited in ops::wait_for(cluster, ui, &addresses, &args.goal).await? {
        let (id, words) = (waited.address.id(), ops::words(&waited.outcome));
        let newest = waited.event.as_ref();
        match waited.outcome {
            Outcome::Done(_) => ui.success(format_args!("{id}: {words}")),
            Outcome::Failed(_) => {
                failed += 1;
                ui.failure(format_args!("{id}: {words}"));
            }
            Outcome::TimedOut(_) => {
                late += 1;
                ui.failure(format_args!("{id}: timed out: {words}"));
            }
        }
        let is_done = matches!(waited.outcome, Outcome::Done(_));
        if let Some(event) = newest.filter(|_| !is_done) {
            ui.action(format_args!("its newest event says: {}", event.message));
        }
    }
    verdict(failed, late, addresses.len())
}

/// Refuses words that could mean too much or too little.
fn refuse_unclear(args: &WaitArgs) -> Result<(), Failure> {
    if args.objects.is_empty() && !args.chooses() {
        return Err(Failure::usage("nothing to wait for is named")
            .with_hint("name objects as KIND/NAME, or choose with --all, -A, -l or --not-ready"));
    }
    for word in &args.objects {
        match word.split_once('/') {
            None if !args.chooses() => {
                return Err(Failure::usage(format!("`{word}` is a kind without a name"))
                    .with_hint(format!(
                        "write {word}/NAME, or choose with --all, -A, -l or --field-selector"
                    )));
            }
            Some((kind, name)) if kind.is_empty() || name.is_empty() || name.contains('/') => {
                return Err(Failure::usage(format!("`{word}` is no KIND/NAME")));
            }
            Some(_) if args.chooses() => {
                return Err(Failure::usage(format!(
                    "`{word}` names one object, and the flags choose among many"
                ))
                .with_hint("leave the flags out, or name the kind alone"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Finds all objects that are meant, each once.
async fn chosen(
    context: &Context,
    cluster: &Cluster,
    args: &WaitArgs,
) -> Result<Vec<Address>, Failure> {
    let mut addresses: Vec<Address> = Vec::new();
    let mut add = |found: Vec<Address>| {
        for address in found {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
    };
    for word in &args.objects {
        let (kind, name) = match word.split_once('/') {
            Some((kind, name)) => (kind, Some(name)),
            None => (word.as_str(), None),
        };
        let resource = resource(cluster, kind).await?;
        add(match name {
            // One that is named may come later.
            Some(name) => {
                let namespace = if resource.namespaced {
                    &context.namespace
                } else {
                    ""
                };
                vec![resource.at(namespace, name)]
            }
            None => list(context, cluster, args, &resource).await??,
        });
    }
    if args.objects.is_empty() {
        let mut refused = Refused::default();
        for kind in KINDS {
            match list(context, cluster, args, &Resource::from(*kind)).await? {
                Err(error) if !error.is_of_cluster() => refused.add(kind, error),
                found => add(found?),
            }
        }
        refused.tell(&context.ui, args.choice.namespace(context));
    }
    Ok(addresses)
}

/// Lists the objects of a kind that the flags choose; the inner failure is the cluster's.
async fn list(
    context: &Context,
    cluster: &Cluster,
    args: &WaitArgs,
    resource: &Resource,
) -> Result<Result<Vec<Address>, ClusterError>, Failure> {
    let kind = Kind::of(&resource.group, &resource.kind);
    if kind.is_none() && args.choice.has_state() {
        return Err(Failure::usage(format!(
            "{} is no kind of Flux, and flags that choose by state are for these only",
            resource.kind
        ))
        .with_hint("choose with --all, -A, -l or --field-selector"));
    }
    let filter = args.choice.filter()?;
    let namespace = if resource.namespaced {
        args.choice.namespace(context)
    } else {
        ""
    };
    let selection = args.choice.selection(namespace, None);
    let rows: Result<Vec<Row>, _> = cluster.list(resource, &selection).await;
    let passes = |row: &&Row| kind.is_none_or(|kind| filter.passes(kind, row));
    let address = |row: &Row| resource.at(&row.metadata.namespace, &row.metadata.name);
    Ok(rows.map(|rows| rows.iter().filter(passes).map(address).collect()))
}

/// Finds a kind: of Flux by its short words, of the cluster as kubectl does.
async fn resource(cluster: &Cluster, word: &str) -> Result<Resource, Failure> {
    if let Some(kind) = Kind::meant_by(word) {
        return Ok(Resource::from(kind));
    }
    let catalogue = cluster.catalogue().await?;
    catalogue.find(word).cloned().ok_or_else(|| {
        Failure::new(format!("the cluster has no kind `{word}`"))
            .with_hint("name a kind such as ks, hr or deployment")
    })
}

/// Says how the wait ended: as a failure where one object failed, else as late where one was.
fn verdict(failed: usize, late: usize, all: usize) -> Result<(), Failure> {
    match (failed, late) {
        (0, 0) => Ok(()),
        (0, _) => Err(Failure::blaming(
            Blame::Timeout,
            format!("timed out waiting for {late} of {all} objects"),
        )),
        _ => Err(Failure::new(format!(
            "{} of {all} objects are not as they should be",
            failed + late
        ))),
    }
}
