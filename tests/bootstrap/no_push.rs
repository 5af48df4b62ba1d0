//! `--no-push`: the commits stay in a local clone, from where somebody else brings them to the repository.

use std::path::Path;
use std::process::Command;

use super::place::{assert_follows, beside_an_empty_cluster, words};
use crate::scene::{GitHttp, TestEnv};

fn command(url: &str, more: &[&str]) -> Vec<String> {
    let mut all = words(&[
        "bootstrap",
        "git",
        "--url",
        url,
        "--allow-insecure-http",
        "--token-auth",
        "--path=clusters/one",
    ]);
    all.extend(words(more));
    all
}

/// Runs git in a folder, and returns what it prints.
#[track_caller]
fn git(env: &TestEnv, folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .env("HOME", env.home())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {stderr}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn a_local_clone_keeps_the_commits_and_the_cluster_follows_once_they_are_pushed() {
    let Some(env) = beside_an_empty_cluster() else {
        return;
    };
    let env = env.variable("GIT_PASSWORD", "sesame-of-the-test");
    let server = GitHttp::open();
    let repository = server.repository("fleet");
    repository.commit("Begin", &[("README.md", "hello\n")]);
    let begin = repository.head("main");
    let url = server.url("fleet");
    let folder = env.folder().join("fleet");

    let plan = env.run(command(&url, &["--no-push", "--plan"])).success();
    assert!(plan.contains("branch main in fleet"), "{plan}");
    assert!(!folder.exists(), "a plan writes nothing");

    // The folder has the name of the repository.
    let first = env.run(command(&url, &["--no-push"]));
    let talk = first.stderr();
    assert_eq!(first.success(), "fleet\n");
    assert!(talk.contains("all components are healthy"), "{talk}");
    assert!(talk.contains("git -C fleet push origin main"), "{talk}");
    assert_eq!(repository.head("main"), begin, "nothing is pushed");
    assert_eq!(git(&env, &folder, &["status", "--porcelain"]), "");
    assert_eq!(
        git(&env, &folder, &["log", "--format=%s", "-2"])
            .lines()
            .collect::<Vec<_>>()[0],
        "Add Flux sync manifests"
    );
    assert!(folder.join("README.md").is_file());
    assert!(
        folder
            .join("clusters/one/flux-system/gotk-sync.yaml")
            .is_file()
    );
    assert!(!git(&env, &folder, &["config", "--list"]).contains("sesame"));

    // Again: the clone is taken as it is.
    let head = git(&env, &folder, &["rev-parse", "HEAD"]);
    let again = env.run(command(&url, &["--no-push"]));
    let talk = again.stderr();
    assert_eq!(again.success(), "fleet\n");
    assert!(talk.contains("sync manifests are up to date"), "{talk}");
    assert_eq!(git(&env, &folder, &["rev-parse", "HEAD"]), head);

    // What is not committed in it is nobody's to overwrite.
    let sync = folder.join("clusters/one/flux-system/gotk-sync.yaml");
    let text = std::fs::read_to_string(&sync).unwrap();
    std::fs::write(&sync, "mine\n").unwrap();
    let refused = env.run(command(&url, &["--no-push"])).failure(1);
    assert!(
        refused.contains("gotk-sync.yaml in it is changed and not committed"),
        "{refused}"
    );
    assert_eq!(std::fs::read_to_string(&sync).unwrap(), "mine\n");
    std::fs::write(&sync, text).unwrap();

    git(&env, &folder, &["push", "-q", "origin", "main"]);
    assert_eq!(repository.head("main").as_deref(), Some(head.as_str()));
    drop(env.run(command(&url, &[])).success());
    assert_follows(&env, &head);
    assert_eq!(repository.head("main").as_deref(), Some(head.as_str()));
}

#[test]
fn a_folder_that_holds_something_else_is_left_alone() {
    let Some(scene) = crate::scene::Scene::private_bare_server() else {
        return;
    };
    let env = TestEnv::in_scene(scene)
        .without_variable("FLUX_SYSTEM_NAMESPACE")
        .variable("GIT_PASSWORD", "sesame-of-the-test");
    let server = GitHttp::open();
    drop(server.repository("fleet"));
    let url = server.url("fleet");
    let refused = |folder: &Path| {
        let flag = format!("--clone-dir={}", folder.display());
        env.run(command(&url, &["--no-push", &flag])).failure(1)
    };
    let plain = env.file("plain/notes.txt", "mine\n");
    let said = refused(plain.parent().unwrap());
    assert!(said.contains("not empty and no Git repository"), "{said}");
    assert!(said.contains("--clone-dir"), "{said}");
    let other = env.folder().join("other");
    std::fs::create_dir_all(&other).unwrap();
    git(&env, &other, &["init", "-q", "-b", "main"]);
    git(
        &env,
        &other,
        &["remote", "add", "origin", "https://git.invalid/other"],
    );
    let said = refused(&other);
    assert!(
        said.contains("it is a clone of https://git.invalid/other"),
        "{said}"
    );
    git(&env, &other, &["remote", "set-url", "origin", &url]);
    git(&env, &other, &["symbolic-ref", "HEAD", "refs/heads/work"]);
    let said = refused(&other);
    assert!(
        said.contains("the branch main is not checked out in it"),
        "{said}"
    );
    assert_eq!(env.scene().writes(), "");
}
