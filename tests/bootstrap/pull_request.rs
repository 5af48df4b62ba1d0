//! `--pull-request` at the real Gitea, and where there is no host to ask.

use reqwest::Method;
use serde_json::{Value, json};

use super::place::words;
use crate::scene::{CommandOutput, Gitea, Scene, TestEnv, text};

fn env() -> Option<TestEnv> {
    Some(TestEnv::in_scene(Scene::private_bare_server()?).without_variable("FLUX_SYSTEM_NAMESPACE"))
}

fn run(env: &TestEnv, gitea: &Gitea, owner: &str, more: &str) -> CommandOutput {
    let ca = env.file("ca.pem", gitea.authority().unwrap());
    env.run(words(&[
        "bootstrap",
        "gitea",
        "--hostname",
        &gitea.host(),
        "--owner",
        owner,
        "--repository=reviewed",
        "--path=clusters/one",
        "--ca-file",
        &ca.display().to_string(),
        "--token-auth",
        "--components=source-controller,kustomize-controller",
        "--timeout=25s",
        more,
    ]))
}

fn pulls(gitea: &Gitea, owner: &str) -> Vec<Value> {
    let (status, pulls) = gitea.call(
        Method::GET,
        &format!("/repos/{owner}/reviewed/pulls?state=all"),
        None,
    );
    assert_eq!(status, 200, "{pulls}");
    pulls.as_array().cloned().unwrap_or_default()
}

#[test]
fn a_pull_request_at_gitea_is_opened_once_and_followed() {
    let (Some(gitea), Some(env)) = (Gitea::shared(), env()) else {
        return;
    };
    let owner = gitea.organisation();
    gitea.create_repository(&owner, "reviewed");
    let repository = gitea.repository(&owner, "reviewed");
    repository.commit("Begin", &[("README.md", "ours\n")]);
    let protection = json!({"rule_name": "main", "enable_push": false});
    let (status, answer) = gitea.call(
        Method::POST,
        &format!("/repos/{owner}/reviewed/branch_protections"),
        Some(&protection),
    );
    assert_eq!(status, 201, "{answer}");
    let env = env.variable("GITEA_TOKEN", gitea.token());

    let url = run(&env, gitea, &owner, "--pull-request").success();
    let open = pulls(gitea, &owner);
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!(text(&open[0], "/html_url"), url.trim());
    assert_eq!(text(&open[0], "/base/ref"), "main");
    assert_eq!(repository.subjects("main"), ["Begin"]);
    let branch = text(&open[0], "/head/ref").to_owned();
    assert!(
        repository
            .files(&branch)
            .contains(&"clusters/one/flux-system/gotk-sync.yaml".to_owned())
    );
    assert_eq!(env.scene().writes(), "");

    // The same request is found, and nothing is pushed again.
    let head = repository.head(&branch);
    assert_eq!(run(&env, gitea, &owner, "--pull-request").success(), url);
    assert_eq!(pulls(gitea, &owner).len(), 1);
    assert_eq!(repository.head(&branch), head);

    let merged = json!({"Do": "squash", "MergeTitleField": "Bootstrap"});
    let number = &open[0]["number"];
    let (status, answer) = gitea.call(
        Method::POST,
        &format!("/repos/{owner}/reviewed/pulls/{number}/merge"),
        Some(&merged),
    );
    assert_eq!(status, 200, "{answer}");
    // No controller acts here: the run ends in the wait for the cluster.
    let talk = run(&env, gitea, &owner, "--pull-request").failure(3);
    assert!(talk.contains("reconciled sync configuration"), "{talk}");
    assert_eq!(pulls(gitea, &owner).len(), 1);
}

#[test]
fn plain_git_has_no_requests() {
    let env = TestEnv::new();
    for flag in ["--pull-request", "--wait-merge"] {
        let refused = env
            .run(words(&[
                "bootstrap",
                "git",
                "--url=https://git.invalid/fleet",
                "--token-auth",
                flag,
            ]))
            .failure(2);
        assert!(
            refused.contains("needs a Git host with an API"),
            "{refused}"
        );
        assert!(refused.contains("--no-push"), "{refused}");
    }
    let both = ["--no-push", "--pull-request"];
    let refused = env
        .command(
            words(&["bootstrap", "gitlab", "--owner=a", "--repository=b"])
                .into_iter()
                .chain(words(&both)),
        )
        .variable("GITLAB_TOKEN", "glpat-x")
        .run()
        .failure(2);
    assert!(refused.contains("exclude each other"), "{refused}");
    let refused = env
        .command(words(&[
            "bootstrap",
            "gitlab",
            "--owner=a",
            "--repository=b",
            "--clone-dir=c",
        ]))
        .variable("GITLAB_TOKEN", "glpat-x")
        .run()
        .failure(2);
    assert!(refused.contains("--clone-dir needs --no-push"), "{refused}");
}
