//! What controllers make of a request: waited for, judged, and explained where it does not come.

use std::convert::Infallible;
use std::time::Duration;

use super::hindrance::hindrances;
use crate::api::{Kind, Row, row_of};
use crate::cluster::{
    Address, Cluster, Outcome, State, Status, Verdict, Waited, reconciled, status,
};
use crate::env;
use crate::error::Failure;
use crate::manifest::Object;
use crate::ops::waiting::{finished, wait_all};
use crate::report::Ui;

/// After how long it is told what stands in the way.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reasons for which an object is not ready that go by themselves: what it needs is on its way.
const PASSING: &[&str] = &["ArtifactFailed", "DependencyNotReady", "SourceNotReady"];

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
                None => verdict(object, reconciled(object, env::now())),
            }
        })
    };
    let ends = wait(cluster, ui, addresses, judge).await?;
    let told = ends.into_iter().map(|end| {
        let object = end?;
        Ok(outcome(kind, &row_of(object.value())))
    });
    Ok(told.collect())
}

/// Waits for objects side by side. What stands in the way of one is told while it is waited for, and as
/// hints where time runs out.
pub async fn wait(
    cluster: &Cluster,
    ui: &Ui,
    addresses: &[Address],
    judge: impl FnMut(&Address, Option<&Object>) -> Verdict,
) -> Result<Vec<Result<Object, Failure>>, Failure> {
    // The two are large, and whoever waits would carry them.
    let waiting = Box::pin(wait_all(cluster, ui, addresses, judge));
    let explaining = Box::pin(explain(cluster, ui, addresses));
    let waited = tokio::select! {
        biased;
        waited = waiting => waited?,
        never = explaining => match never {},
    };
    let mut ends = Vec::new();
    for one in waited {
        ends.push(Box::pin(end(cluster, one)).await);
    }
    Ok(ends)
}

/// Tells once what stands in the way, after some patience.
async fn explain(cluster: &Cluster, ui: &Ui, addresses: &[Address]) -> Infallible {
    tokio::time::sleep(PATIENCE).await;
    for address in addresses {
        for hindrance in hindrances(cluster, address).await {
            ui.warning(format_args!("{}: {hindrance}", address.id()));
        }
    }
    std::future::pending().await
}

/// Takes the end of a wait for its object, or for a failure with all that is known about it.
async fn end(cluster: &Cluster, waited: Waited) -> Result<Object, Failure> {
    let address = waited.address.clone();
    let timed_out = matches!(waited.outcome, Outcome::TimedOut(_));
    match finished(waited) {
        Err(failure) if timed_out => {
            let hints = hindrances(cluster, &address).await;
            Err(hints.into_iter().fold(failure, Failure::with_hint))
        }
        end => end,
    }
}

/// Judges an object that must be there.
pub fn judge(object: Option<&Object>, verdict: impl FnOnce(&Object) -> Verdict) -> Verdict {
    object.map_or_else(|| Verdict::Failed("the object was deleted".into()), verdict)
}

/// Says whether a request was answered, and how: `before` is the object as it was then, `revision` the one that its
/// source was just reconciled to, empty where it was not.
pub fn answered(object: &Object, before: &Row, revision: &str) -> Verdict {
    if object.text("/status/lastHandledReconcileAt") == before.status.last_handled_reconcile_at {
        return Verdict::Waiting("the controller has not answered the request yet".into());
    }
    match verdict(object, status(object, env::now())) {
        // It answers by what it knows of the source, which may be what the source was a moment ago.
        Verdict::Done(_) if is_behind(object, before, revision) => Verdict::Waiting(format!(
            "it has applied {}, and its source has {revision}",
            before.status.last_applied_revision
        )),
        verdict => verdict,
    }
}

/// Says whether an object still has the revision from before its source went on to another one.
fn is_behind(object: &Object, before: &Row, revision: &str) -> bool {
    let old = before.status.last_applied_revision.as_str();
    !old.is_empty()
        && !revision.is_empty()
        && old != revision
        && object.text("/status/lastAppliedRevision") == old
}

/// Says whether the wait for an object is over.
///
/// A controller that will try again by itself has said what is wrong this time: that is an end too, but
/// where the object only waits for another one.
pub fn verdict(object: &Object, status: Status) -> Verdict {
    match status.state {
        State::Current => Verdict::Done(status.message),
        State::Failed | State::Terminating => Verdict::Failed(status.message),
        State::InProgress | State::NotFound => {
            let row = row_of(object.value());
            match gave_up_for_now(&row) {
                Some(message) => Verdict::Failed(message.into()),
                None => Verdict::Waiting(status.message),
            }
        }
    }
}

