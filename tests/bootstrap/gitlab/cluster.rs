//! The command of the users' runbook, up to a cluster that follows Git.

use serde_json::Value;

use super::{FOLDER, PROJECT, assert_no_secret, assert_says, prepare, run, start, writes};
use crate::scene::gitlab::GitLab;
use crate::scene::{Scene, TestEnv};

#[test]
fn the_exact_command_makes_project_commits_and_cluster_and_then_changes_nothing() {
    let Some(scene) = Scene::private_bare() else {
        return;
    };
    let env = TestEnv::in_scene(scene).without_variable("FLUX_SYSTEM_NAMESPACE");
    let gitlab = start(|_| {});
    plan_writes_nothing(&env, &gitlab);
    let first = run(&env, &gitlab, &["--timeout=5m"]);
    eprintln!("{first}");
    let text = first.stderr();
    let _ = first.success();
    assert_says(
        "first",
        &text,
        &["repository", "created", "all components are healthy"],
    );
    assert_project(&gitlab);
    assert_cluster(&env, &gitlab);
    let head = gitlab.head(PROJECT, "master");
    gitlab.clear_journal();
    let again = run(&env, &gitlab, &["--timeout=5m"]);
    assert_says("again", &again.stderr(), &["nothing had to be changed"]);
    let _ = again.success();
    assert_eq!(gitlab.head(PROJECT, "master"), head);
    assert_eq!(writes(&gitlab), Vec::<String>::new());
}

fn plan_writes_nothing(env: &TestEnv, gitlab: &GitLab) {
    let output = prepare(env, gitlab, &["--token-auth"], &["--plan", "-o", "json"]).run();
    assert_no_secret(env, gitlab, &output);
    let plan: Value = serde_json::from_slice(output.raw_stdout())
        .unwrap_or_else(|error| panic!("{error}: {output}"));
    assert_eq!(plan["branch"], "master", "{plan:#}");
    assert!(
        plan["repository"]
            .as_str()
            .unwrap()
            .ends_with("/mycompany/mygroup/flux.git"),
        "{plan:#}"
    );
    let _ = output.success();
    assert!(
        gitlab.journal().iter().all(|entry| entry.method == "GET"),
        "{:?}",
        gitlab.calls()
    );
    assert!(env.scene().object("Namespace/flux-system").is_none());
}

fn assert_project(gitlab: &GitLab) {
    let group = gitlab.state(|state| state.group("mycompany/mygroup").id);
    let journal = gitlab.journal();
    let created = journal
        .iter()
        .find(|entry| entry.method == "POST" && entry.path.ends_with("/projects"))
        .unwrap();
    assert_eq!(created.body["namespace_id"], group);
    assert_eq!(created.body["visibility"], "private");
    assert_eq!(created.body["name"], "flux");
    assert_eq!(writes(gitlab), ["POST /projects 201"]);
    for name in [
        "gotk-components.yaml",
        "gotk-sync.yaml",
        "kustomization.yaml",
    ] {
        assert!(
            gitlab
                .file(PROJECT, "master", &format!("{FOLDER}/{name}"))
                .is_some(),
            "{name}"
        );
    }
    let subjects = subjects(gitlab);
    assert_eq!(
        subjects,
        [
            "Add Flux v2.9.4 component manifests",
            "Add Flux sync manifests"
        ]
    );
}

/// Returns the subjects of the commits on `master`, oldest first.
fn subjects(gitlab: &GitLab) -> Vec<String> {
    let output = std::process::Command::new("git")
        .arg("-C")
        .arg(gitlab.repository_path(PROJECT))
        .args(["log", "--reverse", "--format=%s", "master"])
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(ToOwned::to_owned)
        .collect()
}

fn assert_cluster(env: &TestEnv, gitlab: &GitLab) {
    let scene = env.scene();
    let get = |target: &str| {
        scene
            .object(target)
            .unwrap_or_else(|| panic!("no {target}"))
    };
    let source = get("GitRepository/flux-system/flux-system");
    assert_eq!(
        source["spec"]["url"],
        format!("{}/{PROJECT}.git", gitlab.url())
    );
    assert_eq!(source["spec"]["ref"]["branch"], "master");
    assert_eq!(source["spec"]["interval"], "1m0s");
    assert_eq!(source["spec"]["secretRef"]["name"], "flux-system");
    let kustomization = get("Kustomization/flux-system/flux-system");
    assert_eq!(kustomization["spec"]["path"], "./clusters/production");
    assert_eq!(kustomization["spec"]["interval"], "10m0s");
    assert_eq!(kustomization["spec"]["prune"], true);
    let revision = format!("master@sha1:{}", gitlab.head(PROJECT, "master").unwrap());
    assert_eq!(kustomization["status"]["lastAppliedRevision"], revision);
    for object in [&source, &kustomization] {
        assert_eq!(
            crate::scene::condition(object, "Ready"),
            "True",
            "{object:#}"
        );
    }
    let data = get("Secret/flux-system/flux-system")["data"].clone();
    let text = |key: &str| {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(data[key].as_str().unwrap())
            .unwrap();
        String::from_utf8(bytes).unwrap()
    };
    assert_eq!(text("username"), "git");
    assert_eq!(text("password"), gitlab.token("alice"));
    assert_eq!(
        text("ca.crt"),
        std::fs::read_to_string(gitlab.ca_file()).unwrap()
    );
    assert_eq!(data.as_object().unwrap().len(), 3);
}
