//! The controllers of an installation, and the pods that they run in.

use serde::Deserialize;
use serde_json::Value;

use super::super::inventory::deployments;
use super::entry::Told;
use crate::cluster::{Cluster, ClusterError, Log, LogOptions, Resource, Selection};
use crate::error::Failure;
use crate::manifest::Object;

/// The container of a controller, where its pod has several.
const CONTAINER: &str = "manager";

/// A controller, and how its pods are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controller {
    /// Its namespace.
    pub namespace: String,
    /// The name of its Deployment.
    pub name: String,
    selector: String,
}

/// Finds the controllers of an installation, by name.
///
/// # Errors
///
/// Fails where the Deployments may not be listed.
pub async fn controllers(
    cluster: &Cluster,
    namespace: &str,
) -> Result<Vec<Controller>, ClusterError> {
    let deployments = deployments(cluster, namespace).await?;
    let controller = |deployment: &Object| Controller {
        namespace: deployment.namespace().into(),
        name: deployment.name().into(),
        selector: selector(deployment.get("/spec/selector")),
    };
    Ok(deployments.iter().map(controller).collect())
}

/// Returns what to say where there is nothing to read.
pub fn no_pods(namespace: &str) -> Failure {
    Failure::new(format!("no Flux pods found in namespace \"{namespace}\""))
        .with_hint("name the namespace of the controllers with `--flux-namespace`")
}

/// Returns what to say where the controllers have no pods.
pub fn idle(controllers: &[Controller]) -> Failure {
    let namespace = controllers.first().map(|first| first.namespace.as_str());
    no_pods(namespace.unwrap_or_default())
}

/// A pod of a controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    namespace: String,
    name: String,
    container: String,
    /// How its container ended the last time, if that was a crash.
    pub crash: Option<Crash>,
}

/// A crash of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crash {
    /// Which container of which pod it was, the how many-th time.
    pub of: (String, String, i64),
    /// How it ended, such as `OOMKilled, exit status 137`.
    words: String,
}

/// A pod as a list has it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct PodRow {
    metadata: PodMetadata,
    spec: PodSpec,
    status: PodStatus,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PodMetadata {
    name: String,
    namespace: String,
    deletion_timestamp: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PodSpec {
    containers: Vec<PodContainer>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PodContainer {
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PodStatus {
    phase: String,
    #[serde(rename = "containerStatuses")]
    containers: Vec<ContainerStatus>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ContainerStatus {
    name: String,
    restart_count: i64,
    last_state: ContainerState,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ContainerState {
    terminated: Option<Terminated>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Terminated {
    exit_code: i64,
    reason: String,
}

impl PodRow {
    /// Returns how a container, or the only one where none is named, crashed the last time.
    fn crash(&self, container: &str) -> Option<Crash> {
        let mut containers = self.status.containers.iter();
        let status = containers.find(|status| container.is_empty() || status.name == container)?;
        let ended = status.last_state.terminated.as_ref();
        let ended = ended.filter(|ended| ended.exit_code != 0)?;
        let reason = match ended.reason.as_str() {
            "" => String::new(),
            reason => format!("{reason}, "),
        };
        Some(Crash {
            of: (
                self.metadata.name.clone(),
                status.name.clone(),
                status.restart_count,
            ),
            words: format!("{reason}exit status {}", ended.exit_code),
        })
    }
}

impl Controller {
    /// Finds its pod: one that runs, and is to go on running, before all others.
    pub async fn pod(&self, cluster: &Cluster) -> Result<Option<Pod>, ClusterError> {
        let selection = Selection::of_namespace(&self.namespace).with_labels(&self.selector);
        let rows: Vec<PodRow> = cluster.list(&Resource::POD, &selection).await?;
        let rank = |row: &&PodRow| {
            let is_leaving = row.metadata.deletion_timestamp.is_some();
            (row.status.phase != "Running", is_leaving)
        };
        let row = rows.iter().min_by_key(rank);
        Ok(row.map(|row| {
            let container = match row.spec.containers.as_slice() {
                [_, _, ..] => CONTAINER,
                _ => "",
            };
            Pod {
                namespace: row.metadata.namespace.clone(),
                name: row.metadata.name.clone(),
                container: container.into(),
                crash: row.crash(container),
            }
        }))
    }
}

impl Pod {
    /// Opens its log.
    pub async fn open(&self, cluster: &Cluster, options: &LogOptions) -> Result<Log, ClusterError> {
        let options = LogOptions {
            container: self.container.clone(),
            ..options.clone()
        };
        cluster.log(&self.namespace, &self.name, &options).await
    }

    /// Opens what it wrote before its container was started anew, which has an end.
    pub async fn open_previous(
        &self,
        cluster: &Cluster,
        options: &LogOptions,
    ) -> Result<Log, ClusterError> {
        let options = LogOptions {
            previous: true,
            follow: false,
            ..options.clone()
        };
        self.open(cluster, &options).await
    }

    /// Says that it has crashed, and whether its log before that can be read.
    pub fn crashed(&self, crash: &Crash, previous: Result<(), ClusterError>) -> Told {
        let what = match previous {
            Ok(()) => "what it wrote before comes first".into(),
            Err(error) => format!(
                "what it wrote before is lost: {}",
                Failure::from(error).in_one_line()
            ),
        };
        Told::Crashed(format!(
            "{}/{} has crashed ({}); {what}",
            self.namespace, self.name, crash.words
        ))
    }

    /// Says that its log can't be read.
    pub fn unreadable(&self, error: ClusterError) -> Told {
        let why = Failure::from(error).in_one_line();
        Told::Unreadable(format!("{}/{}: {why}", self.namespace, self.name))
    }
}

/// Writes a label selector in the form of a query.
fn selector(selector: Option<&Value>) -> String {
    let Some(selector) = selector else {
        return String::new();
    };
    let labels = selector["matchLabels"].as_object().into_iter().flatten();
    let mut terms: Vec<String> = labels
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    let expressions = selector["matchExpressions"].as_array();
    for expression in expressions.into_iter().flatten() {
        let key = expression["key"].as_str().unwrap_or_default();
        let values: Vec<&str> = expression["values"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let values = values.join(",");
        terms.push(match expression["operator"].as_str() {
            Some("In") => format!("{key} in ({values})"),
            Some("NotIn") => format!("{key} notin ({values})"),
            Some("DoesNotExist") => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    terms.join(",")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selectors_are_written_as_queries() {
        let value = json!({"matchLabels": {"app": "x"}, "matchExpressions": [
            {"key": "a", "operator": "In", "values": ["1", "2"]},
            {"key": "b", "operator": "Exists"},
            {"key": "c", "operator": "DoesNotExist"},
            {"key": "d", "operator": "NotIn", "values": ["3"]},
        ]});
        assert_eq!(selector(Some(&value)), "app=x,a in (1,2),b,!c,d notin (3)");
    }

    #[test]
    fn only_a_crash_of_the_container_counts() {
        let row = |exit: i64| -> PodRow {
            serde_json::from_value(json!({"metadata": {"name": "p"}, "status": {"containerStatuses": [
                {"name": "side", "restartCount": 0},
                {"name": "manager", "restartCount": 2, "lastState": {"terminated": {"exitCode": exit, "reason": "OOMKilled"}}},
            ]}}))
            .unwrap()
        };
        let crash = row(137).crash("manager").unwrap();
        assert_eq!(crash.of, ("p".into(), "manager".into(), 2));
        assert_eq!(crash.words, "OOMKilled, exit status 137");
        assert_eq!(row(137).crash("side"), None);
        assert_eq!(row(0).crash("manager"), None);
    }
}
