//! Clone and push over SSH, with a key file, an encrypted one, and an agent; host keys known and not.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use super::scene::{Scene, commit};
use super::ssh_server::{Agent, Sshd, is_there};
use crate::git::known_hosts::HostKeyError;
use crate::git::transport_error::TransportError;
use crate::git::{
    Credentials, GitError, GitUrl, HostTrust, KnownHosts, Over, PrivateKeyFile, Pushed, Remote,
    Settings, Verdict, scan,
};

const SHELL: &str = "SHELL";

fn key(path: &Path, passphrase: Option<&str>) -> Credentials {
    Credentials::SshKey(PrivateKeyFile {
        path: path.to_owned(),
        passphrase: passphrase.map(Into::into),
    })
}

fn pinned(server: &Sshd) -> Settings {
    Settings {
        trust: HostTrust::Keys(scan(&server.url()).unwrap().keys),
        ..Settings::default()
    }
}

fn failure(remote: &Remote) -> TransportError {
    match remote.branches() {
        Err(GitError::List { source, .. }) => source,
        other => panic!("{other:?}"),
    }
}

#[test]
fn fetches_and_pushes_with_a_key() {
    if !is_there() {
        return;
    }
    let scene = Scene::filled();
    let own = scene.key("own", &["-t", "ed25519", "-N", ""]);
    let server = Sshd::start(&scene, &[(&own, SHELL)]);
    let settings = Settings {
        host_key_algorithms: vec!["ssh-ed25519".into()],
        ..pinned(&server)
    };
    let remote = Remote::new(server.url(), key(&own, None), settings);
    let mut clone = remote.fetch("main", &scene.place("clone")).unwrap();
    let made = commit(&mut clone, "clusters/prod/a.yaml", "a")
        .unwrap()
        .unwrap();
    assert_eq!(clone.push("main", Over::Nothing).unwrap(), Pushed::Done);
    assert_eq!(
        scene.git(&scene.repository(), &["rev-parse", "main"]),
        made.to_string()
    );
    scene.hook("pre-receive", "echo 'not on this branch' >&2; exit 1");
    commit(&mut clone, "b", "b").unwrap();
    let Pushed::Declined { said } = clone.push("main", Over::Nothing).unwrap() else {
        panic!("it went through")
    };
    assert!(said.starts_with("not on this branch"), "{said}");
}

#[test]
fn says_why_a_server_lets_nobody_in() {
    if !is_there() {
        return;
    }
    let scene = Scene::filled();
    let (own, other) = (
        scene.key("own", &["-t", "ed25519", "-N", ""]),
        scene.key("other", &["-t", "ecdsa", "-N", ""]),
    );
    let reader = scene.key("reader", &["-t", "ed25519", "-N", ""]);
    let refusal = "case \\\"$SSH_ORIGINAL_COMMAND\\\" in git-upload-pack*) SHELL;; *) echo 'ERROR: This deploy key does not have write access to this project.' >&2; exit 1;; esac";
    let server = Sshd::start(&scene, &[(&own, SHELL), (&reader, refusal)]);
    let settings = pinned(&server);
    let stranger = Remote::new(server.url(), key(&other, None), settings.clone());
    assert!(matches!(
        failure(&stranger),
        TransportError::Unauthorized { offered: true, .. }
    ));
    let missing = Remote::new(server.wrong_url(), key(&own, None), settings.clone());
    assert!(matches!(failure(&missing), TransportError::NotFound { .. }));
    let token = Remote::new(
        server.url(),
        Credentials::Bearer("t".into()),
        settings.clone(),
    );
    assert!(matches!(
        failure(&token),
        TransportError::WrongCredentials { .. }
    ));
    let algorithms = Settings {
        host_key_algorithms: vec!["rsa-sha2-512".into()],
        ..settings.clone()
    };
    let odd = Remote::new(server.url(), key(&own, None), algorithms);
    assert!(matches!(failure(&odd), TransportError::Algorithms { .. }));
    let mut clone = Remote::new(server.url(), key(&reader, None), settings)
        .fetch("main", &scene.place("clone"))
        .unwrap();
    commit(&mut clone, "a", "a").unwrap();
    let error = clone.push("main", Over::Nothing).unwrap_err();
    let GitError::Push {
        source: TransportError::Forbidden { said, .. },
        ..
    } = &error
    else {
        panic!("{error:?}")
    };
    assert!(said.contains("does not have write access"), "{said}");
    let gone: GitUrl = "ssh://git@127.0.0.1:1/a".parse().unwrap();
    let nobody = Remote::new(gone, key(&own, None), Settings::default());
    assert!(matches!(
        failure(&nobody),
        TransportError::Unreachable { .. }
    ));
}

