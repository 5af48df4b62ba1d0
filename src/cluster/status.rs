//! Is an object as it should be, on its way there, or stuck? (pure; the rules of kstatus)

use jiff::Timestamp;
use serde_json::Value;

use super::state::{State, Status, condition, conditions, number};
use super::{pod, workload};
use crate::manifest::Object;

/// Works out the status of an object at a time.
///
/// What holds for all kinds comes first (deletion, generation, `Reconciling`, `Stalled`), then the
/// rules of the kinds that Kubernetes brings, then `Ready`. An object that says nothing is current.
pub fn status(object: &Object, now: Timestamp) -> Status {
    in_general(object)
        .or_else(|| by_kind(object, now))
        .or_else(|| by_ready(object))
        .unwrap_or_else(|| Status::current("Resource is current"))
}

/// Works out the status of an object that may not be there.
pub fn status_of(object: Option<&Object>, now: Timestamp) -> Status {
    object.map_or_else(
        || Status::new(State::NotFound, "Resource not found"),
        |object| status(object, now),
    )
}

/// Works out the status of an object of Flux that its controller reconciles.
///
/// Beside [`status`] it asks that the controller has seen the object as it is now: a `Ready` of the
/// generation before means nothing.
pub fn reconciled(object: &Object, now: Timestamp) -> Status {
    let generation = number(object, "/metadata/generation").unwrap_or_default();
    let observed = number(object, "/status/observedGeneration");
    let Some(ready) = condition(object, "Ready") else {
        return in_general(object).unwrap_or_else(|| {
            Status::progressing("not reconciled yet: it has no Ready condition")
        });
    };
    let of_ready = ready
        .value
        .get("observedGeneration")
        .and_then(Value::as_i64)
        .filter(|seen| *seen != 0);
    let seen = of_ready.or(observed).unwrap_or_default();
    // An artifact generator and an external artifact say it in their conditions only.
    let is_unseen = observed.or(of_ready).unwrap_or_default() < 1 || seen != generation;
    if object.get("/metadata/deletionTimestamp").is_none() && is_unseen {
        // Before its first reconciliation a controller may say what it waits for, such as a dependency.
        let says = seen == generation && ready.status != "True" && !ready.message.is_empty();
        return Status::progressing(match seen {
            _ if says => ready.message.to_owned(),
            ..=0 => format!("generation {generation} is not reconciled yet"),
            seen => format!("generation {generation} is not reconciled yet, {seen} was the last"),
        });
    }
    status(object, now)
}

/// Applies the rules that hold for every kind.
fn in_general(object: &Object) -> Option<Status> {
    if object
        .get("/metadata/deletionTimestamp")
        .is_some_and(|time| !time.is_null())
    {
        return Some(Status::new(
            State::Terminating,
            "Resource scheduled for deletion",
        ));
    }
    if let (Some(generation), Some(observed)) = (
        number(object, "/metadata/generation"),
        number(object, "/status/observedGeneration"),
    ) && generation != observed
    {
        let kind = object.kind();
        return Some(Status::progressing(format!(
            "{kind} generation is {generation}, but latest observed generation is {observed}"
        )));
    }
    conditions(object).find_map(|condition| match condition.kind {
        "Reconciling" if condition.is_true() => Some(Status::progressing(condition.message)),
        "Stalled" if condition.is_true() => Some(Status::failed(condition.message)),
        _ => None,
    })
}

