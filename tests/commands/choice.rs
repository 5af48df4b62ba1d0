//! One selection for every verb: names, kinds with names, and flags that choose.

use serde_json::{Value, json};

use crate::scene::{Scene, TestEnv, User};

const OBJECTS: &str = "two-kustomizations.yaml";

/// What `writes` shows of a field being set: who was told what.
fn suspended(env: &TestEnv) -> Vec<String> {
    let mut names: Vec<String> = ["Kustomization", "GitRepository"]
        .iter()
        .flat_map(|kind| env.scene().list(kind))
        .filter(|object| object["spec"]["suspend"] == json!(true))
        .map(|object| {
            let text = |pointer: &str| {
                object
                    .pointer(pointer)
                    .unwrap()
                    .as_str()
                    .unwrap()
                    .to_owned()
            };
            format!("{}/{}", text("/kind"), text("/metadata/name"))
        })
        .collect();
    names.sort();
    names
}

#[test]
fn kinds_may_be_mixed() {
    let Some(env) = TestEnv::with_cluster(OBJECTS) else {
        return;
    };
    insta::assert_snapshot!(env.run(["suspend", "ks/podinfo", "gitrepository/fleet"]), @r"
    ------- stderr -------
    ► suspending kustomization podinfo in [NAMESPACE] namespace
    ✔ kustomization suspended
    ► suspending source git fleet in [NAMESPACE] namespace
    ✔ source git suspended
    ");
    assert_eq!(
        suspended(&env),
        ["GitRepository/fleet", "Kustomization/podinfo"]
    );
    let shown = env
        .run(["get", "ks/podinfo", "GitRepository/fleet"])
        .success();
    assert!(
        shown.contains("kustomization/podinfo") && shown.contains("gitrepository/fleet"),
        "{shown}"
    );
    assert!(!shown.contains("backend"), "{shown}");
    assert_eq!(
        env.run(["get", "ks/podinfo"]).success(),
        env.run(["get", "ks", "podinfo"]).success()
    );
    env.run([
        "resume",
        "source",
        "git",
        "fleet",
        "ks/podinfo",
        "--wait=false",
    ])
    .success();
    assert!(suspended(&env).is_empty());
}

#[test]
fn what_is_missing_is_told_and_the_rest_is_shown() {
    let Some(env) = TestEnv::with_cluster(OBJECTS) else {
        return;
    };
    let output = env.run(["get", "ks/podinfo", "hr/gone", "ks/lost"]);
    assert_eq!(output.status(), Some(1), "{output}");
    assert!(
        output.stdout().contains("kustomization/podinfo"),
        "{output}"
    );
    for words in [
        "Kustomization object 'lost' not found",
        "HelmRelease object 'gone' not found",
    ] {
        assert!(output.stderr().contains(words), "{output}");
    }
    let two = env.run(["get", "ks", "podinfo", "backend"]).success();
    assert_eq!(two.lines().count(), 3, "{two}");
    // flux never looks at a second name.
    let first = env.run(["get", "ks", "podinfo", "gone"]);
    assert_eq!(first.status(), Some(0), "{first}");
    assert!(
        first
            .stderr()
            .contains("Kustomization object 'gone' not found"),
        "{first}"
    );
    assert_eq!(env.run(["get", "ks", "gone", "podinfo"]).status(), Some(1));
}

#[test]
fn flags_choose_for_every_verb() {
    let Some(env) = TestEnv::with_cluster(OBJECTS) else {
        return;
    };
    let names = |arguments: &[&str]| {
        let arguments = arguments.iter().copied().chain(["-o", "name"]);
        let shown = env.run(arguments).success();
        let names = shown.lines().filter_map(|line| line.rsplit('/').next());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&["get", "ks", "--not-ready"]), "backend");
    assert_eq!(
        names(&["get", "ks", "--status-selector", "ready!=false"]),
        "podinfo"
    );
    assert_eq!(
        names(&["get", "ks", "--field-selector", "metadata.name=podinfo"]),
        "podinfo"
    );
    assert_eq!(names(&["get", "ks", "--suspended"]), "");
    env.run(["suspend", "ks", "--not-ready"]).success();
    assert_eq!(suspended(&env), ["Kustomization/backend"]);
    assert_eq!(names(&["get", "ks", "--suspended"]), "backend");
    env.scene().patch(
        "Kustomization/podinfo",
        &json!({"metadata": {"labels": {"tier": "front"}}}),
    );
    env.run(["suspend", "ks", "-l", "tier=front"]).success();
    assert_eq!(
        suspended(&env),
        ["Kustomization/backend", "Kustomization/podinfo"]
    );
    // Nobody else on this server has the label.
    let mine = format!("mine={}", env.scene().namespace());
    let label = json!({"metadata": {"labels": {"mine": env.scene().namespace()}}});
    env.scene().patch("Kustomization/podinfo", &label);
    env.run(["resume", "ks", "-A", "-l", &mine, "--wait=false"])
        .success();
    assert_eq!(suspended(&env), ["Kustomization/backend"]);
    let everywhere = env.run(["get", "ks", "-A", "-l", &mine]).success();
    assert!(
        everywhere.starts_with("NAMESPACE") && everywhere.contains("podinfo"),
        "{everywhere}"
    );
}

