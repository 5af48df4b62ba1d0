//! `get --watch`: rows for programs, a table in place for people, and connections that break.

use serde_json::json;

use crate::scene::{Authority, Fault, Gate, Rule, TestEnv, Wire};

const OBJECTS: &str = "two-kustomizations.yaml";

/// Counts the rows of an object.
fn rows(stdout: &str, name: &str) -> usize {
    stdout.lines().filter(|line| line.starts_with(name)).count()
}

fn message(text: &str) -> serde_json::Value {
    json!({ "conditions": [{
        "type": "Ready", "status": "Unknown", "reason": "Progressing", "message": text,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }] })
}

#[test]
fn each_change_is_a_row() {
    let Some(env) = TestEnv::with_cluster(OBJECTS) else {
        return;
    };
    let watch = env.command(["get", "ks", "podinfo", "--watch"]).start();
    watch.wait_for("Applied revision");
    env.scene()
        .patch_status("Kustomization/podinfo", &message("first change"));
    watch.wait_for("first change");
    env.scene()
        .patch_status("Kustomization/backend", &message("another's change"));
    env.scene().delete("Kustomization/podinfo");
    env.scene().wait_gone("Kustomization/podinfo");
    watch.interrupt();
    let output = watch.finish();
    assert_eq!(output.status(), Some(130), "{output}");
    let stdout = output.stdout();
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(
        lines.iter().filter(|line| line.starts_with("NAME")).count(),
        1,
        "{output}"
    );
    assert!(lines[1].starts_with("podinfo"), "{output}");
    assert!(
        lines[2..].iter().all(|line| line.contains("first change")),
        "{output}"
    );
    assert!(!stdout.contains("another"), "{output}");
}

#[test]
fn an_api_server_that_goes_and_comes_back_is_watched_again() {
    let Some(env) = TestEnv::with_cluster(OBJECTS) else {
        return;
    };
    let host = env
        .scene()
        .address()
        .trim_start_matches("https://")
        .to_owned();
    let mut wire = Wire::before(&host);
    let env = env.through(&format!("https://{}", wire.host()), None);
    let watch = env.command(["get", "ks", "-w"]).start();
    watch.wait_for("podinfo");
    wire.refuse();
    // The open connection breaks, or a new one is refused, whatever is noticed first.
    watch.wait_for("⚠️");
    env.scene()
        .patch_status("Kustomization/podinfo", &message("while nobody looked"));
    wire.accept_again();
    watch.wait_for("can be watched again");
    watch.wait_for("while nobody looked");
    env.scene()
        .patch_status("Kustomization/podinfo", &message("afterwards"));
    watch.wait_for("afterwards");
    watch.interrupt();
    let output = watch.finish();
    assert_eq!(rows(&output.stdout(), "backend"), 1, "{output}");
}

#[test]
fn a_watch_that_is_too_old_starts_over() {
    let Some(env) = TestEnv::with_cluster(OBJECTS) else {
        return;
    };
    let authority = Authority::new("Gate");
    let gate = Gate::before(env.scene().address(), Some(&authority.identity()));
    let path = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/*/kustomizations";
    let gone = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Expired", "code": 410});
    gate.add(
        Rule::new(
            "GET",
            path,
            Fault::Answer(410, Vec::new(), gone.to_string()),
        )
        .starting_at(2),
    );
    gate.add(Rule::new("GET", path, Fault::CutBody(10)).starting_at(2));
    let pem = env.file("gate.pem", authority.pem());
    let env = env.through(&format!("https://{}", gate.host()), Some(&pem));
    let watch = env.command(["get", "ks", "-w", "--no-header"]).start();
    watch.wait_for("podinfo");
    env.scene()
        .patch_status("Kustomization/podinfo", &message("after all"));
    watch.wait_for("after all");
    watch.interrupt();
    let output = watch.finish();
    assert_eq!(rows(&output.stdout(), "backend"), 1, "{output}");
    assert!(!output.stdout().contains("NAME "), "{output}");
}

#[test]
fn all_kinds_are_watched_and_a_given_limit_ends_it() {
    let Some(env) = TestEnv::with_cluster(OBJECTS) else {
        return;
    };
    let output = env.run(["get", "all", "--watch", "--timeout=6s"]);
    assert_eq!(output.status(), Some(3), "{output}");
    for name in [
        "kustomization/podinfo",
        "kustomization/backend",
        "gitrepository/fleet",
    ] {
        assert_eq!(rows(&output.stdout(), name), 1, "{output}");
    }
    assert!(output.stderr().contains("timed out"), "{output}");
    let names = env.run(["get", "all", "--watch", "--timeout=5s", "-o", "name"]);
    assert_eq!(names.stdout().lines().count(), 3, "{names}");
}

#[test]
fn what_can_never_be_watched_ends_at_once() {
    let env = TestEnv::new();
    let kubeconfig = env.kubeconfig_to_nowhere();
    let env = env.variable("KUBECONFIG", &kubeconfig.display().to_string());
    for kinds in ["ks", "all"] {
        let output = env.run(["get", kinds, "-w"]);
        assert_eq!(output.status(), Some(1), "{output}");
        assert!(output.stderr().contains("refuses connections"), "{output}");
    }
}

#[test]
fn a_terminal_shows_the_table_in_place() {
    let Some(env) = TestEnv::with_cluster(OBJECTS) else {
        return;
    };
    let mut terminal = env.command(["get", "ks", "--watch"]).on_terminal();
    terminal.expect("backend");
    terminal.expect("podinfo");
    env.scene()
        .patch_status("Kustomization/podinfo", &message("new words"));
    // Up over the header and two rows, and then the whole table again.
    terminal.expect("\u{1b}[3A");
    terminal.expect("new words");
    terminal.control('c');
    let (rest, exit) = terminal.finish();
    assert_eq!(exit, crate::scene::Exit::Code(130), "{rest}");
}
