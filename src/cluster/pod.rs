//! The status of pods (pure; the rules of kstatus).

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::state::{Status, condition};
use crate::manifest::Object;

/// How long a new pod may look for a node before that counts as a failure.
const SCHEDULE_WINDOW: SignedDuration = SignedDuration::from_secs(15);

/// Judges a Pod.
pub(super) fn judge(object: &Object, now: Timestamp) -> Status {
    let crashing = || {
        let names = crashing_containers(object);
        let message = format!("Containers in CrashLoop state: {}", names.join(","));
        (!names.is_empty()).then(|| Status::failed(message))
    };
    match object.text("/status/phase") {
        "Succeeded" => Status::current("Pod has completed successfully"),
        "Failed" => Status::failed("Pod has completed, but not successfully"),
        "Running" if condition(object, "Ready").is_some_and(|ready| ready.is_true()) => {
            Status::current("Pod is Ready")
        }
        "Running" => {
            crashing().unwrap_or_else(|| Status::progressing("Pod is running but is not Ready"))
        }
        "Pending" => match condition(object, "PodScheduled") {
            Some(scheduled)
                if scheduled.status == "False" && scheduled.reason == "Unschedulable" =>
            {
                unscheduled(object, now)
            }
            _ => crashing().unwrap_or_else(|| Status::progressing("Pod is in the Pending phase")),
        },
        _ => Status::progressing("Pod phase not available"),
    }
}

/// Judges a pod that no node takes: nodes may just be coming.
fn unscheduled(object: &Object, now: Timestamp) -> Status {
    let created = object
        .text("/metadata/creationTimestamp")
        .parse::<Timestamp>();
    if created.is_ok_and(|created| now < created + SCHEDULE_WINDOW) {
        return Status::progressing("Pod has not been scheduled");
    }
    Status::failed("Pod could not be scheduled")
}

fn crashing_containers(object: &Object) -> Vec<&str> {
    let of = |pointer: &str| {
        object
            .get(pointer)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    of("/status/initContainerStatuses")
        .chain(of("/status/containerStatuses"))
        .filter(|container| {
            let reason = container.pointer("/state/waiting/reason");
            reason.and_then(Value::as_str) == Some("CrashLoopBackOff")
        })
        .filter_map(|container| container.get("name")?.as_str())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::state::State;
    use super::super::status::status;
    use super::*;

    const NOW: &str = "2030-01-01T00:01:00Z";

    fn judged_at(created: &str, found: &Value) -> (State, String) {
        let object = Object::new(json!({
            "apiVersion": "v1", "kind": "Pod", "status": found,
            "metadata": {"name": "x", "creationTimestamp": created},
        }));
        let found = status(&object.unwrap(), NOW.parse().unwrap());
        (found.state, found.message)
    }

    #[test]
    fn pods() {
        let judged = |status: Value| judged_at("2030-01-01T00:00:50Z", &status);
        assert_eq!(judged(json!({"phase": "Succeeded"})).0, State::Current);
        assert_eq!(judged(json!({"phase": "Failed"})).0, State::Failed);
        assert_eq!(judged(json!({})).0, State::InProgress);
        let ready = json!([{"type": "Ready", "status": "True"}]);
        assert_eq!(
            judged(json!({"phase": "Running", "conditions": ready})).0,
            State::Current
        );
        assert_eq!(judged(json!({"phase": "Running"})).0, State::InProgress);
        let crash = json!([{"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]);
        let expected = (State::Failed, "Containers in CrashLoop state: app".into());
        assert_eq!(
            judged(json!({"phase": "Running", "containerStatuses": crash})),
            expected
        );
        assert_eq!(
            judged(json!({"phase": "Pending", "initContainerStatuses": crash})),
            expected
        );
        assert_eq!(judged(json!({"phase": "Pending"})).0, State::InProgress);
    }

    #[test]
    fn a_pod_without_a_node_has_a_moment() {
        let state = json!({"phase": "Pending",
            "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]});
        let judged = |created: &str| judged_at(created, &state).0;
        assert_eq!(judged("2030-01-01T00:00:50Z"), State::InProgress);
        assert_eq!(judged("2030-01-01T00:00:44Z"), State::Failed);
    }
}
