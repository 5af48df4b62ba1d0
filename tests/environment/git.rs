//! Git servers: cloned from and pushed to by git itself, and by the controllers.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::cluster::SYNC;
use crate::scene::{
    Access, Authority, GitHttp, Right, Scene, Sshd, TestEnv, are_installed, installed,
};

const CONFIG_MAP: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: from-git}}\n";

/// Makes a place with a clone of `url`, and its author set.
fn cloned(env: &TestEnv, url: &str) {
    drop(git(env, &["clone", "-q", url, "."]));
    drop(git(env, &["config", "user.name", "Tester"]));
    drop(git(env, &["config", "user.email", "tester@example.com"]));
}

fn git(env: &TestEnv, arguments: &[&str]) -> String {
    env.other_command(
        &installed("git").expect("git is needed to build this"),
        arguments.iter().copied(),
    )
    .run()
    .success()
}

fn push(env: &TestEnv, path: &str, text: &str) -> crate::scene::CommandOutput {
    env.file(path, text);
    drop(git(env, &["add", "."]));
    drop(git(env, &["commit", "-q", "-m", &format!("add {path}")]));
    let git = installed("git").expect("git is needed to build this");
    env.other_command(&git, ["push", "-q", "origin", "HEAD:main"])
        .run()
}

/// Returns text that does not compress well, so that git sends it in chunks.
fn noise(bytes: usize) -> String {
    let mut state = 1_u64;
    let next = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(b'0' + u8::try_from(state >> 58).expect("6 bits"))
    };
    (0..bytes).map(next).collect()
}

#[test]
fn git_clones_and_pushes_over_http_chunked_bodies_too() {
    let server = GitHttp::open();
    let repository = server.repository("app");
    let env = TestEnv::new();
    cloned(&env, &server.url("app"));
    let text = noise(3_000_000);
    drop(push(&env, "noise.txt", &text).success());
    assert_eq!(repository.file("main", "noise.txt"), Some(text));
    let other = TestEnv::new();
    cloned(&other, &server.url("app"));
    assert!(other.folder().join("noise.txt").is_file());
    // Many references make a request long enough to be compressed.
    for number in 0..60 {
        repository.commit_to(
            &format!("branch-{number}"),
            "start",
            &[("file", Some(&number.to_string()))],
        );
    }
    drop(git(&env, &["fetch", "-q", "origin"]));
    assert_eq!(
        git(&env, &["branch", "-r"])
            .lines()
            .filter(|line| line.contains("origin/branch-"))
            .count(),
        60
    );
}

#[test]
fn git_is_asked_who_it_is_and_told_what_it_may() {
    let authority = Authority::new("Test CA");
    let server = GitHttp::start(
        Access::ReadOnly("readonly".into()),
        Some(&authority.identity()),
    );
    server
        .repository("app")
        .commit("start", &[("file", "text\n")]);
    let env = TestEnv::new();
    let trusted = env.file("../ca.pem", authority.pem());
    let env = env
        .variable("GIT_SSL_CAINFO", &trusted.display().to_string())
        .variable("GIT_CONFIG_COUNT", "1")
        .variable("GIT_CONFIG_KEY_0", "http.extraHeader")
        .variable("GIT_CONFIG_VALUE_0", "Authorization: Bearer readonly");
    cloned(&env, &server.url("app"));
    let refused = push(&env, "new", "text\n").failure(128);
    assert!(
        refused.contains("The requested URL returned error: 403"),
        "{refused}"
    );
    let stranger = env
        .variable("GIT_CONFIG_VALUE_0", "Authorization: Bearer wrong")
        .variable("GIT_TERMINAL_PROMPT", "0");
    let program = installed("git").expect("git is needed to build this");
    drop(
        stranger
            .other_command(&program, ["fetch", "-q"])
            .run()
            .failure(128),
    );
}

#[test]
fn a_bearer_token_pushes() {
    let server = GitHttp::start(Access::Bearer("token".into()), None);
    let repository = server.repository("app");
    let env = TestEnv::new()
        .variable("GIT_CONFIG_COUNT", "1")
        .variable("GIT_CONFIG_KEY_0", "http.extraHeader")
        .variable("GIT_CONFIG_VALUE_0", "Authorization: Bearer token");
    cloned(&env, &server.url("app"));
    drop(push(&env, "new", "text\n").success());
    assert_eq!(repository.subjects("main"), ["add new"]);
}

