//! `bootstrap gitlab --pull-request`, where nobody may push to the branch.
//!
//! No controller acts here: a run that gets past the merge ends in the wait for the cluster.

use std::time::Duration;

use super::{FOLDER, PROJECT, assert_no_secret, assert_says, prepare, start};
use crate::scene::gitlab::{GitLab, State};
use crate::scene::{CommandOutput, Scene, TestEnv};

fn env() -> Option<TestEnv> {
    Some(TestEnv::in_scene(Scene::private_bare_server()?).without_variable("FLUX_SYSTEM_NAMESPACE"))
}

/// Starts a double whose project has a branch that only a merge changes.
fn protected() -> GitLab {
    start(|state| {
        state.project(PROJECT);
        state.commit(PROJECT, "master", "README.md", "ours\n");
        state.protect(PROJECT, "master", 0);
    })
}

fn run(env: &TestEnv, gitlab: &GitLab, more: &[&str]) -> CommandOutput {
    let output = prepare(env, gitlab, &["--token-auth", "--timeout=20s"], more).run();
    assert_no_secret(env, gitlab, &output);
    output
}

/// Number, state and branch of every merge request.
fn requests(gitlab: &GitLab) -> Vec<(u64, &'static str, String)> {
    gitlab.state(|state| {
        let requests = state.project_mut(PROJECT).merge_requests.iter();
        requests
            .map(|request| (request.iid, request.state, request.source.clone()))
            .collect()
    })
}

/// Merges the newest request as a person would; its branch goes or stays.
fn merge(state: &mut State, removes_branch: bool) {
    let project = state.project_mut(PROJECT);
    let request = project.merge_requests.last_mut().expect("there is one");
    let commit = project
        .repository
        .merge(&request.source, &request.target, "Merge it");
    assert!(commit.is_some(), "{request:?}");
    request.merge_commit = commit;
    request.state = "merged";
    if removes_branch {
        project.repository.remove_branch(&request.source);
    }
}

fn has(gitlab: &GitLab, branch: &str, file: &str) -> bool {
    gitlab
        .file(PROJECT, branch, &format!("{FOLDER}/{file}"))
        .is_some()
}

#[track_caller]
fn assert_cluster_untouched(env: &TestEnv) {
    assert_eq!(env.scene().writes(), "");
    assert!(env.scene().object("Namespace/flux-system").is_none());
}

#[test]
fn a_protected_branch_is_changed_by_a_merge_and_the_next_run_goes_on() {
    let Some(env) = env() else { return };
    let gitlab = protected();
    let head = gitlab.head(PROJECT, "master");
    let refused = run(&env, &gitlab, &[]).failure(1);
    assert_says("protected", &refused, &["protected", "--pull-request"]);
    let plan = run(&env, &gitlab, &["--pull-request", "--plan"]).success();
    assert_says(
        "plan",
        &plan,
        &["open request", "wait for merge", "into master"],
    );
    assert_eq!(requests(&gitlab), []);

    let first = run(&env, &gitlab, &["--pull-request"]);
    let url = first.stdout();
    assert_says(
        "first",
        &first.stderr(),
        &["opened merge request", "merge it, then run"],
    );
    drop(first.success());
    assert_eq!(
        url,
        format!("{}/{PROJECT}/-/merge_requests/1\n", gitlab.url())
    );
    let [(1, "opened", branch)] = &requests(&gitlab)[..] else {
        panic!("{:?}", requests(&gitlab));
    };
    assert!(
        branch.starts_with("gitops-bootstrap-clusters-production-"),
        "{branch}"
    );
    for file in [
        "gotk-components.yaml",
        "gotk-sync.yaml",
        "kustomization.yaml",
    ] {
        assert!(has(&gitlab, branch, file), "{file}");
        assert!(!has(&gitlab, "master", file), "{file}");
    }
    assert_eq!(gitlab.head(PROJECT, "master"), head);
    assert_cluster_untouched(&env);

    // The second run finds the same request as it is.
    let asked = gitlab.head(PROJECT, branch);
    let plan = run(&env, &gitlab, &["--pull-request", "--plan"]).success();
    assert!(!plan.contains("open request"), "{plan}");
    assert_says("plan", &plan, &[url.trim()]);
    let again = run(&env, &gitlab, &["--pull-request"]);
    assert_eq!(again.stdout(), url);
    assert_says("again", &again.stderr(), &["nothing had to be changed"]);
    drop(again.success());
    assert_eq!(requests(&gitlab).len(), 1);
    assert_eq!(gitlab.head(PROJECT, branch), asked);

    // A run that asks for more adds to it.
    let more = ["--pull-request", "--toleration-keys=a"];
    assert_eq!(run(&env, &gitlab, &more).success(), url);
    assert_eq!(requests(&gitlab).len(), 1);
    assert_ne!(gitlab.head(PROJECT, branch), asked);
    assert_cluster_untouched(&env);

    gitlab.state(|state| merge(state, true));
    let last = run(&env, &gitlab, &more);
    let text = last.stderr();
    drop(last.failure(3));
    assert_says(
        "merged",
        &text,
        &[
            "component manifests are up to date",
            "reconciled sync configuration",
        ],
    );
    assert_eq!(requests(&gitlab).len(), 1);
}

