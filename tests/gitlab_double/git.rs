//! The real `git` against the double, over HTTP.

use std::fs;

use serde_json::json;

use super::clone::{Clone, FLUX};
use super::{Speaker, start};
use crate::scene::gitlab::{Fault, Role, State, Tls, Token};

fn with_flux(state: &mut State) {
    state.project(FLUX);
}

/// Bytes that do not compress.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes: Vec<u8> = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend(next());
    }
    bytes
}

#[test]
fn an_empty_project_is_cloned_and_filled() {
    let gitlab = start(with_flux);
    let token = gitlab.token("alice");
    let clone = Clone::new(&gitlab, "anyone", &token);
    clone.good(&["fetch", "origin"]);
    clone.commit("README.md", b"one\n");
    clone.commit("noise", &noise(3_000_000));
    let (status, text) = clone.push();
    assert_eq!(status, 0, "{text}");
    assert_eq!(
        gitlab.file(FLUX, "main", "README.md").as_deref(),
        Some("one")
    );
    let chunked = gitlab.journal().into_iter().any(|entry| {
        entry.path.ends_with("/git-receive-pack")
            && entry.header("transfer-encoding") == Some("chunked")
    });
    assert!(chunked, "a large push comes in chunks");
    let other = Clone::new(&gitlab, "git", &token);
    other.good(&["-c", "protocol.version=2", "pull", "origin", "main"]);
    assert_eq!(
        fs::read(other.folder.join("noise")).unwrap().len(),
        3_000_000
    );
    let v2 = gitlab
        .journal()
        .into_iter()
        .any(|entry| entry.header("git-protocol") == Some("version=2"));
    assert!(v2);
}

#[test]
fn many_haves_come_compressed() {
    let gitlab = start(|state| {
        with_flux(state);
        for number in 0..40 {
            state.commit(FLUX, "main", "count", &number.to_string());
        }
    });
    let clone = Clone::new(&gitlab, "git", &gitlab.token("alice"));
    clone.good(&["pull", "origin", "main"]);
    for number in 0..40 {
        clone.commit("mine", number.to_string().as_bytes());
    }
    gitlab.state(|state| state.commit(FLUX, "main", "count", "last"));
    clone.good(&["fetch", "origin", "main"]);
    let compressed = gitlab
        .journal()
        .into_iter()
        .any(|entry| entry.header("content-encoding") == Some("gzip"));
    assert!(compressed, "git packs long requests");
}

#[test]
fn a_bearer_reads_a_private_project() {
    let gitlab = start(with_flux);
    let settings = vec![
        format!("http.sslCAInfo={}", gitlab.ca_file().display()),
        format!(
            "http.extraHeader=Authorization: Bearer {}",
            gitlab.token("alice")
        ),
    ];
    let clone = Clone::of(&gitlab, &gitlab.clone_url(FLUX), settings);
    clone.good(&["ls-remote", "origin"]);
}

#[test]
fn protected_branches_refuse_developers_in_gitlab_s_words() {
    let gitlab = start(with_flux);
    let clone = Clone::new(&gitlab, "bob", &gitlab.token("bob"));
    clone.commit("README.md", b"one\n");
    let (status, text) = clone.push();
    assert_eq!(status, 1, "{text}");
    let words =
        "remote: GitLab: You are not allowed to push code to protected branches on this project.";
    assert!(text.contains(words), "{text}");
    assert!(
        text.contains("! [remote rejected] main -> main (pre-receive hook declined)"),
        "{text}"
    );
    clone.good(&["push", "origin", "main:change"]);
    assert!(gitlab.head(FLUX, "change").is_some());
}

#[test]
fn protected_branches_are_not_rewritten_or_removed() {
    let gitlab = start(with_flux);
    let clone = Clone::new(&gitlab, "alice", &gitlab.token("alice"));
    clone.commit("README.md", b"one\n");
    clone.push();
    clone.good(&["commit", "--quiet", "--amend", "--message", "other"]);
    let (status, text) = clone.run(&["push", "--force", "origin", "main"]);
    assert_eq!(status, 1);
    assert!(text.contains("not allowed to force push"), "{text}");
    let (status, text) = clone.run(&["push", "origin", ":main"]);
    assert_eq!(status, 1, "{text}");
    gitlab.state(|state| {
        state.project_mut(FLUX).protections.clear();
        let project = state.project_mut(FLUX);
        project.repository.write_protections(&[]);
    });
    clone.good(&["push", "--force", "origin", "main"]);
}

#[test]
fn no_one_pushes_where_no_one_may() {
    let gitlab = start(|state| {
        with_flux(state);
        state.protect(FLUX, "main", 0);
    });
    let clone = Clone::new(&gitlab, "alice", &gitlab.token("alice"));
    clone.commit("README.md", b"one\n");
    assert_eq!(clone.push().0, 1);
    gitlab.clear_journal();
    gitlab.state(|state| state.protect(FLUX, "main", Role::Developer.level()));
    assert_eq!(clone.push().0, 0);
    assert_eq!(
        gitlab.calls(),
        [
            "GET /mycompany/flux.git/info/refs?service=git-receive-pack 401",
            "GET /mycompany/flux.git/info/refs?service=git-receive-pack 200",
            "POST /mycompany/flux.git/git-receive-pack 200",
        ]
    );
}

