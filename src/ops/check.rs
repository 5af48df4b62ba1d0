//! Is the cluster fit for Flux, and is Flux well in it?

use std::time::Duration;

use schemars::JsonSchema;
use semver::Version;
use serde::Serialize;

use super::freeze::freezes;
use super::inventory;
use super::release::{Newer, News};
use super::waiting::{Pace, wait_all_at};
use crate::cluster::{
    Address, Cluster, ClusterError, Installation, Outcome as End, Resource, State, Verdict, Waited,
    status_of,
};
use crate::env;
use crate::error::Failure;
use crate::manifest::Object;
use crate::report::{Mark, Ui};

/// The oldest Kubernetes that this release of Flux runs on.
const OLDEST_KUBERNETES: Version = Version::new(1, 33, 0);

/// How long the list of definitions may take.
const LIST_LIMIT: Duration = Duration::from_secs(10);

/// How long the prerequisites wait for the answer about newer releases, which is asked for beside everything else:
/// where nobody answers, a check takes hardly longer.
const NEWS_LIMIT: Duration = Duration::from_millis(250);

/// How a statement of a report ends.
#[derive(Clone, Copy, Debug, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// Not as it should be.
    Failed,
    /// Only said.
    Noted,
    /// Worth to be acted on, and yet no reason to fail.
    Warned,
}

/// One statement of a check.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Finding {
    /// What it is about: `prerequisites`, `version`, `controllers`, `crds`, `freezes`, or `cluster` where that could
    /// not be asked.
    pub topic: &'static str,
    /// How it ends.
    pub outcome: Outcome,
    /// The statement itself.
    pub message: String,
}

/// What a check found; a document of `cli.gitops/v1`.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckReport {
    #[schemars(extend("const" = "cli.gitops/v1"))]
    api_version: &'static str,
    #[schemars(extend("const" = "CheckReport"))]
    kind: &'static str,
    /// The kubeconfig context of the cluster, where several were checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Whether all is as it should be.
    pub passed: bool,
    /// What was found, in the order in which it was looked at.
    pub findings: Vec<Finding>,
}

/// What checks of several clusters found; a document of `cli.gitops/v1`.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckReportList {
    #[schemars(extend("const" = "cli.gitops/v1"))]
    api_version: &'static str,
    #[schemars(extend("const" = "CheckReportList"))]
    kind: &'static str,
    /// The reports, in the order of the contexts.
    pub items: Vec<CheckReport>,
}

impl CheckReport {
    /// Makes the report on a cluster that could not be asked.
    pub fn without_answer(cluster: &str, message: &str) -> Self {
        Self {
            api_version: "cli.gitops/v1",
            kind: "CheckReport",
            cluster: Some(cluster.to_owned()),
            passed: false,
            findings: vec![Finding {
                topic: "cluster",
                outcome: Outcome::Failed,
                message: message.to_owned(),
            }],
        }
    }
}

impl CheckReportList {
    /// Makes one document of several.
    pub fn new(items: Vec<CheckReport>) -> Self {
        Self {
            api_version: "cli.gitops/v1",
            kind: "CheckReportList",
            items,
        }
    }
}

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

/// Says each statement as it is found, and keeps it for the report.
struct Findings<'a> {
    ui: &'a Ui,
    topic: &'static str,
    found: Vec<Finding>,
}

impl<'a> Findings<'a> {
    const fn new(ui: &'a Ui) -> Self {
        Self {
            ui,
            topic: "prerequisites",
            found: Vec::new(),
        }
    }

    fn begin(&mut self, topic: &'static str, words: &str) {
        self.topic = topic;
        self.ui.action(words);
    }

    fn say(&mut self, outcome: Outcome, message: String) {
        let mark = match outcome {
            Outcome::Passed => Mark::Success,
            // flux marks what is out of date as what has failed.
            Outcome::Failed | Outcome::Warned => Mark::Failure,
            Outcome::Noted => Mark::Action,
        };
        self.ui.say(mark, &message);
        self.found.push(Finding {
            topic: self.topic,
            outcome,
            message,
        });
    }

    /// Says that there is a newer release, if there is; that fails no check.
    fn tell(&mut self, newer: Option<Newer>) {
        if let Some(Newer { own, other }) = newer {
            self.say(
                Outcome::Warned,
                format!("flux {own} <{other} (new CLI version is available, please upgrade)"),
            );
        }
    }

    fn finish(self) -> CheckReport {
        let passed = self
            .found
            .iter()
            .all(|finding| finding.outcome != Outcome::Failed);
        CheckReport {
            api_version: "cli.gitops/v1",
            kind: "CheckReport",
            cluster: None,
            passed,
            findings: self.found,
        }
    }
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

/// Says whether the version of the API server will do.
pub fn kubernetes(git_version: &str) -> (Outcome, String) {
    let text = git_version.trim_start_matches('v');
    let range = format!(">={OLDEST_KUBERNETES}-0");
    match Version::parse(text) {
        // A pre-release of the oldest version counts as that version.
        Ok(version)
            if (version.major, version.minor, version.patch) >= (1, OLDEST_KUBERNETES.minor, 0) =>
        {
            (Outcome::Passed, format!("Kubernetes {text} {range}"))
        }
        Ok(_) => (
            Outcome::Failed,
            format!("Kubernetes version {git_version} does not match {range}"),
        ),
        Err(error) => (
            Outcome::Failed,
            format!("Kubernetes version can't be determined: {error}"),
        ),
    }
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

/// Returns the distribution and the versions of the controllers in a namespace, by the name of their image.
pub async fn versions(
    cluster: &Cluster,
    namespace: &str,
) -> Result<Vec<(String, String)>, Failure> {
    let deployments = inventory::deployments(cluster, namespace).await?;
    if deployments.is_empty() {
        return Err(Failure::new(format!(
            "no deployments found in {namespace} namespace"
        )));
    }
    let mut controllers = std::collections::BTreeMap::new();
    for image in deployments.iter().flat_map(inventory::images) {
        let (name, tag) = inventory::name_and_tag(image).ok_or_else(|| {
            let name = image.rsplit('/').next().unwrap_or(image);
            Failure::new(format!("missing image tag in image {name}"))
        })?;
        controllers.insert(name.to_owned(), tag.to_owned());
    }
    let distribution = cluster
        .installation()
        .await?
        .and_then(|installation| installation.distribution);
    let distribution = distribution.map(|distribution| ("distribution".to_owned(), distribution));
    Ok(distribution.into_iter().chain(controllers).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_new_enough_servers() {
        assert_eq!(
            kubernetes("v1.36.3"),
            (Outcome::Passed, "Kubernetes 1.36.3 >=1.33.0-0".into())
        );
        assert_eq!(kubernetes("v1.33.0-beta.1").0, Outcome::Passed);
        assert_eq!(kubernetes("v1.32.9").0, Outcome::Failed);
        assert_eq!(kubernetes("v1.34.1+k3s1").0, Outcome::Passed);
        assert_eq!(kubernetes("odd").0, Outcome::Failed);
    }
}
