//! Branches, tags, commits and submodules, fetched to be read.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use super::http_server::Server;
use super::scene::{Scene, has};
use super::ssh_server::{Sshd, is_there};
use crate::git::{
    Bounds, Credentials, Fetched, Found, GitError, HostTrust, PrivateKeyFile, Remote, Settings,
    scan,
};

const BOUNDS: Bounds = Bounds {
    bytes: 1 << 20,
    time: Duration::from_secs(20),
};

/// A repository whose commit `one` has the tags `light` and `heavy`, a branch of the name `heavy` too, and a pull request.
fn tagged() -> Scene {
    let scene = Scene::filled();
    let repository = scene.repository();
    let one = scene.git(&repository, &["rev-parse", "main~1"]);
    scene.git(&repository, &["tag", "light", &one]);
    scene.git(&repository, &["tag", "-m", "words", "heavy", &one]);
    scene.git(&repository, &["branch", "heavy", "main"]);
    scene.git(&repository, &["update-ref", "refs/pull/1/head", &one]);
    scene
}

/// Fetches a revision, and returns what its `README.md` says.
fn readme(remote: &Remote, scene: &Scene, revision: &str) -> Result<String, GitError> {
    let found = remote.find(revision)?;
    let place = scene.place(&format!("of-{}", revision.replace('/', "-")));
    let snapshot = remote.fetch_revision(&found, &place, BOUNDS)?;
    let files = scene.place(&format!("files-{}", revision.replace('/', "-")));
    snapshot.check_out(&files)?;
    Ok(std::fs::read_to_string(files.join("README.md")).unwrap())
}

fn holds_all_sorts(remote: &Remote, scene: &Scene) {
    let one = scene.git(&scene.repository(), &["rev-parse", "main~1"]);
    for (revision, wanted) in [
        ("", "two\n"),
        ("main", "two\n"),
        ("light", "one\n"),
        ("heavy", "one\n"),
        ("heads/heavy", "two\n"),
        ("refs/pull/1/head", "one\n"),
        (&one, "one\n"),
    ] {
        let read = readme(remote, scene, revision);
        assert_eq!(read.unwrap(), wanted, "{revision}");
    }
    let error = readme(remote, scene, "gone").unwrap_err();
    assert!(
        matches!(&error, GitError::NoRevision { revision, .. } if revision == "gone"),
        "{error}"
    );
    let error = readme(remote, scene, &"ab".repeat(20)).unwrap_err();
    assert!(
        matches!(
            error,
            GitError::NoRevision { .. } | GitError::FetchRevision { .. }
        ),
        "{error}"
    );
}

fn over_http(scene: &Scene) -> (Server, Remote) {
    let server = Server::start(scene.path().to_owned(), None);
    let url = format!("http://{}/fleet.git", server.address);
    let remote = Remote::new(
        url.parse().unwrap(),
        Credentials::Ambient,
        Settings::default(),
    );
    (server, remote)
}

#[test]
fn finds_revisions_over_http() {
    let scene = tagged();
    let (_server, remote) = over_http(&scene);
    holds_all_sorts(&remote, &scene);
}

#[test]
fn asks_for_a_commit_alone_where_the_server_gives_it() {
    let scene = tagged();
    let repository = scene.repository();
    scene.git(
        &repository,
        &["config", "uploadpack.allowAnySHA1InWant", "true"],
    );
    let one = scene.git(&repository, &["rev-parse", "main~1"]);
    let (_server, remote) = over_http(&scene);
    let found = Found::commit(&one).unwrap();
    let place = scene.place("alone");
    remote.fetch_revision(&found, &place, BOUNDS).unwrap();
    let refs = scene.git(&place, &["for-each-ref", "--format=%(refname)"]);
    assert_eq!(refs, "refs/gitops/fetched", "and nothing of the branches");
}

#[test]
fn finds_revisions_over_ssh() {
    if !is_there() {
        return;
    }
    let scene = tagged();
    let own = scene.key("own", &["-t", "ed25519", "-N", ""]);
    let server = Sshd::start(&scene, &[(&own, "SHELL")]);
    let credentials = Credentials::SshKey(PrivateKeyFile {
        path: own,
        passphrase: None,
    });
    let settings = Settings {
        trust: HostTrust::Keys(scan(&server.url()).unwrap().keys),
        ..Settings::default()
    };
    holds_all_sorts(&Remote::new(server.url(), credentials, settings), &scene);
}

#[test]
fn opens_a_repository_of_this_machine() {
    let scene = tagged();
    let one = scene.git(&scene.repository(), &["rev-parse", "main~1"]);
    let commit = |revision: &str| {
        let snapshot = Fetched::of_folder(&scene.repository(), revision)?;
        Ok::<_, GitError>(snapshot.commit().to_string())
    };
    assert_eq!(commit("heavy").unwrap(), one);
    assert_eq!(commit(&one).unwrap(), one);
    assert_ne!(commit("").unwrap(), one);
    assert!(matches!(
        commit("gone"),
        Err(GitError::NoLocalRevision { .. })
    ));
    let nowhere = Fetched::of_folder(Path::new("/nowhere"), "").map(|snapshot| snapshot.commit());
    assert!(matches!(nowhere, Err(GitError::Open { .. })));
}

#[test]
fn stops_where_it_costs_too_much() {
    let scene = tagged();
    let (_server, remote) = over_http(&scene);
    let found = remote.find("main").unwrap();
    for (name, bounds) in [
        (
            "bytes",
            Bounds {
                bytes: 10,
                ..BOUNDS
            },
        ),
        (
            "time",
            Bounds {
                time: Duration::ZERO,
                ..BOUNDS
            },
        ),
    ] {
        let fetched = remote.fetch_revision(&found, &scene.place(name), bounds);
        let error = fetched.map(|snapshot| snapshot.commit()).unwrap_err();
        assert!(matches!(error, GitError::TooMuch { .. }), "{name}: {error}");
    }
}

#[test]
fn writes_files_for_their_owner_alone() {
    if !has("git") {
        return;
    }
    let scene = tagged();
    let snapshot = Fetched::of_folder(&scene.repository(), "main").unwrap();
    let folder = scene.place("files");
    assert_eq!(snapshot.submodules().unwrap(), []);
    snapshot.check_out(&folder).unwrap();
    let mode = |path: &str| {
        let found = std::fs::symlink_metadata(folder.join(path)).unwrap();
        found.permissions().mode() & 0o077
    };
    assert_eq!(mode("README.md"), 0);
    assert_eq!(mode("clusters/prod"), 0);
    let link = std::fs::read_link(folder.join("current")).unwrap();
    assert_eq!(link, Path::new("clusters/prod"));
}
