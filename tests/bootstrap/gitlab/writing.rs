//! Faults while GitLab is written to: nothing is lost, and a second run completes what the first began.
//!
//! No controller acts here: a run that gets past every fault is interrupted in the wait for the cluster.

use std::time::Duration;

use serde_json::json;

use super::{
    FOLDER, PROJECT, THE_WAIT, assert_no_secret, assert_says, bare_server, over_ssh, prepare, run,
    start, writes,
};
use crate::scene::gitlab::{Fault, GitLab, Role, State};
use crate::scene::{CommandOutput, TestEnv};

/// Runs as far as a cluster without controllers lets it: what is committed and applied is.
#[track_caller]
fn run_to_the_wait(env: &TestEnv, gitlab: &GitLab, access: &[&str]) -> String {
    let output = prepare(env, gitlab, access, &[]).run_until(THE_WAIT);
    assert_no_secret(env, gitlab, &output);
    let text = output.stderr();
    assert!(text.contains("reconciled sync configuration"), "{output}");
    text
}

#[track_caller]
fn assert_both_commits(name: &str, gitlab: &GitLab) {
    for file in [
        "gotk-components.yaml",
        "gotk-sync.yaml",
        "kustomization.yaml",
    ] {
        let content = gitlab.file(PROJECT, "master", &format!("{FOLDER}/{file}"));
        assert!(content.is_some(), "{name}: no {file}");
    }
}

/// Starts a double with the project and a file of somebody else's.
fn with_project() -> GitLab {
    start(|state| {
        state.project(PROJECT);
        state.commit(PROJECT, "master", "README.md", "ours\n");
    })
}

#[test]
fn a_project_is_created_once_whatever_becomes_of_the_answer() {
    let Some(env) = bare_server() else { return };
    let race = Fault::meanwhile(|state: &mut State| {
        state.project(PROJECT);
    });
    for (name, fault) in [
        ("answer lost", Fault::lost_answer()),
        ("answer cut", Fault::cut()),
        ("limit", Fault::status(429).retry_after(1)),
        ("name taken meanwhile", race),
    ] {
        let gitlab = start(|_| {});
        gitlab.fault(fault.on("POST", "/projects"));
        run_to_the_wait(&env, &gitlab, &["--token-auth"]);
        assert_both_commits(name, &gitlab);
        let made = writes(&gitlab)
            .iter()
            .filter(|line| line.ends_with(" 201"))
            .count();
        assert!(made <= 1, "{name}: {:?}", writes(&gitlab));
    }
}

#[test]
fn a_project_that_could_not_be_created_is_by_the_second_run() {
    let Some(env) = bare_server() else { return };
    for (name, fault, words) in [
        (
            "502",
            Fault::status(502),
            &["answered 502", "try again later"][..],
        ),
        (
            "role",
            Fault::status(403),
            &["may not create the project", "403 Forbidden", "role"][..],
        ),
        (
            "redirect",
            Fault::redirect(301, "/api/v4/elsewhere"),
            &["elsewhere"][..],
        ),
    ] {
        let gitlab = start(|_| {});
        gitlab.fault(fault.on("POST", "/projects"));
        let text = run(&env, &gitlab, &[]).failure(1);
        assert_says(name, &text, words);
        assert_eq!(writes(&gitlab).len(), 1, "{name}: {:?}", writes(&gitlab));
        assert!(
            !gitlab
                .calls()
                .iter()
                .any(|call| call.starts_with("GET /elsewhere")),
            "{name}"
        );
        run_to_the_wait(&env, &gitlab, &["--token-auth"]);
        assert_both_commits(name, &gitlab);
    }
}

#[test]
fn a_project_out_of_sight_is_explained() {
    let Some(env) = bare_server() else { return };
    let gitlab = start(|_| {});
    let taken = json!({ "message": { "name": ["has already been taken"], "path": ["has already been taken"] } });
    gitlab.fault(Fault::json(400, taken).on("POST", "/projects"));
    let text = run(&env, &gitlab, &[]).failure(1);
    assert_says(
        "invisible",
        &text,
        &[
            "its name is taken",
            "is no member of it",
            "waits for its deletion",
        ],
    );
}

#[test]
fn a_push_survives_what_happens_on_the_way() {
    let Some(env) = bare_server() else { return };
    let push = "/mycompany/mygroup/flux.git/git-receive-pack";
    let gitlab = with_project();
    gitlab.meanwhile("POST", push, |state| {
        state.commit(PROJECT, "master", "theirs.md", "theirs\n");
    });
    let text = run_to_the_wait(&env, &gitlab, &["--token-auth"]);
    assert_says(
        "meanwhile",
        &text,
        &["somebody else pushed to \"master\" meanwhile"],
    );
    assert_both_commits("meanwhile", &gitlab);
    for (file, content) in [("theirs.md", "theirs"), ("README.md", "ours")] {
        assert_eq!(
            gitlab.file(PROJECT, "master", file).as_deref(),
            Some(content),
            "{file}"
        );
    }
    for (name, fault) in [
        ("502", Fault::status(502)),
        ("answer lost", Fault::lost_answer()),
    ] {
        let gitlab = with_project();
        gitlab.fault(fault.on("POST", push));
        let first = prepare(&env, &gitlab, &["--token-auth"], &[]).run_up_to(THE_WAIT);
        assert_no_secret(&env, &gitlab, &first);
        assert_ne!(first.status(), Some(0), "{name}: {first}");
        assert!(!first.stderr().contains("panicked"), "{name}: {first}");
        run_to_the_wait(&env, &gitlab, &["--token-auth"]);
        assert_both_commits(name, &gitlab);
        assert_eq!(
            gitlab.file(PROJECT, "master", "README.md").as_deref(),
            Some("ours")
        );
    }
}

