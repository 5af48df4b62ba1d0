//! A plain sshd with keys that may read or write repositories, and nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use super::kubeconfig::write_private;
use super::port;
use super::process::{NotReady, PATIENCE, Process, Program, with_ports};
use super::program;
use super::repository::Repository;
use super::run::new_folder;

/// The types of its host keys, as servers of today have them.
pub const HOST_KEYS: &[&str] = &["ed25519", "ecdsa", "rsa"];

/// A running sshd with bare repositories; dropping it kills it.
pub struct Sshd {
    process: Process,
    folder: PathBuf,
    port: u16,
    keys: Mutex<Vec<String>>,
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Clone and fetch.
    Read,
    /// Push, too.
    Write,
}

impl Sshd {
    /// Starts one that knows no key; nothing, and a line that says why, where OpenSSH is not installed.
    pub fn start() -> Option<Self> {
        if !program::are_installed(&["sshd", "ssh-keygen", "git-shell"]) {
            return None;
        }
        let folder = new_folder("sshd");
        for kind in HOST_KEYS {
            drop(make_key(&folder.join(format!("host_{kind}")), kind));
        }
        write_private(&folder.join("authorized_keys"), "");
        // sshd asks for it when it runs as root, and only root can make it.
        drop(fs::create_dir_all("/run/sshd"));
        let (process, port) = with_ports(|| {
            let port = port::free();
            serve(&folder, port).map(|process| (process, port))
        });
        Some(Self {
            process,
            folder,
            port,
            keys: Mutex::default(),
        })
    }

    /// Makes an empty repository.
    pub fn repository(&self, name: &str) -> Repository {
        Repository::create(&self.folder.join(format!("repositories/{name}.git")))
    }

    /// Returns the address of a repository.
    pub fn url(&self, name: &str) -> String {
        let path = self.folder.join(format!("repositories/{name}.git"));
        format!("ssh://{}@127.0.0.1:{}{}", user(), self.port, path.display())
    }

    /// Returns the `known_hosts` lines of its host keys.
    pub fn known_hosts(&self) -> String {
        HOST_KEYS.iter().map(|kind| self.known_host(kind)).collect()
    }

    /// Returns the `known_hosts` line of its host key of one type.
    pub fn known_host(&self, kind: &str) -> String {
        let key = fs::read_to_string(self.folder.join(format!("host_{kind}.pub")))
            .expect("the key was made at the start");
        let words: Vec<&str> = key.split_whitespace().take(2).collect();
        format!("{} {}\n", self.host(), words.join(" "))
    }

    /// Returns its name in `known_hosts`.
    pub fn host(&self) -> String {
        format!("[127.0.0.1]:{}", self.port)
    }

    /// Makes a key pair of a type that `ssh-keygen` knows, and lets it in; returns the private key's file.
    pub fn key(&self, name: &str, kind: &str, right: Right) -> PathBuf {
        let path = self.folder.join(name);
        let public = make_key(&path, kind);
        self.admit(&public, right);
        path
    }

    /// Lets in whoever holds the private key to this public one.
    pub fn admit(&self, public_key: &str, right: Right) {
        let command = match right {
            // A refusal in the manner of hosting services: words on standard error, and a failure.
            Right::Read => {
                r#"case \"$SSH_ORIGINAL_COMMAND\" in git-upload-pack*) git-shell -c \"$SSH_ORIGINAL_COMMAND\";; *) echo ERROR: this key has no write access >&2; exit 1;; esac"#
            }
            Right::Write => r#"git-shell -c \"$SSH_ORIGINAL_COMMAND\""#,
        };
        let line = format!("restrict,command=\"{command}\" {}\n", public_key.trim());
        let mut keys = self.keys.lock().expect("no holder panics");
        keys.push(line);
        write_private(&self.folder.join("authorized_keys"), &keys.concat());
    }

    /// Forgets all keys.
    pub fn forget_keys(&self) {
        self.keys.lock().expect("no holder panics").clear();
        write_private(&self.folder.join("authorized_keys"), "");
    }

    /// Returns the end of its log.
    pub fn log_tail(&self) -> String {
        self.process.log_tail()
    }
}

fn serve(folder: &Path, port: u16) -> Result<Process, NotReady> {
    let path = folder.display();
    let host_keys: String = HOST_KEYS
        .iter()
        .map(|kind| format!("HostKey {path}/host_{kind}\n"))
        .collect();
    let settings = format!(
        "ListenAddress 127.0.0.1:{port}
{host_keys}PidFile none
AuthorizedKeysFile {path}/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
"
    );
    write_private(&folder.join("sshd_config"), &settings);
    let sshd = program::installed("sshd").expect("it was looked for before");
    let process = Program::new(&sshd, folder)
        .arguments(["-D", "-e", "-f"])
        .argument(folder.join("sshd_config").display().to_string())
        .start();
    process.until_ready(PATIENCE, || {
        fs::read_to_string(process.log()).is_ok_and(|log| log.contains("Server listening"))
    })?;
    Ok(process)
}

/// Makes a key pair without a passphrase and returns the public key.
pub fn make_key(path: &Path, kind: &str) -> String {
    let program = program::installed("ssh-keygen").expect("it comes with OpenSSH");
    let output = Command::new(program)
        .args(["-q", "-t", kind, "-N", "", "-C", "scene", "-f"])
        .arg(path)
        .output();
    let output = output.expect("it can be started");
    assert!(
        output.status.success(),
        "ssh-keygen -t {kind}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    fs::read_to_string(path.with_extension("pub"))
        .expect("ssh-keygen writes the public key beside the private one")
}

/// Returns the name of the user that runs this, whom alone an sshd without root lets in.
fn user() -> String {
    let output = Command::new("id")
        .arg("-un")
        .output()
        .expect("every system has `id`");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
