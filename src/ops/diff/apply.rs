//! Doing what a diff of a folder has shown, and nothing else.

use std::collections::BTreeSet;

use super::super::waiting::wait_all;
use super::against::{Held, MANAGER};
use super::compared::Fate;
use super::gone::{Gone, Inventory};
use super::overlay::{OverlayDiff, OverlayRequest};
use super::record::{Record, RecordError};
use crate::cluster::{
    Address, Applied, ApplyOptions, Cluster, Deletion, Outcome, State, Verdict, is_same, status_of,
};
use crate::env;
use crate::error::{Blame, Failure};
use crate::manifest::{Object, sort_for_apply};
use crate::report::Ui;

/// Applies what was shown, waits until it is healthy, and then deletes what the owner wants no more, where that was
/// shown too.
///
/// # Errors
///
/// Fails before anything is written where an object is not as it was shown, or another run is under way. Later, what
/// was done stays done and is told; a second run shows what is left.
pub async fn apply_overlay(
    ui: &Ui,
    request: &OverlayRequest<'_>,
    shown: &OverlayDiff,
    prunes: bool,
) -> Result<(), Failure> {
    let cluster = request.cluster.managing_as(MANAGER);
    let doomed: Vec<&Gone> = shown
        .gone
        .iter()
        .filter(|gone| prunes && gone.is_prunable())
        .collect();
    unchanged_since(&cluster, request, (shown, &doomed)).await?;
    let wanted = Inventory::of(
        shown
            .held
            .iter()
            .filter(|held| applies(&held.compared.fate))
            .map(|held| &held.wanted),
    );
    // Should this run not come to its end, the next one still knows everything that it may have applied.
    let everything = shown.inventory.with(&wanted);
    let mut record = Record::new(request, shown.inventory_version.clone());
    let is_kept = match record.keep(&everything).await {
        Ok(()) => true,
        Err(RecordError::NoNamespace(_)) if makes_namespace(shown, request.namespace) => false,
        Err(error) => return Err(unkept(error, "nothing was applied")),
    };
    let objects = write(ui, &cluster, shown).await?;
    if !is_kept {
        let kept = record.keep(&everything).await;
        kept.map_err(|error| unkept(error, "what was applied stays"))?;
    }
    wait_until_healthy(ui, &cluster, &objects).await?;
    let deleted = prune(ui, &cluster, doomed).await?;
    match record.keep(&rest(shown, &wanted, &deleted)).await {
        Ok(()) => Ok(()),
        // Who wrote it has read it first, and so has noted everything.
        Err(RecordError::Taken) => {
            ui.warning("another run applies this folder too; what was pruned here stays in its notes until the next one");
            Ok(())
        }
        Err(error) => Err(unkept(error, "everything else is done")),
    }
}

/// Says whether a namespace is among the new objects.
fn makes_namespace(shown: &OverlayDiff, name: &str) -> bool {
    shown.held.iter().any(|held| {
        matches!(held.compared.fate, Fate::Created)
            && held.wanted.kind() == "Namespace"
            && held.wanted.name() == name
    })
}

/// Says that the notes can't be written, and what was done before.
fn unkept(error: RecordError, done: &str) -> Failure {
    match error {
        RecordError::Taken => Failure::new("another run has applied this folder meanwhile")
            .with_hint(format!("{done}; run the command again to see the new diff")),
        RecordError::NoNamespace(failure) | RecordError::Other(failure) => {
            let message = format!(
                "cannot note what is applied, which pruning needs: {}",
                failure.in_one_line()
            );
            let failure = failure.hints().iter().fold(
                Failure::blaming(failure.blame(), message),
                |failure, hint| failure.with_hint(hint.clone()),
            );
            failure.with_hint(done.to_owned())
        }
    }
}

