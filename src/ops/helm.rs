//! The `helm` program, as the build engine asks for it.

use std::process::{Command, Stdio};

use crate::env;
use crate::kustomize::load::{Helm, HelmError};

/// A `helm` program.
#[derive(Clone, Debug)]
pub struct HelmProgram {
    command: String,
}

impl HelmProgram {
    /// Names the program, by its path or as `PATH` finds it.
    pub fn new(command: &str) -> Self {
        Self {
            command: command.into(),
        }
    }
}

impl Helm for HelmProgram {
    fn run(&self, arguments: &[String], config_home: &str) -> Result<Vec<u8>, HelmError> {
        let mut command = Command::new(&self.command);
        command
            .args(arguments)
            .env("HELM_CONFIG_HOME", config_home)
            .env("HELM_CACHE_HOME", format!("{config_home}/.cache"))
            .env("HELM_DATA_HOME", format!("{config_home}/.data"))
            .stdin(Stdio::null());
        for secret in env::SECRETS {
            command.env_remove(secret.name);
        }
        let failed = |said: &[u8], status: String| {
            let said = String::from_utf8_lossy(said).trim().to_owned();
            HelmError::Run {
                said: if said.is_empty() {
                    said
                } else {
                    format!("{said}: ")
                },
                call: format!("{} {}", self.command, arguments.join(" ")),
                program: self.command.clone(),
                status,
            }
        };
        let output = command
            .output()
            .map_err(|error| failed(b"", error.to_string()))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let status = output.status.to_string();
        if arguments.iter().any(|argument| argument == "--debug") {
            let said = [&output.stderr, &b"\n"[..], &output.stdout].concat();
            return Err(failed(&said, status));
        }
        Err(failed(&output.stderr, status))
    }
}