#[test]
fn tokens_push_by_their_scopes() {
    let gitlab = start(with_flux);
    let attempt = |token: Token| {
        let secret = gitlab.state(|state| state.add_token(token));
        let clone = Clone::new(&gitlab, "git", &secret);
        let reads = clone.run(&["ls-remote", "origin"]).0 == 0;
        clone.commit("README.md", b"one\n");
        let (status, text) = clone.push();
        (reads, status, text)
    };
    let (reads, status, text) = attempt(Token::personal("alice").scopes(&["read_repository"]));
    assert_eq!((reads, status), (true, 128), "{text}");
    assert!(
        text.contains("The requested URL returned error: 403"),
        "{text}"
    );
    let (reads, status, text) = attempt(Token::personal("alice").scopes(&["read_api"]));
    assert_eq!((reads, status), (false, 128), "{text}");
    let (_, status, text) = attempt(Token::personal("alice").revoked());
    assert_eq!(status, 128);
    assert!(text.contains("Authentication failed for"), "{text}");
    let (reads, status, text) = attempt(Token::job(FLUX, "alice"));
    assert_eq!((reads, status), (true, 128), "{text}");
    let (reads, status, text) = attempt(Token::personal("alice").scopes(&["write_repository"]));
    assert_eq!((reads, status), (true, 0), "{text}");
}

#[test]
fn deploy_tokens_read_and_never_push() {
    let gitlab = start(with_flux);
    let alice = Speaker::new(&gitlab, "alice");
    let body = json!({ "name": "flux", "scopes": ["read_repository"] });
    let (_, token) = alice.send("POST", "/projects/mycompany%2Fflux/deploy_tokens", &body);
    let text = |name: &str| token[name].as_str().unwrap().to_owned();
    let clone = Clone::new(&gitlab, &text("username"), &text("token"));
    clone.good(&["ls-remote", "origin"]);
    clone.commit("README.md", b"one\n");
    let (status, said) = clone.push();
    assert_eq!(status, 128);
    assert!(said.contains("403"), "{said}");
    let wrong = Clone::new(&gitlab, "git", &text("token"));
    assert_eq!(
        wrong.run(&["ls-remote", "origin"]).0,
        128,
        "the name counts, too"
    );
}

#[test]
fn what_is_invisible_is_not_there_for_git_either() {
    let gitlab = start(|state| {
        with_flux(state);
        state.user("carol");
    });
    let clone = Clone::new(&gitlab, "carol", &gitlab.token("carol"));
    let (status, text) = clone.run(&["ls-remote", "origin"]);
    assert_eq!(status, 128);
    assert!(text.contains("not found"), "{text}");
    gitlab.state(|state| state.member("carol", FLUX, Role::Guest));
    let (_, text) = clone.run(&["ls-remote", "origin"]);
    assert!(text.contains("403"), "{text}");
    gitlab.state(|state| state.project(FLUX).visibility = "public".into());
    clone.good(&["ls-remote", "origin"]);
}

#[test]
fn gateways_fail_in_both_halves_of_a_push() {
    let gitlab = start(with_flux);
    let clone = Clone::new(&gitlab, "alice", &gitlab.token("alice"));
    clone.commit("README.md", b"one\n");
    gitlab.fault(Fault::status(502).on("GET", "/mycompany/flux.git/info/refs?git-receive-pack"));
    let (status, text) = clone.push();
    assert_eq!(status, 128);
    assert!(
        text.contains("The requested URL returned error: 502"),
        "{text}"
    );
    gitlab.fault(Fault::status(502).on("POST", "/**/git-receive-pack"));
    let (status, text) = clone.push();
    assert_eq!(status, 1, "{text}");
    assert!(text.contains("RPC failed; HTTP 502"), "{text}");
    assert!(text.contains("Everything up-to-date"), "the trap: {text}");
    assert_eq!(gitlab.head(FLUX, "main"), None);
    gitlab.fault(Fault::lost_answer().on("POST", "/**/git-receive-pack"));
    let (status, text) = clone.push();
    assert_ne!(status, 0, "{text}");
    assert!(
        gitlab.head(FLUX, "main").is_some(),
        "the push itself was carried out"
    );
}

#[test]
fn someone_else_pushes_between_clone_and_push() {
    let gitlab = start(with_flux);
    let clone = Clone::new(&gitlab, "alice", &gitlab.token("alice"));
    clone.commit("README.md", b"one\n");
    clone.push();
    gitlab.meanwhile(
        "GET",
        "/mycompany/flux.git/info/refs?git-receive-pack",
        |state| {
            state.commit(FLUX, "main", "theirs.txt", "hello\n");
        },
    );
    clone.commit("mine.txt", b"two\n");
    let (status, text) = clone.push();
    assert_eq!(status, 1);
    assert!(
        text.contains("! [rejected]") && text.contains("(fetch first)"),
        "{text}"
    );
    clone.good(&["pull", "--rebase", "origin", "main"]);
    assert_eq!(clone.push().0, 0);
    assert_eq!(
        gitlab.file(FLUX, "main", "theirs.txt").as_deref(),
        Some("hello")
    );
}

#[test]
fn git_works_below_a_mount_point_and_without_tls() {
    let gitlab = start(|state| {
        with_flux(state);
        state.settings.mount = "/gitlab".into();
        state.settings.tls = Tls::Off;
    });
    let clone = Clone::new(&gitlab, "alice", &gitlab.token("alice"));
    clone.commit("README.md", b"one\n");
    assert_eq!(clone.push().0, 0);
    assert!(
        gitlab
            .journal()
            .iter()
            .all(|entry| entry.path.starts_with("/mycompany/flux.git/"))
    );
}
