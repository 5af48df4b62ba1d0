//! `resume`: let suspended objects go on, and wait until they did.

use clap::Args;
use futures::future::join_all;
use serde_json::{Value, json};

use super::context::Context;
use super::fleet::FleetArgs;
use super::listed::Selected;
use super::on_kind::{OnKind, VerbArgs};
use super::refused::Refused;
use super::select::{self, SelectArgs};
use crate::api::{Kind, Row, SUSPEND_REASON, SUSPEND_UNTIL, Verb};
use crate::cluster::Address;
use crate::error::{Blame, Failure};
use crate::ops;

/// What to resume.
#[derive(Args)]
pub struct ResumeArgs {
    #[command(flatten)]
    pub selection: SelectArgs,

    #[command(flatten)]
    pub fleet: FleetArgs,

    /// Wait until the objects are reconciled [default: true for one name, false for more]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    wait: Option<bool>,

    /// Only objects whose time of `suspend --until` has come; those of all kinds where none is named
    #[arg(long)]
    expired: bool,
}

impl VerbArgs for ResumeArgs {
    const VERB: Verb = Verb::Resume;

    fn about(kind: &Kind) -> String {
        format!("Resume a {} that was suspended", kind.name)
    }
}

/// Clears `spec.suspend` on each selected object, then waits for them side by side.
pub async fn run(context: &Context, on: &OnKind<ResumeArgs>) -> Result<(), Failure> {
    let mut selection = on.args.selection.clone();
    if on.args.expired {
        selection.choice.only_expired();
    }
    let selection = &selection;
    if on.kinds.is_empty() && !selection.has_names() {
        return resume_expired(context, on, selection).await;
    }
    let mut chosen = Vec::new();
    for target in selection.targets(Verb::Resume, &on.kinds)? {
        let kind = target.kind;
        let selected = select::find::<Row>(context, selection, &target).await?;
        if selected.is_empty() && target.names.is_empty() {
            if selection.choice.is_only_expired() {
                let words = format_args!("no {} is suspended past its time", kind.name);
                context.ui.success(words);
            } else {
                let namespace = &context.namespace;
                let words = format_args!("no {} objects found in {namespace} namespace", kind.name);
                context.ui.failure(words);
            }
        }
        chosen.extend(selected.into_iter().map(|one| (kind, one)));
    }
    let resumed = resume(context, chosen).await?;
    if on.args.wait.unwrap_or(selection.is_single()) {
        wait(context, &resumed).await?;
    }
    Ok(())
}

/// Resumes what is suspended past its time, of all kinds; those that the cluster does not show are told.
async fn resume_expired(
    context: &Context,
    on: &OnKind<ResumeArgs>,
    selection: &SelectArgs,
) -> Result<(), Failure> {
    if !selection.choice.is_only_expired() {
        return Err(Failure::usage("KIND/ name is required"));
    }
    let kinds: Vec<&'static Kind> = Kind::taking(Verb::Resume).collect();
    let filter = selection.choice.filter()?;
    let cluster = context.cluster().await?;
    let mut refused = Refused::default();
    let mut chosen = Vec::new();
    for target in selection.targets(Verb::Resume, &kinds)? {
        let found = select::choose::<Row>(cluster, (context, selection), &filter, &target).await;
        match found {
            Err(error) if !error.is_of_cluster() => refused.add(target.kind, error),
            found => chosen.extend(found?.into_iter().map(|one| (target.kind, one))),
        }
    }
    refused.tell(&context.ui, selection.choice.namespace(context));
    if chosen.is_empty() {
        context.ui.success("nothing is suspended past its time");
        return Ok(());
    }
    let resumed = resume(context, chosen).await?;
    if on.args.wait.unwrap_or_default() {
        wait(context, &resumed).await?;
    }
    Ok(())
}

