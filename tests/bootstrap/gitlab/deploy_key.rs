//! The deploy key of the cluster: the same in every run, whoever registers it, and put back when it is lost.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{PROJECT, assert_no_secret, assert_says, bare_server, command, over_ssh};
use crate::scene::gitlab::{GitLab, Push, Role};
use crate::scene::{CommandOutput, TestEnv};

const TITLE: &str = "flux-system-master-flux-system-./clusters/production";

/// Starts a double with the project, where dan is a developer: he may push, and know nothing of deploy keys.
fn with_developer() -> Option<GitLab> {
    over_ssh(|state| {
        state.user("dan");
        state.member("dan", PROJECT, Role::Developer);
    })
}

fn run_as(env: &TestEnv, gitlab: &GitLab, user: &str, more: &[&str]) -> CommandOutput {
    let output = env
        .command(command(gitlab, &[], more))
        .variable("GITLAB_TOKEN", &gitlab.token(user))
        .run();
    assert_no_secret(env, gitlab, &output);
    output
}

/// Runs as far as a cluster without controllers lets it.
#[track_caller]
fn run_to_the_wait(env: &TestEnv, gitlab: &GitLab, user: &str) -> String {
    let output = run_as(env, gitlab, user, &["--timeout=20s"]);
    let text = output.stderr();
    assert!(text.contains("reconciled sync configuration"), "{output}");
    drop(output.failure(3));
    text
}

/// Returns the public key that a run printed.
#[track_caller]
fn printed_key(text: &str) -> String {
    let line = text
        .lines()
        .find_map(|line| line.split_once("public key: "));
    let (_, key) = line.unwrap_or_else(|| panic!("no key in:\n{text}"));
    key.trim().to_owned()
}

/// Returns the public key beside the one that the cluster holds, and the version of the Secret.
fn held(env: &TestEnv) -> (String, String) {
    let secret = env
        .scene()
        .object("Secret/flux-system/flux-system")
        .expect("the Secret is kept");
    let text = |key: &str| {
        let bytes = STANDARD
            .decode(secret["data"][key].as_str().expect("the key is there"))
            .unwrap();
        String::from_utf8(bytes).unwrap()
    };
    assert!(text("identity").contains("PRIVATE KEY"));
    (
        text("identity.pub").trim().to_owned(),
        secret["metadata"]["resourceVersion"].to_string(),
    )
}

/// Returns the texts of the project's deploy keys.
fn registered(gitlab: &GitLab) -> Vec<String> {
    gitlab.state(|state| {
        let ids: Vec<u64> = state
            .project_mut(PROJECT)
            .keys
            .iter()
            .map(|key| key.0)
            .collect();
        let keys = state.keys.iter().filter(|key| ids.contains(&key.id));
        keys.map(|key| key.text.clone()).collect()
    })
}

#[test]
fn a_key_that_a_developer_may_not_register_is_kept_until_somebody_does() {
    let (Some(env), Some(gitlab)) = (bare_server(), with_developer()) else {
        return;
    };
    let text = run_as(&env, &gitlab, "dan", &["--timeout=20s"]).failure(1);
    assert_says(
        "role",
        &text,
        &["Maintainer", "by hand", TITLE, "that can read;"],
    );
    let key = printed_key(&text);
    let (public, version) = held(&env);
    assert_eq!(public, key);

    // Nobody did: the key that is asked for stays the same.
    let text = run_to_the_wait(&env, &gitlab, "dan");
    assert_says("unseen", &text, &["may not see whether", &key]);
    assert_eq!(held(&env), (key.clone(), version.clone()));

    // A maintainer adds it by hand, and the developer's command completes without a word of it to the service.
    gitlab.state(|state| state.key(PROJECT, TITLE, &key, Push::Denied));
    gitlab.clear_journal();
    run_to_the_wait(&env, &gitlab, "dan");
    assert_eq!(held(&env), (key.clone(), version.clone()));
    let is_key_write = |call: &String| call.contains("deploy_keys") && !call.starts_with("GET");
    assert!(
        !gitlab.calls().iter().any(is_key_write),
        "{:?}",
        gitlab.calls()
    );

    // A maintainer's command sees that it is there, and leaves it.
    let text = run_to_the_wait(&env, &gitlab, "alice");
    assert!(!text.contains("may not see whether"), "{text}");
    assert_eq!(registered(&gitlab), [key.as_str()]);
    assert_eq!(held(&env), (key, version));
}

#[test]
fn a_key_that_was_deleted_at_the_host_is_registered_again() {
    let (Some(env), Some(gitlab)) = (bare_server(), with_developer()) else {
        return;
    };
    let key = printed_key(&run_to_the_wait(&env, &gitlab, "alice"));
    let before = held(&env);
    assert_eq!(registered(&gitlab), [key.as_str()]);
    gitlab.state(|state| {
        state.project_mut(PROJECT).keys.clear();
        state.keys.clear();
    });
    // What stands beside the private key is not asked: it may be anything.
    let wrong = STANDARD.encode("ssh-ed25519 AAAA somebody's\n");
    env.scene().patch(
        "Secret/flux-system/flux-system",
        &serde_json::json!({"data": {"identity.pub": wrong}}),
    );
    let plan = run_as(&env, &gitlab, "alice", &["--plan"]).success();
    assert_says(
        "plan",
        &plan,
        &[
            "add deploy key",
            "the host does not have the cluster's key",
            TITLE,
        ],
    );
    assert!(!plan.contains("write source secret"), "{plan}");
    assert_eq!(registered(&gitlab), Vec::<String>::new());

    let text = run_to_the_wait(&env, &gitlab, "alice");
    assert_says(
        "again",
        &text,
        &["source secret up to date", "configured deploy key"],
    );
    assert_eq!(registered(&gitlab), [key.as_str()]);
    assert_ne!(held(&env).1, before.1, "only the test changed the Secret");
    let plan = run_as(&env, &gitlab, "alice", &["--plan"]).success();
    assert!(!plan.contains("add deploy key"), "{plan}");

    // It was joined to a project out of sight, so that it can't come back: the cluster gets another one.
    gitlab.state(|state| state.project_mut(PROJECT).keys.clear());
    let text = run_to_the_wait(&env, &gitlab, "alice");
    assert_says("taken", &text, &["already in use", "making another one"]);
    let (public, _) = held(&env);
    assert_ne!(public, key);
    assert_eq!(registered(&gitlab), [public]);
}
