//! The `helm` program, as the build engine asks for it.

use std::io::ErrorKind;
use std::process::Command;
use std::time::Duration;

use crate::kustomize::load::{Helm, HelmError};
use crate::process::{self, Until};

/// How long one call may take: as long as Helm itself gives its operations.
const LIMIT: Duration = Duration::from_mins(5);

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
            .env("HELM_DATA_HOME", format!("{config_home}/.data"));
        let failed = |said: &str, status: String| {
            let said = said.trim();
            HelmError::Run {
                said: if said.is_empty() {
                    String::new()
                } else {
                    format!("{said}: ")
                },
                call: format!("{} {}", self.command, arguments.join(" ")),
                program: self.command.clone(),
                status,
            }
        };
        // A template may go on for ever.
        let finished = process::run(&mut command, b"", LIMIT, Until::End);
        let finished = finished.map_err(|error| match error.kind() {
            ErrorKind::TimedOut => failed("", format!("it took longer than {} s", LIMIT.as_secs())),
            _ => failed("", error.to_string()),
        })?;
        if finished.status.success() {
            return Ok(finished.stdout);
        }
        let status = finished.status.to_string();
        if arguments.iter().any(|argument| argument == "--debug") {
            let printed = String::from_utf8_lossy(&finished.stdout);
            let said = format!("{}\n{printed}", finished.stderr);
            return Err(failed(&said, status));
        }
        Err(failed(&finished.stderr, status))
    }
}
