//! Clone, commit and push over HTTP and HTTPS.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

use super::http_server::{Fault, Server};
use super::scene::{Scene, author, commit};
use crate::git::{
    Change, Credentials, EntryKind, GitError, GitUrl, Over, Pushed, Remote, Settings,
    TransportError,
};

fn url(server: &Server) -> GitUrl {
    format!("http://{}/fleet.git", server.address)
        .parse()
        .unwrap()
}

fn remote(server: &Server) -> Remote {
    Remote::new(url(server), Credentials::Ambient, Settings::default())
}

fn pair(scene: &Scene) -> (Server, Remote) {
    let server = Server::start(scene.path().to_owned(), None);
    let remote = remote(&server);
    (server, remote)
}

#[test]
fn reads_the_newest_commit_and_nothing_more() {
    let scene = Scene::filled();
    let (_server, remote) = pair(&scene);
    let branches = remote.branches().unwrap();
    assert_eq!(branches.default.as_deref(), Some("main"));
    let clone = remote.fetch("main", &scene.place("clone")).unwrap();
    assert_eq!(clone.head(), branches.heads.get("main").copied());
    assert_eq!(
        clone.read("README.md").unwrap().as_deref(),
        Some(&b"two\n"[..])
    );
    let beside = clone.read("./current/../prod/app.yaml").unwrap();
    assert_eq!(
        beside.as_deref(),
        Some(&b"kind: A\n"[..]),
        "a link's `..` is that of its target"
    );
    assert_eq!(
        clone.read("current/app.yaml").unwrap().as_deref(),
        Some(&b"kind: A\n"[..])
    );
    assert_eq!(
        clone.read("../../README.md").unwrap().as_deref(),
        Some(&b"two\n"[..])
    );
    assert_eq!(clone.read("clusters").unwrap(), None);
    assert_eq!(clone.read("escape/passwd").unwrap(), None);
    let names: Vec<_> = clone
        .list("")
        .unwrap()
        .unwrap()
        .into_iter()
        .map(|entry| (entry.name, entry.kind))
        .collect();
    assert_eq!(names[0], ("README.md".into(), EntryKind::File));
    assert_eq!(names[1], ("clusters".into(), EntryKind::Folder));
    assert_eq!(names[2], ("current".into(), EntryKind::Link));
    assert_eq!(clone.list("current").unwrap().unwrap().len(), 1);
    assert_eq!(clone.list("nowhere").unwrap(), None);
    assert!(matches!(
        clone.read("a/.git/config"),
        Err(GitError::Path { .. })
    ));
    assert_eq!(
        scene.git(
            clone.folder(),
            &["rev-list", "--count", &clone.head().unwrap().to_string()]
        ),
        "1"
    );
}

#[test]
fn commits_and_pushes_only_what_changed() {
    let scene = Scene::filled();
    let (_server, remote) = pair(&scene);
    let mut clone = remote.fetch("main", &scene.place("clone")).unwrap();
    assert_eq!(commit(&mut clone, "README.md", "two\n").unwrap(), None);
    let changes = [
        Change::write("current/flux-system/gotk-sync.yaml", "kind: B\n"),
        Change::write("run.sh", "#!/bin/sh\ntrue\n"),
        Change::remove("README.md"),
        Change::remove("missing"),
    ];
    assert!(clone.would_change(&changes).unwrap());
    let made = clone
        .commit(&changes, &author(), "Add Flux", None)
        .unwrap()
        .unwrap();
    assert_eq!(clone.push("main", Over::Nothing).unwrap(), Pushed::Done);
    let bare = scene.repository();
    assert_eq!(scene.git(&bare, &["rev-parse", "main"]), made.to_string());
    assert_eq!(
        scene.git(
            &bare,
            &["show", "main:clusters/prod/flux-system/gotk-sync.yaml"]
        ),
        "kind: B"
    );
    assert_eq!(
        scene.git(&bare, &["log", "-1", "--format=%an|%ae|%ct|%s", "main"]),
        "Flux||1700000000|Add Flux"
    );
    assert!(
        scene
            .git(&bare, &["ls-tree", "main", "run.sh"])
            .starts_with("100755")
    );
    assert!(
        !scene
            .git(&bare, &["ls-tree", "--name-only", "main"])
            .contains("README")
    );
    assert_eq!(scene.git(&bare, &["rev-list", "--count", "main"]), "3");
    scene.git(&bare, &["fsck", "--strict"]);
}

