//! Ask a controller to look at an object now, and wait for its answer.

use serde_json::{Value, json};

use super::waiting::{finished, wait_all};
use crate::api::{Kind, Row, Verb, row_of};
use crate::cluster::{Address, Cluster, Resource, State, Status, Verdict, reconciled, status};
use crate::env;
use crate::error::Failure;
use crate::manifest::{Object, ObjectId};
use crate::report::Ui;

/// The annotation that asks for a reconciliation.
const REQUESTED: &str = "reconcile.fluxcd.io/requestedAt";
/// The annotation that asks for an upgrade although nothing changed.
const FORCED: &str = "reconcile.fluxcd.io/forceAt";
/// The annotation that asks to forget failures.
const RESET: &str = "reconcile.fluxcd.io/resetAt";

/// Whether the source is reconciled first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Only the object.
    Alone,
    /// Its source, and the source of that, first.
    WithSource,
}

/// What is asked of a controller.
#[derive(Clone, Debug)]
pub struct ReconcileRequest {
    /// The kind of the object.
    pub kind: &'static Kind,
    /// The object.
    pub address: Address,
    /// Whether its source comes first.
    pub depth: Depth,
    /// Whether a release is upgraded although nothing changed.
    pub force: bool,
    /// Whether the failures of a release are forgotten.
    pub reset: bool,
}

/// Reconciles an object, its sources first where that is asked for.
pub async fn reconcile(
    cluster: &Cluster,
    ui: &Ui,
    request: &ReconcileRequest,
) -> Result<(), Failure> {
    let (kind, address) = (request.kind, &request.address);
    let object = cluster.get(address).await?.ok_or_else(|| {
        Failure::new(format!(
            "{} object '{}' not found in \"{}\" namespace",
            kind.name, address.name, address.namespace
        ))
    })?;
    let row = row_of(object.value());
    if (kind.fixed)(&row).is_some() {
        ui.success("reconciliation not supported by the object");
        return Ok(());
    }
    if (kind.suspended)(&row) {
        return Err(Failure::new("resource is suspended").with_hint(format!(
            "let it go on with `resume {} {} -n {}`",
            kind.words.join(" "),
            address.name,
            address.namespace
        )));
    }
    let source = kind.source.filter(|_| request.depth == Depth::WithSource);
    if let Some(source) = source.and_then(|source| source(&row)) {
        // The source of a source is one step closer to the start; it ends where a kind has none.
        Box::pin(reconcile(cluster, ui, &source_request(&source)?)).await?;
    }
    request_and_wait(cluster, ui, request, &row).await
}

fn source_request(source: &ObjectId) -> Result<ReconcileRequest, Failure> {
    let kind = Kind::of(&source.group, &source.kind)
        .filter(|kind| kind.takes(Verb::Reconcile))
        .ok_or_else(|| Failure::new(format!("cannot reconcile source of kind {}", source.kind)))?;
    Ok(ReconcileRequest {
        kind,
        address: Resource::from(kind).at(&source.namespace, &source.name),
        depth: Depth::WithSource,
        force: false,
        reset: false,
    })
}

async fn request_and_wait(
    cluster: &Cluster,
    ui: &Ui,
    request: &ReconcileRequest,
    before: &Row,
) -> Result<(), Failure> {
    let (kind, address) = (request.kind, &request.address);
    ui.action(format_args!(
        "annotating {} {} in {} namespace",
        kind.name, address.name, address.namespace
    ));
    let now = env::now().to_string();
    cluster
        .merge(
            address,
            &json!({ "metadata": { "annotations": annotations(request, &now) } }),
        )
        .await?;
    ui.success(format_args!("{} annotated", kind.name));
    ui.waiting(format_args!("waiting for {} reconciliation", kind.name));
    let handled = before.status.last_handled_reconcile_at.clone();
    let judge =
        |_: &Address, object: Option<&Object>| judge(object, |object| answered(object, &handled));
    let waited = wait_all(cluster, ui, std::slice::from_ref(address), judge).await?;
    let object = waited
        .into_iter()
        .next()
        .map(finished)
        .ok_or_else(|| Failure::new("nothing was waited for"))??;
    let row = row_of(object.value());
    match row.condition("Ready") {
        Some(ready) if ready.status == "True" => {}
        Some(ready) => {
            return Err(Failure::new(format!(
                "{} reconciliation failed: '{}'",
                kind.name, ready.message
            )));
        }
        None => {
            return Err(Failure::new(format!(
                "{} reconciliation status can't be determined",
                kind.name
            )));
        }
    }
    ui.success(outcome(kind, &row));
    Ok(())
}

fn annotations(request: &ReconcileRequest, now: &str) -> Value {
    let mut annotations = json!({ REQUESTED: now });
    if request.force {
        annotations[FORCED] = now.into();
    }
    if request.reset {
        annotations[RESET] = now.into();
    }
    annotations
}

/// Judges an object that must be there.
fn judge(object: Option<&Object>, verdict: impl FnOnce(&Object) -> Verdict) -> Verdict {
    object.map_or_else(|| Verdict::Failed("the object was deleted".into()), verdict)
}

/// Says whether a request newer than `handled` was answered, and how.
fn answered(object: &Object, handled: &str) -> Verdict {
    if object.text("/status/lastHandledReconcileAt") == handled {
        return Verdict::Waiting("the controller has not answered the request yet".into());
    }
    verdict(status(object, env::now()))
}

fn verdict(status: Status) -> Verdict {
    match status.state {
        State::Current => Verdict::Done(status.message),
        State::Failed | State::Terminating => Verdict::Failed(status.message),
        State::InProgress | State::NotFound => Verdict::Waiting(status.message),
    }
}

/// Says what a finished reconciliation has brought.
fn outcome(kind: &Kind, row: &Row) -> String {
    (kind.outcome)(row).unwrap_or_default()
}

/// Waits side by side until objects are reconciled as they are wanted now; each end says what that has brought.
pub async fn wait_until_ready(
    cluster: &Cluster,
    ui: &Ui,
    kind: &'static Kind,
    addresses: &[Address],
) -> Result<Vec<Result<String, Failure>>, Failure> {
    let judge = |_: &Address, object: Option<&Object>| {
        judge(object, |object| {
            match (kind.fixed)(&row_of(object.value())) {
                Some(message) => Verdict::Done(message.into()),
                None => verdict(reconciled(object, env::now())),
            }
        })
    };
    let waited = wait_all(cluster, ui, addresses, judge).await?;
    let ends = waited.into_iter().map(|waited| {
        let object = finished(waited)?;
        Ok(outcome(kind, &row_of(object.value())))
    });
    Ok(ends.collect())
}