#[test]
fn the_merge_is_waited_for_on_wish() {
    let Some(env) = env() else { return };
    let gitlab = protected();
    let wait = ["--wait-merge", "--timeout=60s"];
    let waiting = prepare(&env, &gitlab, &["--token-auth"], &wait).start();
    waiting.wait_for("waiting for the merge of merge request");
    assert_cluster_untouched(&env);
    gitlab.state(|state| merge(state, true));
    waiting.wait_for("is merged");
    waiting.wait_for("reconciled sync configuration");
    waiting.interrupt();
    drop(waiting.finish().failure(130));
    assert_eq!(requests(&gitlab).len(), 1);

    // A request that nobody merges, and one that somebody closes.
    let gitlab = protected();
    let text = run(&env, &gitlab, &["--wait-merge", "--timeout=8s"]).failure(3);
    assert_says(
        "time-out",
        &text,
        &["timed out waiting for the merge", "--timeout"],
    );
    let waiting = prepare(&env, &gitlab, &["--token-auth"], &["--wait-merge"]).start();
    waiting.wait_for("waiting for the merge of merge request");
    gitlab.state(|state| {
        state.project_mut(PROJECT).merge_requests[0].state = "closed";
    });
    let text = waiting.finish().failure(1);
    assert_says("closed", &text, &["closed without being merged"]);
    drop(run(&env, &gitlab, &["--pull-request"]).success());
    let states: Vec<_> = requests(&gitlab).iter().map(|one| one.1).collect();
    assert_eq!(states, ["closed", "opened"]);
}

#[test]
fn what_an_earlier_request_left_is_not_in_the_way() {
    let Some(env) = env() else { return };
    let gitlab = protected();
    drop(run(&env, &gitlab, &["--pull-request"]).success());
    // The merge leaves the branch, and the history goes on elsewhere.
    gitlab.state(|state| {
        merge(state, false);
        state.commit(PROJECT, "master", "README.md", "theirs\n");
    });
    let branch = requests(&gitlab)[0].2.clone();
    drop(run(&env, &gitlab, &["--pull-request", "--toleration-keys=a"]).success());
    let states: Vec<_> = requests(&gitlab).iter().map(|one| one.1).collect();
    assert_eq!(states, ["merged", "opened"]);
    assert_eq!(
        gitlab.file(PROJECT, &branch, "README.md").as_deref(),
        Some("theirs"),
        "the request is on top of the branch that it is for"
    );
    let (one, other) = (
        gitlab.head(PROJECT, "master"),
        gitlab.head(PROJECT, &branch),
    );
    gitlab.state(|state| {
        let repository = &state.project_mut(PROJECT).repository;
        assert!(repository.is_ancestor(&one.unwrap(), &other.unwrap()));
    });
}

#[test]
fn an_empty_project_gets_a_branch_that_a_request_can_be_for() {
    let Some(env) = env() else { return };
    let gitlab = start(|_| {});
    let output = prepare(
        &env,
        &gitlab,
        &["--token-auth"],
        &["--pull-request", "--timeout=40s"],
    )
    .timeout(Duration::from_mins(1))
    .run();
    assert_no_secret(&env, &gitlab, &output);
    drop(output.success());
    let branch = requests(&gitlab)[0].2.clone();
    assert!(has(&gitlab, &branch, "gotk-sync.yaml"));
    assert!(gitlab.head(PROJECT, "master").is_some());
    assert!(!has(&gitlab, "master", "gotk-sync.yaml"));
    assert_cluster_untouched(&env);
}