#[test]
fn a_branch_protected_meanwhile_is_told_with_a_remedy() {
    let Some(env) = bare_server() else { return };
    let gitlab = with_project();
    gitlab.meanwhile(
        "POST",
        "/mycompany/mygroup/flux.git/git-receive-pack",
        |state| {
            state.protect(PROJECT, "master", 0);
        },
    );
    let head = gitlab.head(PROJECT, "master");
    let text = run(&env, &gitlab, &[]).failure(1);
    assert_says(
        "declined",
        &text,
        &["the server refuses changes of master", "--branch"],
    );
    assert_eq!(gitlab.head(PROJECT, "master"), head);
}

fn run_with_key(env: &TestEnv, gitlab: &GitLab, more: &[&str]) -> CommandOutput {
    let output = prepare(env, gitlab, &[], more).run_up_to(THE_WAIT);
    assert_no_secret(env, gitlab, &output);
    output
}

/// Returns titles and rights of the project's keys.
fn keys(gitlab: &GitLab) -> usize {
    gitlab.state(|state| state.project_mut(PROJECT).keys.len())
}

#[test]
fn a_deploy_key_is_registered_once_and_never_lost() {
    let Some(env) = bare_server() else { return };
    let Some(gitlab) = over_ssh(|_| {}) else {
        return;
    };
    let list = "/projects/*/deploy_keys";
    gitlab.fault(Fault::status(403).on("POST", list));
    let text = run_with_key(&env, &gitlab, &[]).failure(1);
    assert_says(
        "role",
        &text,
        &[
            "public key: ecdsa-sha2-nistp384 ",
            "Maintainer",
            "may not add a deploy key to",
        ],
    );
    assert_eq!(keys(&gitlab), 0);
    gitlab.fault(
        Fault::json(400, json!({ "message": "Deploy keys limit reached" })).on("POST", list),
    );
    let text = run_with_key(&env, &gitlab, &[]).failure(1);
    assert_says(
        "limit",
        &text,
        &["cannot add a deploy key to", "limit reached"],
    );
    assert_eq!(keys(&gitlab), 0);
    gitlab.fault(Fault::lost_answer().on("POST", list));
    let text = run_to_the_wait(&env, &gitlab, &[]);
    assert_says(
        "lost",
        &text,
        &["configured deploy key", "for \"mycompany/mygroup/flux\""],
    );
    assert_eq!(keys(&gitlab), 1);
    run_to_the_wait(&env, &gitlab, &[]);
    assert_eq!(keys(&gitlab), 1);
    assert_both_commits("key", &gitlab);
}

#[test]
fn a_key_that_is_taken_elsewhere_is_joined_or_told() {
    let Some(env) = bare_server() else { return };
    let path = env.folder().join("key");
    let public = GitLab::key_pair(&path);
    let file = format!("--private-key-file={}", path.display());
    let Some(gitlab) = over_ssh(|state| {
        state.taken_key("someone's", &public);
    }) else {
        return;
    };
    let text = run_with_key(&env, &gitlab, &[&file]).failure(1);
    assert_says(
        "taken",
        &text,
        &["is already in use on 127.0.0.1", "--private-key-file"],
    );
    let Some(gitlab) = over_ssh(|state| {
        state.project("mycompany/mygroup/other");
        state.key(
            "mycompany/mygroup/other",
            "shared",
            &public,
            crate::scene::gitlab::Push::Denied,
        );
    }) else {
        return;
    };
    run_to_the_wait(&env, &gitlab, &[&file]);
    assert_eq!(keys(&gitlab), 1);
}

#[test]
fn lists_are_read_whole_and_bounded() {
    let Some(env) = bare_server() else { return };
    let list = "/projects/*/deploy_keys";
    let public = GitLab::key_pair(&env.folder().join("old"));
    let with_a_key = |state: &mut State| {
        state.key(PROJECT, "old", &public, crate::scene::gitlab::Push::Denied);
    };
    let Some(gitlab) = over_ssh(with_a_key) else {
        return;
    };
    gitlab.fault(Fault::endless_pages().on("GET", list));
    let output = prepare(&env, &gitlab, &[], &["--timeout=60s"])
        .timeout(Duration::from_secs(90))
        .run();
    assert_says("endless", &output.failure(1), &["does not end: 1000 pages"]);
    assert_eq!(keys(&gitlab), 1);
    let Some(gitlab) = over_ssh(with_a_key) else {
        return;
    };
    gitlab.fault(Fault::repeated_page().on("GET", list));
    let output = run_with_key(&env, &gitlab, &[]);
    assert!(matches!(output.status(), Some(1 | 130)), "{output}");
    let reads = gitlab
        .calls()
        .iter()
        .filter(|call| call.contains("/deploy_keys?"))
        .count();
    assert!(reads < 10, "{reads} pages were read");
}

#[test]
fn a_team_that_can_not_be_given_access_fails_only_in_the_end() {
    let Some(env) = bare_server() else { return };
    let gitlab = start(|state| {
        state.group("operators");
        state.member("alice", "operators", Role::Developer);
    });
    let teams = ["--token-auth", "--team=operators:maintain,nobody"];
    let text = run_to_the_wait(&env, &gitlab, &teams);
    assert_says(
        "team",
        &text,
        &[
            "granted \"maintain\" permissions to \"operators\"",
            "failed to grant permissions to \"nobody\"",
        ],
    );
    let shares = gitlab.state(|state| {
        state
            .project_mut(PROJECT)
            .shares
            .iter()
            .map(|share| share.level)
            .collect::<Vec<_>>()
    });
    assert_eq!(shares, [40]);
    assert_both_commits("team", &gitlab);
}
