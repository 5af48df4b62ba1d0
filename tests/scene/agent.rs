//! A real ssh-agent that holds keys which are in no file any more.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{PATIENCE, Process, Program};
use super::program;
use super::run::new_folder;

/// A running agent; dropping it kills it.
pub struct SshAgent {
    _process: Process,
    socket: PathBuf,
}

impl SshAgent {
    /// Starts one without keys; nothing, and a line that says why, where OpenSSH is not installed.
    pub fn start() -> Option<Self> {
        if !program::are_installed(&["ssh-agent", "ssh-add"]) {
            return None;
        }
        let folder = new_folder("agent");
        let socket = folder.join("socket");
        let agent = program::installed("ssh-agent").expect("it was looked for before");
        let process = Program::new(&agent, &folder)
            .arguments(["-D", "-a"])
            .argument(socket.display().to_string())
            .start();
        process
            .until_ready(PATIENCE, || socket.exists())
            .unwrap_or_else(|error| panic!("{error:?}"));
        Some(Self {
            _process: process,
            socket,
        })
    }

    /// Returns the address of its socket, for `SSH_AUTH_SOCK`.
    pub fn socket(&self) -> String {
        self.socket.display().to_string()
    }

    /// Takes a private key in, and removes its file: from now on only the agent has it.
    pub fn take(&self, key: &Path) {
        let add = program::installed("ssh-add").expect("it was looked for before");
        let output = Command::new(add)
            .arg("-q")
            .arg(key)
            .env("SSH_AUTH_SOCK", &self.socket)
            .output()
            .expect("it can be started");
        assert!(
            output.status.success(),
            "ssh-add: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        fs::remove_file(key).expect("we own the key");
    }
}
