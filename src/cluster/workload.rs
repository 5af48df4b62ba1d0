//! The status of what makes pods, and of jobs (pure; the rules of kstatus).

use serde_json::Value;

use super::state::{Condition, Status, condition, conditions, number};
use crate::manifest::Object;

/// Judges a Deployment.
pub(super) fn deployment(object: &Object) -> Status {
    // Without a deadline nobody says how the roll-out goes.
    let mut progressed = object
        .get("/spec/progressDeadlineSeconds")
        .is_none_or(Value::is_null);
    let mut available = false;
    for condition in conditions(object) {
        match condition.kind {
            "Progressing" if condition.reason == "ProgressDeadlineExceeded" => {
                return Status::failed("Progress deadline exceeded");
            }
            "Progressing" => {
                progressed |= condition.is_true() && condition.reason == "NewReplicaSetAvailable";
            }
            "Available" => available |= condition.is_true(),
            _ => {}
        }
    }
    let wanted = number(object, "/spec/replicas").unwrap_or(1);
    let count = |field: &str| count(object, field);
    let (total, updated) = (count("replicas"), count("updatedReplicas"));
    let unmet = short("Replicas", total, wanted)
        .or_else(|| short("Updated", updated, wanted))
        .or_else(|| surplus(total, wanted))
        .or_else(|| short("Available", count("availableReplicas"), updated))
        .or_else(|| short("Ready", count("readyReplicas"), wanted))
        .or_else(|| (!progressed).then(|| "ReplicaSet not Available".into()))
        .or_else(|| (!available).then(|| "Deployment not Available".into()));
    let done = format!("Deployment is available. Replicas: {total}");
    unmet.map_or_else(|| Status::current(done), Status::progressing)
}

/// Judges a `ReplicaSet`.
pub(super) fn replica_set(object: &Object) -> Status {
    if condition(object, "ReplicaFailure").is_some_and(|condition| condition.is_true()) {
        return Status::progressing("Replica Failure condition. Check Pods");
    }
    let wanted = number(object, "/spec/replicas").unwrap_or(1);
    let count = |field: &str| count(object, field);
    let total = count("replicas");
    let unmet = short("Labelled", count("fullyLabeledReplicas"), wanted)
        .or_else(|| short("Available", count("availableReplicas"), wanted))
        .or_else(|| short("Ready", count("readyReplicas"), wanted))
        .or_else(|| surplus(total, wanted));
    let done = format!("ReplicaSet is available. Replicas: {total}");
    unmet.map_or_else(|| Status::current(done), Status::progressing)
}

/// Judges a `StatefulSet`.
pub(super) fn stateful_set(object: &Object) -> Status {
    if object.text("/spec/updateStrategy/type") == "OnDelete" {
        return Status::current("StatefulSet is using the ondelete update strategy");
    }
    let wanted = number(object, "/spec/replicas").unwrap_or(1);
    let count = |field: &str| count(object, field);
    let (total, updated) = (count("replicas"), count("updatedReplicas"));
    let unmet = short("Replicas", total, wanted)
        .or_else(|| short("Ready", count("readyReplicas"), wanted))
        .or_else(|| surplus(total, wanted));
    if let Some(unmet) = unmet {
        return Status::progressing(unmet);
    }
    if let Some(partition) = number(object, "/spec/updateStrategy/rollingUpdate/partition") {
        return match short("Updated", updated, (wanted - partition).max(0)) {
            Some(unmet) => Status::progressing(format!("PartitionRollout: {unmet}")),
            None => Status::current(format!("Partition rollout complete. updated: {updated}")),
        };
    }
    if let Some(unmet) = short("Current", count("currentReplicas"), wanted) {
        return Status::progressing(unmet);
    }
    if object.text("/status/currentRevision") != object.text("/status/updateRevision") {
        return Status::progressing("Waiting for updated revision to match current");
    }
    Status::current(format!(
        "All replicas scheduled as expected. Replicas: {total}"
    ))
}

/// Judges a `DaemonSet`.
pub(super) fn daemon_set(object: &Object) -> Status {
    let Some(wanted) = number(object, "/status/desiredNumberScheduled") else {
        return Status::progressing("Missing .status.desiredNumberScheduled");
    };
    let count = |field: &str| count(object, field);
    let unmet = short("Current", count("currentNumberScheduled"), wanted)
        .or_else(|| short("Updated", count("updatedNumberScheduled"), wanted))
        .or_else(|| short("Available", count("numberAvailable"), wanted))
        .or_else(|| short("Ready", count("numberReady"), wanted));
    let done = format!("All replicas scheduled as expected. Replicas: {wanted}");
    unmet.map_or_else(|| Status::current(done), Status::progressing)
}

