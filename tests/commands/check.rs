//! `check` on installations that are not well.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};

use crate::scene::{Scene, Server, TestEnv, User};

const DEPLOYMENTS: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: source-controller, labels: {app.kubernetes.io/part-of: flux}}
spec:
  selector: {matchLabels: {app: source-controller}}
  template:
    metadata: {labels: {app: source-controller}}
    spec: {containers: [{name: manager, image: 'ghcr.io/fluxcd/source-controller:v1.9.4'}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: helm-controller, labels: {app.kubernetes.io/part-of: flux}}
spec:
  selector: {matchLabels: {app: helm-controller}}
  template:
    metadata: {labels: {app: helm-controller}}
    spec: {containers: [{name: manager, image: 'ghcr.io/fluxcd/helm-controller:v1.6.3'}]}
";

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({ "type": kind, "status": status, "reason": reason, "message": message,
        "lastTransitionTime": "2026-01-01T00:00:00Z", "lastUpdateTime": "2026-01-01T00:00:00Z" })
}

/// Makes an installation of which one Deployment runs and the other has given up.
fn half_failed() -> Option<TestEnv> {
    with_source_controller(&json!({
        "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "unavailableReplicas": 1,
        "conditions": [condition("Progressing", "False", "ProgressDeadlineExceeded", "ReplicaSet has timed out progressing.")],
    }))
}

/// Makes an installation of which one Deployment runs and the other is as its status says.
fn with_source_controller(status: &Value) -> Option<TestEnv> {
    let scene = Scene::server()?;
    scene.apply(DEPLOYMENTS);
    scene.patch_status("Deployment/helm-controller", &running());
    scene.patch_status("Deployment/source-controller", status);
    Some(TestEnv::in_scene(scene))
}

/// Returns the status of a Deployment that runs.
fn running() -> Value {
    json!({
        "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
        "conditions": [
            condition("Available", "True", "MinimumReplicasAvailable", "ok"),
            condition("Progressing", "True", "NewReplicaSetAvailable", "ok"),
        ],
    })
}

