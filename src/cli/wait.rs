//! `wait`: until objects are ready, suspended, gone, or of a condition.

use clap::Args;

use super::context::Context;
use crate::api::{Kind, Row};
use crate::cluster::{Address, Cluster, Outcome, Resource, Selection};
use crate::error::{Blame, Failure};
use crate::ops::{self, Goal};

/// What is waited for, and where.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  gitops wait ks/apps hr/podinfo deployment/web -n apps\n  gitops wait kustomization --all -A --timeout 10m"
)]
pub struct WaitArgs {
    /// Objects as KIND/NAME, or kinds whose objects the flags choose
    #[arg(value_name = "KIND/NAME", required = true)]
    objects: Vec<String>,

    /// What to wait for: ready, suspended, deleted or condition=TYPE[=STATUS]
    #[arg(long = "for", value_name = "STATE", default_value = "ready")]
    goal: Goal,

    /// All objects of the kinds in the namespace
    #[arg(long)]
    all: bool,

    /// Objects of all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,

    /// Only objects with these labels
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    label_selector: Option<String>,

    /// Only objects with these fields, such as metadata.name=podinfo
    #[arg(long, value_name = "SELECTOR")]
    field_selector: Option<String>,
}

impl WaitArgs {
    const fn chooses(&self) -> bool {
        self.all
            || self.all_namespaces
            || self.label_selector.is_some()
            || self.field_selector.is_some()
    }
}

/// Waits, and says of each object how that ended.
pub async fn run(context: &Context, args: &WaitArgs) -> Result<(), Failure> {
    refuse_unclear(args)?;
    let cluster = context.cluster().await?;
    let mut addresses: Vec<Address> = Vec::new();
    for word in &args.objects {
        for address in find(context, cluster, args, word).await? {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
    }
    if addresses.is_empty() {
        if args.goal == Goal::Deleted {
            context.ui.success("no objects found");
            return Ok(());
        }
        return Err(Failure::new("no objects found"));
    }
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

/// Finds the objects that a word means. One that is named may come later.
async fn find(
    context: &Context,
    cluster: &Cluster,
    args: &WaitArgs,
    word: &str,
) -> Result<Vec<Address>, Failure> {
    let (kind, name) = match word.split_once('/') {
        Some((kind, name)) => (kind, Some(name)),
        None => (word, None),
    };
    let resource = resource(cluster, kind).await?;
    let namespace = match (resource.namespaced, args.all_namespaces) {
        (true, false) => context.namespace.as_str(),
        _ => "",
    };
    if let Some(name) = name {
        return Ok(vec![resource.at(namespace, name)]);
    }
    let selection = Selection {
        namespace: namespace.into(),
        labels: args.label_selector.clone().unwrap_or_default(),
        fields: args.field_selector.clone().unwrap_or_default(),
        ..Selection::default()
    };
    let rows: Vec<Row> = cluster.list(&resource, &selection).await?;
    let address = |row: &Row| resource.at(&row.metadata.namespace, &row.metadata.name);
    Ok(rows.iter().map(address).collect())
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