/// Applies the rules of the kinds that Kubernetes brings.
fn by_kind(object: &Object, now: Timestamp) -> Option<Status> {
    Some(match (object.group(), object.kind()) {
        ("", "Service") => service(object),
        ("", "Pod") => pod::judge(object, now),
        ("", "PersistentVolumeClaim") => claim(object),
        ("", "Namespace") => namespace(object),
        ("apps" | "extensions", "Deployment") => workload::deployment(object),
        ("apps" | "extensions", "ReplicaSet") => workload::replica_set(object),
        ("apps" | "extensions", "DaemonSet") => workload::daemon_set(object),
        ("apps", "StatefulSet") => workload::stateful_set(object),
        ("batch", "Job") => workload::job(object),
        ("policy", "PodDisruptionBudget") => {
            Status::current("AllowedDisruptions has been computed.")
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(object),
        ("", "ConfigMap" | "Secret") | ("batch", "CronJob") => {
            Status::current("Resource is always ready")
        }
        _ => return None,
    })
}

/// Applies the convention that `Ready` says it all.
fn by_ready(object: &Object) -> Option<Status> {
    let ready = condition(object, "Ready")?;
    Some(match ready.status {
        "True" => Status::current("Resource is Ready"),
        _ => Status::progressing(ready.message),
    })
}

fn service(object: &Object) -> Status {
    let balanced = object.text("/spec/type") == "LoadBalancer";
    if balanced && object.text("/spec/clusterIP").is_empty() {
        return Status::progressing("ClusterIP not set. Service type: LoadBalancer");
    }
    Status::current("Service is ready")
}

fn claim(object: &Object) -> Status {
    match object.text("/status/phase") {
        "Bound" => Status::current("PVC is Bound"),
        "" => Status::progressing("PVC is not Bound. phase: unknown"),
        phase => Status::progressing(format!("PVC is not Bound. phase: {phase}")),
    }
}

fn namespace(object: &Object) -> Status {
    match object.text("/status/phase") {
        "Active" => Status::current("Namespace is active"),
        "Terminating" => Status::new(State::Terminating, "Namespace is being deleted"),
        _ => Status::progressing("Namespace is not active yet"),
    }
}

fn definition(object: &Object) -> Status {
    for condition in conditions(object) {
        match (condition.kind, condition.status, condition.reason) {
            ("NamesAccepted", "False", _) => return Status::failed(condition.message),
            ("Established", "False", reason) if reason != "Installing" => {
                return Status::failed(condition.message);
            }
            ("Established", "True", _) => return Status::current("CRD is established"),
            _ => {}
        }
    }
    Status::progressing("Install in progress")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(mut value: Value) -> Object {
        value["metadata"]["name"] = "x".into();
        Object::new(value).unwrap()
    }

    fn of(value: Value) -> (State, String) {
        let status = status(&object(value), Timestamp::UNIX_EPOCH);
        (status.state, status.message)
    }

    fn flux(generation: i64, observed: i64, conditions: &Value) -> Value {
        json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"generation": generation},
            "status": {"observedGeneration": observed, "conditions": conditions},
        })
    }

    #[test]
    fn deletion_goes_before_everything() {
        let mut value = flux(1, 1, &json!([{"type": "Ready", "status": "True"}]));
        value["metadata"]["deletionTimestamp"] = "2030-01-01T00:00:00Z".into();
        assert_eq!(of(value).0, State::Terminating);
        assert_eq!(
            status_of(None, Timestamp::UNIX_EPOCH).state,
            State::NotFound
        );
    }

    #[test]
    fn an_old_status_means_progress() {
        let value = flux(3, 2, &json!([{"type": "Ready", "status": "True"}]));
        let message = "Kustomization generation is 3, but latest observed generation is 2";
        assert_eq!(of(value), (State::InProgress, message.into()));
    }

    #[test]
    fn reconciling_and_stalled_go_before_ready() {
        let ready = json!({"type": "Ready", "status": "True", "message": "fine"});
        let reconciling = json!({"type": "Reconciling", "status": "True", "message": "building"});
        let stalled = json!({"type": "Stalled", "status": "True", "message": "bad path"});
        let off = json!({"type": "Stalled", "status": "False", "message": "was bad"});
        let cases = [
            (json!([ready, reconciling]), State::InProgress, "building"),
            (json!([ready, stalled]), State::Failed, "bad path"),
            (json!([reconciling, stalled]), State::InProgress, "building"),
            (json!([off, ready]), State::Current, "Resource is Ready"),
        ];
        for (conditions, state, message) in cases {
            assert_eq!(
                of(flux(1, 1, &conditions)),
                (state, message.into()),
                "{conditions}"
            );
        }
    }

    #[test]
    fn not_ready_alone_is_progress_and_silence_is_current() {
        let conditions = json!([{"type": "Ready", "status": "False", "message": "no source"}]);
        assert_eq!(
            of(flux(1, 1, &conditions)),
            (State::InProgress, "no source".into())
        );
        let conditions = json!([{"type": "Ready", "status": "Unknown", "message": "?"}]);
        assert_eq!(of(flux(1, 1, &conditions)).0, State::InProgress);
        assert_eq!(of(flux(1, 1, &json!([]))).0, State::Current);
        let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role"});
        assert_eq!(of(role).0, State::Current);
    }

    #[test]
    fn a_reconciled_object_was_seen_as_it_is_now() {
        let now = Timestamp::UNIX_EPOCH;
        let state = |value: Value| reconciled(&object(value), now).state;
        let ready =
            |seen: Value| json!([{"type": "Ready", "status": "True", "observedGeneration": seen}]);
        assert_eq!(state(flux(2, 2, &ready(json!(2)))), State::Current);
        assert_eq!(
            state(flux(2, 2, &ready(json!(0)))),
            State::Current,
            "0 means not said"
        );
        assert_eq!(state(flux(2, 2, &ready(json!(1)))), State::InProgress);
        assert_eq!(state(flux(2, -1, &ready(json!(null)))), State::InProgress);
        assert_eq!(
            state(flux(1, 1, &json!([]))),
            State::InProgress,
            "current for kstatus, but not for us"
        );
        let message = |value: Value| reconciled(&object(value), now).message;
        assert_eq!(
            message(flux(2, 1, &ready(json!(1)))),
            "generation 2 is not reconciled yet, 1 was the last"
        );
        assert_eq!(
            message(flux(1, -1, &ready(json!(null)))),
            "generation 1 is not reconciled yet"
        );
        let waits = json!([{"type": "Ready", "status": "False", "observedGeneration": 1, "message": "dependency 'a/b' is not ready"}]);
        assert_eq!(
            message(flux(1, -1, &waits)),
            "dependency 'a/b' is not ready"
        );
        let generator = |conditions: Value| {
            state(json!({
                "apiVersion": "source.extensions.fluxcd.io/v1beta1", "kind": "ArtifactGenerator",
                "metadata": {"generation": 2}, "status": {"conditions": conditions},
            }))
        };
        assert_eq!(generator(ready(json!(2))), State::Current);
        assert_eq!(generator(ready(json!(1))), State::InProgress);
        assert_eq!(generator(ready(json!(null))), State::InProgress);
        let stalled = json!([{"type": "Stalled", "status": "True", "message": "bad"}]);
        assert_eq!(state(flux(1, 1, &stalled)), State::Failed);
    }

    #[test]
    fn a_definition_is_current_when_established() {
        let crd = |conditions: Value| {
            of(json!({
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "status": {"conditions": conditions},
            }))
            .0
        };
        assert_eq!(crd(json!([])), State::InProgress);
        assert_eq!(
            crd(json!([{"type": "Established", "status": "True"}])),
            State::Current
        );
        let installing =
            json!([{"type": "Established", "status": "False", "reason": "Installing"}]);
        assert_eq!(crd(installing), State::InProgress);
        let refused = json!([{"type": "NamesAccepted", "status": "False", "message": "taken"}]);
        assert_eq!(crd(refused), State::Failed);
        let broken = json!([{"type": "Established", "status": "False", "reason": "NotAccepted"}]);
        assert_eq!(crd(broken), State::Failed);
    }

    #[test]
    fn small_kinds_of_the_core_group() {
        let core = |kind: &str, more: Value| {
            let mut value = json!({"apiVersion": "v1", "kind": kind});
            for (key, part) in more.as_object().unwrap() {
                value[key] = part.clone();
            }
            of(value).0
        };
        let balancer = json!({"spec": {"type": "LoadBalancer"}});
        assert_eq!(core("Service", balancer), State::InProgress);
        let balancer = json!({"spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.1"}});
        assert_eq!(core("Service", balancer), State::Current);
        assert_eq!(core("Service", json!({})), State::Current);
        let claim =
            |phase: &str| core("PersistentVolumeClaim", json!({"status": {"phase": phase}}));
        assert_eq!(
            (claim("Bound"), claim("Pending")),
            (State::Current, State::InProgress)
        );
        let namespace = |phase: &str| core("Namespace", json!({"status": {"phase": phase}}));
        assert_eq!(namespace("Active"), State::Current);
        assert_eq!(namespace("Terminating"), State::Terminating);
        assert_eq!(core("Namespace", json!({})), State::InProgress);
        assert_eq!(core("ConfigMap", json!({})), State::Current);
        let budget = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": {"generation": 2}, "status": {"observedGeneration": 1}});
        assert_eq!(of(budget).0, State::InProgress);
    }
}
