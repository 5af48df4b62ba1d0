//! Whether the controller of a kind is there.

use serde_json::Value;

use crate::cluster::{Cluster, Resource, Selection};
use crate::manifest::Object;

/// How the controller of a kind is.
#[derive(Clone, Debug, PartialEq)]
pub enum Presence {
    /// It runs, or nobody may look.
    Runs,
    /// The cluster has no Deployment of it.
    Absent,
    /// Its Deployments are all scaled down to nothing.
    ScaledDown(Box<Object>),
    /// It has pods to run, and none is available.
    Down(Box<Object>),
}

/// Looks for the Deployments of a component.
pub async fn presence(cluster: &Cluster, component: &str) -> Presence {
    let labels = format!("app.kubernetes.io/component={component}");
    let selection = Selection::default().with_labels(labels);
    match cluster
        .list_objects(&Resource::DEPLOYMENT, &selection)
        .await
    {
        Ok(deployments) => of(deployments),
        Err(_) => Presence::Runs,
    }
}

/// Says how a controller is, from the Deployments that should run it.
fn of(mut deployments: Vec<Object>) -> Presence {
    let number =
        |deployment: &Object, pointer: &str| deployment.get(pointer).and_then(Value::as_i64);
    let runs = |deployment: &Object| number(deployment, "/status/availableReplicas") > Some(0);
    let scaled_down = |deployment: &Object| number(deployment, "/spec/replicas") == Some(0);
    if deployments.iter().any(runs) {
        return Presence::Runs;
    }
    if let Some(down) = deployments
        .iter()
        .position(|deployment| !scaled_down(deployment))
    {
        return Presence::Down(Box::new(deployments.swap_remove(down)));
    }
    deployments.pop().map_or(Presence::Absent, |deployment| {
        Presence::ScaledDown(Box::new(deployment))
    })
}

/// Says how a controller is not there; nothing where it runs.
pub fn hindrance(component: &str, presence: &Presence) -> Option<String> {
    match presence {
        Presence::Runs => None,
        Presence::Absent => Some(format!("the cluster has no {component}")),
        Presence::ScaledDown(_) => Some(format!("{component} is scaled down to nothing")),
        Presence::Down(_) => Some(format!("{component} is not available")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_controller_that_is_not_there_is_told() {
        let deployment = |replicas: i64, available: i64| {
            Object::new(json!({
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "c", "namespace": "f"},
                "spec": {"replicas": replicas}, "status": {"availableReplicas": available},
            }))
            .unwrap()
        };
        let told = |deployments: &[(i64, i64)]| {
            let deployments = deployments
                .iter()
                .map(|(wanted, there)| deployment(*wanted, *there));
            hindrance("c", &of(deployments.collect())).unwrap_or_default()
        };
        assert_eq!(told(&[]), "the cluster has no c");
        assert_eq!(told(&[(0, 0)]), "c is scaled down to nothing");
        assert_eq!(told(&[(1, 0)]), "c is not available");
        assert_eq!(told(&[(0, 0), (1, 0)]), "c is not available");
        assert_eq!(told(&[(0, 0), (1, 1)]), "");
    }
}
