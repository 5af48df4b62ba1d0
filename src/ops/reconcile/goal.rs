//! Waits for objects of any kind until they are as somebody wants them: ready, suspended, gone, or of a condition.

use std::str::FromStr;

use super::answer::verdict;
use crate::api::{Kind, Row, row_of};
use crate::cluster::{Address, Cluster, Outcome, State, Verdict, Waited, reconciled, status};
use crate::env;
use crate::error::Failure;
use crate::manifest::Object;
use crate::ops::waiting::wait_all;
use crate::report::Ui;

/// What objects are waited for to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Reconciled as they are wanted now, or, where no controller of Flux does that, current by the rules of kstatus.
    Ready,
    /// Suspended.
    Suspended,
    /// Gone.
    Deleted,
    /// With a condition of this type and status.
    Condition {
        /// The type; the case of its letters does not count.
        name: String,
        /// The status; neither does that of its.
        status: String,
    },
}

/// Text that names no goal.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is none of ready, suspended, deleted and condition=TYPE[=STATUS]")]
pub struct NoGoal(String);

impl FromStr for Goal {
    type Err = NoGoal;

    fn from_str(text: &str) -> Result<Self, NoGoal> {
        let no_goal = || NoGoal(text.to_owned());
        match text.to_lowercase().as_str() {
            "ready" => return Ok(Self::Ready),
            "suspended" => return Ok(Self::Suspended),
            "deleted" | "delete" => return Ok(Self::Deleted),
            _ => {}
        }
        let condition = text.strip_prefix("condition=").ok_or_else(no_goal)?;
        let (name, status) = condition.split_once('=').unwrap_or((condition, "True"));
        if name.is_empty() || status.is_empty() {
            return Err(no_goal());
        }
        Ok(Self::Condition {
            name: name.into(),
            status: status.into(),
        })
    }
}

/// Waits for all of the objects side by side; the ends come in the order of the addresses.
///
/// # Errors
///
/// Fails where the cluster can't be asked; how the wait for an object ended is part of the result.
pub async fn wait_for(
    cluster: &Cluster,
    ui: &Ui,
    addresses: &[Address],
    goal: &Goal,
) -> Result<Vec<Waited>, Failure> {
    let judge = |_: &Address, object: Option<&Object>| goal.judge(object);
    wait_all(cluster, ui, addresses, judge).await
}

/// Returns how the wait for an object ended, in words.
pub const fn words(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Done(words) | Outcome::Failed(words) | Outcome::TimedOut(words) => words.as_str(),
    }
}

impl Goal {
    /// Judges an object as it is now.
    fn judge(&self, object: Option<&Object>) -> Verdict {
        match (self, object) {
            (Self::Deleted, None) => Verdict::Done("it is gone".into()),
            (Self::Deleted, Some(object)) => Verdict::Waiting(staying(object)),
            (_, None) => Verdict::Waiting("it is not there".into()),
            (Self::Ready, Some(object)) => ready(object),
            (Self::Suspended, Some(object)) => {
                if is_suspended(object, &row_of(object.value())) {
                    Verdict::Done("it is suspended".into())
                } else {
                    Verdict::Waiting("it is not suspended".into())
                }
            }
            (Self::Condition { name, status }, Some(object)) => has(object, name, status),
        }
    }
}

fn kind_of(object: &Object) -> Option<&'static Kind> {
    Kind::of(object.group(), object.kind())
}

fn is_suspended(object: &Object, row: &Row) -> bool {
    kind_of(object).map_or(row.spec.suspend, |kind| (kind.suspended)(row))
}

/// Says why an object is still there.
fn staying(object: &Object) -> String {
    let finalizers = object.get("/metadata/finalizers");
    let finalizers = finalizers.and_then(serde_json::Value::as_array);
    let names: Vec<&str> = finalizers
        .into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_str)
        .collect();
    match (object.text("/metadata/deletionTimestamp"), names.is_empty()) {
        ("", _) => "nobody has deleted it".into(),
        (_, true) => "it is being deleted".into(),
        (_, false) => format!("it is being deleted, held by {}", names.join(", ")),
    }
}

