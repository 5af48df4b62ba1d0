//! Ctrl-C where a key is made and where the cluster is waited for, two runs at once with keys, and what others see of it.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::place::{assert_follows, beside_an_empty_cluster, secret, words};
use crate::scene::{
    Authority, CommandOutput, Fault, Gate, Gitea, Rule, TestEnv, Witness, contents, is_among,
};

fn command(gitea: &Gitea, host: &str, ca: &str, (owner, name): (&str, &str)) -> Vec<String> {
    words(&[
        "bootstrap",
        "gitea",
        "--hostname",
        host,
        "--owner",
        owner,
        "--repository",
        name,
        "--path=clusters/one",
        "--ca-file",
        ca,
        "--ssh-hostname",
        &gitea.ssh_host(),
        "--components=source-controller,kustomize-controller",
    ])
}

fn keys(gitea: &Gitea, owner: &str, name: &str) -> Vec<String> {
    let (status, keys) = gitea.call(Method::GET, &format!("/repos/{owner}/{name}/keys"), None);
    assert_eq!(status, 200, "{keys}");
    let keys = keys.as_array().unwrap().iter();
    keys.map(|key| key["key"].as_str().unwrap().trim().to_owned())
        .collect()
}

/// Returns type and key of a public key, without its comment.
fn public(env: &TestEnv) -> String {
    let line = secret(env, "identity.pub").unwrap();
    let words: Vec<&str> = line.split_whitespace().take(2).collect();
    words.join(" ")
}

/// Returns the names of teams, but for the one that every organisation has.
fn names_of(teams: &Value) -> Vec<&str> {
    let teams = teams.as_array().unwrap().iter();
    let mut names: Vec<&str> = teams
        .filter_map(|team| team["name"].as_str())
        .filter(|name| *name != "Owners")
        .collect();
    names.sort_unstable();
    names
}

fn streams(output: &CommandOutput) -> [Vec<u8>; 2] {
    [output.raw_stdout().to_vec(), output.raw_stderr().to_vec()]
}

#[test]
fn ctrl_c_at_the_key_and_in_the_wait_leaves_nothing_to_mend_and_shows_no_key() {
    let (Some(gitea), Some(env)) = (Gitea::shared(), beside_an_empty_cluster()) else {
        return;
    };
    let env = env.variable("GITEA_TOKEN", gitea.token());
    let owner = gitea.organisation();
    let authority = Authority::new("Gate CA");
    let gate = Gate::before(&gitea.url(), Some(&authority.identity()));
    gate.add(Rule::new(
        "POST",
        "*/keys",
        Fault::Delay(Duration::from_secs(4)),
    ));
    let both = format!("{}{}", authority.pem(), gitea.authority().unwrap());
    let ca = env.file("both.pem", &both).display().to_string();
    let arguments = || command(gitea, &gate.host(), &ca, (&owner, "fleet"));
    let mut seen = Vec::new();

    // While the key is on its way to the service.
    let run = env.command(arguments()).start();
    let witness = Witness::of(run.pid());
    run.wait_for("applying source secret");
    std::thread::sleep(Duration::from_secs(1));
    run.interrupt();
    let output = run.finish();
    seen.extend(witness.testimony());
    seen.extend(streams(&output));
    let stopped = output.failure(130);
    assert!(stopped.contains("run the same command again"), "{stopped}");

    // While the cluster is waited for.
    let run = env.command(arguments()).start();
    let witness = Witness::of(run.pid());
    run.wait_for("waiting for GitRepository");
    run.interrupt();
    let output = run.finish();
    seen.extend(witness.testimony());
    seen.extend(streams(&output));
    let stopped = output.failure(130);
    assert!(
        stopped.contains("an earlier run was interrupted"),
        "{stopped}"
    );
    let identity = secret(&env, "identity").unwrap();
    let journals = contents(&env.home());
    assert!(
        journals
            .iter()
            .any(|text| String::from_utf8_lossy(text).contains("/fleet")),
        "the run was interrupted and left no journal"
    );
    seen.extend(journals);

    let run = env.command(arguments()).start();
    let witness = Witness::of(run.pid());
    let output = run.finish();
    seen.extend(witness.testimony());
    seen.extend(streams(&output));
    drop(output.success());
    seen.extend(contents(env.home().parent().unwrap()));
    let repository = gitea.repository(&owner, "fleet");
    assert_follows(&env, &repository.head("main").unwrap());
    assert_eq!(repository.subjects("main").len(), 2);
    assert_eq!(secret(&env, "identity").unwrap(), identity, "the key stays");
    assert_eq!(keys(gitea, &owner, "fleet"), [public(&env)]);
    assert!(
        seen.iter()
            .any(|text| String::from_utf8_lossy(text).contains("bootstrap")),
        "the witness saw nothing"
    );
    assert!(!is_among(&identity, &seen), "the private key shows");
    assert!(!is_among(gitea.token(), &seen), "the token shows");
}