#[test]
fn opens_an_encrypted_key_without_showing_its_passphrase() {
    if !is_there() {
        return;
    }
    let scene = Scene::filled();
    let own = scene.key("own", &["-t", "ed25519", "-N", "open sesame", "-a", "1"]);
    let server = Sshd::start(&scene, &[(&own, SHELL)]);
    let settings = pinned(&server);
    Remote::new(
        server.url(),
        key(&own, Some("open sesame")),
        settings.clone(),
    )
    .branches()
    .unwrap();
    let wrong = Remote::new(
        server.url(),
        key(&own, Some("open barley")),
        settings.clone(),
    );
    assert!(
        matches!(failure(&wrong), TransportError::Passphrase),
        "{:?}",
        failure(&wrong)
    );
    let none = Remote::new(server.url(), key(&own, None), settings);
    assert!(
        matches!(failure(&none), TransportError::NoPassphrase),
        "{:?}",
        failure(&none)
    );
}

#[test]
fn minds_the_host_key() {
    if !is_there() {
        return;
    }
    let scene = Scene::filled();
    let own = scene.key("own", &["-t", "ed25519", "-N", ""]);
    let server = Sshd::start(&scene, &[(&own, SHELL)]);
    let shown = scan(&server.url()).unwrap();
    let kinds: Vec<_> = shown.keys.iter().map(|key| key.kind().to_owned()).collect();
    assert_eq!(kinds, ["ecdsa-sha2-nistp256", "ssh-ed25519"]);
    assert!(
        shown
            .known_hosts()
            .starts_with(&format!("[127.0.0.1]:{} ecdsa-sha2-nistp256 ", server.port))
    );
    let file = scene.path().join("known_hosts");
    std::fs::write(&file, shown.known_hosts() + "\n").unwrap();
    let hashed = scene
        .command("ssh-keygen")
        .arg("-H")
        .arg("-f")
        .arg(&file)
        .output()
        .unwrap();
    assert!(hashed.status.success() && std::fs::read_to_string(&file).unwrap().starts_with("|1|"));
    let known = KnownHosts::read(&[&file]);
    assert_eq!(known.check(&shown).unwrap(), Verdict::Known(shown.clone()));
    let (url, keys) = (server.url(), shown.keys.clone());
    let trusting = |keys| {
        let settings = Settings {
            trust: HostTrust::Keys(keys),
            ..Settings::default()
        };
        Remote::new(url.clone(), key(&own, None), settings)
    };
    let remote = trusting(keys);
    remote.branches().unwrap();
    let port = server.port;
    drop(server);
    scene.key("host_new", &["-t", "ed25519", "-N", ""]);
    let _server = Sshd::start_at(&scene, &[(&own, SHELL)], port, &["host_new"]);
    assert!(
        matches!(failure(&remote), TransportError::HostKeyChanged { .. }),
        "{:?}",
        failure(&remote)
    );
    let new = scan(&url).unwrap();
    assert!(matches!(
        known.check(&new),
        Err(HostKeyError::Changed { .. })
    ));
    let remote = trusting(Vec::new());
    assert!(
        matches!(failure(&remote), TransportError::HostKeyUnknown { .. }),
        "{:?}",
        failure(&remote)
    );
}

#[test]
fn a_scan_that_finds_nobody_says_so() {
    if !is_there() {
        return;
    }
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url: GitUrl = format!("ssh://git@127.0.0.1:{port}/a").parse().unwrap();
    assert!(
        scan(&url)
            .unwrap_err()
            .to_string()
            .starts_with("127.0.0.1:")
    );
    let web: GitUrl = "https://127.0.0.1/a".parse().unwrap();
    assert!(matches!(
        scan(&web),
        Err(crate::git::host_scan::ScanError::NotSsh { .. })
    ));
}

/// The agent and the known hosts come from the environment, so this runs the test below as a program.
#[test]
fn asks_the_agent() {
    if !is_there() {
        return;
    }
    let scene = Scene::filled();
    let own = scene.key("own", &["-t", "ed25519", "-N", ""]);
    let server = Sshd::start(&scene, &[(&own, SHELL)]);
    let agent = Agent::start(&scene, &own);
    std::fs::remove_file(&own).unwrap();
    let known = scene.path().join("known_hosts");
    std::fs::write(&known, scan(&server.url()).unwrap().known_hosts()).unwrap();
    let run = |socket: &Path| {
        Command::new(std::env::current_exe().unwrap())
            .args([
                "git::tests::over_ssh::lists_with_the_agent",
                "--exact",
                "--nocapture",
            ])
            .env("SSH_AUTH_SOCK", socket)
            .env("SSH_KNOWN_HOSTS", &known)
            .env("GITOPS_TEST_URL", server.url().to_string())
            .output()
            .unwrap()
    };
    let output = run(&agent.socket);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert!(
        !run(Path::new("/nowhere")).status.success(),
        "without the agent nobody gets in"
    );
}

/// No test of its own: it is run by the one above.
#[test]
fn lists_with_the_agent() {
    #[expect(clippy::disallowed_methods, reason = "a variable of this test alone")]
    let Ok(url) = std::env::var("GITOPS_TEST_URL") else {
        return;
    };
    let remote = Remote::new(
        url.parse().unwrap(),
        Credentials::Ambient,
        Settings::default(),
    );
    assert!(remote.branches().unwrap().heads.contains_key("main"));
}