fn ready(object: &Object) -> Verdict {
    let now = env::now();
    let Some(kind) = kind_of(object) else {
        let status = status(object, now);
        return match status.state {
            State::Current => Verdict::Done(status.message),
            State::Failed | State::Terminating => Verdict::Failed(status.message),
            State::InProgress | State::NotFound => Verdict::Waiting(status.message),
        };
    };
    let row = row_of(object.value());
    if let Some(message) = (kind.fixed)(&row) {
        return Verdict::Done(message.into());
    }
    match verdict(object, reconciled(object, now)) {
        Verdict::Done(_) => Verdict::Done(kind.readiness(&row).message.to_owned()),
        Verdict::Waiting(why) if is_suspended(object, &row) => {
            Verdict::Failed(format!("it is suspended, and not ready: {why}"))
        }
        other => other,
    }
}

/// Looks for a condition. One about an earlier generation says nothing about the object as it is wanted now.
fn has(object: &Object, name: &str, wanted: &str) -> Verdict {
    let row = row_of(object.value());
    let mut conditions = row.status.conditions.iter();
    let Some(condition) = conditions.find(|condition| condition.type_.eq_ignore_ascii_case(name))
    else {
        return Verdict::Waiting(format!("it has no condition {name}"));
    };
    let observed = match condition.observed_generation {
        0 => row.status.observed_generation,
        observed => observed,
    };
    if observed > 0 && observed < row.metadata.generation {
        return Verdict::Waiting(format!(
            "its condition {name} is about generation {observed} of {}",
            row.metadata.generation
        ));
    }
    let told = format!("{name} is {}: {}", condition.status, condition.message);
    let told = told.trim_end_matches([' ', ':']).to_owned();
    if condition.status.eq_ignore_ascii_case(wanted) {
        Verdict::Done(told)
    } else {
        Verdict::Waiting(told)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn object(value: Value) -> Object {
        Object::new(value).unwrap()
    }

    fn kustomization(suspend: bool, ready: &str, generation: i64) -> Object {
        object(json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": "a", "namespace": "b", "generation": generation},
            "spec": {"suspend": suspend},
            "status": {"observedGeneration": 1, "conditions": [
                {"type": "Ready", "status": ready, "reason": "X", "message": "words", "observedGeneration": 1},
            ]},
        }))
    }

    #[test]
    fn goals_are_read() {
        let condition = |name: &str, status: &str| Goal::Condition {
            name: name.into(),
            status: status.into(),
        };
        for (text, goal) in [
            ("ready", Goal::Ready),
            ("Suspended", Goal::Suspended),
            ("deleted", Goal::Deleted),
            ("condition=Healthy", condition("Healthy", "True")),
            ("condition=Ready=False", condition("Ready", "False")),
        ] {
            assert_eq!(text.parse::<Goal>().unwrap(), goal);
        }
        for wrong in [
            "",
            "gone",
            "condition",
            "condition=",
            "condition==True",
            "condition=A=",
        ] {
            assert!(wrong.parse::<Goal>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_old_ready_is_none() {
        let done = Goal::Ready.judge(Some(&kustomization(false, "True", 1)));
        assert_eq!(done, Verdict::Done("words".into()));
        let old = Goal::Ready.judge(Some(&kustomization(false, "True", 2)));
        assert!(matches!(old, Verdict::Waiting(_)), "{old:?}");
        let held = Goal::Ready.judge(Some(&kustomization(true, "True", 2)));
        assert!(matches!(held, Verdict::Failed(_)), "{held:?}");
        let condition: Goal = "condition=ready=true".parse().unwrap();
        let judged = |generation| condition.judge(Some(&kustomization(false, "True", generation)));
        assert!(matches!(judged(1), Verdict::Done(_)));
        assert!(matches!(judged(2), Verdict::Waiting(_)));
    }

    #[test]
    fn deletion_names_who_holds_the_object() {
        let held = object(json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "a", "namespace": "b", "deletionTimestamp": "2030-01-01T00:00:00Z", "finalizers": ["x/y"]},
        }));
        assert_eq!(
            Goal::Deleted.judge(Some(&held)),
            Verdict::Waiting("it is being deleted, held by x/y".into())
        );
        assert!(matches!(Goal::Deleted.judge(None), Verdict::Done(_)));
        assert!(matches!(Goal::Ready.judge(None), Verdict::Waiting(_)));
        assert!(matches!(Goal::Ready.judge(Some(&held)), Verdict::Failed(_)));
    }
}