/// Returns what went wrong in an attempt that is over, where the controller will make another one later.
fn gave_up_for_now(row: &Row) -> Option<&str> {
    let ready = row.condition("Ready")?;
    let will_try_again = row.condition("Reconciling").is_some_and(|condition| {
        condition.status == "True" && condition.reason == "ProgressingWithRetry"
    });
    let is_about_now = ready.observed_generation == row.metadata.generation;
    let is_final = ready.status == "False"
        && will_try_again
        && is_about_now
        && !PASSING.contains(&ready.reason.as_str());
    is_final.then_some(ready.message.as_str())
}

/// Takes an object that was waited for: it is ready, and this is what that has brought.
pub fn success(kind: &Kind, object: &Object) -> Result<String, Failure> {
    let row = row_of(object.value());
    match row.condition("Ready") {
        Some(ready) if ready.status == "True" => Ok(outcome(kind, &row)),
        Some(ready) => Err(Failure::new(format!(
            "{} reconciliation failed: '{}'",
            kind.name, ready.message
        ))),
        None => Err(Failure::new(format!(
            "{} reconciliation status can't be determined",
            kind.name
        ))),
    }
}

/// Says what a finished reconciliation has brought.
fn outcome(kind: &Kind, row: &Row) -> String {
    (kind.outcome)(row).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kustomization(reason: &str, reconciling: &str) -> Object {
        Object::new(json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": "a", "namespace": "b", "generation": 2},
            "status": {"observedGeneration": 1, "lastHandledReconcileAt": "now", "conditions": [
                {"type": "Reconciling", "status": "True", "reason": reconciling, "message": "later", "observedGeneration": 2},
                {"type": "Ready", "status": "False", "reason": reason, "message": "no such path", "observedGeneration": 2},
            ]},
        }))
        .unwrap()
    }

    #[test]
    fn an_attempt_that_failed_is_an_end() {
        let failed = kustomization("BuildFailed", "ProgressingWithRetry");
        let mut handled = Row::default();
        handled.status.last_handled_reconcile_at = "now".into();
        assert_eq!(
            answered(&failed, &Row::default(), ""),
            Verdict::Failed("no such path".into())
        );
        assert!(matches!(
            answered(&failed, &handled, ""),
            Verdict::Waiting(_)
        ));
    }

    #[test]
    fn what_goes_by_itself_is_waited_for() {
        for (reason, reconciling) in [
            ("DependencyNotReady", "ProgressingWithRetry"),
            ("ArtifactFailed", "ProgressingWithRetry"),
            ("Progressing", "Progressing"),
        ] {
            let object = kustomization(reason, reconciling);
            assert!(
                matches!(answered(&object, &Row::default(), ""), Verdict::Waiting(_)),
                "{reason}"
            );
        }
        let mut older = kustomization("BuildFailed", "ProgressingWithRetry");
        older.value_mut()["metadata"]["generation"] = json!(3);
        assert!(matches!(
            answered(&older, &Row::default(), ""),
            Verdict::Waiting(_)
        ));
    }

    #[test]
    fn an_answer_about_the_revision_before_is_none() {
        let applied = |revision: &str| {
            let object = json!({
                "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
                "metadata": {"name": "a", "namespace": "b", "generation": 1},
                "status": {
                    "observedGeneration": 1, "lastHandledReconcileAt": "now", "lastAppliedRevision": revision,
                    "conditions": [{"type": "Ready", "status": "True", "reason": "X", "message": "words", "observedGeneration": 1}],
                },
            });
            Object::new(object).unwrap()
        };
        let mut before = Row::default();
        let judged = |object: &Object, before: &Row, revision: &str| {
            matches!(answered(object, before, revision), Verdict::Done(_))
        };
        assert!(judged(&applied("one"), &before, "two"), "nothing is known");
        before.status.last_applied_revision = "one".into();
        assert!(!judged(&applied("one"), &before, "two"));
        assert!(judged(&applied("two"), &before, "two"));
        assert!(
            judged(&applied("three"), &before, "two"),
            "the source went on"
        );
        assert!(judged(&applied("one"), &before, "one") && judged(&applied("one"), &before, ""));
    }
}