#[test]
fn fills_an_empty_repository() {
    let scene = Scene::empty();
    let (_server, remote) = pair(&scene);
    assert_eq!(remote.branches().unwrap().heads.len(), 0);
    let mut clone = remote.fetch("main", &scene.place("clone")).unwrap();
    assert_eq!((clone.head(), clone.read("a").unwrap()), (None, None));
    commit(&mut clone, "clusters/a.yaml", "a").unwrap().unwrap();
    commit(&mut clone, "clusters/b.yaml", "b").unwrap().unwrap();
    assert_eq!(clone.push("main", Over::Nothing).unwrap(), Pushed::Done);
    assert_eq!(
        scene.git(&scene.repository(), &["rev-list", "--count", "main"]),
        "2"
    );
}

#[test]
fn names_the_branches_that_exist() {
    let scene = Scene::filled();
    let (_server, remote) = pair(&scene);
    let error = remote
        .fetch("production", &scene.place("clone"))
        .unwrap_err();
    let GitError::NoBranch { branches, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(branches, &["main"]);
    assert!(error.to_string().ends_with("; it has main"), "{error}");
    for bad in ["", "a b", "-x", "a..b"] {
        assert!(
            matches!(
                remote.fetch(bad, &scene.place("other")),
                Err(GitError::BranchName(_))
            ),
            "{bad}"
        );
    }
}

#[test]
fn pushes_to_another_branch() {
    let scene = Scene::filled();
    let (_server, remote) = pair(&scene);
    let mut clone = remote.fetch("main", &scene.place("clone")).unwrap();
    let made = commit(&mut clone, "a", "a").unwrap().unwrap();
    assert_eq!(
        clone.push("flux-bootstrap", Over::Nothing).unwrap(),
        Pushed::Done
    );
    assert_eq!(
        scene.git(&scene.repository(), &["rev-parse", "flux-bootstrap"]),
        made.to_string()
    );
    assert_ne!(
        scene.git(&scene.repository(), &["rev-parse", "main"]),
        made.to_string()
    );
}

#[test]
fn a_lost_race_can_be_run_again() {
    let scene = Scene::filled();
    let (_server, remote) = pair(&scene);
    let mut clone = remote.fetch("main", &scene.place("clone")).unwrap();
    commit(&mut clone, "ours", "ours").unwrap().unwrap();
    scene.push_foreign("foreign");
    assert_eq!(clone.push("main", Over::Nothing).unwrap(), Pushed::Rejected);
    clone.fetch_again().unwrap();
    let made = commit(&mut clone, "ours", "ours").unwrap().unwrap();
    assert_eq!(clone.push("main", Over::Nothing).unwrap(), Pushed::Done);
    let bare = scene.repository();
    assert_eq!(scene.git(&bare, &["rev-parse", "main"]), made.to_string());
    assert_eq!(scene.git(&bare, &["show", "main:foreign"]), "foreign");
    clone.fetch_again().unwrap();
    assert_eq!(commit(&mut clone, "ours", "ours").unwrap(), None);
}

#[test]
fn a_race_on_the_server_is_rejected() {
    let scene = Scene::filled();
    let (_server, remote) = pair(&scene);
    scene.hook(
        "update",
        "echo 'cannot lock ref' >&2; git update-ref refs/heads/main $(git rev-parse main~1)",
    );
    let mut clone = remote.fetch("main", &scene.place("clone")).unwrap();
    commit(&mut clone, "a", "a").unwrap();
    assert_eq!(clone.push("main", Over::Nothing).unwrap(), Pushed::Rejected);
}

#[test]
fn a_protected_branch_says_why() {
    let scene = Scene::filled();
    let (_server, remote) = pair(&scene);
    scene.hook(
        "pre-receive",
        "echo 'GitLab: You are not allowed to push code to protected branches.' >&2; exit 1",
    );
    let mut clone = remote.fetch("main", &scene.place("clone")).unwrap();
    commit(&mut clone, "a", "a").unwrap();
    let Pushed::Declined { said } = clone.push("main", Over::Nothing).unwrap() else {
        panic!("it went through")
    };
    assert_eq!(
        said,
        "GitLab: You are not allowed to push code to protected branches. (pre-receive hook declined)"
    );
}

#[test]
fn a_broken_push_is_looked_after() {
    let scene = Scene::filled();
    let (server, remote) = pair(&scene);
    let mut clone = remote.fetch("main", &scene.place("clone")).unwrap();
    let made = commit(&mut clone, "a", "a").unwrap().unwrap();
    server.set(Fault::PackRefused);
    let error = clone.push("main", Over::Nothing).unwrap_err();
    assert!(
        matches!(
            &error,
            GitError::Push {
                source: TransportError::Server { status: 502, .. },
                ..
            }
        ),
        "{error:?}"
    );
    server.set(Fault::AnswerLost);
    assert_eq!(clone.push("main", Over::Nothing).unwrap(), Pushed::Done);
    assert_eq!(
        scene.git(&scene.repository(), &["rev-parse", "main"]),
        made.to_string()
    );
}

#[test]
fn credentials_go_along_at_once_and_are_never_shown() {
    let scene = Scene::filled();
    let server = Server::start(scene.path().to_owned(), None);
    server.demand("Basic Z2l0OnMzY3JldA==");
    let with = |credentials| Remote::new(url(&server), credentials, Settings::default());
    let basic = |password: &str| Credentials::Basic {
        username: "git".into(),
        password: password.into(),
    };
    with(basic("s3cret")).branches().unwrap();
    assert_eq!(server.requests().len(), 1);
    let wrong = with(basic("s3cr3t-wrong")).branches().unwrap_err();
    assert!(matches!(
        wrong,
        GitError::List {
            source: TransportError::Unauthorized { offered: true, .. },
            ..
        }
    ));
    let none = with(Credentials::Ambient).branches().unwrap_err();
    assert!(matches!(
        none,
        GitError::List {
            source: TransportError::Unauthorized { offered: false, .. },
            ..
        }
    ));
    let named: GitUrl = format!("http://git:s3cret@{}/fleet.git", server.address)
        .parse()
        .unwrap();
    Remote::new(named.clone(), Credentials::Ambient, Settings::default())
        .branches()
        .unwrap();
    server.demand("Bearer t0ken");
    with(Credentials::Bearer("t0ken".into()))
        .branches()
        .unwrap();
    let denied = Remote::new(named, Credentials::Ambient, Settings::default())
        .branches()
        .unwrap_err();
    for error in [wrong, none, denied] {
        let shown = format!("{error} {error:?}");
        assert!(
            !shown.contains("s3cr") && !shown.contains("Z2l0"),
            "{shown}"
        );
    }
}

#[test]
fn tells_the_answers_of_a_server_apart() {
    let scene = Scene::filled();
    let (server, remote) = pair(&scene);
    let said = |fault: Fault| {
        server.set(fault);
        let GitError::List { source, .. } = remote.branches().unwrap_err() else {
            panic!("another error")
        };
        source
    };
    let forbidden = said(Fault::Status(403, "Your token is read-only.\u{1b}[31m"));
    assert!(
        forbidden
            .to_string()
            .ends_with("forbids it: Your token is read-only. [31m"),
        "{forbidden}"
    );
    assert!(matches!(
        said(Fault::Status(404, "")),
        TransportError::NotFound { .. }
    ));
    let busy = said(Fault::Status(429, ""));
    assert!(
        matches!(&busy, TransportError::TooMany { after: Some(after), .. } if after.as_secs() == 7),
        "{busy:?}"
    );
    assert!(matches!(
        said(Fault::Status(503, "")),
        TransportError::Server { status: 503, .. }
    ));
    assert!(matches!(said(Fault::Page), TransportError::WebPage { .. }));
    assert!(matches!(
        said(Fault::Status(200, "hello")),
        TransportError::ContentType { .. }
    ));
}

#[test]
fn follows_redirects_only_where_credentials_may_go() {
    let scene = Scene::filled();
    let (server, remote) = pair(&scene);
    server.set(Fault::Moved("/movedTARGET".into()));
    let mut clone = remote.fetch("main", &scene.place("clone")).unwrap();
    commit(&mut clone, "a", "a").unwrap();
    assert_eq!(clone.push("main", Over::Nothing).unwrap(), Pushed::Done);
    let posts = server
        .requests()
        .into_iter()
        .filter(|request| request.starts_with("POST"))
        .collect::<Vec<_>>();
    assert!(
        posts.len() >= 2
            && posts
                .iter()
                .all(|request| request.starts_with("POST /moved/")),
        "{posts:?}"
    );
    server.set(Fault::Moved("http://elsewhere.example.com/TARGET".into()));
    let error = remote.branches().unwrap_err();
    assert!(
        matches!(
            error,
            GitError::List {
                source: TransportError::Redirect { .. },
                ..
            }
        ),
        "{error:?}"
    );
    server.set(Fault::Moved("/users/sign_in".into()));
    let error = remote.branches().unwrap_err();
    assert!(
        matches!(
            error,
            GitError::List {
                source: TransportError::WebPage { .. },
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn refuses_what_it_cannot_read() {
    let scene = Scene::empty();
    scene.git(
        scene.path(),
        &[
            "init",
            "-q",
            "--bare",
            "--object-format=sha256",
            "-b",
            "main",
            "new.git",
        ],
    );
    scene.git(
        &scene.path().join("new.git"),
        &["config", "http.receivepack", "true"],
    );
    let server = Server::start(scene.path().to_owned(), None);
    let new: GitUrl = format!("http://{}/new.git", server.address)
        .parse()
        .unwrap();
    let new = Remote::new(new, Credentials::Ambient, Settings::default());
    // While it is empty a server says its format only to who pushes.
    let mut clone = new.fetch("main", &scene.place("clone")).unwrap();
    commit(&mut clone, "a", "a").unwrap();
    let error = clone.push("main", Over::Nothing).unwrap_err();
    assert!(
        matches!(
            error,
            GitError::Push {
                source: TransportError::Sha256,
                ..
            }
        ),
        "{error:?}"
    );
    scene.git(
        scene.path(),
        &["init", "-q", "--object-format=sha256", "new"],
    );
    let work = scene.path().join("new");
    scene.git(&work, &["commit", "-q", "--allow-empty", "-m", "one"]);
    scene.git(&work, &["push", "-q", "../new.git", "HEAD:main"]);
    let error = new.branches().unwrap_err();
    assert!(
        matches!(
            error,
            GitError::List {
                source: TransportError::Sha256,
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn says_why_it_cannot_ask() {
    let scene = Scene::empty();
    let server = Server::start(scene.path().to_owned(), None);
    let key = Credentials::SshKey(crate::git::PrivateKeyFile {
        path: "/k".into(),
        passphrase: None,
    });
    let error = Remote::new(url(&server), key, Settings::default())
        .branches()
        .unwrap_err();
    assert!(
        matches!(
            error,
            GitError::List {
                source: TransportError::WrongCredentials { .. },
                ..
            }
        ),
        "{error:?}"
    );
    let gone: GitUrl = "http://127.0.0.1:1/a".parse().unwrap();
    let error = Remote::new(gone, Credentials::Ambient, Settings::default())
        .branches()
        .unwrap_err();
    assert!(
        matches!(
            error,
            GitError::List {
                source: TransportError::Unreachable { .. },
                ..
            }
        ),
        "{error:?}"
    );
}

/// Makes an authority and a server certificate of it.
fn certificates() -> (Vec<u8>, Arc<ServerConfig>) {
    crate::http::install_crypto();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["127.0.0.1".into()])
        .unwrap()
        .signed_by(&key, &authority)
        .unwrap();
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    (authority.pem().into_bytes(), Arc::new(config))
}

#[test]
fn trusts_only_the_given_authority() {
    let scene = Scene::filled();
    let (pem, config) = certificates();
    let server = Server::start(scene.path().to_owned(), Some(config));
    let url: GitUrl = format!("https://{}/fleet.git", server.address)
        .parse()
        .unwrap();
    let trusting = Settings {
        authorities: Some(pem),
        ..Settings::default()
    };
    let remote = Remote::new(url.clone(), Credentials::Ambient, trusting);
    let mut clone = remote.fetch("main", &scene.place("clone")).unwrap();
    commit(&mut clone, "a", "a").unwrap();
    assert_eq!(clone.push("main", Over::Nothing).unwrap(), Pushed::Done);
    let error = Remote::new(url, Credentials::Ambient, Settings::default())
        .branches()
        .unwrap_err();
    let GitError::List { source, .. } = error else {
        panic!("another error")
    };
    assert!(
        matches!(source, TransportError::Unreachable { .. }),
        "{source:?}"
    );
}
