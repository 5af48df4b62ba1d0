//! Git over SSH: an sshd that lets in the deploy keys which projects have at that moment.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ssh_key::private::Ed25519Keypair;
use ssh_key::{LineEnding, PrivateKey};

use super::key::Push;
use super::repository::{make_executable, search_path};
use super::state::State;
use super::token::secret;

/// Where distributions put the server, which is not on every path.
const PLACES: [&str; 4] = [
    "/usr/sbin/sshd",
    "/usr/local/sbin/sshd",
    "/usr/bin/sshd",
    "/sbin/sshd",
];
/// How long it may take to listen.
const READY_LIMIT: Duration = Duration::from_secs(15);
/// What each key is let in for.
const DOOR: &str = include_str!("ssh_door.sh");

/// A running sshd; dropping it ends it.
pub struct Sshd {
    child: Child,
    port: u16,
    host_key: String,
}

impl Sshd {
    /// Says whether OpenSSH's server is installed.
    pub fn is_installed() -> bool {
        program().is_some()
    }

    /// Starts one, with its files in `folder`.
    pub fn start(folder: &Path) -> Self {
        let program = program().expect("the test asked before whether sshd is installed");
        fs::create_dir_all(folder.join("keys")).expect("the folder of the double can be written");
        let host_key = write_key_pair(&folder.join("host"));
        let door = folder.join("door");
        fs::write(&door, DOOR).expect("the folder of the double can be written");
        make_executable(&door);
        fs::write(folder.join("authorized_keys"), "").expect("the folder can be written");
        // sshd asks for it when it runs as root, and only root can make it.
        drop(fs::create_dir_all("/run/sshd"));
        for _ in 0..5 {
            let port = free_port();
            let mut child = launch(&program, folder, port);
            if is_ready(&mut child, port) {
                return Self {
                    child,
                    port,
                    host_key,
                };
            }
        }
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        panic!("sshd does not start:\n{log}");
    }

    /// Returns the `known_hosts` line of its host key.
    pub fn known_hosts(&self) -> String {
        format!("[127.0.0.1]:{} {}\n", self.port, self.host_key)
    }

    /// Returns the part of an address before the path: an sshd without root lets in its own user only.
    pub fn address(&self) -> String {
        let output = Command::new("id")
            .arg("-un")
            .output()
            .expect("every system has `id`");
        let user = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        format!("{user}@127.0.0.1:{}", self.port)
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        // The shell around it ends it when its input ends: then, and when this process dies.
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}

fn program() -> Option<PathBuf> {
    PLACES.iter().map(PathBuf::from).find(|path| path.is_file())
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    listener.local_addr().expect("it is bound").port()
}

fn launch(program: &Path, folder: &Path, port: u16) -> Child {
    let path = folder.display();
    let settings = format!(
        "ListenAddress 127.0.0.1:{port}\nHostKey {path}/host\nPidFile none\n\
         AuthorizedKeysFile {path}/authorized_keys\nPasswordAuthentication no\n\
         KbdInteractiveAuthentication no\nUsePAM no\nStrictModes no\nAcceptEnv GIT_PROTOCOL\n"
    );
    let config = folder.join("sshd_config");
    fs::write(&config, settings).expect("the folder of the double can be written");
    let log = fs::File::create(folder.join("log")).expect("the folder can be written");
    Command::new("sh")
        .args(["-c", "\"$0\" -D -e -f \"$1\" & read -r _; kill $!; wait"])
        .arg(program)
        .arg(&config)
        .env_clear()
        .env("PATH", search_path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("every system has `sh`")
}

fn is_ready(child: &mut Child, port: u16) -> bool {
    let start = Instant::now();
    while start.elapsed() < READY_LIMIT {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(child.stdin.take());
    drop(child.wait());
    false
}

/// Writes a new private key for its owner only; returns the public one, without a comment.
pub fn write_key_pair(path: &Path) -> String {
    let mut seed = [0; 32];
    let random = secret("");
    // Thirty hexadecimal digits of randomness are enough for a test.
    for (byte, digit) in seed.iter_mut().zip(random.bytes()) {
        *byte = digit;
    }
    let key = PrivateKey::from(Ed25519Keypair::from_seed(&seed));
    let text = key
        .to_openssh(LineEnding::LF)
        .expect("an Ed25519 key can always be written");
    write_private(path, &text).expect("the folder of the double can be written");
    key.public_key()
        .to_openssh()
        .expect("an Ed25519 key can always be written")
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;

    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())
}

impl State {
    /// Tells sshd which keys there are, and where each leads; nothing where there is no sshd.
    pub fn publish_keys(&self) {
        if self.ssh_address.is_none() {
            return;
        }
        let folder = self.folder.join("ssh");
        let mut lines = String::new();
        for key in &self.keys {
            let words: Vec<&str> = key.text.split_whitespace().take(2).collect();
            let door = folder.join("door");
            let (door, path) = (door.display(), folder.display());
            let command = format!("restrict,command=\"{door} {path} {}\"", key.id);
            writeln!(lines, "{command} {}", words.join(" ")).expect("memory can be written");
            replace(
                &folder.join("keys").join(key.id.to_string()),
                &self.places_of(key.id),
            );
        }
        replace(&folder.join("authorized_keys"), &lines);
    }

    /// Returns a line for each project that has a key: path, repository, and whether it pushes.
    fn places_of(&self, key: u64) -> String {
        let joined = self.projects.iter().flat_map(|project| {
            let links = project.keys.iter().filter(|(id, _)| *id == key);
            links.map(move |(_, push)| (project, *push))
        });
        let lines = joined.map(|(project, push)| {
            let push = if push == Push::Allowed {
                "push"
            } else {
                "read"
            };
            let repository = project.repository_path().display();
            format!("{} {repository} {push}\n", project.full_path)
        });
        lines.collect()
    }
}

/// Replaces a file as a whole: sshd may read it at any moment.
fn replace(path: &Path, text: &str) {
    let draft = path.with_extension("draft");
    write_private(&draft, text).expect("the folder of the double can be written");
    fs::rename(&draft, path).expect("the folder of the double can be written");
}