#[test]
fn what_changes_something_wants_a_choice() {
    let env = TestEnv::new();
    for arguments in [
        &["suspend", "ks"][..],
        &["suspend", "ks", "-A"],
        &["reconcile", "source", "git"],
    ] {
        let output = env.run(arguments.iter().copied());
        assert_eq!(output.status(), Some(2), "{output}");
        assert!(output.stderr().contains("name is required"), "{output}");
    }
    insta::assert_snapshot!(env.run(["suspend", "ks", "a", "-A"]), @r"
    ------- stderr -------
    ✗ a name means one object, and -A many
      hint: leave -A out, or choose with --all, -l or --field-selector
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run(["suspend", "pod/a"]), @r"
    ------- stderr -------
    ✗ `pod` in `pod/a` is no kind of Flux
      hint: name a kind such as ks, hr, gitrepository or ocirepository
    [exit status: 2]
    ");
    let nowhere = env.run(["a/b"]);
    assert_eq!(nowhere.status(), Some(2), "{nowhere}");
    assert!(
        nowhere.stderr().contains("unrecognized subcommand 'a/b'"),
        "{nowhere}"
    );
    insta::assert_snapshot!(env.run(["reconcile", "-n", "x", "alert/a"]), @r"
    ------- stderr -------
    ✗ reconcile is not for Alert
    [exit status: 2]
    ");
}

#[test]
fn kinds_that_the_cluster_lacks_are_told() {
    let Some(scene) = Scene::private_bare_server() else {
        return;
    };
    let env = TestEnv::in_scene(scene);
    insta::assert_snapshot!(env.run(["get", "images", "all"]), @r"
    ------- stderr -------
    ⚠️  the cluster does not know ImageRepository, ImagePolicy, ImageUpdateAutomation of image.toolkit.fluxcd.io
    ");
    let output = env.run(["get", "ks/a", "hr/b"]);
    assert_eq!(output.status(), Some(1), "{output}");
}

#[test]
fn kinds_that_the_user_may_not_list_are_told() {
    let Some(env) = TestEnv::with_cluster(OBJECTS) else {
        return;
    };
    let namespace = env.scene().namespace().to_owned();
    env.scene().apply(&format!(
        "
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: reader}}
rules:
  - {{apiGroups: [kustomize.toolkit.fluxcd.io], resources: [kustomizations], verbs: [list]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: reader}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}}
subjects:
  - {{apiGroup: rbac.authorization.k8s.io, kind: User, name: jane, namespace: {namespace}}}
"
    ));
    let env = env.acting_as(User::Jane);
    let output = env.run(["get", "all"]);
    assert!(
        output.stdout().contains("kustomization/podinfo"),
        "{output}"
    );
    assert!(
        output.stderr().contains("not allowed to list ImageRepository, ImagePolicy, ImageUpdateAutomation of image.toolkit.fluxcd.io in namespace `[NAMESPACE]`"),
        "{output}"
    );
    assert!(!output.stderr().contains("Kustomization"), "{output}");
}

