//! From a workload that is not healthy down to its pod, and the event about it.

use jiff::Timestamp;
use serde_json::Value;

use super::chain::{CauseKind, ChainLink, Verdict};
use super::container;
use super::excerpt::brief;
use super::next::step;
use crate::cluster::{self, Cluster, Event, Resource, Selection, State, Status};
use crate::manifest::Object;

/// How many pods of a workload are looked at.
const PODS: u32 = 500;

/// Follows a workload, or another object that is no Flux object, down to the cause; adds the pod to the links.
pub async fn follow(
    cluster: &Cluster,
    object: &Object,
    status: &Status,
    links: &mut Vec<ChainLink>,
) -> Verdict {
    if (object.group(), object.kind()) == ("", "Pod") {
        let warning = warning(cluster, object).await;
        return of_pod(object, status, warning.as_ref());
    }
    let pods = pods(cluster, object).await;
    let now = Timestamp::now();
    let Some((pod, state)) = worst(&pods, now) else {
        let warning = warning(cluster, object).await;
        return without_pods(object, status, warning.as_ref());
    };
    let warning = warning(cluster, pod).await;
    let verdict = of_pod(pod, &state, warning.as_ref());
    let told = warning.map_or_else(
        || state.message.clone(),
        |event| format!("{}: {}", event.reason, event.message),
    );
    links.push(ChainLink {
        relation: "runs in",
        object: pod.into(),
        state: state.state.to_string(),
        message: brief(&told),
    });
    verdict
}

/// Lists the pods that the selector of a workload finds; none for what has no selector.
async fn pods(cluster: &Cluster, object: &Object) -> Vec<Object> {
    let Some(labels) = selector(object) else {
        return Vec::new();
    };
    let selection = Selection {
        page: Some(PODS),
        ..Selection::of_namespace(object.namespace()).with_labels(labels)
    };
    cluster
        .list_objects(&Resource::POD, &selection)
        .await
        .unwrap_or_default()
}

/// Writes the labels that a workload finds its pods by as a selector.
fn selector(object: &Object) -> Option<String> {
    let labels = object.get("/spec/selector/matchLabels")?.as_object()?;
    let pairs = labels
        .iter()
        .filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)));
    let selector = pairs.collect::<Vec<_>>().join(",");
    (!selector.is_empty()).then_some(selector)
}

/// Chooses the pod that tells most: one that failed before one on its way, the newest of several.
fn worst(pods: &[Object], now: Timestamp) -> Option<(&Object, Status)> {
    let judged = pods.iter().map(|pod| (pod, cluster::status(pod, now)));
    judged
        .filter(|(_, status)| matches!(status.state, State::Failed | State::InProgress))
        .max_by_key(|(pod, status)| {
            let told = container::troubled(pod).is_some();
            let created = pod.text("/metadata/creationTimestamp").to_owned();
            (status.state == State::Failed, told, created)
        })
}

async fn warning(cluster: &Cluster, object: &Object) -> Option<Event> {
    let resource = match (object.group(), object.kind()) {
        ("", "Pod") => Resource::POD,
        _ => cluster
            .resource(object.api_version(), object.kind())
            .await
            .ok()?,
    };
    let address = resource.at(object.namespace(), object.name());
    let events = cluster.events_of(&address).await.ok()?;
    events
        .into_iter()
        .rev()
        .find(|event| event.kind == "Warning")
}

/// Says what is wrong with a pod.
fn of_pod(pod: &Object, status: &Status, warning: Option<&Event>) -> Verdict {
    let name = pod.name();
    if let Some(message) = unscheduled(pod) {
        return Verdict::new(
            CauseKind::Scheduling,
            format!("no node takes pod {name}: {}", brief(message)),
            Some(container::describe(pod)),
        );
    }
    let Some(trouble) = container::troubled(pod) else {
        let told = warning.map_or(status.message.as_str(), |event| event.message.as_str());
        return Verdict::new(
            CauseKind::Health,
            format!("pod {name} is not ready: {}", brief(told)),
            Some(container::describe(pod)),
        );
    };
    container::verdict(pod, &trouble, warning)
}

fn unscheduled(pod: &Object) -> Option<&str> {
    let conditions = pod.get("/status/conditions")?.as_array()?;
    let scheduled = conditions
        .iter()
        .find(|condition| condition["type"] == "PodScheduled")?;
    (scheduled["status"] == "False" && scheduled["reason"] == "Unschedulable")
        .then(|| scheduled["message"].as_str().unwrap_or("Unschedulable"))
}

