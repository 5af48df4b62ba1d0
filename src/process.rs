//! Programs that we start: run to their end within a time limit, and never told the secrets of our environment.

use std::io::{self, Read, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::env;

/// How often a program is looked after.
const LOOK: Duration = Duration::from_millis(5);

/// How long one more piece of a stream is waited for where its end is not.
const MOMENT: Duration = Duration::from_millis(500);

/// What a program left behind.
#[derive(Debug)]
pub struct Finished {
    /// Its exit status.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained about.
    pub stderr: String,
}

/// How long what an ended program has said is read.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// Until its streams end, so that nothing is lacking.
    End,
    /// Until nothing comes for a moment: a grandchild may hold a stream open for hours, as ssh's shared connections do.
    Silence,
}

/// A stream of a program, which is read in a thread of its own so that it never fills up.
pub type Stream = mpsc::Receiver<io::Result<Vec<u8>>>;

/// Keeps the secrets of our environment from a program: it, and what the user's settings let it start, has no use
/// for them.
pub fn without_secrets(command: &mut Command) -> &mut Command {
    for variable in env::SECRETS {
        command.env_remove(variable.name);
    }
    command
}

/// Runs `command` with `input` on its standard input.
///
/// # Errors
///
/// `TimedOut` where it had to be ended because `limit` was over; all else is the system's.
pub fn run(
    command: &mut Command,
    input: &[u8],
    limit: Duration,
    until: Until,
) -> io::Result<Finished> {
    let stdin = if input.is_empty() {
        Stdio::null()
    } else {
        Stdio::piped()
    };
    without_secrets(command)
        .stdin(stdin)
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
    let status = wait(&mut child, limit)?
        .ok_or_else(|| io::Error::new(io::ErrorKind::TimedOut, "it did not end in time"))?;
    Ok(Finished {
        status,
        stdout: collected(&stdout, until)?,
        stderr: String::from_utf8_lossy(&collected(&stderr, until)?).into_owned(),
    })
}

/// Waits for the end of a child; `None` where it had to be ended.
pub fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
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
        thread::sleep(LOOK);
    }
}

/// Begins to read a stream.
pub fn gather(stream: Option<impl Read + Send + 'static>) -> Stream {
    let (sender, receiver) = mpsc::channel();
    if let Some(mut stream) = stream {
        thread::spawn(move || {
            let mut chunk = [0; 8192];
            loop {
                let read = match stream.read(&mut chunk) {
                    Ok(0) => break,
                    Ok(count) => Ok(chunk[..count].to_vec()),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => Err(error),
                };
                let last = read.is_err();
                if sender.send(read).is_err() || last {
                    break;
                }
            }
        });
    }
    receiver
}

/// Returns what a stream gave.
pub fn collected(stream: &Stream, until: Until) -> io::Result<Vec<u8>> {
    let next = || match until {
        Until::End => stream.recv().ok(),
        Until::Silence => stream.recv_timeout(MOMENT).ok(),
    };
    let mut bytes = Vec::new();
    while let Some(chunk) = next() {
        bytes.extend(chunk?);
    }
    Ok(bytes)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    fn script(text: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", text]);
        command
    }

    #[test]
    fn ends_what_takes_too_long() {
        let begun = Instant::now();
        for until in [Until::End, Until::Silence] {
            let limit = Duration::from_millis(50);
            let ended = run(&mut script("exec sleep 60"), b"", limit, until).unwrap_err();
            assert_eq!(ended.kind(), io::ErrorKind::TimedOut);
        }
        assert!(begun.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn gathers_what_is_said() {
        let finished = run(&mut Command::new("cat"), b"words", LONG, Until::Silence).unwrap();
        assert!(finished.status.success());
        assert_eq!(
            (finished.stdout.as_slice(), finished.stderr.as_str()),
            (&b"words"[..], "")
        );
    }

    #[test]
    fn reads_streams_longer_than_a_pipe_to_their_end() {
        let text = "head -c 300000 /dev/zero; head -c 200000 /dev/zero >&2; exit 3";
        let finished = run(&mut script(text), b"", LONG, Until::End).unwrap();
        assert_eq!(finished.status.code(), Some(3));
        assert_eq!(
            (finished.stdout.len(), finished.stderr.len()),
            (300_000, 200_000)
        );
    }

    #[test]
    fn the_end_of_a_stream_is_waited_for_only_where_it_is_wanted() {
        let grandchild = "(sleep 2; echo late) & echo early";
        let said = |until| {
            let finished = run(&mut script(grandchild), b"", LONG, until).unwrap();
            String::from_utf8(finished.stdout).unwrap()
        };
        assert_eq!(said(Until::End), "early\nlate\n");
        assert_eq!(said(Until::Silence), "early\n");
    }
}
