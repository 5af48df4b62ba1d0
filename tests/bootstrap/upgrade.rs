//! From one release to the next, over a kustomization that the user wrote.

use super::place::{assert_follows, beside_an_empty_cluster, words};
use crate::commands::release;
use crate::scene::{GitHttp, text};

/// What nobody but its author would write.
const KUSTOMIZATION: &str = "# ours, do not touch\r\nkind:   Kustomization\napiVersion: \"kustomize.config.k8s.io/v1beta1\"\n\nresources:   # in this order\n  - ./gotk-components.yaml\n  - gotk-sync.yaml\n  - extra.yaml\n\npatches:\n- patch: |\n    - op: add\n      path: /spec/template/spec/containers/0/args/-\n      value: --concurrent=7\n  target: {kind: Deployment, name: kustomize-controller}\n- path: label.yaml\n  target: {kind: Namespace}\n\n\n";

const EXTRA: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra, namespace: flux-system}\ndata: {a: b}\n";

const LABEL: &str =
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: any, labels: {team: platform}}\n";

#[test]
fn another_release_is_followed_by_ours_and_a_users_kustomization_stays_as_it_is() {
    let Some(env) = beside_an_empty_cluster() else {
        return;
    };
    let export = env.run(["install", "--export"]).success();
    let place = release::serve(&release::archive_of(&export));
    let env = env
        .variable("GIT_PASSWORD", "sesame-of-the-test")
        .variable("GITOPS_RELEASE_URL", &place.url());
    let server = GitHttp::open();
    let repository = server.repository("fleet");
    let url = format!("--url={}", server.url("fleet"));
    let command = |extra: &[&str]| {
        let fixed = [
            "bootstrap",
            "git",
            &url,
            "--allow-insecure-http",
            "--token-auth",
            "--path=clusters/one",
        ];
        words(&[&fixed[..], extra].concat())
    };
    let version = || {
        let deployment = env
            .scene()
            .object("Deployment/flux-system/source-controller")
            .unwrap();
        text(&deployment, "/metadata/labels/app.kubernetes.io~1version").to_owned()
    };
    let folder = "clusters/one/flux-system";

    let refused = env.run(command(&["--version=v2.8.0"]));
    assert!(refused.stderr().contains("is not compatible"), "{refused}");
    drop(env.run(command(&["--version", release::TAG])).success());
    assert_eq!(
        repository.subjects("main"),
        [
            "Add Flux sync manifests",
            "Add Flux v2.9.3 component manifests"
        ]
    );
    assert_eq!(version(), "v2.9.3");

    repository.commit(
        "Mine",
        &[
            (&format!("{folder}/kustomization.yaml"), KUSTOMIZATION),
            (&format!("{folder}/extra.yaml"), EXTRA),
            (&format!("{folder}/label.yaml"), LABEL),
        ],
    );
    drop(env.run(command(&[])).success());
    let subjects = repository.subjects("main");
    assert_eq!(subjects.len(), 4, "{subjects:?}");
    assert_eq!(subjects[0], "Add Flux v2.9.4 component manifests");
    assert_eq!(
        repository
            .file("main", &format!("{folder}/kustomization.yaml"))
            .as_deref(),
        Some(KUSTOMIZATION)
    );
    assert_follows(&env, &repository.head("main").unwrap());
    assert_eq!(version(), "v2.9.4");
    assert!(env.scene().object("ConfigMap/flux-system/extra").is_some());

    // Their patches are built into what the cluster gets, and into nothing that is committed.
    let object = |name| env.scene().object(name).unwrap();
    let controller = object("Deployment/flux-system/kustomize-controller");
    let arguments = &controller["spec"]["template"]["spec"]["containers"][0]["args"];
    let is_ours = |argument: &serde_json::Value| argument == "--concurrent=7";
    assert!(
        arguments.as_array().unwrap().iter().any(is_ours),
        "{arguments}"
    );
    assert_eq!(
        text(&object("Namespace/flux-system"), "/metadata/labels/team"),
        "platform"
    );
    let components = repository.file("main", &format!("{folder}/gotk-components.yaml"));
    assert!(!components.unwrap().contains("--concurrent=7"));
    let again = env.run(command(&[])).success();
    assert!(again.is_empty() || !again.contains("configured"), "{again}");
    assert_eq!(repository.subjects("main").len(), 4);
}
