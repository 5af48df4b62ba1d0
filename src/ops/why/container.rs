//! What is wrong with a container of a pod, and what to do about it (pure).

use serde_json::Value;

use super::chain::{CauseKind, NextStep, Verdict};
use super::excerpt::{brief, missing_reference};
use super::next::step;
use crate::cluster::Event;
use crate::manifest::Object;

/// A container that is not as it should be.
#[derive(Debug, PartialEq, Eq)]
pub struct Trouble<'a> {
    container: &'a str,
    image: &'a str,
    /// Why it waits; empty where it does not.
    waiting: &'a str,
    message: &'a str,
    /// How it ended last, if it ever did: the exit code and the word for it.
    ended: Option<(i64, &'a str)>,
}

/// Finds the first container that waits for something bad, has ended badly, or runs without being ready.
pub fn troubled(pod: &Object) -> Option<Trouble<'_>> {
    const ON_ITS_WAY: &[&str] = &["ContainerCreating", "PodInitializing"];
    let list = |pointer: &str| {
        pod.get(pointer)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let containers =
        || list("/status/initContainerStatuses").chain(list("/status/containerStatuses"));
    let troubles = containers().filter_map(|status| {
        let text = |pointer: &str| {
            status
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let end = |state: &str| {
            let code = status
                .pointer(&format!("/{state}/terminated/exitCode"))?
                .as_i64()?;
            let reason = status.pointer(&format!("/{state}/terminated/reason"));
            Some((code, reason.and_then(Value::as_str).unwrap_or("Error")))
        };
        let (waiting, now) = (text("/state/waiting/reason"), end("state"));
        let ended = now
            .or_else(|| end("lastState"))
            .filter(|(code, _)| *code != 0);
        let is_bad = (!waiting.is_empty() && !ON_ITS_WAY.contains(&waiting))
            || now.is_some_and(|(code, _)| code != 0)
            || (status.pointer("/state/running").is_some() && status["ready"] == false);
        is_bad.then(|| Trouble {
            container: text("/name"),
            image: text("/image"),
            waiting,
            message: text("/state/waiting/message"),
            ended,
        })
    });
    // One that says why goes before one that merely runs.
    troubles.max_by_key(|trouble| (!trouble.waiting.is_empty(), trouble.ended.is_some()))
}

/// Says what is wrong with a pod whose container is in trouble.
pub fn verdict(pod: &Object, trouble: &Trouble<'_>, warning: Option<&Event>) -> Verdict {
    unpulled(pod, trouble)
        .or_else(|| unresolved(pod, trouble))
        .unwrap_or_else(|| of_container(pod, trouble, warning))
}

/// Says how to see all that is known of a pod.
pub fn describe(pod: &Object) -> NextStep {
    let (name, namespace) = (pod.name(), pod.namespace());
    step(
        "see all that is known of it",
        format!("kubectl describe pod {name} -n {namespace}"),
    )
}

/// Says of a container without its image why it has none.
fn unpulled(pod: &Object, trouble: &Trouble<'_>) -> Option<Verdict> {
    let is_image = matches!(
        trouble.waiting,
        "ImagePullBackOff" | "ErrImagePull" | "InvalidImageName" | "ErrImageNeverPull"
    );
    let told = if trouble.message.is_empty() {
        trouble.waiting
    } else {
        trouble.message
    };
    let message = format!(
        "the image `{}` of container `{}` cannot be pulled: {}",
        trouble.image,
        trouble.container,
        brief(told)
    );
    is_image.then(|| Verdict::new(CauseKind::Image, message, Some(describe(pod))))
}

/// Says of a container that needs what does not exist what that is.
fn unresolved(pod: &Object, trouble: &Trouble<'_>) -> Option<Verdict> {
    let (resource, missing) =
        missing_reference(trouble.message).or_else(|| quoted_reference(trouble.message))?;
    let message = format!(
        "container `{}` needs {resource} `{missing}`, which does not exist",
        trouble.container
    );
    let sort = if resource == "secret" {
        "secret generic"
    } else {
        resource
    };
    let namespace = pod.namespace();
    let command =
        format!("kubectl create {sort} {missing} -n {namespace} --from-literal=KEY=VALUE");
    let next = step("make it, or correct the reference", command);
    Some(Verdict::new(CauseKind::Reference, message, Some(next)))
}

/// Says of a container how it ended, or why it does not run.
fn of_container(pod: &Object, trouble: &Trouble<'_>, warning: Option<&Event>) -> Verdict {
    let container = trouble.container;
    let logs = |previous: &str| {
        let (name, namespace) = (pod.name(), pod.namespace());
        let command = format!("kubectl logs {name} -n {namespace} -c {container}{previous}");
        Some(step("read what it says before it ends", command))
    };
    let (message, next) = match (trouble.ended, trouble.waiting) {
        (Some((code, reason)), waiting) => {
            let again = if waiting == "CrashLoopBackOff" {
                ", again and again"
            } else {
                ""
            };
            let previous = if waiting.is_empty() {
                ""
            } else {
                " --previous"
            };
            let message =
                format!("container `{container}` ended with exit code {code} ({reason}){again}");
            (message, logs(previous))
        }
        (None, "") => {
            let told = warning
                .map(|event| format!(": {}", brief(&event.message)))
                .unwrap_or_default();
            let message = format!("container `{container}` runs, but is not ready{told}");
            (message, logs(""))
        }
        (None, "CrashLoopBackOff") => {
            let message = format!("container `{container}` ends again and again");
            (message, logs(" --previous"))
        }
        (None, waiting) => {
            let told = brief(trouble.message);
            let message = format!("container `{container}` does not start: {waiting} {told}");
            (message.trim_end().to_owned(), Some(describe(pod)))
        }
    };
    Verdict::new(CauseKind::Container, message, next)
}

/// Reads `secret "x" not found`, as a kubelet writes it.
fn quoted_reference(message: &str) -> Option<(&'static str, &str)> {
    ["secret", "configmap"].into_iter().find_map(|resource| {
        let (_, rest) = message.split_once(&format!("{resource} \""))?;
        let (name, rest) = rest.split_once('"')?;
        rest.starts_with(" not found").then_some((resource, name))
    })
}