#[test]
fn what_was_not_suspended_keeps_what_is_written() {
    let Some(env) = TestEnv::with_cluster(OBJECTS) else {
        return;
    };
    let scene = env.scene();
    let write = |value: Value| {
        scene.patch(
            "Kustomization/podinfo",
            &json!({"spec": {"suspend": value}}),
        )
    };
    let suspend = || scene.object("Kustomization/podinfo").unwrap()["spec"]["suspend"].clone();
    write(json!(false));
    env.run(["resume", "ks", "podinfo", "--wait=false"])
        .success();
    assert_eq!(suspend(), json!(false));
    write(json!(true));
    env.run(["resume", "ks", "podinfo", "--wait=false"])
        .success();
    assert_eq!(suspend(), Value::Null);
}

#[test]
fn objects_of_several_kinds_are_resumed_before_any_is_waited_for() {
    let Some(env) = TestEnv::with_cluster(OBJECTS) else {
        return;
    };
    let scene = env.scene();
    let (later, earlier) = ("ks/podinfo", "gitrepository/fleet");
    env.run(["suspend", later, earlier]).success();
    // No controller answers here, so that the wait fails.
    let output = env.run(["resume", later, earlier, "--wait", "--timeout=2s"]);
    let told = output.stderr();
    let at = |words: &str| {
        told.find(words)
            .unwrap_or_else(|| panic!("{words}: {output}"))
    };
    assert!(
        at("resuming source git fleet") < at("resuming kustomization podinfo"),
        "{output}"
    );
    assert!(
        at("resuming kustomization podinfo") < at("waiting for GitRepository reconciliation"),
        "{output}"
    );
    for target in ["Kustomization/podinfo", "GitRepository/fleet"] {
        let object = scene.object(target).unwrap();
        assert_eq!(object["spec"]["suspend"], Value::Null, "{target}");
    }
}

#[test]
fn what_may_not_be_suspended_is_told_and_ends_as_with_flux() {
    let Some(env) = TestEnv::with_cluster(OBJECTS) else {
        return;
    };
    let jane = env.acting_as(User::Jane);
    let output = jane.run(["suspend", "ks", "podinfo", "backend"]);
    for name in ["podinfo", "backend"] {
        let words = format!("failed suspending Kustomization {name} in [NAMESPACE] namespace: ");
        assert!(output.stderr().contains(&words), "{words}: {output}");
    }
    assert_eq!(output.status(), Some(0), "{output}");
    let all = jane.run(["suspend", "ks", "--all"]);
    assert!(all.failure(1).contains("not allowed to list"));
    jane.run(["suspend", "ks", "podinfo", "--server", "http://127.0.0.1:1"])
        .failure(1);
}

#[test]
fn an_empty_name_is_no_object() {
    let Some(env) = TestEnv::with_cluster(OBJECTS) else {
        return;
    };
    let scene = env.scene();
    let before = scene.list("Kustomization");
    for (arguments, status) in [
        (&["suspend", "ks", ""] as &[&str], 0),
        (&["resume", "ks", "", "--wait=false"], 0),
        (&["reconcile", "ks", "", "--timeout=2s"], 1),
        (&["delete", "ks", "", "--silent"], 1),
        (&["tree", "ks", ""], 1),
        (&["debug", "ks", "", "--show-status"], 1),
        (&["export", "ks", ""], 1),
    ] {
        let output = env.run(arguments.iter().copied());
        assert_eq!(output.status(), Some(status), "{arguments:?}: {output}");
        assert!(
            output.stderr().contains("not found"),
            "{arguments:?}: {output}"
        );
    }
    assert_eq!(scene.list("Kustomization"), before);
}