#[test]
fn a_hook_refuses_a_push_in_its_own_words() {
    let server = GitHttp::open();
    let repository = server.repository("app");
    repository.refuse_pushes_by(
        "#!/bin/sh\necho 'GitLab: not allowed to push to protected branch' >&2\nexit 1\n",
    );
    let env = TestEnv::new();
    cloned(&env, &server.url("app"));
    let refused = push(&env, "new", "text\n").failure(1);
    assert!(
        refused.contains("remote: GitLab: not allowed to push to protected branch"),
        "{refused}"
    );
    assert!(refused.contains("(pre-receive hook declined)"), "{refused}");
    assert_eq!(repository.head("main"), None);
}

#[test]
fn a_repository_tells_what_is_in_it() {
    let server = GitHttp::open();
    let repository = server.repository("app");
    let first = repository.commit("first", &[("a/b.txt", "one"), ("c.txt", "two")]);
    let second = repository.commit_to(
        "main",
        "second",
        &[("c.txt", None), ("d.txt", Some("three"))],
    );
    assert_ne!(first, second);
    assert_eq!(repository.head("main"), Some(second));
    assert_eq!(repository.files("main"), ["a/b.txt", "d.txt"]);
    assert_eq!(repository.subjects("main"), ["second", "first"]);
    assert_eq!(repository.file("main", "a/b.txt").as_deref(), Some("one"));
    assert_eq!(repository.file("main", "c.txt"), None);
}

#[test]
fn ssh_keys_read_or_write() {
    let Some(server) = Sshd::start() else { return };
    let repository = server.repository("app");
    repository.commit("start", &[("file", "text\n")]);
    let reader = server.key("reader", "ed25519", Right::Read);
    let writer = server.key("writer", "ecdsa", Right::Write);
    let env = ssh_env(&server, &reader);
    cloned(&env, &server.url("app"));
    let refused = push(&env, "new", "text\n").failure(128);
    assert!(
        refused.contains("this key has no write access"),
        "{refused}
{}",
        server.log_tail()
    );
    let env = ssh_env(&server, &writer);
    cloned(&env, &server.url("app"));
    drop(push(&env, "new", "text\n").success());
    assert_eq!(repository.files("main"), ["file", "new"]);
    server.forget_keys();
    drop(
        env.other_command(
            &installed("git").expect("it was used above"),
            ["fetch", "-q"],
        )
        .run()
        .failure(128),
    );
}

fn ssh_env(server: &Sshd, key: &Path) -> TestEnv {
    let env = TestEnv::new();
    let known = env.file("../known_hosts", &server.known_hosts());
    let (known, key) = (known.display(), key.display());
    env.variable(
        "GIT_SSH_COMMAND",
        &format!("ssh -F none -o IdentitiesOnly=yes -o UserKnownHostsFile={known} -i {key}"),
    )
}

#[test]
fn a_controller_clones_over_ssh() {
    if !are_installed(&["sshd"]) {
        return;
    }
    let Some(scene) = Scene::shared() else { return };
    let Some(server) = Sshd::start() else { return };
    server
        .repository("app")
        .commit("start", &[("app/one.yaml", CONFIG_MAP)]);
    let key = server.key("controller", "ecdsa", Right::Read);
    let read = |path: &Path| fs::read_to_string(path).expect("the key was made just now");
    let secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": "git" },
        "stringData": {
            "identity": read(&key),
            "identity.pub": read(&key.with_extension("pub")),
            "known_hosts": server.known_hosts(),
        },
    });
    scene.apply(&secret.to_string());
    scene.apply(&SYNC.replace(
        "url: URL",
        &format!("secretRef: {{name: git}}, url: '{}'", server.url("app")),
    ));
    scene.wait_ready("Kustomization/app");
    assert!(scene.object("ConfigMap/from-git").is_some());
}

#[test]
fn a_controller_clones_over_https_with_a_password_and_a_private_authority() {
    let Some(scene) = Scene::shared() else { return };
    let authority = Authority::new("Test CA");
    let access = Access::Basic {
        user: "git".into(),
        password: "secret".into(),
    };
    let server = GitHttp::start(access, Some(&authority.identity()));
    server
        .repository("app")
        .commit("start", &[("app/one.yaml", CONFIG_MAP)]);
    let data = json!({ "username": "git", "password": "secret", "ca.crt": authority.pem() });
    let secret = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "git" }, "stringData": data });
    scene.apply(&secret.to_string());
    scene.apply(&SYNC.replace(
        "url: URL",
        &format!("secretRef: {{name: git}}, url: '{}'", server.url("app")),
    ));
    scene.wait_ready("Kustomization/app");
}