/// Returns what the owner has applied after all: what is wanted, and what is still there of what is not.
fn rest(shown: &OverlayDiff, wanted: &Inventory, pruned: &BTreeSet<String>) -> Inventory {
    let ours: BTreeSet<&str> = wanted
        .entries
        .iter()
        .map(|entry| entry.id.as_str())
        .collect();
    let left: BTreeSet<String> = shown
        .gone
        .iter()
        .map(|gone| gone.object.id().to_inventory())
        .filter(|id| !pruned.contains(id))
        .collect();
    let mut rest = shown.inventory.with(wanted);
    rest.entries
        .retain(|entry| ours.contains(entry.id.as_str()) || left.contains(&entry.id));
    rest
}

/// Writes what changes, and then what can only be made anew; returns all of it.
async fn write(ui: &Ui, cluster: &Cluster, shown: &OverlayDiff) -> Result<Vec<Object>, Failure> {
    let fitting = |fits: fn(&Fate) -> bool| -> Vec<&Held> {
        let held = shown.held.iter();
        held.filter(|held| fits(&held.compared.fate)).collect()
    };
    let changing = fitting(|fate| matches!(fate, Fate::Created | Fate::Changed(_)));
    let anew = fitting(|fate| matches!(fate, Fate::Recreated));
    let all = changing.len() + anew.len();
    let mut done = 0;
    let mut objects: Vec<Object> = changing.iter().map(|held| held.wanted.clone()).collect();
    let options = ApplyOptions::default();
    let mut told = |change: &Applied| {
        done += 1;
        ui.success(format_args!("{} {}", change.id, change.action));
    };
    let mut outcome = cluster.apply(&objects, &options, &mut told).await;
    // Nothing is deleted before everything else has been taken.
    for held in anew {
        if outcome.is_err() {
            break;
        }
        delete_for_good(ui, cluster, held).await?;
        let object = std::slice::from_ref(&held.wanted);
        outcome = cluster.apply(object, &options, &mut told).await;
        objects.extend_from_slice(object);
    }
    match outcome {
        Ok(_) => Ok(objects),
        Err(error) => Err(Failure::from(error).with_hint(format!(
            "{done} of {all} objects were applied and stay; run the same command again to go on"
        ))),
    }
}

/// Says whether an object with this fate belongs to what was applied.
const fn applies(fate: &Fate) -> bool {
    !matches!(
        fate,
        Fate::Skipped { .. } | Fate::Refused { .. } | Fate::Deleted
    )
}

