//! What programs that run ours see: JSON lines, closed pipes, signals.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::scene::{Scene, TestEnv, User};

const GIT: &str = "
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: app}
spec: {interval: 1h, url: 'https://example.com/app.git'}
";

#[test]
fn talk_is_json_lines_where_that_is_asked_for() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(GIT);
    let env = TestEnv::in_scene(scene);
    let mut marks = Vec::new();
    for arguments in [
        vec!["suspend", "source", "git", "app", "--log-format=json"],
        vec!["reconcile", "source", "git", "app", "--log-format=json"],
        vec!["get", "source", "helm", "app", "--log-format=json"],
    ] {
        let output = env.run(arguments);
        assert_eq!(output.stdout(), "");
        for line in output.stderr().lines() {
            let line: Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            assert!(
                line["time"].is_string()
                    && line["level"].is_string()
                    && line["message"].is_string(),
                "{line}"
            );
            marks.push(line["mark"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(marks, ["action", "success", "failure", "action", "failure"]);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(GIT);
    let kubeconfig = scene.kubeconfig(User::Admin);
    for arguments in [
        &["get", "sources", "git", "-A"][..],
        &["install", "--export"],
        &["--help"],
        &["version", "--client"],
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_gitops"))
            .args(arguments)
            .env_clear()
            .env("KUBECONFIG", &kubeconfig)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn an_interrupt_ends_a_wait_at_once() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(GIT);
    let env = TestEnv::in_scene(scene);
    let run = env.command(["reconcile", "source", "git", "app"]).start();
    run.wait_for("waiting for GitRepository reconciliation");
    let begin = Instant::now();
    run.interrupt();
    let output = run.finish();
    assert!(
        begin.elapsed() < Duration::from_secs(30),
        "{:?}",
        begin.elapsed()
    );
    insta::assert_snapshot!(output, @r"
    ------- stderr -------
    ► annotating GitRepository app in [NAMESPACE] namespace
    ✔ GitRepository annotated
    ◎ waiting for GitRepository reconciliation
    ✗ interrupted
      hint: what was asked for stands: `wait KIND/NAME` goes on waiting for it
    [exit status: 130]
    ");
}

#[test]
fn the_other_name_of_the_program_is_its_name_in_what_it_says() {
    let env = TestEnv::new();
    let link = env.folder().join("flux");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_gitops"), &link).unwrap();
    let said = env.other_command(&link, ["--version"]).run().success();
    assert!(said.starts_with("flux version 2."), "{said}");
    let help = env.other_command(&link, ["get", "--help"]).run().success();
    assert!(help.contains("Usage: flux get"), "{help}");
}
