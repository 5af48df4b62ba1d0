//! The check itself: what is looked at, in which order.

use std::time::Duration;

use super::super::freeze::freezes;
use super::super::inventory;
use super::super::release::News;
use super::super::waiting::Pace;
use super::readiness::{Readiness, ready_deployments};
use super::report::{CheckReport, Findings, Outcome};
use super::versions::kubernetes;
use crate::cluster::{Cluster, ClusterError, Installation};
use crate::error::Failure;
use crate::manifest::Object;
use crate::report::Ui;

/// How long the list of definitions may take.
const LIST_LIMIT: Duration = Duration::from_secs(10);

/// How long the prerequisites wait for the answer about newer releases, which is asked for beside everything else:
/// where nobody answers, a check takes hardly longer.
const NEWS_LIMIT: Duration = Duration::from_millis(250);

/// What a check looks at.
#[derive(Debug)]
pub struct CheckRequest<'a> {
    /// The namespace of Flux.
    pub namespace: &'a str,
    /// Stop after the prerequisites.
    pub prerequisites_only: bool,
    /// Look for objects that are suspended past their time.
    pub freezes: bool,
    /// Controllers that must be there; none are asked for where it is empty.
    pub components: Vec<String>,
    /// How often to look at controllers that are not ready, and to tell what they wait for.
    pub poll_interval: Duration,
}

/// Checks a cluster; what is wrong is part of the report, not a failure of the check.
pub async fn check(
    cluster: &Cluster,
    ui: &Ui,
    request: &CheckRequest<'_>,
) -> Result<CheckReport, Failure> {
    let mut findings = Findings::new(ui);
    findings.begin("prerequisites", "checking prerequisites");
    let mut news = News::ask();
    let version = cluster.version().await;
    findings.tell(news.heard(NEWS_LIMIT).await);
    let (outcome, message) = kubernetes(&version?.git_version);
    findings.say(outcome, message);
    if !request.prerequisites_only {
        look_inside(cluster, request, &mut findings).await?;
        findings.tell(news.heard(Duration::ZERO).await);
    }
    if request.freezes {
        findings.begin("freezes", "checking freezes");
        for (outcome, message) in freezes(cluster).await? {
            findings.say(outcome, message);
        }
    }
    Ok(findings.finish())
}

/// Looks at what an installation has in the cluster.
async fn look_inside(
    cluster: &Cluster,
    request: &CheckRequest<'_>,
    findings: &mut Findings<'_>,
) -> Result<(), Failure> {
    findings.begin("version", "checking version in cluster");
    installation(cluster, findings).await;
    findings.begin("controllers", "checking controllers");
    controllers(cluster, request, findings).await?;
    findings.begin("crds", "checking crds");
    // A controller that is not ready may have used up the time limit.
    definitions(&cluster.limited_to(Some(LIST_LIMIT)), findings).await?;
    Ok(())
}

async fn installation(cluster: &Cluster, findings: &mut Findings<'_>) {
    match cluster.installation().await {
        Ok(Some(Installation {
            distribution,
            bootstrapped,
            ..
        })) => {
            if let Some(distribution) = distribution {
                findings.say(Outcome::Passed, format!("distribution: {distribution}"));
            }
            findings.say(Outcome::Passed, format!("bootstrapped: {bootstrapped}"));
        }
        Ok(None) => findings.say(
            Outcome::Failed,
            "checking failed: Flux is not installed in this cluster".into(),
        ),
        Err(error) => findings.say(
            Outcome::Failed,
            format!("checking failed: {}", Failure::from(error).in_one_line()),
        ),
    }
}

async fn controllers(
    cluster: &Cluster,
    request: &CheckRequest<'_>,
    findings: &mut Findings<'_>,
) -> Result<(), Failure> {
    let deployments = inventory::deployments(cluster, request.namespace).await?;
    if deployments.is_empty() {
        let namespace = request.namespace;
        let label = inventory::PART_OF_FLUX;
        findings.say(
            Outcome::Failed,
            format!("no controllers found in the '{namespace}' namespace with the label selector '{label}'"),
        );
    }
    for name in &request.components {
        if !deployments.is_empty()
            && !deployments
                .iter()
                .any(|deployment| deployment.name() == name)
        {
            findings.say(Outcome::Failed, format!("{name}: deployment not found"));
        }
    }
    let names: Vec<&str> = deployments.iter().map(Object::name).collect();
    let pace = Pace::every(request.poll_interval);
    let ready = ready_deployments(cluster, findings.ui, request.namespace, &names, pace).await?;
    for (deployment, ready) in deployments.iter().zip(ready) {
        let name = deployment.name();
        match ready {
            Readiness::Ready => findings.say(Outcome::Passed, format!("{name}: deployment ready")),
            Readiness::NotReady(why) => {
                findings.say(
                    Outcome::Failed,
                    format!("{name}: deployment not ready{}", because(&why)),
                );
            }
        }
        for image in inventory::images(deployment) {
            findings.say(Outcome::Noted, image.to_owned());
        }
    }
    Ok(())
}

fn because(why: &str) -> String {
    if why.is_empty() {
        String::new()
    } else {
        format!(" ({why})")
    }
}

async fn definitions(cluster: &Cluster, findings: &mut Findings<'_>) -> Result<(), ClusterError> {
    let definitions = inventory::definitions(cluster).await?;
    if definitions.is_empty() {
        let label = inventory::PART_OF_FLUX;
        findings.say(
            Outcome::Failed,
            format!("no crds found with the label selector '{label}'"),
        );
    }
    for definition in &definitions {
        let stored = definition
            .get("/status/storedVersions")
            .and_then(serde_json::Value::as_array);
        match stored.and_then(|versions| versions.last()?.as_str()) {
            Some(version) => {
                findings.say(Outcome::Passed, format!("{}/{version}", definition.name()));
            }
            None => findings.say(
                Outcome::Failed,
                format!("no stored versions for {}", definition.name()),
            ),
        }
    }
    Ok(())
}