/// Judges a Job. One that runs is as it should be: it may take days.
pub(super) fn job(object: &Object) -> Status {
    let parallelism = number(object, "/spec/parallelism").unwrap_or(1);
    let completions = number(object, "/spec/completions").unwrap_or(parallelism);
    let count = |field: &str| count(object, field);
    let (succeeded, failed) = (count("succeeded"), count("failed"));
    for condition in conditions(object).filter(Condition::is_true) {
        match condition.kind {
            "Complete" => {
                return Status::current(format!(
                    "Job Completed. succeeded: {succeeded}/{completions}"
                ));
            }
            "Failed" => {
                return Status::failed(format!("Job Failed. failed: {failed}/{completions}"));
            }
            "Suspended" => return Status::current("Job Suspended"),
            _ => {}
        }
    }
    if object.text("/status/startTime").is_empty() {
        return Status::progressing("Job not started");
    }
    let active = count("active");
    Status::current(format!(
        "Job in progress. success:{succeeded}, active: {active}, failed: {failed}"
    ))
}

/// Returns a count of the status; 0 where it is not given, as Go leaves zeros out.
fn count(object: &Object, field: &str) -> i64 {
    number(object, &format!("/status/{field}")).unwrap_or_default()
}

/// Says that there are too few.
fn short(what: &str, found: i64, wanted: i64) -> Option<String> {
    (found < wanted).then(|| format!("{what}: {found}/{wanted}"))
}

