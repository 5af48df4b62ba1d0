//! Runs a program of the user's OpenSSH to its end, within a time limit.

use std::io::{self, Read, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::env;

/// What a program left behind.
#[derive(Debug)]
pub(super) struct Finished {
    /// Its exit status.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained about.
    pub stderr: String,
}

/// Keeps the secrets of our environment from a program: it, and what the user's settings let it start, has no use
/// for them.
pub(super) fn without_secrets(command: &mut Command) -> &mut Command {
    for variable in env::SECRETS {
        command.env_remove(variable.name);
    }
    command
}

/// Runs `command` with `input` on its standard input; it is ended when `limit` is over.
pub(super) fn run(mut command: Command, input: &[u8], limit: Duration) -> io::Result<Finished> {
    without_secrets(&mut command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let stdout = gather(child.stdout.take());
    let stderr = gather(child.stderr.take());
    if let Some(mut stdin) = child.stdin.take() {
        let input = input.to_vec();
        // In a thread: a program that reads late must not hold up the clock. It may also not read at all.
        thread::spawn(move || drop(stdin.write_all(&input)));
    }
    let status = wait(&mut child, limit)?;
    let stderr = String::from_utf8_lossy(&collected(&stderr)).into_owned();
    let status =
        status.ok_or_else(|| io::Error::new(io::ErrorKind::TimedOut, "it did not end in time"))?;
    Ok(Finished {
        status,
        stdout: collected(&stdout),
        stderr,
    })
}

/// Waits for the end of a child; `None` where it had to be ended.
pub(super) fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let end = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= end {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Reads a stream in a thread of its own.
pub(super) fn gather(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    if let Some(mut stream) = stream {
        thread::spawn(move || {
            let mut chunk = [0; 8192];
            while let Ok(count @ 1..) = stream.read(&mut chunk) {
                if sender.send(chunk[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
    }
    receiver
}

/// Returns what a stream gave. A grandchild may hold it open for hours (ssh's shared
/// connections do), so its end is waited for only a moment.
pub(super) fn collected(receiver: &mpsc::Receiver<Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(chunk) = receiver.recv_timeout(Duration::from_millis(500)) {
        bytes.extend(chunk);
    }
    bytes
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn ends_what_takes_too_long() {
        let begun = Instant::now();
        let mut command = Command::new("sleep");
        command.arg("30");
        let ended = run(command, b"", Duration::from_millis(50));
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn gathers_what_is_said() {
        let finished = run(Command::new("cat"), b"words", Duration::from_secs(10)).unwrap();
        assert!(finished.status.success());
        assert_eq!(
            (finished.stdout.as_slice(), finished.stderr.as_str()),
            (&b"words"[..], "")
        );
    }
}
