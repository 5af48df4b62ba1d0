//! The plan compares the objects to apply with those of the cluster.

use serde_json::{Value, json};

use super::place::words;
use crate::scene::{GitHttp, Scene, TestEnv};

fn command(url: &str, more: &[&str]) -> Vec<String> {
    let mut all = words(&[
        "bootstrap",
        "git",
        "--url",
        url,
        "--allow-insecure-http",
        "--token-auth",
        "--path=clusters/one",
        "--components=source-controller,kustomize-controller",
        "--timeout=20s",
    ]);
    all.extend(words(more));
    all
}

/// Returns the objects of a step, with what becomes of each.
fn objects(plan: &Value, action: &str) -> Vec<(String, String)> {
    let steps = plan["steps"].as_array().expect("a plan has steps");
    let step = steps.iter().find(|step| step["action"] == action);
    let objects = step.and_then(|step| step["objects"].as_array());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let pair = |object: &Value| (text(&object["object"]), text(&object["action"]));
    objects.into_iter().flatten().map(pair).collect()
}

#[test]
fn a_plan_says_of_every_object_what_becomes_of_it() {
    let Some(scene) = Scene::private_bare_server() else {
        return;
    };
    let env = TestEnv::in_scene(scene)
        .without_variable("FLUX_SYSTEM_NAMESPACE")
        .variable("GIT_PASSWORD", "sesame-of-the-test");
    let server = GitHttp::open();
    drop(server.repository("fleet"));
    let url = server.url("fleet");
    let plan = |more: &[&str]| -> Value {
        let json = env
            .run(command(&url, &[&["--plan", "-o", "json"], more].concat()))
            .success();
        serde_json::from_str(&json).unwrap()
    };

    // Neither namespace nor definitions are there.
    let empty = plan(&[]);
    let installed = objects(&empty, "InstallComponents");
    assert!(installed.len() > 20, "{empty:#}");
    assert!(
        installed.iter().all(|(_, action)| action == "created"),
        "{installed:?}"
    );
    let synced = objects(&empty, "ApplySync");
    let created = |object: &str| (object.to_owned(), "created".to_owned());
    assert_eq!(
        synced,
        [
            created("Kustomization/flux-system/flux-system"),
            created("GitRepository/flux-system/flux-system")
        ]
    );
    let text = env.run(command(&url, &["--plan"])).success();
    assert!(
        text.contains("\n   Deployment/flux-system/source-controller created\n"),
        "{text}"
    );
    assert_eq!(env.scene().writes(), "");

    // Bootstrapped, as far as a cluster without controllers can tell.
    drop(env.run(command(&url, &[])).failure(3));
    env.scene().patch_status(
        "Kustomization/flux-system/flux-system",
        &json!({"lastAppliedRevision": "main@sha1:0"}),
    );
    let none = plan(&[]);
    assert_eq!(none["steps"], json!([]), "{none:#}");

    // Somebody changed one object by hand.
    env.scene().patch(
        "Deployment/flux-system/source-controller",
        &json!({"spec": {"replicas": 3}}),
    );
    let drift = objects(&plan(&[]), "ApplySync");
    let changed = |list: &[(String, String)]| -> Vec<(String, String)> {
        let differs = |pair: &&(String, String)| pair.1 != "unchanged";
        list.iter().filter(differs).cloned().collect()
    };
    let configured = |object: &str| (object.to_owned(), "configured".to_owned());
    assert_eq!(
        changed(&drift),
        [configured("Deployment/flux-system/source-controller")]
    );
    assert!(drift.len() > 20, "{drift:?}");

    // Another component, another interval.
    let more = objects(
        &plan(&["--interval=5m", "--components-extra=source-watcher"]),
        "ApplySync",
    );
    let more = changed(&more);
    for wanted in [
        created("Deployment/flux-system/source-watcher"),
        configured("GitRepository/flux-system/flux-system"),
    ] {
        assert!(more.contains(&wanted), "{wanted:?} in {more:?}");
    }
    assert!(
        !more
            .iter()
            .any(|(object, _)| object == "Kustomization/flux-system/flux-system"),
        "{more:?}"
    );
}
