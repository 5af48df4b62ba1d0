//! `suspend --reason --until` and what reads it, one selection for `export` and `delete`, and `wait`.

use serde_json::json;

use crate::scene::{Scene, TestEnv};

const OBJECTS: &str = "
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: one, labels: {team: x}}
spec: {interval: 1m, url: https://example.com/one.git}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: two}
spec: {interval: 1m, url: https://example.com/two.git}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: app, labels: {team: x}}
spec: {interval: 1m, prune: true, path: ./, sourceRef: {kind: GitRepository, name: one}}
";

/// A cluster without controllers, so that nothing changes by itself.
fn still() -> Option<TestEnv> {
    let scene = Scene::server()?;
    scene.apply(OBJECTS);
    Some(TestEnv::in_scene(scene))
}

#[test]
fn a_suspension_says_why_and_until_when() {
    let Some(env) = still() else { return };
    let annotations =
        |target: &str| env.scene().object(target).unwrap()["metadata"]["annotations"].clone();
    env.run(["suspend", "ks/app", "gitrepository/one"])
        .success();
    assert!(annotations("Kustomization/app").is_null());
    let until = "2199-01-01T00:00:00Z";
    env.run(["suspend", "ks", "app", "--reason=audit", "--until", until])
        .success();
    assert_eq!(
        annotations("Kustomization/app"),
        json!({"cli.gitops/suspend-reason": "audit", "cli.gitops/suspend-until": until})
    );
    let wide = env.run(["get", "ks", "-o", "wide"]).success();
    assert!(
        wide.contains("SUSPEND REASON") && wide.contains("audit") && wide.contains(until),
        "{wide}"
    );
    env.run(["suspend", "ks", "app", "--until=2001-01-01T00:00:00Z"])
        .failure(2);
    // Its time has not come.
    insta::assert_snapshot!(env.run(["resume", "ks", "--expired"]), @r"
    ------- stderr -------
    ✔ no Kustomization is suspended past its time
    ");
    env.scene().patch(
        "Kustomization/app",
        &json!({"metadata": {"annotations": {"cli.gitops/suspend-until": "2001-01-01T00:00:00Z"}}}),
    );
    let check = env.run(["check", "--pre", "--freezes"]);
    assert_eq!(check.status(), Some(1), "{check}");
    let line = format!(
        "✗ Kustomization/{}/app is still suspended, and was to be only until 2001-01-01T00:00:00Z: audit",
        env.scene().namespace()
    );
    assert!(
        check
            .raw_stderr()
            .windows(line.len())
            .any(|part| part == line.as_bytes()),
        "{check}"
    );
    env.run(["resume", "ks", "--expired"]).success();
    let object = env.scene().object("Kustomization/app").unwrap();
    assert!(object["spec"]["suspend"].is_null(), "{object}");
    assert!(object["metadata"]["annotations"].is_null(), "{object}");
    // Without a kind, all kinds are looked at; nothing is left.
    insta::assert_snapshot!(env.run(["resume", "--expired"]), @r"
    ------- stderr -------
    ✔ nothing is suspended past its time
    ");
    let overdue = json!({"spec": {"suspend": true}, "metadata": {"annotations": {"cli.gitops/suspend-until": "2001-01-01T00:00:00Z"}}});
    env.scene().patch("Kustomization/app", &overdue);
    env.scene().patch("GitRepository/two", &overdue);
    let resumed = env.run(["resume", "--expired"]);
    for words in [
        "resuming kustomization app in",
        "resuming source git two in",
    ] {
        assert!(resumed.stderr().contains(words), "{resumed}");
    }
    resumed.success();
    for target in ["Kustomization/app", "GitRepository/two"] {
        let object = env.scene().object(target).unwrap();
        assert!(object["spec"]["suspend"].is_null(), "{object}");
    }
    // What has no time stays.
    env.run(["resume", "source", "git", "--expired"]).success();
    let object = env.scene().object("GitRepository/one").unwrap();
    assert_eq!(object["spec"]["suspend"], true);
}

#[test]
fn exports_and_deletions_take_every_selection() {
    let Some(env) = still() else { return };
    let exported = env.run(["export", "ks/app", "gitrepository/two"]).success();
    assert_eq!(exported.matches("---\n").count(), 2, "{exported}");
    let first = env.run(["export", "source", "git", "two", "one"]);
    assert_eq!(first.stdout().matches("---\n").count(), 1, "{first}");
    assert!(first.stderr().contains("not exported: one"), "{first}");
    let labelled = env
        .run(["export", "source", "git", "-l", "team=x"])
        .success();
    assert!(
        labelled.contains("name: one") && !labelled.contains("name: two"),
        "{labelled}"
    );
    env.run(["export", "ks/app", "ks/nowhere"]).failure(1);
    env.run(["export", "source", "git"]).failure(2);
    let delete = |words: &[&str]| env.command([&["delete"], words].concat());
    let kept = delete(&["source", "git", "--all"]).stdin("n\n").run();
    for words in [
        "would delete source git one in ",
        "would delete source git two in ",
        "these 2 objects of kind source git (one, two)?",
    ] {
        assert!(kept.stderr().contains(words), "{words}: {kept}");
    }
    kept.failure(1);
    assert!(env.scene().object("GitRepository/one").is_some());
    delete(&["ks/app", "gitrepository/nowhere", "-s"])
        .run()
        .failure(1);
    assert!(env.scene().object("Kustomization/app").is_some());
    delete(&["ks/app", "gitrepository/one", "--yes"])
        .run()
        .success();
    assert!(env.scene().object("Kustomization/app").is_none());
    assert!(env.scene().object("GitRepository/one").is_none());
    assert!(env.scene().object("GitRepository/two").is_some());
}

#[test]
fn a_wait_ends_with_the_state_of_each_object() {
    let Some(env) = still() else { return };
    let wait = |words: &[&str]| env.run([&["wait"], words].concat());
    let late = wait(&["ks/app", "--timeout=4s"]);
    assert_eq!(late.status(), Some(3), "{late}");
    assert!(late.stderr().contains("/app: timed out: "), "{late}");
    assert!(
        late.stderr()
            .contains("✗ timed out waiting for 1 of 1 objects"),
        "{late}"
    );
    env.run(["suspend", "ks", "app"]).success();
    let suspended = wait(&["ks/app", "--for=suspended"]);
    assert!(
        suspended.stderr().contains("/app: it is suspended\n"),
        "{suspended}"
    );
    suspended.success();
    // What is suspended will not become ready.
    wait(&["ks/app"]).failure(1);
    wait(&["ks/nowhere", "--for=deleted"]).success();
    wait(&["source"]).failure(2);
    wait(&["gitrepository", "-l", "team=none"]).failure(1);
    wait(&["ks/app", "--for=gone"]).failure(2);
    env.scene().patch_status(
        "GitRepository/one",
        &json!({"observedGeneration": 1, "conditions": [{
            "type": "Ready", "status": "True", "reason": "Succeeded", "message": "stored it",
            "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": 1,
        }]}),
    );
    let one = wait(&["gitrepository", "-l", "team=x"]);
    assert!(one.stderr().contains("one: stored it"), "{one}");
    one.success();
    wait(&["gitrepository/one", "--for=condition=Ready"]).success();
    wait(&[
        "gitrepository/one",
        "--for=condition=Ready=False",
        "--timeout=4s",
    ])
    .failure(3);
    // A plain object is ready by the rules of kstatus.
    env.scene()
        .apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n");
    wait(&["cm/plain", "gitrepository/one"]).success();
}

#[test]
fn a_wait_takes_the_whole_selection() {
    let Some(env) = still() else { return };
    let wait = |words: &[&str]| env.run([&["wait"], words].concat());
    let ready = json!({"observedGeneration": 1, "conditions": [{
        "type": "Ready", "status": "True", "reason": "Succeeded", "message": "stored it",
        "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": 1,
    }]});
    env.scene().patch_status("GitRepository/one", &ready);
    let late = wait(&["gitrepository", "--not-ready", "--timeout=4s"]);
    assert!(
        late.stderr().contains("two: timed out") && !late.stderr().contains("one: "),
        "{late}"
    );
    late.failure(3);
    // Without a kind, all of Flux are meant.
    let late = wait(&["--not-ready", "--timeout=4s"]);
    assert!(
        late.stderr()
            .contains("Kustomization/[NAMESPACE]/app: timed out")
            && late
                .stderr()
                .contains("GitRepository/[NAMESPACE]/two: timed out"),
        "{late}"
    );
    late.failure(3);
    env.scene().patch_status("GitRepository/two", &ready);
    insta::assert_snapshot!(wait(&["gitrepository", "--not-ready"]), @r"
    ------- stderr -------
    ✔ no objects found
    ");
    wait(&["gitrepository", "--all"]).success();
    wait(&[
        "gitrepository",
        "--status-selector",
        "ready=true",
        "-l",
        "team=x",
    ])
    .success();
    env.run(["suspend", "ks", "app"]).success();
    let suspended = wait(&["--suspended", "--for=suspended"]);
    assert!(
        suspended.stderr().contains("/app: it is suspended"),
        "{suspended}"
    );
    suspended.success();
    wait(&[]).failure(2);
    wait(&["configmap", "--not-ready"]).failure(2);
    wait(&["ks/app", "--not-ready"]).failure(2);
}
