//! Doing what a diff of a folder has shown, and nothing else.

use std::collections::BTreeSet;

use serde_json::json;

use super::super::waiting::wait_all;
use super::against::MANAGER;
use super::compared::Fate;
use super::gone::{Gone, Inventory};
use super::overlay::{INVENTORY_KEY, OWNER_LABEL, OverlayDiff, OverlayRequest};
use crate::cluster::{
    Address, ApplyOptions, Cluster, Deletion, Outcome, State, Verdict, is_same, status_of,
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
/// Fails before anything is written where an object is not as it was shown. Later, what was done stays done; a second
/// run shows what is left.
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
    unchanged_since(&cluster, request, shown).await?;
    let wanted = Inventory::of(
        shown
            .held
            .iter()
            .filter(|held| applies(&held.compared.fate))
            .map(|held| &held.wanted),
    );
    // Should this run not come to its end, the next one still knows everything that it may have applied.
    let everything = shown.inventory.with(&wanted);
    let is_kept = keep(request, &everything).await.is_ok();
    recreate(ui, &cluster, shown).await?;
    let changing = shown.held.iter().filter(|held| {
        matches!(
            held.compared.fate,
            Fate::Created | Fate::Recreated | Fate::Changed(_)
        )
    });
    let objects: Vec<Object> = changing.map(|held| held.wanted.clone()).collect();
    let options = ApplyOptions::default();
    cluster
        .apply(&objects, &options, |change| {
            ui.success(format_args!("{} {}", change.id, change.action));
        })
        .await?;
    if !is_kept {
        // The namespace of the inventory was among the objects.
        keep(request, &everything).await?;
    }
    wait_until_healthy(ui, &cluster, &objects).await?;
    prune(ui, &cluster, &doomed).await?;
    let gone: BTreeSet<_> = doomed
        .iter()
        .map(|gone| gone.object.id().to_inventory())
        .collect();
    let mut rest = everything;
    let is_there: BTreeSet<_> = shown
        .gone
        .iter()
        .map(|gone| gone.object.id().to_inventory())
        .collect();
    let ours: BTreeSet<_> = wanted
        .entries
        .iter()
        .map(|entry| entry.id.clone())
        .collect();
    rest.entries.retain(|entry| {
        ours.contains(&entry.id) || (is_there.contains(&entry.id) && !gone.contains(&entry.id))
    });
    keep(request, &rest).await
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
    shown: &OverlayDiff,
) -> Result<(), Failure> {
    let held = shown
        .held
        .iter()
        .map(|held| (held.address.as_ref(), held.live.as_ref()));
    let gone = shown
        .gone
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
async fn recreate(ui: &Ui, cluster: &Cluster, shown: &OverlayDiff) -> Result<(), Failure> {
    let recreated = shown
        .held
        .iter()
        .filter(|held| matches!(held.compared.fate, Fate::Recreated));
    let addresses: Vec<Address> = recreated.filter_map(|held| held.address.clone()).collect();
    for address in &addresses {
        cluster.delete(address).await?;
        ui.action(format_args!("{} deleted, to be made anew", address.id()));
    }
    wait_until_gone(ui, cluster, &addresses).await
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

/// Deletes, in the opposite order of applying.
async fn prune(ui: &Ui, cluster: &Cluster, doomed: &[&Gone]) -> Result<(), Failure> {
    let mut objects: Vec<Object> = doomed.iter().map(|gone| gone.object.clone()).collect();
    sort_for_apply(&mut objects);
    for object in objects.iter().rev() {
        let address = cluster.address_of(object).await?;
        if cluster.delete(&address).await? == Deletion::Accepted {
            ui.success(format_args!("{} deleted", address.id()));
        }
    }
    Ok(())
}

/// Writes what the owner has applied.
async fn keep(request: &OverlayRequest<'_>, inventory: &Inventory) -> Result<(), Failure> {
    let address = request.inventory_address();
    let text = serde_json::to_string(inventory).map_err(|error| Failure::new(error.to_string()))?;
    let value = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {
            "name": address.name, "namespace": address.namespace,
            "labels": {"app.kubernetes.io/managed-by": "gitops", OWNER_LABEL: request.owner},
        },
        "data": {INVENTORY_KEY: text},
    });
    let object = Object::new(value).map_err(|error| Failure::new(error.to_string()))?;
    request
        .cluster
        .apply(&[object], &ApplyOptions::default(), |_| {})
        .await?;
    Ok(())
}
