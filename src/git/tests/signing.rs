//! Signatures that `git verify-commit` holds for good, and keys in all their forms.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::http_server::Server;
use super::scene::{Scene, author, has};
use crate::git::private_key::KeyError;
use crate::git::sign::SignError;
use crate::git::{
    Change, Credentials, GitUrl, PrivateKey, PrivateKeyFile, Remote, Settings, Signer,
};

const PASS: &str = "passphrase";

/// Signs a commit in a new bare repository, and begins the command that verifies it there.
fn verify(scene: &Scene, name: &str, signer: &Signer, options: &[&str]) -> Command {
    let server = Server::start(scene.path().to_owned(), None);
    let url = format!("http://{}/fleet.git", server.address);
    let url: GitUrl = url.parse().unwrap();
    let remote = Remote::new(url, Credentials::Ambient, Settings::default());
    let mut clone = remote.fetch("main", &scene.place(name)).unwrap();
    let change = [Change::write("a", name)];
    let made = clone.commit(&change, &author(), "Sign\n\nme", Some(signer));
    let made = made.unwrap().unwrap().to_string();
    let mut command = scene.command("git");
    command.current_dir(clone.folder()).args(options);
    command.args(["verify-commit", "--raw", &made]);
    command
}

/// Runs the command, and returns what it says where it succeeds.
fn said(mut command: Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {said}");
    said
}

fn file(path: &Path, passphrase: Option<&str>) -> PrivateKeyFile {
    let passphrase = passphrase.map(Into::into);
    PrivateKeyFile {
        path: path.to_owned(),
        passphrase,
    }
}

fn check_ssh(scene: &Scene, name: &str, options: &str, passphrase: Option<&str>) {
    let mut options: Vec<&str> = options.split(' ').collect();
    options.extend(["-N", passphrase.unwrap_or_default()]);
    let path = scene.key(name, &options);
    let key = PrivateKey::read(&file(&path, passphrase))
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let public = std::fs::read_to_string(path.with_extension("pub")).unwrap();
    assert!(public.starts_with(&key.public().to_string()), "{name}");
    let allowed = scene.path().join("allowed");
    std::fs::write(&allowed, format!("me@example.com {public}")).unwrap();
    let allowed = format!("gpg.ssh.allowedSignersFile={}", allowed.display());
    let signer = Signer::ssh(&file(&path, passphrase)).unwrap();
    let said = said(verify(
        scene,
        &format!("{name}-clone"),
        &signer,
        &["-c", &allowed],
    ));
    assert!(
        said.contains("Good \"git\" signature for me@example.com"),
        "{name}: {said}"
    );
    if passphrase.is_some() {
        let closed = PrivateKey::read(&file(&path, None));
        assert!(
            matches!(closed, Err(KeyError::NoPassphrase { .. })),
            "{name}"
        );
        let wrong = PrivateKey::read(&file(&path, Some("another")));
        assert!(
            matches!(wrong, Err(KeyError::Passphrase { .. })),
            "{name}: {wrong:?}"
        );
    }
}

#[test]
fn ssh_signatures_verify() {
    if !has("ssh-keygen") {
        return;
    }
    let scene = Scene::empty();
    check_ssh(&scene, "ed25519", "-t ed25519", None);
    check_ssh(&scene, "ed25519-locked", "-t ed25519 -a 1", Some(PASS));
    check_ssh(&scene, "p384", "-t ecdsa -b 384", None);
    check_ssh(&scene, "p521-pem", "-t ecdsa -b 521 -m PEM", None);
    check_ssh(&scene, "rsa", "-t rsa -b 2048", None);
    check_ssh(&scene, "rsa-locked", "-t rsa -b 2048 -a 1", Some(PASS));
    check_ssh(
        &scene,
        "rsa-pem-locked",
        "-t rsa -b 2048 -m PEM",
        Some(PASS),
    );
    check_ssh(
        &scene,
        "rsa-pkcs8-locked",
        "-t rsa -b 2048 -m PKCS8",
        Some(PASS),
    );
}

#[test]
fn refuses_files_that_are_no_good_key() {
    if !has("ssh-keygen") {
        return;
    }
    let scene = Scene::empty();
    let short = scene.key("short", &["-t", "rsa", "-b", "1024", "-N", ""]);
    let refused = Signer::ssh(&file(&short, None));
    assert!(matches!(
        refused,
        Err(SignError::TooShort { bits: 1024, .. })
    ));
    let public = PrivateKey::read(&file(&short.with_extension("pub"), None));
    assert!(matches!(public, Err(KeyError::IsPublic { .. })));
    let nothing = PrivateKey::read(&file(&scene.repository().join("config"), None));
    assert!(matches!(nothing, Err(KeyError::NotAKey { .. })));
}

