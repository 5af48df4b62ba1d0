//! The `helm` program, as the build engine asks for it.

use std::io::{self, Read};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::env;
use crate::kustomize::load::{Helm, HelmError};

/// How long one call may take: as long as Helm itself gives its operations.
const LIMIT: Duration = Duration::from_mins(5);

/// How often a call is looked after.
const LOOK: Duration = Duration::from_millis(5);

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
        let output = finished(&mut command, LIMIT);
        let output = output.map_err(|error| failed(b"", error.to_string()))?;
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

/// Runs a program to its end, and ends it where it takes too long: a template may go on for ever.
fn finished(command: &mut Command, limit: Duration) -> io::Result<Output> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (stdout, stderr) = (reader(child.stdout.take()), reader(child.stderr.take()));
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            let limit = limit.as_secs();
            return Err(io::Error::other(format!("it took longer than {limit} s")));
        }
        thread::sleep(LOOK);
    };
    let all = |reader: thread::JoinHandle<io::Result<Vec<u8>>>| {
        let read = reader.join();
        read.unwrap_or_else(|_| Err(io::Error::other("its output cannot be read")))
    };
    Ok(Output {
        status,
        stdout: all(stdout)?,
        stderr: all(stderr)?,
    })
}

/// Reads all of a pipe in a thread of its own, so that no full pipe stops the program.
fn reader(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<io::Result<Vec<u8>>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_read_to_its_end_or_ended() {
        let run = |script: &str, limit| {
            let mut command = Command::new("sh");
            finished(command.args(["-c", script]), limit)
        };
        let long = "head -c 300000 /dev/zero; head -c 200000 /dev/zero >&2; exit 3";
        let output = run(long, LIMIT).unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(
            (output.stdout.len(), output.stderr.len()),
            (300_000, 200_000)
        );
        let ended = run("exec sleep 60", Duration::from_millis(50)).unwrap_err();
        assert!(ended.to_string().contains("took longer"), "{ended}");
    }
}
