//! Waiting until new definitions are served and new namespaces can be filled.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::client::Cluster;
use super::error::ClusterError;
use super::resource::{Address, Resource};
use super::state::State;
use super::status::{status, status_of};
use super::verdict::{Events, Outcome, Verdict};
use super::wait::WaitOptions;
use crate::error::{Blame, Explain};
use crate::manifest::Object;

/// The time between two looks at what is served.
const PAUSE: Duration = Duration::from_millis(200);

/// Why what others build on is not ready.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// An object will never be ready.
    #[error("{address} cannot get ready: {message}")]
    Failed {
        /// The object.
        address: Box<Address>,
        /// What it says.
        message: String,
    },
    /// An object was not ready in time.
    #[error("{address} was not ready in time: {message}")]
    Late {
        /// The object.
        address: Box<Address>,
        /// What it waits for.
        message: String,
    },
    /// A defined kind is not served in time.
    #[error("the cluster does not serve {kind} of {api_version} yet")]
    Unserved {
        /// The kind.
        kind: String,
        /// Its API version.
        api_version: String,
    },
    /// The cluster can't be asked.
    #[error("cannot see whether definitions and namespaces are ready")]
    Cluster(#[source] ClusterError),
}

impl Explain for SettleError {
    fn blame(&self) -> Blame {
        match self {
            Self::Failed { .. } => Blame::User,
            Self::Late { .. } | Self::Unserved { .. } => Blame::Timeout,
            Self::Cluster(error) => error.blame(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Cluster(error) => error.hint(),
            Self::Failed { .. } => None,
            Self::Late { .. } | Self::Unserved { .. } => {
                Some("run the same command again: what is there already is kept".into())
            }
        }
    }
}

/// Waits until the definitions among the objects are established and listed, and the namespaces active.
pub(super) async fn settle(
    cluster: &Cluster,
    objects: &[Object],
    limit: Duration,
) -> Result<(), SettleError> {
    let start = Instant::now();
    let addresses: Vec<Address> = objects
        .iter()
        .filter(|object| !is_ready(object))
        .filter_map(address)
        .collect();
    let options = WaitOptions {
        limit: Some(limit),
        events: Events::Ignored,
        ..WaitOptions::default()
    };
    let judge = |_: &Address, object: Option<&Object>| verdict(object);
    let waited = cluster
        .wait(&addresses, &options, judge, |_| {})
        .await
        .map_err(SettleError::Cluster)?;
    for waited in waited {
        let address = Box::new(waited.address);
        match waited.outcome {
            Outcome::Done(_) => {}
            Outcome::Failed(message) => return Err(SettleError::Failed { address, message }),
            Outcome::TimedOut(message) => return Err(SettleError::Late { address, message }),
        }
    }
    let served: BTreeSet<(String, String)> = objects.iter().flat_map(served).collect();
    for (api_version, kind) in served {
        while !is_listed(cluster, &api_version, &kind).await? {
            if start.elapsed() > limit {
                return Err(SettleError::Unserved { kind, api_version });
            }
            sleep(PAUSE).await;
        }
    }
    Ok(())
}

async fn is_listed(cluster: &Cluster, api_version: &str, kind: &str) -> Result<bool, SettleError> {
    match cluster.resource(api_version, kind).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_not_found() || error.is_passing() && !is_late(&error) => Ok(false),
        Err(error) => Err(SettleError::Cluster(error)),
    }
}

fn is_late(error: &ClusterError) -> bool {
    matches!(error, ClusterError::TimedOut { .. })
}

/// Says whether an object is ready as it came back from the server.
fn is_ready(object: &Object) -> bool {
    status(object, Timestamp::now()).state == State::Current
}

fn verdict(object: Option<&Object>) -> Verdict {
    let status = status_of(object, Timestamp::now());
    match status.state {
        State::Current => Verdict::Done(status.message),
        State::Failed => Verdict::Failed(status.message),
        _ => Verdict::Waiting(status.message),
    }
}

/// Returns where an object is, if it is one to wait for.
fn address(object: &Object) -> Option<Address> {
    match (object.group(), object.kind()) {
        ("", "Namespace") => Some(Resource::NAMESPACE.at("", object.name())),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            Some(Resource::CUSTOM_RESOURCE_DEFINITION.at("", object.name()))
        }
        _ => None,
    }
}

/// Returns the API versions and the kind that a definition brings.
fn served(definition: &Object) -> Vec<(String, String)> {
    if definition.kind() != "CustomResourceDefinition" {
        return Vec::new();
    }
    let group = definition.text("/spec/group");
    let kind = definition.text("/spec/names/kind");
    let versions = definition
        .get("/spec/versions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    versions
        .filter(|version| {
            version
                .get("served")
                .and_then(Value::as_bool)
                .unwrap_or(false)
        })
        .filter_map(|version| version.get("name")?.as_str())
        .map(|version| (format!("{group}/{version}"), kind.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_served_versions_are_asked_for() {
        let definition = Object::new(json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "buckets.x.io"},
            "spec": {"group": "x.io", "names": {"kind": "Bucket"}, "versions": [
                {"name": "v1", "served": true}, {"name": "v1beta1", "served": false},
            ]},
        }));
        let definition = definition.unwrap();
        assert_eq!(served(&definition), [("x.io/v1".into(), "Bucket".into())]);
        assert_eq!(
            address(&definition).unwrap().to_string(),
            "CustomResourceDefinition/buckets.x.io"
        );
    }
}
