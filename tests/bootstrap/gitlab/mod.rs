//! `bootstrap gitlab`, against the double of GitLab.

mod cluster;
mod deploy_key;
mod paths;
mod pull_request;
mod reading;
mod token;
mod variant;
mod writing;

use crate::scene::gitlab::{Entry, GitLab, Role, State};
use crate::scene::{CommandOutput, Invocation, Scene, TestEnv, contents};

/// The project of the tests.
const PROJECT: &str = "mycompany/mygroup/flux";

/// Where its files are.
const FOLDER: &str = "clusters/production/flux-system";

/// What a run says when all is committed and applied, and the cluster's turn has come.
const THE_WAIT: &str = "waiting for GitRepository";

/// Makes alice, maintainer of the group.
fn company(state: &mut State) {
    state.user("alice");
    state.group("mycompany/mygroup");
    state.member("alice", "mycompany", Role::Maintainer);
}

/// Starts a double with the company and more.
fn start(more: impl FnOnce(&mut State)) -> GitLab {
    GitLab::start(|state| {
        company(state);
        more(state);
    })
}

/// Starts a double that is pushed to over SSH; nothing, and a line that says so, where there is no server for that.
fn over_ssh(more: impl FnOnce(&mut State)) -> Option<GitLab> {
    if !GitLab::has_ssh() {
        println!("skipped: there is no SSH server");
        return None;
    }
    Some(start(|state| {
        state.settings.ssh = true;
        state.project(PROJECT);
        state.commit(PROJECT, "master", "README.md", "ours\n");
        more(state);
    }))
}

/// Returns an environment with a server that has nothing yet; nothing where there is none.
fn bare_server() -> Option<TestEnv> {
    let env = TestEnv::in_scene(Scene::private_bare_server()?);
    Some(
        env.without_variable("FLUX_SYSTEM_NAMESPACE")
            .with_program("ssh-keyscan"),
    )
}

/// Returns the command that the tests are about: the one of the users' runbook, and what points it at the double.
fn command(gitlab: &GitLab, access: &[&str], more: &[&str]) -> Vec<String> {
    let host = format!("--hostname={}", gitlab.url().trim_start_matches("https://"));
    let authority = format!("--ca-file={}", gitlab.ca_file().display());
    let fixed = [
        "bootstrap",
        "gitlab",
        "--owner=mycompany/mygroup",
        "--repository=flux",
        "--branch=master",
        "--path=clusters/production",
        "--components-extra=image-reflector-controller,image-automation-controller",
        &host,
        &authority,
    ];
    let all = fixed.iter().chain(access).chain(more);
    all.map(|word| (*word).to_owned()).collect()
}

/// Prepares the command as alice, whose token is in the variable.
fn prepare(env: &TestEnv, gitlab: &GitLab, access: &[&str], more: &[&str]) -> Invocation {
    env.command(command(gitlab, access, more))
        .variable("GITLAB_TOKEN", &gitlab.token("alice"))
}

/// Runs the command with `--token-auth` as alice, and sees that no secret shows.
fn run(env: &TestEnv, gitlab: &GitLab, more: &[&str]) -> CommandOutput {
    let output = prepare(env, gitlab, &["--token-auth"], more).run();
    assert_no_secret(env, gitlab, &output);
    output
}

/// Asserts that no token that the double gave out is in the output or in a file of the run.
#[track_caller]
fn assert_no_secret(env: &TestEnv, gitlab: &GitLab, output: &CommandOutput) {
    let mut texts = contents(env.home().parent().expect("a home is in a folder"));
    texts.extend([output.raw_stdout().to_vec(), output.raw_stderr().to_vec()]);
    for secret in gitlab.secrets() {
        let is_shown = |text: &Vec<u8>| {
            text.windows(secret.len())
                .any(|part| part == secret.as_bytes())
        };
        assert!(!texts.iter().any(is_shown), "a secret shows in:\n{output}");
    }
}

/// Returns the requests to the API that write, a line each.
fn writes(gitlab: &GitLab) -> Vec<String> {
    let is_write = |entry: &&Entry| entry.path.contains("/api/v4/") && entry.method != "GET";
    gitlab
        .journal()
        .iter()
        .filter(is_write)
        .map(ToString::to_string)
        .collect()
}

/// Asserts that a text holds all of these words.
#[track_caller]
fn assert_says(case: &str, text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{case}: no `{word}` in:\n{text}");
    }
}
