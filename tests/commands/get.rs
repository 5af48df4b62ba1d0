//! `get` where there is nothing to show, or nobody who may show it.

use serde_json::json;

use crate::scene::{Scene, TestEnv, User};

const KUSTOMIZATIONS: &str = "two-kustomizations.yaml";

#[test]
fn an_empty_namespace_is_named() {
    let Some(scene) = Scene::server() else { return };
    let env = TestEnv::in_scene(scene);
    insta::assert_snapshot!(env.run(["get", "kustomizations"]), @r#"
    ------- stderr -------
    ✗ no Kustomization objects found in "[NAMESPACE]" namespace
    [exit status: 1]
    "#);
    insta::assert_snapshot!(env.run(["get", "ks", "podinfo"]), @r#"
    ------- stderr -------
    ✗ Kustomization object 'podinfo' not found in "[NAMESPACE]" namespace
    [exit status: 1]
    "#);
    insta::assert_snapshot!(env.run(["get", "all"]), @"");
}

#[test]
fn a_group_ends_well_with_a_test_that_cannot_be_read() {
    let Some(env) = TestEnv::with_cluster(KUSTOMIZATIONS) else {
        return;
    };
    let shown = env.run(["get", "all", "--status-selector", "ready"]);
    assert_eq!(shown.stdout(), "");
    assert_eq!(
        shown.stderr().matches("expected status selector").count(),
        1,
        "{shown}"
    );
    shown.success();
    let document = env.run(["get", "all", "--status-selector", "ready", "-o", "json"]);
    assert_eq!(document.status(), Some(2), "{document}");
}

#[test]
fn all_namespaces_are_shown_with_their_names() {
    let Some(env) = TestEnv::with_cluster(KUSTOMIZATIONS) else {
        return;
    };
    let shown = env.run(["get", "kustomizations", "-A"]).success();
    let mut lines = shown.lines();
    assert!(lines.next().unwrap().starts_with("NAMESPACE"), "{shown}");
    // Other tests have objects on this server too, which make columns wider.
    let ours: Vec<String> = lines
        .filter(|line| line.starts_with("[NAMESPACE]"))
        .map(|line| {
            line.split('\t')
                .map(str::trim)
                .collect::<Vec<_>>()
                .join("|")
        })
        .collect();
    insta::assert_snapshot!(ours.join("\n"), @r"
    [NAMESPACE]|backend||False|False|kustomization path not found: stat /tmp/backend: no such file or directory|
    [NAMESPACE]|podinfo|main@sha1:6f1a9c01|False|True|Applied revision: main@sha1:6f1a9c01|
    ");
}

#[test]
fn a_selector_that_cannot_be_read_is_blamed_on_its_flag() {
    let Some(env) = TestEnv::with_cluster(KUSTOMIZATIONS) else {
        return;
    };
    for flags in [["-l", "a==b==c"], ["--field-selector", "spec.path=./app"]] {
        let output = env.run(["get", "ks"].iter().chain(&flags).copied());
        let told = output.failure(1);
        assert!(
            told.contains("look at `--label-selector` (`-l`) and `--field-selector`"),
            "{told}"
        );
    }
}

#[test]
fn the_header_can_be_left_out_and_conditions_chosen() {
    let Some(env) = TestEnv::with_cluster(KUSTOMIZATIONS) else {
        return;
    };
    insta::assert_snapshot!(env.run(["get", "ks", "--no-header", "--status-selector", "ready=false"]), @r"backend		False	False	kustomization path not found: stat /tmp/backend: no such file or directory");
    insta::assert_snapshot!(env.run(["get", "ks", "--status-selector", "ready"]), @r"
    ------- stderr -------
    ✗ expected status selector in type=status or type!=status format, but found: ready
      hint: name a condition and its status, such as `ready=false`
    [exit status: 2]
    ");
}

#[test]
fn a_kind_that_the_cluster_lacks_is_named() {
    let Some(scene) = Scene::private_bare_server() else {
        return;
    };
    let env = TestEnv::in_scene(scene);
    insta::assert_snapshot!(env.run(["get", "sources", "git"]), @r"
    ------- stderr -------
    ✗ the cluster does not know the kind GitRepository of source.toolkit.fluxcd.io/v1
      hint: are the CRDs installed? `gitops check` lists them, `gitops install` brings them
    [exit status: 1]
    ");
}

#[test]
fn a_missing_right_is_named() {
    let Some(env) = TestEnv::with_cluster(KUSTOMIZATIONS) else {
        return;
    };
    let env = env.acting_as(User::Jane);
    insta::assert_snapshot!(env.run(["get", "kustomizations"]), @r#"
    ------- stderr -------
    ✗ not allowed to list kustomizations.kustomize.toolkit.fluxcd.io in namespace `[NAMESPACE]`
      because: kustomizations.kustomize.toolkit.fluxcd.io is forbidden: User "jane" cannot list resource "kustomizations" in API group "kustomize.toolkit.fluxcd.io" in the namespace "[NAMESPACE]"
      hint: ask for the right to `list` on `kustomizations.kustomize.toolkit.fluxcd.io`
    [exit status: 1]
    "#);
}

#[test]
fn a_missing_cluster_is_named() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run(["get", "kustomizations"]), @r"
    ------- stderr -------
    ✗ no kubeconfig found (looked at [HOME]/.kube/config)
      hint: set KUBECONFIG, or name the file with `--kubeconfig`
    [exit status: 1]
    ");
    let nowhere = env.kubeconfig_to_nowhere();
    let nowhere = nowhere.display().to_string();
    insta::assert_snapshot!(env.run(["get", "kustomizations", "--kubeconfig", &nowhere]), @r"
    ------- stderr -------
    ✗ the cluster at http://127.0.0.1:9 refuses connections
      hint: is the cluster running, and is `--context` the right one?
    [exit status: 1]
    ");
    insta::assert_snapshot!(env.run(["get", "kustomizations", "--kubeconfig", &nowhere, "--context", "d"]), @r"
    ------- stderr -------
    ✗ the kubeconfig has no context `d`
      hint: the contexts are: c
    [exit status: 1]
    ");
    insta::assert_snapshot!(env.run(["get", "kustomizations", "--kubeconfig", "/nowhere/config"]), @r"
    ------- stderr -------
    ✗ cannot read the kubeconfig /nowhere/config
      because: No such file or directory (os error 2)
    [exit status: 1]
    ");
}

#[test]
fn a_wrong_command_line_says_what_is_wrong() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run(["get", "kustomizations", "-n", "Not_A_Namespace"]), @r#"
    ------- stderr -------
    ✗ invalid value 'Not_A_Namespace' for '--namespace <NAMESPACE>': namespace must be a valid DNS label: "Not_A_Namespace"
      hint: For more information, try '--help'.
    [exit status: 2]
    "#);
    insta::assert_snapshot!(env.run(["get", "kustomization", "--timeout", "soon"]), @r"
    ------- stderr -------
    ✗ invalid value 'soon' for '--timeout <DURATION>': `soon` is no duration such as 5m0s, 90s or 1h30m
      hint: For more information, try '--help'.
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run(["get", "kustomizashuns"]), @r"
    ------- stderr -------
    ✗ unrecognized subcommand 'kustomizashuns'
      hint: some similar subcommands exist: 'ks', 'kustomizations', 'kustomization'
      hint: Usage: gitops get [OPTIONS] <COMMAND>
      hint: For more information, try '--help'.
    [exit status: 2]
    ");
    insta::assert_snapshot!(env.run(["get", "alerts", "--show-source"]), @r"
    ------- stderr -------
    ✗ --show-source is not for alerts
      hint: it is for kustomizations and helmreleases
    [exit status: 2]
    ");
}

#[test]
fn words_from_the_cluster_cannot_steer_the_terminal() {
    let Some(env) = TestEnv::with_cluster(KUSTOMIZATIONS) else {
        return;
    };
    let status = json!({ "conditions": [{
        "type": "Ready", "status": "False", "reason": "Failed", "message": "\u{1b}[2J\u{7}gone",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }] });
    let names: Vec<String> = env
        .scene()
        .list("Kustomization")
        .iter()
        .map(|object| object["metadata"]["name"].as_str().unwrap().into())
        .collect();
    env.scene()
        .patch_status(&format!("Kustomization/{}", names[0]), &status);
    let shown = env.run(["get", "ks", &names[0]]).success();
    assert!(
        shown.contains("[2Jgone") && !shown.contains('\u{1b}') && !shown.contains('\u{7}'),
        "{shown:?}"
    );
}
