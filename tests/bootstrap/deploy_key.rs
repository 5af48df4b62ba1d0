//! The deploy key of the cluster at the real Gitea.

use reqwest::Method;
use serde_json::Value;

use super::place::words;
use crate::scene::{CommandOutput, Gitea, Scene, TestEnv, text};

fn run(env: &TestEnv, gitea: &Gitea, owner: &str, more: &str) -> CommandOutput {
    let ca = env.file("ca.pem", gitea.authority().unwrap());
    env.run(words(&[
        "bootstrap",
        "gitea",
        "--hostname",
        &gitea.host(),
        "--owner",
        owner,
        "--repository=keys",
        "--path=clusters/one",
        "--ca-file",
        &ca.display().to_string(),
        "--ssh-hostname",
        &gitea.ssh_host(),
        "--components=source-controller,kustomize-controller",
        "--timeout=25s",
        more,
    ]))
}

fn keys(gitea: &Gitea, owner: &str) -> Vec<Value> {
    let (status, keys) = gitea.call(Method::GET, &format!("/repos/{owner}/keys/keys"), None);
    assert_eq!(status, 200, "{keys}");
    keys.as_array().cloned().unwrap_or_default()
}

#[test]
fn a_key_that_was_deleted_at_gitea_is_registered_again() {
    let (Some(gitea), Some(scene)) = (Gitea::shared(), Scene::private_bare_server()) else {
        return;
    };
    let env = TestEnv::in_scene(scene)
        .without_variable("FLUX_SYSTEM_NAMESPACE")
        .with_program("ssh-keyscan")
        .variable("GITEA_TOKEN", gitea.token());
    let owner = gitea.organisation();
    // No controller acts here: the run ends in the wait for the cluster.
    drop(run(&env, gitea, &owner, "--yes").failure(3));
    let first = keys(gitea, &owner);
    assert_eq!(first.len(), 1, "{first:?}");
    let (status, answer) = gitea.call(
        Method::DELETE,
        &format!("/repos/{owner}/keys/keys/{}", first[0]["id"]),
        None,
    );
    assert_eq!(status, 204, "{answer}");

    let plan = run(&env, gitea, &owner, "--plan").success();
    assert!(plan.contains("add deploy key"), "{plan}");
    assert!(!plan.contains("write source secret"), "{plan}");
    assert_eq!(keys(gitea, &owner).len(), 0);
    let talk = run(&env, gitea, &owner, "--yes").failure(3);
    assert!(talk.contains("configured deploy key"), "{talk}");
    let again = keys(gitea, &owner);
    assert_eq!(again.len(), 1, "{again:?}");
    assert_eq!(text(&again[0], "/key"), text(&first[0], "/key"));
    assert_eq!(again[0]["read_only"], true);
}
