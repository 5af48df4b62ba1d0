//! Interruptions, races and two runs at once: in the end the bootstrap is complete, and the history is a line.

use std::time::Duration;

use super::place::{assert_follows, beside_an_empty_cluster, words};
use crate::scene::{Fault, Gate, GitHttp, Rule, User, Wire};

fn command(url: &str) -> Vec<String> {
    words(&[
        "bootstrap",
        "git",
        "--url",
        url,
        "--allow-insecure-http",
        "--token-auth",
        "--path=clusters/one",
        "--components=source-controller,kustomize-controller",
    ])
}

#[test]
fn goes_on_after_interruptions_and_a_lost_race() {
    let Some(env) = beside_an_empty_cluster() else {
        return;
    };
    let env = env.variable("GIT_PASSWORD", "sesame-of-the-test");
    let server = GitHttp::open();
    let repository = server.repository("fleet");
    let gate = Gate::before(server.url("fleet").trim_end_matches("/fleet.git"), None);
    gate.add(Rule::new(
        "POST",
        "*/git-receive-pack",
        Fault::Delay(Duration::from_secs(4)),
    ));
    let url = format!("{}/fleet.git", gate.url());

    // Ctrl-C while the first push is on its way.
    let run = env.command(command(&url)).start();
    run.wait_for("pushing component manifests");
    run.interrupt();
    let stopped = run.finish().failure(130);
    assert!(stopped.contains("run the same command again"), "{stopped}");

    // Somebody else pushes while the second run does.
    repository.commit("Meanwhile", &[("readme.md", "hello")]);
    gate.add(
        Rule::new(
            "POST",
            "*/git-receive-pack",
            Fault::Delay(Duration::from_secs(4)),
        )
        .starting_at(1),
    );
    let run = env.command(command(&url)).start();
    run.wait_for("pushing component manifests");
    repository.commit("Race", &[("race.md", "won")]);
    run.wait_for("somebody else pushed");
    run.wait_for("installing components");
    run.interrupt();
    drop(run.finish().failure(130));
    assert_eq!(repository.file("main", "race.md").as_deref(), Some("won"));

    // The third goes on from there.
    let done = env.run(command(&url));
    let talk = done.stderr();
    drop(done.success());
    assert!(
        talk.contains("an earlier run was interrupted; done are: commit component manifests"),
        "{talk}"
    );
    assert!(
        talk.contains("component manifests are up to date"),
        "{talk}"
    );
    assert_follows(&env, &repository.head("main").unwrap());
    let subjects = repository.subjects("main");
    assert_eq!(
        subjects
            .iter()
            .filter(|subject| subject.ends_with("component manifests"))
            .count(),
        1,
        "{subjects:?}"
    );
    assert_eq!(
        repository.file("main", "readme.md").as_deref(),
        Some("hello")
    );
}

#[test]
fn two_at_once_end_well() {
    let Some(env) = beside_an_empty_cluster() else {
        return;
    };
    let env = env.variable("GIT_PASSWORD", "sesame-of-the-test");
    let server = GitHttp::open();
    let repository = server.repository("fleet");
    let url = server.url("fleet");
    let (one, other) = (
        env.command(command(&url)).start(),
        env.command(command(&url)).start(),
    );
    drop(one.finish().success());
    drop(other.finish().success());
    let subjects = repository.subjects("main");
    assert_eq!(subjects.len(), 2, "{subjects:?}");
    assert_follows(&env, &repository.head("main").unwrap());
}

#[test]
fn an_api_server_that_goes_is_named_and_the_next_run_completes() {
    let Some(env) = beside_an_empty_cluster() else {
        return;
    };
    let server = GitHttp::open();
    let repository = server.repository("fleet");
    let direct = env.scene().kubeconfig(User::Admin);
    let mut wire = Wire::before(env.scene().address().trim_start_matches("https://"));
    let env = env
        .variable("GIT_PASSWORD", "sesame-of-the-test")
        .through(&format!("https://{}", wire.host()), None);
    let arguments = command(&server.url("fleet"));
    let running = env.command(arguments.clone()).start();
    running.wait_for("installing components");
    wire.refuse();
    let gone = running.finish().failure(1);
    assert!(gone.contains("✗"), "{gone}");
    assert!(gone.contains("connect"), "{gone}");
    assert!(!gone.contains("sesame-of-the-test"), "{gone}");

    let env = env.variable("KUBECONFIG", &direct.display().to_string());
    drop(env.run(arguments).success());
    assert_eq!(repository.subjects("main").len(), 2);
    assert_follows(&env, &repository.head("main").unwrap());
}