/// Says what is wrong with an object that has no pod that is worse off.
fn without_pods(object: &Object, status: &Status, warning: Option<&Event>) -> Verdict {
    let (kind, name) = (object.kind().to_lowercase(), object.name());
    let place = match object.namespace() {
        "" => String::new(),
        namespace => format!(" -n {namespace}"),
    };
    let next = Some(step(
        "see all that is known of it",
        format!("kubectl describe {kind} {name}{place}"),
    ));
    if status.state == State::Terminating {
        let message = format!(
            "{} is being deleted, and waits for its finalizers",
            object.id()
        );
        return Verdict::new(CauseKind::Terminating, message, next);
    }
    let conditions = object.get("/status/conditions").and_then(Value::as_array);
    let failed = conditions
        .into_iter()
        .flatten()
        .find(|condition| condition["type"] == "ReplicaFailure" && condition["status"] == "True")
        .and_then(|condition| condition["message"].as_str());
    let event = warning.filter(|event| event.reason == "FailedCreate");
    if let Some(message) = failed.or(event.map(|event| event.message.as_str())) {
        let message = format!(
            "the pods of {kind} {name} cannot be made: {}",
            brief(message)
        );
        return Verdict::new(CauseKind::Pods, message, next);
    }
    let told = warning.map_or(status.message.as_str(), |event| event.message.as_str());
    Verdict::new(
        CauseKind::Health,
        format!("{} is not healthy: {}", object.id(), brief(told)),
        next,
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(status: &Value) -> Object {
        Object::new(json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "namespace": "a"}, "status": status,
        }))
        .unwrap()
    }

    fn told(status: &Value) -> (CauseKind, String, String) {
        let pod = pod(status);
        let state = cluster::status(&pod, Timestamp::UNIX_EPOCH);
        let verdict = of_pod(&pod, &state, None);
        let next = verdict.next.map(|next| next.command).unwrap_or_default();
        (verdict.cause.kind, verdict.cause.message, next)
    }

    #[test]
    fn the_state_of_containers_is_told() {
        let crash = json!({"phase": "Running", "containerStatuses": [
            {"name": "side", "ready": true, "state": {"running": {}}},
            {"name": "app", "ready": false, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
             "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}},
        ]});
        let (kind, message, next) = told(&crash);
        assert_eq!(kind, CauseKind::Container);
        assert_eq!(
            message,
            "container `app` ended with exit code 137 (OOMKilled), again and again"
        );
        assert_eq!(next, "kubectl logs web-1 -n a -c app --previous");
        let image = json!({"phase": "Pending", "containerStatuses": [
            {"name": "app", "image": "x:nope", "ready": false, "state": {"waiting": {"reason": "ImagePullBackOff"}}},
        ]});
        assert_eq!(
            told(&image).1,
            "the image `x:nope` of container `app` cannot be pulled: ImagePullBackOff"
        );
        let secret = json!({"phase": "Pending", "containerStatuses": [
            {"name": "app", "ready": false, "state": {"waiting": {"reason": "CreateContainerConfigError", "message": "secret \"login\" not found"}}},
        ]});
        assert_eq!(told(&secret).0, CauseKind::Reference);
        let nowhere = json!({"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"},
        ]});
        assert_eq!(told(&nowhere).1, "no node takes pod web-1: 0/1 nodes");
        let unready = json!({"phase": "Running", "containerStatuses": [
            {"name": "app", "ready": false, "state": {"running": {}}},
        ]});
        assert_eq!(told(&unready).1, "container `app` runs, but is not ready");
        let done = json!({"phase": "Failed", "containerStatuses": [
            {"name": "app", "ready": false, "state": {"terminated": {"exitCode": 2}}},
        ]});
        assert_eq!(
            told(&done).1,
            "container `app` ended with exit code 2 (Error)"
        );
        assert_eq!(told(&json!({"phase": "Pending"})).0, CauseKind::Health);
    }

    #[test]
    fn the_pod_that_failed_goes_first() {
        let mut starting = pod(&json!({"phase": "Pending"}));
        starting
            .metadata_mut()
            .insert("name".into(), "young".into());
        let failed = pod(&json!({"phase": "Failed"}));
        let pods = [starting, failed];
        let (worst, _) = worst(&pods, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(worst.name(), "web-1");
    }
}