/// Fails where an object is not as it was when the diff was shown.
async fn unchanged_since(
    cluster: &Cluster,
    request: &OverlayRequest<'_>,
    (shown, doomed): (&OverlayDiff, &[&Gone]),
) -> Result<(), Failure> {
    let held = shown
        .held
        .iter()
        .map(|held| (held.address.as_ref(), held.live.as_ref()));
    let gone = doomed
        .iter()
        .map(|gone| (gone.address.as_ref(), gone.live.as_ref()));
    let before: Vec<(&Address, Option<&Object>)> = held
        .chain(gone)
        .filter_map(|(address, live)| Some((address?, live)))
        .collect();
    let addresses: BTreeSet<Address> = before
        .iter()
        .map(|(address, _)| (*address).clone())
        .collect();
    let mut now = cluster
        .live_state(&addresses, request.options.concurrency)
        .await?;
    let mut changed = Vec::new();
    for (address, before) in before {
        let now = now.remove(address).transpose()?.flatten();
        let is_as_shown = match (before, &now) {
            (None, None) => true,
            (Some(before), Some(now)) => {
                before.text("/metadata/uid") == now.text("/metadata/uid") && is_same(before, now)
            }
            _ => false,
        };
        if !is_as_shown {
            changed.push(address.id().to_string());
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the cluster has changed since the diff was made: {}",
        changed.join(", ")
    );
    Err(Failure::new(message)
        .with_hint("nothing was applied; run the command again to see the new diff"))
}

/// Deletes what can only be made anew, and waits until it is gone.
async fn delete_for_good(ui: &Ui, cluster: &Cluster, held: &Held) -> Result<(), Failure> {
    let (Some(address), Some(live)) = (&held.address, &held.live) else {
        return Ok(());
    };
    cluster.delete_this(address, live).await?;
    ui.action(format_args!("{} deleted, to be made anew", address.id()));
    wait_until_gone(ui, cluster, std::slice::from_ref(address)).await
}

async fn wait_until_gone(ui: &Ui, cluster: &Cluster, addresses: &[Address]) -> Result<(), Failure> {
    let judge = |_: &Address, object: Option<&Object>| match object {
        None => Verdict::Done("gone".into()),
        Some(_) => Verdict::Waiting("being deleted".into()),
    };
    for waited in wait_all(cluster, ui, addresses, judge).await? {
        if let Outcome::TimedOut(_) | Outcome::Failed(_) = waited.outcome {
            let message = format!(
                "timed out waiting for the deletion of {}",
                waited.address.id()
            );
            return Err(Failure::blaming(Blame::Timeout, message));
        }
    }
    Ok(())
}

/// Waits until objects are as their specifications say.
async fn wait_until_healthy(ui: &Ui, cluster: &Cluster, objects: &[Object]) -> Result<(), Failure> {
    let mut addresses = Vec::new();
    for object in objects {
        addresses.push(cluster.address_of(object).await?);
    }
    let judge = |_: &Address, object: Option<&Object>| {
        let status = status_of(object, env::now());
        match status.state {
            State::Current => Verdict::Done(status.message),
            State::Failed => Verdict::Failed(status.message),
            _ => Verdict::Waiting(status.message),
        }
    };
    let mut blame = None;
    for waited in wait_all(cluster, ui, &addresses, judge).await? {
        let (why, whose) = match waited.outcome {
            Outcome::Done(_) => continue,
            Outcome::Failed(why) => (why, Blame::User),
            Outcome::TimedOut(why) => (why, Blame::Timeout),
        };
        ui.failure(format_args!(
            "{} is not healthy: {why}",
            waited.address.id()
        ));
        blame = blame.or(Some(whose));
    }
    match blame {
        None => Ok(()),
        Some(blame) => Err(
            Failure::blaming(blame, "not everything that was applied is healthy")
                .with_hint("nothing was pruned; see why with `gitops why KIND/NAME`"),
        ),
    }
}

/// Deletes, in the opposite order of applying, what is still the owner's; returns what is gone then, as inventories
/// name it.
async fn prune(
    ui: &Ui,
    cluster: &Cluster,
    doomed: Vec<&Gone>,
) -> Result<BTreeSet<String>, Failure> {
    let mut objects: Vec<Object> = doomed.iter().map(|gone| gone.object.clone()).collect();
    sort_for_apply(&mut objects);
    let mut pruned = BTreeSet::new();
    for object in objects.iter().rev() {
        let shown = doomed.iter().find(|gone| gone.object.id() == object.id());
        let Some((address, live)) =
            shown.and_then(|gone| Some((gone.address.as_ref()?, gone.live.as_ref()?)))
        else {
            continue;
        };
        // The wait may have been long.
        let now = Gone {
            object: object.clone(),
            address: Some(address.clone()),
            live: cluster.get(address).await?,
            unread: None,
        };
        let is_other = |now: &Object| now.text("/metadata/uid") != live.text("/metadata/uid");
        if let Some(why) = now.reason_to_stay() {
            ui.warning(format_args!("{} stays: {why}", address.id()));
            continue;
        }
        if now.live.as_ref().is_some_and(is_other) {
            ui.warning(format_args!(
                "{} stays: somebody has made it anew",
                address.id()
            ));
            continue;
        }
        if cluster.delete_this(address, live).await? == Deletion::Accepted {
            ui.success(format_args!("{} deleted", address.id()));
        }
        pruned.insert(object.id().to_inventory());
    }
    Ok(pruned)
}