/// An object, and its kind.
type OfKind<T> = (&'static Kind, T);

async fn resume(
    context: &Context,
    chosen: Vec<OfKind<Selected>>,
) -> Result<Vec<OfKind<Address>>, Failure> {
    let cluster = context.cluster().await?;
    let (ui, namespace) = (&context.ui, &context.namespace);
    let mut resumed = Vec::new();
    for (kind, one) in in_order(chosen) {
        match one {
            Selected::Missing(name) => {
                ui.failure(format_args!(
                    "{} object '{name}' not found in {namespace} namespace",
                    kind.name
                ));
            }
            Selected::Found(found) => {
                let (row, address) = *found;
                ui.action(format_args!(
                    "resuming {} {} in {} namespace",
                    kind.human, address.name, address.namespace
                ));
                cluster.merge(&address, &patch(&row)).await?;
                let already = if row.spec.suspend {
                    ""
                } else {
                    " (it was not suspended)"
                };
                ui.success(format_args!("{} resumed{already}", kind.human));
                resumed.push((kind, address));
            }
        }
    }
    Ok(resumed)
}

/// Returns what to write: the field as flux does, which leaves a `false` that somebody has written where it is, and
/// that nobody has a reason any more.
fn patch(row: &Row) -> Value {
    let mut patch = json!({});
    if row.spec.suspend {
        patch["spec"] = json!({ "suspend": null });
    }
    if row.tells_of_suspension() {
        patch["metadata"]["annotations"] = json!({ SUSPEND_REASON: null, SUSPEND_UNTIL: null });
    }
    patch
}

/// Puts what others depend on first, so that they find it going when their turn comes.
fn in_order(chosen: Vec<OfKind<Selected>>) -> Vec<OfKind<Selected>> {
    let (found, missing): (Vec<_>, Vec<_>) = chosen
        .into_iter()
        .partition(|(_, one)| matches!(one, Selected::Found(_)));
    let rows: Vec<_> = found
        .iter()
        .filter_map(|(kind, one)| match one {
            Selected::Found(found) => Some((kind.name, &found.0)),
            Selected::Missing(_) => None,
        })
        .collect();
    let places = ops::waves(&rows).concat();
    let mut found: Vec<_> = found.into_iter().map(Some).collect();
    let ordered = places.into_iter().filter_map(|place| found[place].take());
    ordered.chain(missing).collect()
}

/// Waits for all of them side by side; the results are told kind by kind.
async fn wait(context: &Context, resumed: &[OfKind<Address>]) -> Result<(), Failure> {
    context.on_interrupt("what was resumed stays so: `wait KIND/NAME` goes on waiting for it");
    let mut kinds: Vec<&'static Kind> = Vec::new();
    for (kind, _) in resumed {
        context
            .ui
            .waiting(format_args!("waiting for {} reconciliation", kind.name));
        if !kinds.contains(kind) {
            kinds.push(kind);
        }
    }
    let of_kind = |kind: &'static Kind| {
        let own = resumed.iter().filter(move |(other, _)| *other == kind);
        own.map(|(_, address)| address.clone()).collect::<Vec<_>>()
    };
    let waits = kinds
        .iter()
        .map(|kind| wait_for_kind(context, kind, of_kind(kind)));
    let ends = join_all(waits).await.into_iter().zip(&kinds);
    let mut failed = Vec::new();
    let mut words = Vec::new();
    for (end, kind) in ends {
        let of_kind = end?;
        if !of_kind.is_empty() {
            words.push(format!("{} {}(s)", of_kind.len(), kind.name));
        }
        failed.extend(of_kind);
    }
    if failed.is_empty() {
        return Ok(());
    }
    let words = format!("reconciliation failed for {}", words.join(", "));
    Err(Failure::blaming(Blame::of_all(failed), words))
}

/// Waits for the objects of a kind and tells of each how that ended, by name; returns who is to blame for those that
/// failed.
async fn wait_for_kind(
    context: &Context,
    kind: &'static Kind,
    addresses: Vec<Address>,
) -> Result<Vec<Blame>, Failure> {
    let cluster = context.cluster().await?;
    let ui = &context.ui;
    let waits = ops::wait_until_ready(cluster, ui, kind, &addresses).await?;
    let mut results: Vec<_> = addresses.iter().zip(waits).collect();
    results.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
    let mut failed = Vec::new();
    for (address, result) in results {
        match result {
            Ok(outcome) => {
                ui.success(format_args!(
                    "{} {} reconciliation completed",
                    kind.name, address.name
                ));
                ui.success(outcome);
            }
            Err(failure) => {
                ui.failure(format_args!(
                    "{} {} reconciliation failed: {failure}",
                    kind.name, address.name
                ));
                for hint in failure.hints() {
                    ui.action(format_args!("hint: {hint}"));
                }
                failed.push(failure.blame());
            }
        }
    }
    Ok(failed)
}
