//! `suspend`, `resume` and `reconcile`, with the real controllers.

use serde_json::json;

use crate::scene::{GitHttp, Repository, Scene, TestEnv, text};

const SYNC: &str = "
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: app}
spec: {interval: 1h, url: URL, ref: {branch: main}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: app}
spec:
  interval: 1h
  retryInterval: 1h
  path: ./app
  prune: true
  targetNamespace: ${NAMESPACE}
  sourceRef: {kind: GitRepository, name: app}
";

fn settings(value: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\ndata: {{value: {value}}}\n"
    )
}

/// A cluster that follows a repository; the first commit is applied.
struct Followed {
    env: TestEnv,
    repository: Repository,
    git: GitHttp,
}

fn followed() -> Option<Followed> {
    let scene = Scene::shared()?;
    let git = GitHttp::open();
    let repository = git.repository("app");
    repository.commit("begin", &[("app/settings.yaml", &settings("one"))]);
    scene.apply(&SYNC.replace("URL", &git.url("app")));
    scene.wait_ready("GitRepository/app");
    scene.wait_ready("Kustomization/app");
    Some(Followed {
        env: TestEnv::in_scene(scene),
        repository,
        git,
    })
}

#[test]
fn reconcile_brings_a_new_commit() {
    let Some(Followed {
        env,
        repository,
        git: _git,
    }) = followed()
    else {
        return;
    };
    let commit = repository.commit("change", &[("app/settings.yaml", &settings("two"))]);
    let output = env
        .run(["reconcile", "kustomization", "app", "--with-source"])
        .without_timing()
        .redacting(&commit, "[COMMIT]");
    insta::assert_snapshot!(output, @r"
    ------- stderr -------
    ► annotating GitRepository app in [NAMESPACE] namespace
    ✔ GitRepository annotated
    ◎ waiting for GitRepository reconciliation
    ✔ fetched revision main@sha1:[COMMIT]
    ► annotating Kustomization app in [NAMESPACE] namespace
    ✔ Kustomization annotated
    ◎ waiting for Kustomization reconciliation
    ✔ applied revision main@sha1:[COMMIT]
    ");
    assert_eq!(
        env.scene().object("ConfigMap/settings").unwrap()["data"]["value"],
        "two"
    );
}

#[test]
fn what_is_suspended_stays_until_it_is_resumed() {
    let Some(Followed {
        env,
        repository,
        git: _git,
    }) = followed()
    else {
        return;
    };
    insta::assert_snapshot!(env.run(["suspend", "kustomization", "app"]), @r"
    ------- stderr -------
    ► suspending kustomization app in [NAMESPACE] namespace
    ✔ kustomization suspended
    ");
    insta::assert_snapshot!(env.run(["suspend", "kustomization", "app"]), @r"
    ------- stderr -------
    ► suspending kustomization app in [NAMESPACE] namespace
    ✔ kustomization suspended (it was already)
    ");
    insta::assert_snapshot!(env.run(["reconcile", "kustomization", "app"]), @r"
    ------- stderr -------
    ✗ resource is suspended
      hint: let it go on with `resume kustomization app -n [NAMESPACE]`
    [exit status: 1]
    ");
    let commit = repository.commit("change", &[("app/settings.yaml", &settings("three"))]);
    let source = env
        .run(["reconcile", "source", "git", "app"])
        .without_timing()
        .redacting(&commit, "[COMMIT]");
    insta::assert_snapshot!(source, @r"
    ------- stderr -------
    ► annotating GitRepository app in [NAMESPACE] namespace
    ✔ GitRepository annotated
    ◎ waiting for GitRepository reconciliation
    ✔ fetched revision main@sha1:[COMMIT]
    ");
    assert_eq!(
        env.scene().object("ConfigMap/settings").unwrap()["data"]["value"],
        "one"
    );
    let resumed = env
        .run(["resume", "kustomization", "app"])
        .redacting(&commit, "[COMMIT]");
    insta::assert_snapshot!(resumed, @r"
    ------- stderr -------
    ► resuming kustomization app in [NAMESPACE] namespace
    ✔ kustomization resumed
    ◎ waiting for Kustomization reconciliation
    ✔ Kustomization app reconciliation completed
    ✔ applied revision main@sha1:[COMMIT]
    ");
    assert_eq!(
        env.scene().object("ConfigMap/settings").unwrap()["data"]["value"],
        "three"
    );
}

#[test]
fn a_failed_build_is_told_with_its_message() {
    let Some(Followed {
        env,
        repository,
        git: _git,
    }) = followed()
    else {
        return;
    };
    repository.commit("break", &[("app/settings.yaml", "kind: ConfigMap\n")]);
    let said = env.run(["reconcile", "ks", "app", "--with-source", "--timeout=3m"]);
    // What the controller says is an end, although it will try again some time: the time is not waited out.
    assert_eq!(said.status(), Some(1), "{said}");
    let said = said.stderr();
    assert!(
        said.contains("kustomize build failed") || said.contains("missing"),
        "{said}"
    );
}

#[test]
fn a_wait_without_an_answer_names_what_it_waited_for() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(&SYNC.replace("URL", "https://example.com/app.git"));
    let env = TestEnv::in_scene(scene);
    let said = env
        .run(["reconcile", "kustomization", "app", "--timeout=3s"])
        .failure(3);
    for told in [
        "✗ timed out waiting for Kustomization/[NAMESPACE]/app: the controller has not answered the request yet",
        "hint: its source GitRepository/[NAMESPACE]/app is not ready yet",
        "kustomize-controller",
        "► took 3.",
    ] {
        assert!(said.contains(told), "{told} is not in\n{said}");
    }
    let object = env.scene().object("Kustomization/app").unwrap();
    assert!(
        !text(
            &object,
            "/metadata/annotations/reconcile.fluxcd.io~1requestedAt"
        )
        .is_empty(),
        "{object}"
    );
    env.scene()
        .patch("Kustomization/app", &json!({ "spec": { "suspend": true } }));
    let said = env
        .run(["resume", "kustomization", "app", "--timeout=3s"])
        .failure(3);
    for told in [
        "✗ Kustomization app reconciliation failed: timed out waiting for Kustomization/[NAMESPACE]/app: Kustomization generation is 3, but latest observed generation is -1",
        "hint: its source GitRepository/[NAMESPACE]/app is not ready yet",
        "✗ reconciliation failed for 1 Kustomization(s)",
    ] {
        assert!(said.contains(told), "{told} is not in\n{said}");
    }
}

const CHAIN: &str = "
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps}
spec:
  interval: 1h
  path: ./app
  prune: true
  targetNamespace: ${NAMESPACE}
  dependsOn: [{name: app}]
  sourceRef: {kind: GitRepository, name: app}
";

#[test]
fn what_others_depend_on_is_reconciled_first() {
    let Some(Followed {
        env,
        repository: _repository,
        git: _git,
    }) = followed()
    else {
        return;
    };
    env.scene().apply(CHAIN);
    let said = env.run(["reconcile", "ks", "apps", "app", "--with-source"]);
    assert_eq!(said.status(), Some(0), "{said}");
    let said = said.stderr();
    let place = |text: &str| {
        said.find(text)
            .unwrap_or_else(|| panic!("{text} is not in\n{said}"))
    };
    assert_eq!(
        said.matches("annotating GitRepository app").count(),
        1,
        "{said}"
    );
    assert!(
        place("Kustomization app reconciliation completed")
            < place("annotating Kustomization apps")
    );
    assert!(
        place("Kustomization apps reconciliation completed") < place("► took "),
        "{said}"
    );
}

#[test]
fn one_failure_among_several_is_told_with_what_depends_on_it() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(&SYNC.replace("URL", "https://example.com/app.git"));
    scene.apply(CHAIN);
    let env = TestEnv::in_scene(scene);
    env.scene()
        .patch("Kustomization/app", &json!({ "spec": { "suspend": true } }));
    insta::assert_snapshot!(env.run(["reconcile", "ks", "missing", "app"]), @r#"
    ------- stderr -------
    ✗ Kustomization missing reconciliation failed: Kustomization object 'missing' not found in "[NAMESPACE]" namespace
    ✗ Kustomization app reconciliation failed: resource is suspended
    ► hint: let it go on with `resume kustomization app -n [NAMESPACE]`
    ✗ reconciliation failed for 2 of 2 objects
    [exit status: 1]
    "#);
    let order = env.run(["resume", "ks", "apps", "app", "--wait=false"]);
    insta::assert_snapshot!(order, @r"
    ------- stderr -------
    ► resuming kustomization app in [NAMESPACE] namespace
    ✔ kustomization resumed
    ► resuming kustomization apps in [NAMESPACE] namespace
    ✔ kustomization resumed (it was not suspended)
    ");
}
