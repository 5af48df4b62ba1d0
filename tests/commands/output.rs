//! The forms of output: objects are printed as kubectl prints them, which is asked itself.

use crate::scene::{CommandOutput, TestEnv, are_built, built};

const KUSTOMIZATIONS: &str = "two-kustomizations.yaml";

/// The resource, as kubectl knows it.
const RESOURCE: &str = "kustomizations.kustomize.toolkit.fluxcd.io";

fn place() -> Option<TestEnv> {
    are_built(&["kubectl"]).then(|| TestEnv::with_cluster(KUSTOMIZATIONS))?
}

fn kubectl(env: &TestEnv, names: &[&str], format: &str) -> CommandOutput {
    let namespace = env.scene().namespace();
    let arguments = [&["get", "-n", namespace, RESOURCE], names, &["-o", format]].concat();
    env.other_command(&built("kubectl"), arguments).run()
}

fn ours(env: &TestEnv, names: &[&str], format: &str) -> CommandOutput {
    env.run([&["get", "ks"], names, &["-o", format]].concat())
}

#[test]
fn objects_are_printed_as_by_kubectl() {
    let Some(env) = place() else { return };
    for names in [&[][..], &["podinfo"], &["podinfo", "backend"]] {
        for format in [
            "json",
            "yaml",
            "name",
            "custom-columns=NAME:.metadata.name,READY:.status.conditions[?(@.type==\"Ready\")].status,NONE:.spec.x",
            "custom-columns=A:metadata,B:{.spec.prune},C:.metadata.generation",
        ] {
            let (kubectl, ours) = (kubectl(&env, names, format), ours(&env, names, format));
            assert_eq!(ours.success(), kubectl.success(), "{names:?} {format}");
        }
    }
}

#[test]
fn templates_mean_what_they_mean_to_kubectl() {
    let Some(env) = place() else { return };
    for template in [
        "{.items[*].metadata.name}",
        "{.items[0]}",
        "{.items[-1:].metadata.name}",
        "{.items[0:2:2].metadata.name}",
        "{.items[0,1].metadata.name}",
        "{.items[*]['metadata.name','spec.path']}",
        "{.items[*].status.conditions[?(@.type==\"Ready\")].status}",
        "{.items[?(@.metadata.name=='podinfo')].spec.path}",
        "{.items[?(@.metadata.name!='podinfo')].spec.path}",
        "{.items[?(@.metadata.generation>=1)].metadata.name}",
        "{.items[?(@.metadata.generation>1)].metadata.name}",
        "{.items[?(@.spec.prune==true)].metadata.name}",
        "{.items[?(@.status.lastAppliedRevision)].metadata.name}",
        "{range .items[*]}{.metadata.name}{'\\t'}{.spec.interval}{\"\\n\"}{end}",
        "{range .items[*]}{.metadata.name}{range .status.conditions[*]} {.type}={.status}{end}\n{end}end",
        "{range .items[*]}{.metadata.name} ",
        "{range .missing[*]}{.metadata.name}x{end}y",
        "{..conditions[0].reason}",
        "{.kind}{@.kind}{$.kind} text {.nothing.there}",
        ".metadata.name",
        "{.items[*].metadata.generation}{1}{2.5}{true}",
        "{.items[5].metadata.name}",
        "{.kind[0]}",
        "{.items[*",
        "{end}",
        "{.items[?(@.metadata.name=1)]}",
        "{.items[?(@.metadata.name>1)]}",
        "{nonsense}",
    ] {
        let format = format!("jsonpath={template}");
        let (kubectl, ours) = (kubectl(&env, &[], &format), ours(&env, &[], &format));
        assert_eq!(
            ours.status() == Some(0),
            kubectl.status() == Some(0),
            "{template}\n{ours}\n{kubectl}"
        );
        if kubectl.status() == Some(0) {
            assert_eq!(ours.stdout(), kubectl.stdout(), "{template}");
        }
    }
}

#[test]
fn nothing_is_an_empty_list_and_a_missing_name_a_failure() {
    let Some(env) = place() else { return };
    insta::assert_snapshot!(env.run(["get", "hr", "-o", "yaml"]), @r#"
    apiVersion: v1
    items: []
    kind: List
    metadata:
      resourceVersion: ""
    "#);
    assert_eq!(env.run(["get", "hr", "-o", "name"]).success(), "");
    insta::assert_snapshot!(env.run(["get", "ks", "podinfo", "gone", "-o", "name"]), @r#"
    kustomization.kustomize.toolkit.fluxcd.io/podinfo
    ------- stderr -------
    ✗ Kustomization object 'gone' not found in "[NAMESPACE]" namespace
    [exit status: 1]
    "#);
    insta::assert_snapshot!(env.run(["get", "ks", "gone", "-o", "json"]), @r#"
    ------- stderr -------
    ✗ Kustomization object 'gone' not found in "[NAMESPACE]" namespace
    [exit status: 1]
    "#);
}

#[test]
fn a_group_is_one_list() {
    let Some(env) = place() else { return };
    insta::assert_snapshot!(env.run(["get", "all", "-o", "name"]), @r"
    gitrepository.source.toolkit.fluxcd.io/fleet
    kustomization.kustomize.toolkit.fluxcd.io/backend
    kustomization.kustomize.toolkit.fluxcd.io/podinfo
    ");
    let listed = env.run(["get", "all", "-o", "json"]).success();
    assert!(!listed.contains("managedFields"), "{listed}");
}

#[test]
fn wide_tables_tell_more() {
    let Some(env) = place() else { return };
    let wide = env.run(["get", "ks", "podinfo", "-o", "wide"]).success();
    let header: Vec<&str> = wide.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(
        header,
        [
            "NAME",
            "SOURCE",
            "REVISION",
            "SUSPENDED",
            "READY",
            "MESSAGE",
            "AGE",
            "SUSPENDED",
            "UNTIL",
            "SUSPEND",
            "REASON"
        ]
    );
    let bare = env
        .run(["get", "ks", "podinfo", "-o", "wide", "--no-header"])
        .success();
    assert_eq!(bare.lines().count(), 1, "{bare}");
}

#[test]
fn a_wrong_form_is_named() {
    let env = TestEnv::new();
    for (format, words) in [
        ("xml", "`xml` is none of table, wide"),
        ("jsonpath=", "jsonpath needs a value"),
        ("jsonpath={.a", "`{` is not closed"),
        ("custom-columns=NAME", "`NAME` is no column"),
    ] {
        let output = env.run(["get", "ks", "-o", format]);
        assert_eq!(output.status(), Some(2), "{output}");
        assert!(output.stderr().contains(words), "{output}");
    }
}
