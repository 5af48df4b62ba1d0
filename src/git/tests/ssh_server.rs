//! The real `sshd` and `ssh-agent`, on loopback, in the folder of a scene.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::scene::Scene;
use crate::git::GitUrl;

const SSHD: &str = "/usr/sbin/sshd";

/// A running sshd; it ends with this value.
pub struct Sshd {
    child: Child,
    pub port: u16,
    user: String,
    repository: PathBuf,
}

impl Drop for Sshd {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Says whether the SSH tests can run here.
pub fn is_there() -> bool {
    [SSHD, "ssh", "ssh-keyscan", "ssh-keygen", "ssh-agent"]
        .into_iter()
        .all(super::scene::has)
}

impl Sshd {
    /// Starts sshd, which lets `keys` in, each with the command that `authorized_keys` forces on it.
    pub fn start(scene: &Scene, keys: &[(&Path, &str)]) -> Self {
        let host = scene.path().join("host_ed25519");
        if !host.exists() {
            scene.key("host_ed25519", &["-t", "ed25519", "-N", ""]);
            scene.key("host_ecdsa", &["-t", "ecdsa", "-N", ""]);
        }
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        Self::start_at(scene, keys, port, &["host_ed25519", "host_ecdsa"])
    }

    /// Starts sshd on a port, with host keys.
    pub fn start_at(scene: &Scene, keys: &[(&Path, &str)], port: u16, hosts: &[&str]) -> Self {
        let line = |(key, command): &(&Path, &str)| {
            let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
            let command = command.replace("SHELL", "git-shell -c \\\"$SSH_ORIGINAL_COMMAND\\\"");
            format!("restrict,command=\"{command}\" {public}")
        };
        let allowed = keys.iter().map(line).collect::<Vec<_>>().concat();
        let file = |name: &str| scene.path().join(name).display().to_string();
        std::fs::write(file("authorized_keys"), allowed).unwrap();
        let host_keys: Vec<String> = hosts
            .iter()
            .map(|host| format!("HostKey {}\n", file(host)))
            .collect();
        let hosts = host_keys.concat();
        let config = format!(
            "ListenAddress 127.0.0.1:{port}\n{hosts}PidFile none\nAuthorizedKeysFile {}\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nUsePAM no\nStrictModes no\nPermitRootLogin yes\n",
            file("authorized_keys")
        );
        std::fs::write(file("sshd_config"), config).unwrap();
        // Where sshd runs as root it wants this folder.
        drop(std::fs::create_dir_all("/run/sshd"));
        let mut command = scene.command(SSHD);
        command
            .args(["-D", "-e", "-f", &file("sshd_config")])
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let user = String::from_utf8(scene.command("id").arg("-un").output().unwrap().stdout)
            .unwrap()
            .trim()
            .to_owned();
        let server = Self {
            child,
            port,
            user,
            repository: scene.repository(),
        };
        let end = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "sshd does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        server
    }

    pub fn url(&self) -> GitUrl {
        format!(
            "ssh://{}@127.0.0.1:{}{}",
            self.user,
            self.port,
            self.repository.display()
        )
        .parse()
        .unwrap()
    }

    /// A repository that is not there.
    pub fn wrong_url(&self) -> GitUrl {
        format!("ssh://{}@127.0.0.1:{}/nowhere.git", self.user, self.port)
            .parse()
            .unwrap()
    }
}

/// A running ssh-agent; it ends with this value.
pub struct Agent {
    child: Child,
    pub socket: PathBuf,
}

impl Drop for Agent {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Agent {
    /// Starts an agent that holds one key.
    pub fn start(scene: &Scene, key: &Path) -> Self {
        let socket = scene.path().join("agent");
        let mut command = scene.command("ssh-agent");
        let child = command
            .arg("-D")
            .arg("-a")
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let agent = Self { child, socket };
        let end = Instant::now() + Duration::from_secs(10);
        while !agent.socket.exists() {
            assert!(Instant::now() < end, "the agent does not listen");
            thread::sleep(Duration::from_millis(10));
        }
        let added = scene
            .command("ssh-add")
            .arg("-q")
            .arg(key)
            .env("SSH_AUTH_SOCK", &agent.socket)
            .status()
            .unwrap();
        assert!(added.success());
        agent
    }
}