#[test]
fn two_at_once_agree_on_one_key() {
    let (Some(gitea), Some(env)) = (Gitea::shared(), beside_an_empty_cluster()) else {
        return;
    };
    let env = env.variable("GITEA_TOKEN", gitea.token());
    let owner = gitea.organisation();
    let ca = env
        .file("ca.pem", gitea.authority().unwrap())
        .display()
        .to_string();
    let arguments = || command(gitea, &gitea.host(), &ca, (&owner, "fleet"));
    let (one, other) = (
        env.command(arguments()).start(),
        env.command(arguments()).start(),
    );
    drop(one.finish().success());
    drop(other.finish().success());
    assert_eq!(keys(gitea, &owner, "fleet"), [public(&env)]);
    let repository = gitea.repository(&owner, "fleet");
    let subjects = repository.subjects("main");
    assert_eq!(subjects.len(), 2, "{subjects:?}");
    assert_follows(&env, &repository.head("main").unwrap());
}

#[test]
fn teams_of_an_organisation_get_access_once_and_unknown_ones_are_told() {
    let Some(gitea) = Gitea::shared() else { return };
    let Some(scene) = crate::scene::Scene::private_bare_server() else {
        return;
    };
    let env = TestEnv::in_scene(scene)
        .without_variable("FLUX_SYSTEM_NAMESPACE")
        .variable("GITEA_TOKEN", gitea.token());
    let owner = gitea.organisation();
    for (team, permission) in [("operators", "write"), ("readers", "read")] {
        let body =
            serde_json::json!({ "name": team, "permission": permission, "units": ["repo.code"] });
        let (status, answer) =
            gitea.call(Method::POST, &format!("/orgs/{owner}/teams"), Some(&body));
        assert_eq!(status, 201, "{answer}");
    }
    let ca = env
        .file("ca.pem", gitea.authority().unwrap())
        .display()
        .to_string();
    let run = |teams: &str| {
        let mut arguments = command(gitea, &gitea.host(), &ca, (&owner, "fleet"));
        arguments.extend(words(&["--token-auth", "--team", teams]));
        let output = env
            .command(arguments)
            .run_until("waiting for GitRepository");
        output.stderr()
    };
    let first = run("operators,Readers,nobody");
    assert!(
        first.contains("granted \"push\" permissions to \"operators\""),
        "{first}"
    );
    assert!(
        first.contains("granted \"pull\" permissions to \"Readers\""),
        "{first}"
    );
    assert!(
        first.contains("failed to grant permissions to \"nobody\""),
        "{first}"
    );
    let (_, teams) = gitea.call(Method::GET, &format!("/repos/{owner}/fleet/teams"), None);
    assert_eq!(names_of(&teams), ["operators", "readers"], "{teams:#}");
    let again = run("operators,readers");
    assert!(!again.contains("granted"), "{again}");
    let (_, same): (u16, Value) =
        gitea.call(Method::GET, &format!("/repos/{owner}/fleet/teams"), None);
    assert_eq!(names_of(&same), names_of(&teams));
}