/// Says that there are too many.
fn surplus(found: i64, wanted: i64) -> Option<String> {
    (found > wanted).then(|| format!("Pending termination: {}", found - wanted))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::state::State;
    use super::super::status::status;
    use super::*;

    const NOW: &str = "2030-01-01T00:01:00Z";

    fn judge(api_version: &str, kind: &str, spec: &Value, found: &Value) -> (State, String) {
        let object = Object::new(json!({
            "apiVersion": api_version, "kind": kind,
            "metadata": {"name": "x", "creationTimestamp": "2030-01-01T00:00:50Z"},
            "spec": spec, "status": found,
        }));
        let found = status(&object.unwrap(), NOW.parse().unwrap());
        (found.state, found.message)
    }

    /// Returns `base` with some fields changed; `null` removes.
    fn with(base: &Value, changes: &Value) -> Value {
        let mut copy = base.clone();
        for (key, value) in changes.as_object().unwrap() {
            copy[key] = value.clone();
        }
        copy
    }

    #[test]
    fn deployments_are_judged_step_by_step() {
        let spec = json!({"replicas": 2, "progressDeadlineSeconds": 600});
        let conditions = json!([
            {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
            {"type": "Available", "status": "True"},
        ]);
        let good = json!({"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2,
            "availableReplicas": 2, "conditions": conditions});
        let judged = |changes: Value| judge("apps/v1", "Deployment", &spec, &with(&good, &changes));
        assert_eq!(
            judged(json!({})),
            (
                State::Current,
                "Deployment is available. Replicas: 2".into()
            )
        );
        let cases = [
            (json!({"replicas": 1}), "Replicas: 1/2"),
            (json!({"updatedReplicas": 1}), "Updated: 1/2"),
            (json!({"replicas": 3}), "Pending termination: 1"),
            (json!({"availableReplicas": null}), "Available: 0/2"),
            (json!({"readyReplicas": 1}), "Ready: 1/2"),
            (
                json!({"conditions": [{"type": "Available", "status": "True"}]}),
                "ReplicaSet not Available",
            ),
            (
                json!({"conditions": [conditions[0]]}),
                "Deployment not Available",
            ),
        ];
        for (changes, message) in cases {
            assert_eq!(judged(changes), (State::InProgress, message.into()));
        }
        let late = json!([{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]);
        let failed = (State::Failed, "Progress deadline exceeded".into());
        assert_eq!(
            judged(json!({"conditions": late, "readyReplicas": 0})),
            failed
        );
    }

    #[test]
    fn a_deployment_without_a_deadline_needs_no_progress() {
        let state = json!({"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1,
            "availableReplicas": 1, "conditions": [{"type": "Available", "status": "True"}]});
        assert_eq!(
            judge("apps/v1", "Deployment", &json!({}), &state).0,
            State::Current
        );
        assert_eq!(
            judge("apps/v1", "Deployment", &json!({"replicas": 0}), &json!({})).1,
            "Deployment not Available"
        );
    }

    #[test]
    fn replica_sets() {
        let spec = json!({"replicas": 1});
        let good = json!({"replicas": 1, "fullyLabeledReplicas": 1, "availableReplicas": 1, "readyReplicas": 1});
        let judged = |changes: Value| judge("apps/v1", "ReplicaSet", &spec, &with(&good, &changes));
        assert_eq!(judged(json!({})).0, State::Current);
        assert_eq!(
            judged(json!({"fullyLabeledReplicas": 0})).1,
            "Labelled: 0/1"
        );
        assert_eq!(judged(json!({"availableReplicas": 0})).1, "Available: 0/1");
        assert_eq!(judged(json!({"readyReplicas": 0})).1, "Ready: 0/1");
        assert_eq!(judged(json!({"replicas": 2})).1, "Pending termination: 1");
        let failure = json!({"conditions": [{"type": "ReplicaFailure", "status": "True"}]});
        assert_eq!(
            judged(failure),
            (
                State::InProgress,
                "Replica Failure condition. Check Pods".into()
            )
        );
    }

    #[test]
    fn stateful_sets() {
        let good = json!({"replicas": 3, "readyReplicas": 3, "currentReplicas": 3, "updatedReplicas": 3,
            "currentRevision": "a", "updateRevision": "a"});
        let judged = |spec: Value, changes: Value| {
            judge("apps/v1", "StatefulSet", &spec, &with(&good, &changes))
        };
        let three = || json!({"replicas": 3});
        assert_eq!(judged(three(), json!({})).0, State::Current);
        assert_eq!(judged(three(), json!({"replicas": 2})).1, "Replicas: 2/3");
        assert_eq!(judged(three(), json!({"readyReplicas": 2})).1, "Ready: 2/3");
        assert_eq!(
            judged(three(), json!({"replicas": 4})).1,
            "Pending termination: 1"
        );
        assert_eq!(
            judged(three(), json!({"currentReplicas": 1})).1,
            "Current: 1/3"
        );
        let message = "Waiting for updated revision to match current";
        assert_eq!(judged(three(), json!({"updateRevision": "b"})).1, message);
        let partition =
            json!({"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 1}}});
        assert_eq!(
            judged(partition.clone(), json!({"updatedReplicas": 1})).1,
            "PartitionRollout: Updated: 1/2"
        );
        assert_eq!(
            judged(partition, json!({"updatedReplicas": 2})).0,
            State::Current
        );
        let manual = json!({"replicas": 9, "updateStrategy": {"type": "OnDelete"}});
        assert_eq!(judged(manual, json!({})).0, State::Current);
    }

    #[test]
    fn daemon_sets() {
        let good = json!({"desiredNumberScheduled": 2, "currentNumberScheduled": 2,
            "updatedNumberScheduled": 2, "numberAvailable": 2, "numberReady": 2});
        let judged =
            |changes: Value| judge("apps/v1", "DaemonSet", &json!({}), &with(&good, &changes));
        assert_eq!(judged(json!({})).0, State::Current);
        assert_eq!(
            judged(json!({"desiredNumberScheduled": null})).1,
            "Missing .status.desiredNumberScheduled"
        );
        assert_eq!(
            judged(json!({"currentNumberScheduled": 1})).1,
            "Current: 1/2"
        );
        assert_eq!(
            judged(json!({"updatedNumberScheduled": 1})).1,
            "Updated: 1/2"
        );
        assert_eq!(judged(json!({"numberAvailable": 1})).1, "Available: 1/2");
        assert_eq!(judged(json!({"numberReady": 1})).1, "Ready: 1/2");
    }

    #[test]
    fn jobs() {
        let judged = |state: Value| judge("batch/v1", "Job", &json!({"completions": 2}), &state);
        assert_eq!(
            judged(json!({})),
            (State::InProgress, "Job not started".into())
        );
        let running = json!({"startTime": "2030-01-01T00:00:00Z", "active": 1});
        assert_eq!(
            judged(running).1,
            "Job in progress. success:0, active: 1, failed: 0"
        );
        let done = json!({"succeeded": 2, "conditions": [{"type": "Complete", "status": "True"}]});
        assert_eq!(
            judged(done),
            (State::Current, "Job Completed. succeeded: 2/2".into())
        );
        let broken = json!({"failed": 1, "conditions": [{"type": "Failed", "status": "True"}]});
        assert_eq!(
            judged(broken),
            (State::Failed, "Job Failed. failed: 1/2".into())
        );
        let suspended = json!({"conditions": [{"type": "Suspended", "status": "True"}]});
        assert_eq!(judged(suspended).0, State::Current);
    }
}