#[test]
fn a_failed_controller_is_told_at_once_and_the_rest_is_looked_at() {
    let Some(env) = half_failed() else { return };
    let begin = Instant::now();
    let output = env.run(["check", "--timeout=5m"]);
    assert!(
        begin.elapsed() < Duration::from_mins(1),
        "{:?}",
        begin.elapsed()
    );
    insta::assert_snapshot!(output, @r"
    ------- stderr -------
    ► checking prerequisites
    ✔ Kubernetes 1.36.3 >=1.33.0-0
    ► checking version in cluster
    ✔ distribution: flux-v2.9.4
    ✔ bootstrapped: false
    ► checking controllers
    ✔ helm-controller: deployment ready
    ► ghcr.io/fluxcd/helm-controller:v1.6.3
    ✗ source-controller: deployment not ready (Progress deadline exceeded)
    ► ghcr.io/fluxcd/source-controller:v1.9.4
    ► checking crds
    ✔ alerts.notification.toolkit.fluxcd.io/v1beta3
    ✔ artifactgenerators.source.extensions.fluxcd.io/v1beta1
    ✔ buckets.source.toolkit.fluxcd.io/v1
    ✔ externalartifacts.source.toolkit.fluxcd.io/v1
    ✔ gitrepositories.source.toolkit.fluxcd.io/v1
    ✔ helmcharts.source.toolkit.fluxcd.io/v1
    ✔ helmreleases.helm.toolkit.fluxcd.io/v2
    ✔ helmrepositories.source.toolkit.fluxcd.io/v1
    ✔ imagepolicies.image.toolkit.fluxcd.io/v1
    ✔ imagerepositories.image.toolkit.fluxcd.io/v1
    ✔ imageupdateautomations.image.toolkit.fluxcd.io/v1
    ✔ kustomizations.kustomize.toolkit.fluxcd.io/v1
    ✔ ocirepositories.source.toolkit.fluxcd.io/v1
    ✔ providers.notification.toolkit.fluxcd.io/v1beta3
    ✔ receivers.notification.toolkit.fluxcd.io/v1
    ✗ check failed
    [exit status: 1]
    ");
}

#[test]
fn the_report_can_be_read_by_programs() {
    let Some(env) = half_failed() else { return };
    let output = env.run(["check", "-o", "json", "--timeout=2m"]);
    assert_eq!(output.status(), Some(1), "{output}");
    let report: Value = serde_json::from_slice(output.raw_stdout())
        .unwrap_or_else(|error| panic!("{error}: {output}"));
    assert_eq!(
        (&report["apiVersion"], &report["kind"], &report["passed"]),
        (
            &json!("cli.gitops/v1"),
            &json!("CheckReport"),
            &json!(false)
        )
    );
    let outcomes = |topic: &str| -> Vec<Value> {
        let findings = report["findings"].as_array().unwrap().iter();
        findings
            .filter(|finding| finding["topic"] == topic)
            .map(|finding| finding["outcome"].clone())
            .collect()
    };
    assert_eq!(outcomes("prerequisites"), ["passed"]);
    assert!(
        outcomes("controllers").contains(&json!("failed")),
        "{report:#}"
    );
}

#[test]
fn a_missing_right_is_named() {
    let Some(env) = half_failed() else { return };
    let env = env.acting_as(User::Jane);
    insta::assert_snapshot!(env.run(["check", "--timeout=2m"]), @r#"
    ------- stderr -------
    ► checking prerequisites
    ✔ Kubernetes 1.36.3 >=1.33.0-0
    ► checking version in cluster
    ✗ checking failed: not allowed to get customresourcedefinitions.apiextensions.k8s.io `gitrepositories.source.toolkit.fluxcd.io`: customresourcedefinitions.apiextensions.k8s.io "gitrepositories.source.toolkit.fluxcd.io" is forbidden: User "jane" cannot get resource "customresourcedefinitions" in API group "apiextensions.k8s.io" at the cluster scope
    ► checking controllers
    ✗ not allowed to list deployments.apps in namespace `[NAMESPACE]`
      because: deployments.apps is forbidden: User "jane" cannot list resource "deployments" in API group "apps" in the namespace "[NAMESPACE]"
      hint: ask for the right to `list` on `deployments.apps`
    [exit status: 1]
    "#);
}

/// Serves a list of releases whose newest one this is.
fn newest(tag: &str) -> Server {
    let answer = json!({ "tag_name": tag }).to_string();
    Server::http(Router::new().route(
        "/repos/fluxcd/flux2/releases/latest",
        get(|| async { answer }),
    ))
}

#[test]
fn a_newer_release_is_told_and_fails_nothing() {
    let Some(env) = with_source_controller(&running()) else {
        return;
    };
    for (tag, told) in [("v99.1.0", true), ("v2.9.4", false), ("v0.1.0", false)] {
        let server = newest(tag);
        let output = env
            .command(["check", "-o", "json"])
            .variable("GITOPS_RELEASE_URL", &server.url())
            .run();
        let talk = output.stderr();
        let line = "✗ flux 2.9.4 <99.1.0 (new CLI version is available, please upgrade)\n";
        assert_eq!(talk.matches(line).count(), usize::from(told), "{output}");
        assert_eq!(talk.contains("new CLI version"), told, "{output}");
        let report: Value = serde_json::from_str(&output.success()).unwrap();
        let warned = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["outcome"] == "warned");
        assert_eq!(warned.count(), usize::from(told), "{report:#}");
    }
}

#[test]
fn a_place_of_releases_that_does_not_answer_delays_nothing() {
    let Some(env) = with_source_controller(&running()) else {
        return;
    };
    // It takes connections, and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    for address in [
        silent.as_str(),
        "http://127.0.0.1:1",
        "no address",
        "https://nowhere.invalid",
    ] {
        for arguments in [&["check", "--pre"][..], &["check"]] {
            let begin = Instant::now();
            let output = env
                .command(arguments.iter().copied())
                .variable("GITOPS_RELEASE_URL", address)
                .run();
            let talk = output.stderr();
            drop(output.success());
            assert!(!talk.contains("flux 2.9.4"), "{talk}");
            assert!(
                begin.elapsed() < Duration::from_secs(30),
                "{address}: {:?}",
                begin.elapsed()
            );
        }
    }
}

#[test]
fn what_is_not_ready_is_told_as_often_as_asked() {
    let Some(env) = with_source_controller(&json!({
        "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "unavailableReplicas": 1,
        "conditions": [condition("Progressing", "True", "ReplicaSetUpdated", "x")],
    })) else {
        return;
    };
    let told = |interval: &str| {
        let output = env.run(["check", "--timeout=6s", "--poll-interval", interval]);
        assert_eq!(output.status(), Some(1), "{output}");
        let talk = output.stderr();
        talk.lines()
            .filter(|line| line.starts_with('◎') && line.contains("source-controller"))
            .count()
    };
    assert!(told("1s") >= 2);
    assert_eq!(told("1h"), 0);
    assert!(told("0s") >= 10, "the interval has a floor");
}