/// A home of gpg with two keys: the first signs itself, the second has a subkey for that.
struct Gpg<'a> {
    scene: &'a Scene,
    home: PathBuf,
}

impl Drop for Gpg<'_> {
    fn drop(&mut self) {
        let mut command = self.scene.command("gpgconf");
        drop(
            command
                .env("GNUPGHOME", &self.home)
                .args(["--kill", "all"])
                .status(),
        );
    }
}

impl<'a> Gpg<'a> {
    /// Makes the home, and returns the ids of both keys too.
    fn start(scene: &'a Scene) -> (Self, String, String) {
        let home = scene.path().join("gnupg");
        std::fs::create_dir(&home).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(&home, private).unwrap();
        // The agent's own count of hash rounds is for optimized code.
        std::fs::write(home.join("gpg-agent.conf"), "s2k-count 65536\n").unwrap();
        let gpg = Self { scene, home };
        gpg.run(&[
            "--quick-gen-key",
            "One <one@example.com>",
            "ed25519",
            "sign",
            "never",
        ]);
        gpg.run(&[
            "--quick-gen-key",
            "Two <two@example.com>",
            "ed25519",
            "cert",
            "never",
        ]);
        let listing = String::from_utf8(gpg.run(&["--list-secret-keys", "--with-colons"])).unwrap();
        let field = |kind: &str, at: usize, field: usize| {
            let line = listing
                .lines()
                .filter(|line| line.starts_with(kind))
                .nth(at);
            line.unwrap().split(':').nth(field).unwrap().to_owned()
        };
        gpg.run(&[
            "--quick-add-key",
            &field("fpr:", 1, 9),
            "ed25519",
            "sign",
            "never",
        ]);
        (gpg, field("sec:", 0, 4), field("sec:", 1, 4))
    }

    fn run(&self, arguments: &[&str]) -> Vec<u8> {
        let mut command = self.scene.command("gpg");
        command.env("GNUPGHOME", &self.home);
        command.args([
            "--batch",
            "--pinentry-mode",
            "loopback",
            "--passphrase",
            PASS,
        ]);
        let output = command.args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        output.stdout
    }

    fn export(&self, name: &str, arguments: &[&str]) -> PathBuf {
        let path = self.scene.path().join(name);
        std::fs::write(&path, self.run(arguments)).unwrap();
        path
    }
}

#[test]
fn open_pgp_signatures_verify() {
    if !has("gpg") {
        return;
    }
    let scene = Scene::empty();
    let (gpg, one, two) = Gpg::start(&scene);
    let armored = gpg.export("ring.asc", &["--armor", "--export-secret-keys"]);
    let binary = gpg.export("ring.gpg", &["--export-secret-keys"]);
    let prefixed = format!("0x{}", one.to_lowercase());
    let cases = [
        ("first", &armored, "", &one),
        ("prefixed", &armored, prefixed.as_str(), &one),
        ("second", &binary, two.as_str(), &two),
    ];
    for (name, ring, id, by) in cases {
        let signer = Signer::open_pgp(ring, &PASS.into(), id)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut command = verify(&scene, name, &signer, &[]);
        command.env("GNUPGHOME", &gpg.home);
        let said = said(command);
        let valid = said
            .lines()
            .any(|line| line.contains("VALIDSIG") && line.ends_with(by));
        assert!(valid && said.contains("GOODSIG"), "{name}: {said}");
    }
}

#[test]
fn open_pgp_rings_are_checked_first() {
    if !has("gpg") {
        return;
    }
    let scene = Scene::empty();
    let (gpg, one, _) = Gpg::start(&scene);
    let ring = gpg.export("ring.asc", &["--armor", "--export-secret-keys"]);
    let public = gpg.export("public.asc", &["--armor", "--export"]);
    let failed = |ring: &Path, passphrase: &str, id: &str| {
        Signer::open_pgp(ring, &passphrase.into(), id).unwrap_err()
    };
    assert!(matches!(
        failed(&ring, "wrong", ""),
        SignError::Passphrase { .. }
    ));
    assert!(matches!(
        failed(&ring, "", ""),
        SignError::NoPassphrase { .. }
    ));
    assert!(matches!(
        failed(&ring, PASS, "0123456789ABCDEF"),
        SignError::NoKey { .. }
    ));
    assert!(matches!(
        failed(&ring, PASS, "1234"),
        SignError::KeyId { .. }
    ));
    assert!(matches!(
        failed(&public, PASS, &one),
        SignError::NoSecret { .. }
    ));
    let config = scene.repository().join("config");
    assert!(matches!(failed(&config, "", ""), SignError::Ring { .. }));
    assert!(matches!(
        failed(Path::new("/nowhere"), "", ""),
        SignError::Read { .. }
    ));
}
