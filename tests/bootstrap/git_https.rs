//! `bootstrap git` over HTTPS: passwords, tokens, signatures, and no secret anywhere that others can read.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::place::{assert_follows, beside_an_empty_cluster, words};
use crate::scene::{Access, Authority, GitHttp, Invocation, Repository, Right, Sshd, TestEnv};

const PASSWORD: &str = "sesame-of-the-test";

/// Runs to the end, and asserts that meanwhile no process showed the password in its arguments.
fn run_watched(invocation: Invocation) -> String {
    let over = Arc::new(AtomicBool::new(false));
    let watch = thread::spawn({
        let over = Arc::clone(&over);
        move || {
            let mut looks = 0;
            while !over.load(Ordering::Relaxed) {
                for entry in fs::read_dir("/proc").unwrap().flatten() {
                    let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
                    let line = String::from_utf8_lossy(&line).replace('\0', " ");
                    assert!(!line.contains(PASSWORD), "{line}");
                }
                looks += 1;
                thread::sleep(Duration::from_millis(5));
            }
            looks
        }
    });
    let done = invocation.run();
    over.store(true, Ordering::Relaxed);
    assert!(watch.join().unwrap() > 10);
    let talk = format!(
        "{}{}",
        String::from_utf8_lossy(done.raw_stdout()),
        String::from_utf8_lossy(done.raw_stderr())
    );
    assert!(!talk.contains(PASSWORD), "{talk}");
    drop(done.success());
    talk
}

/// Asserts that no file below a folder holds the password.
fn assert_clean(folder: &std::path::Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            assert_clean(&path);
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            assert!(
                !String::from_utf8_lossy(&bytes).contains(PASSWORD),
                "{}",
                path.display()
            );
        }
    }
}

fn verify(env: &TestEnv, repository: &Repository, options: &[&str]) {
    for commit in ["main", "main~1"] {
        let output = Command::new("git")
            .current_dir(repository.path())
            .env("GNUPGHOME", env.home().join("gnupg"))
            .args(options)
            .args(["verify-commit", commit])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn a_password_opens_the_server_for_us_and_the_cluster_and_ssh_signs() {
    let (Some(sshd), Some(env)) = (Sshd::start(), beside_an_empty_cluster()) else {
        return;
    };
    let authority = Authority::new("Git CA");
    let access = Access::Basic {
        user: "ann".into(),
        password: PASSWORD.into(),
    };
    let server = GitHttp::start(access, Some(&authority.identity()));
    let repository = server.repository("fleet");
    let key = sshd.key("signer", "ed25519", Right::Read);
    let ca = env.file("ca.pem", authority.pem()).display().to_string();
    let url = server.url("fleet");
    let key_flag = format!("--ssh-signing-key-file={}", key.display());
    let arguments = words(&[
        "bootstrap",
        "git",
        "--url",
        &url,
        "--username=ann",
        "--token-auth",
        "--ca-file",
        &ca,
        &key_flag,
        "--path=.",
        "--components=source-controller,kustomize-controller",
    ]);
    run_watched(env.command(arguments).variable("GIT_PASSWORD", PASSWORD));
    assert_follows(&env, &repository.head("main").unwrap());
    assert_eq!(repository.files("main").len(), 3);
    assert!(repository.files("main")[0].starts_with("flux-system/"));
    let public = fs::read_to_string(key.with_extension("pub")).unwrap();
    let allowed = env.file("allowed", &format!("* {public}"));
    let option = format!("gpg.ssh.allowedSignersFile={}", allowed.display());
    verify(&env, &repository, &["-c", &option]);
    assert_clean(&env.home());
    assert_clean(&env.folder().parent().unwrap().join("tmp"));
}

#[test]
fn a_bearer_token_opens_the_server_too_and_open_pgp_signs() {
    if !crate::scene::are_installed(&["gpg"]) {
        return;
    }
    let Some(env) = beside_an_empty_cluster() else {
        return;
    };
    let authority = Authority::new("Git CA");
    let server = GitHttp::start(Access::Bearer(PASSWORD.into()), Some(&authority.identity()));
    let repository = server.repository("fleet");
    let ca = env.file("ca.pem", authority.pem()).display().to_string();
    let home = env.home().join("gnupg");
    fs::create_dir_all(&home).unwrap();
    let gpg = |arguments: &[&str]| {
        let output = Command::new("gpg")
            .env("GNUPGHOME", &home)
            .args(["--batch", "--yes"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let ring = env.folder().join("ring.pgp").display().to_string();
    let protection = ["--pinentry-mode=loopback", "--passphrase=phrase"];
    gpg(&[
        protection[0],
        protection[1],
        "--quick-generate-key",
        "Ann <ann@example.com>",
        "ed25519",
        "sign",
        "never",
    ]);
    gpg(&[
        protection[0],
        protection[1],
        "--output",
        &ring,
        "--export-secret-keys",
    ]);
    let arguments = words(&[
        "bootstrap",
        "git",
        "--url",
        &server.url("fleet"),
        "--with-bearer-token",
        "--ca-file",
        &ca,
        "--gpg-key-ring",
        &ring,
        "--gpg-passphrase=phrase",
        "--author-email=ann@example.com",
        "--path=clusters/one",
        "--components=source-controller,kustomize-controller",
    ]);
    run_watched(env.command(arguments).variable("GIT_PASSWORD", PASSWORD));
    assert_follows(&env, &repository.head("main").unwrap());
    verify(&env, &repository, &[]);
    let stop = Command::new("gpgconf")
        .env("GNUPGHOME", &home)
        .args(["--kill", "all"])
        .status();
    assert!(stop.is_ok());
}
