//! `bootstrap git` over SSH, against a real sshd.

use std::fs;

use super::place::{assert_follows, assert_untouched, beside_an_empty_cluster, words};
use crate::scene::{Right, Sshd, TestEnv};

/// What is in the repository before: none of it may change by a byte.
const FOREIGN: &[(&str, &str)] = &[
    (
        ".gitattributes",
        "* text=auto eol=crlf\n*.bin filter=lfs diff=lfs merge=lfs -text\n",
    ),
    (".gitignore", "gotk-components.yaml\n*.yaml\n"),
    ("windows.txt", "one\r\ntwo\r\n"),
    ("mixed.txt", "one\ntwo\r\n"),
    (
        "big.bin",
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n",
    ),
    ("clusters/other/readme.md", "keep me"),
];

fn command(url: &str, extra: &[&str]) -> Vec<String> {
    let mut arguments = words(&[
        "bootstrap",
        "git",
        "--url",
        url,
        "--path=clusters/production",
        "--components=source-controller,kustomize-controller",
    ]);
    arguments.extend(words(extra));
    arguments
}

fn known_hosts(env: &TestEnv, text: &str) {
    let folder = env.home().join(".ssh");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("known_hosts"), text).unwrap();
}

#[test]
fn bootstraps_with_a_key_file_and_keeps_everything_else() {
    let (Some(sshd), Some(env)) = (Sshd::start(), beside_an_empty_cluster()) else {
        return;
    };
    let repository = sshd.repository("fleet");
    repository.commit("Begin", FOREIGN);
    let begun = repository.head("main").unwrap();
    let key = sshd
        .key("deploy", "ed25519", Right::Write)
        .display()
        .to_string();
    let url = sshd.url("fleet");
    let key_file = format!("--private-key-file={key}");

    // Nobody is there to say that the key has access: nothing is done.
    let refused = env
        .command(command(&url, &[&key_file]))
        .stdin("")
        .run()
        .failure(1);
    assert!(refused.contains("--silent"), "{refused}");
    assert_eq!(repository.head("main").unwrap(), begun);
    assert_untouched(&env);

    // The user knows the host by another key: nothing is done.
    let other = sshd.known_hosts();
    let wrong = fs::read_to_string(format!("{key}.pub")).unwrap();
    let host = other.split(' ').next().unwrap();
    let words: Vec<&str> = wrong.split(' ').take(2).collect();
    known_hosts(&env, &format!("{host} {}\n", words.join(" ")));
    let refused = env.run(command(&url, &[&key_file, "--silent"])).failure(1);
    assert!(refused.contains("host key"), "{refused}");
    assert_eq!(repository.head("main").unwrap(), begun);
    assert_untouched(&env);
    known_hosts(&env, "");

    // A branch that is not there, where others are.
    let refused = env
        .run(command(&url, &[&key_file, "--silent", "--branch=trunk"]))
        .failure(1);
    assert!(
        refused.contains("trunk") && refused.contains("main"),
        "{refused}"
    );
    assert_untouched(&env);

    // A yes on a pipe.
    let done = env
        .command(command(
            &url,
            &[
                &key_file,
                "--author-name=Ann",
                "--author-email=ann@example.com",
                "--commit-message-appendix=[skip ci]",
            ],
        ))
        .stdin("y\n")
        .run();
    let talk = done.stderr();
    drop(done.success());
    assert!(
        talk.contains("trusted on first use") && talk.contains("SHA256:"),
        "{talk}"
    );
    assert!(!talk.contains("PRIVATE KEY"), "{talk}");
    assert_follows(&env, &repository.head("main").unwrap());
    for (path, content) in FOREIGN {
        assert_eq!(
            repository.file("main", path).as_deref(),
            Some(*content),
            "{path}"
        );
    }
    assert_eq!(repository.files("main").len(), FOREIGN.len() + 3);
    let git = git2::Repository::open_bare(repository.path()).unwrap();
    let commit = git.head().unwrap().peel_to_commit().unwrap();
    assert_eq!(
        (commit.author().name().ok(), commit.author().email().ok()),
        (Some("Ann"), Some("ann@example.com"))
    );
    assert_eq!(
        commit.message().ok(),
        Some("Add Flux sync manifests\n\n[skip ci]")
    );
    let secret = env
        .scene()
        .object("Secret/flux-system/flux-system")
        .unwrap();
    assert!(secret["data"].get("known_hosts").is_some());

    // Another path for the same cluster: refused.
    let head = repository.head("main").unwrap();
    let refused = env
        .run(command(
            &url,
            &[&key_file, "--silent", "--path=clusters/other"],
        ))
        .failure(1);
    assert!(refused.contains("clusters/production"), "{refused}");
    assert_eq!(repository.head("main").unwrap(), head);

    // Again, with the key given: nothing to do.
    let again = env.run(command(
        &url,
        &[&key_file, "--silent", "--commit-message-appendix=[skip ci]"],
    ));
    let talk = again.stderr();
    drop(again.success());
    assert!(talk.contains("sync manifests are up to date"), "{talk}");
    assert_eq!(repository.head("main").unwrap(), head);
}
