//! Are Deployments ready, and will they be?

use super::super::waiting::{Pace, wait_all_at};
use crate::cluster::{
    Address, Cluster, Outcome as End, Resource, State, Verdict, Waited, status_of,
};
use crate::env;
use crate::error::Failure;
use crate::manifest::Object;
use crate::report::Ui;

/// Whether a Deployment became ready in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It did.
    Ready,
    /// It did not, and why.
    NotReady(String),
}

impl From<Waited> for Readiness {
    fn from(waited: Waited) -> Self {
        match waited.outcome {
            End::Done(_) => Self::Ready,
            End::Failed(why) | End::TimedOut(why) => Self::NotReady(why),
        }
    }
}

/// Judges a Deployment that may not be there yet.
pub fn judge_deployment(object: Option<&Object>) -> Verdict {
    let status = status_of(object, env::now());
    match status.state {
        State::Current => Verdict::Done(status.message),
        State::Failed => Verdict::Failed(status.message),
        _ => Verdict::Waiting(status.message),
    }
}

/// Waits for Deployments side by side, each until it is ready, has failed for good, or time is up;
/// the answers are in the order of the names.
pub async fn ready_deployments(
    cluster: &Cluster,
    ui: &Ui,
    namespace: &str,
    names: &[&str],
    pace: Pace,
) -> Result<Vec<Readiness>, Failure> {
    let addresses: Vec<_> = names
        .iter()
        .map(|name| Resource::DEPLOYMENT.at(namespace, name))
        .collect();
    let judge = |_: &Address, object: Option<&Object>| judge_deployment(object);
    let waited = wait_all_at(pace, cluster, ui, &addresses, judge).await?;
    Ok(waited.into_iter().map(Readiness::from).collect())
}
