//! Hands a key's passphrase to OpenSSH through its askpass program, which is this program again.
//!
//! The passphrase goes over a socket in a folder that only the user may enter: never an argument,
//! a variable or a file, which others could read, and never a pipe, which `ssh` closes.

use std::process::{Command, ExitCode};

use super::auth::Secret;

/// Answers `ssh`'s question where this program was started for that, and says so by its exit status.
///
/// To be called first thing in `main`; `None` means that it was started for something else.
pub fn answer_askpass() -> Option<ExitCode> {
    let prompt = std::env::args().nth(1).unwrap_or_default();
    let answered = answer_to(&prompt, &mut std::io::stdout().lock())?;
    Some(if answered.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Asks the program that started ssh, and passes its answer on to ssh.
pub(super) fn answer_to(
    prompt: &str,
    output: &mut impl std::io::Write,
) -> Option<std::io::Result<()>> {
    let socket = crate::env::GITOPS_ASKPASS_SOCKET.path()?;
    Some(unix::ask(socket.as_ref(), prompt).and_then(|answer| {
        output.write_all(answer.as_bytes())?;
        output.flush()
    }))
}

/// Answers questions for one passphrase for as long as it lives.
#[derive(Debug)]
pub(super) struct Askpass(unix::Answerer);

impl Askpass {
    /// Begins to listen for questions.
    pub fn serve(passphrase: &Secret) -> std::io::Result<Self> {
        unix::Answerer::start(passphrase).map(Self)
    }

    /// Makes an OpenSSH program ask here, through this program.
    pub fn arm(&self, command: &mut Command) -> std::io::Result<()> {
        command
            .env("SSH_ASKPASS", helper()?)
            .env("SSH_ASKPASS_REQUIRE", "force");
        command.env(crate::env::GITOPS_ASKPASS_SOCKET.name, self.0.socket());
        Ok(())
    }

    /// Says whether the passphrase was asked for again: the first answer was wrong.
    pub fn was_wrong(&self) -> bool {
        self.0.asked() > 1
    }
}

/// Returns the program that asks us in ssh's name.
#[cfg(not(test))]
fn helper() -> std::io::Result<std::path::PathBuf> {
    std::env::current_exe()
}

/// The program of a test is not ours, so a script stands in.
#[cfg(test)]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the program's own path may be unknown"
)]
fn helper() -> std::io::Result<std::path::PathBuf> {
    Ok(super::tests::askpass_program())
}

#[cfg(unix)]
mod unix {
    use std::io::{self, BufRead as _, BufReader, Write as _};
    use std::net::Shutdown;
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::{Path, PathBuf};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use zeroize::Zeroizing;

    use super::Secret;
    use crate::git::private_folder::private_folder;

    /// Nobody of ours takes longer to ask.
    const PATIENCE: Duration = Duration::from_secs(5);

    #[derive(Debug)]
    pub struct Answerer {
        folder: tempfile::TempDir,
        asked: Arc<AtomicUsize>,
    }

    impl Answerer {
        pub fn start(passphrase: &Secret) -> io::Result<Self> {
            let folder = private_folder()?;
            let listener = UnixListener::bind(folder.path().join("ask"))?;
            let asked = Arc::new(AtomicUsize::new(0));
            let counter = Arc::clone(&asked);
            let passphrase = passphrase.clone();
            thread::spawn(move || {
                for stream in listener.incoming() {
                    let Ok(stream) = stream else { break };
                    // Only the goodbye of `drop` brings no question.
                    if !reply(&stream, &passphrase, &counter) {
                        break;
                    }
                }
            });
            Ok(Self { folder, asked })
        }

        pub fn socket(&self) -> PathBuf {
            self.folder.path().join("ask")
        }

        pub fn asked(&self) -> usize {
            self.asked.load(Ordering::SeqCst)
        }
    }

    impl Drop for Answerer {
        fn drop(&mut self) {
            if let Ok(stream) = UnixStream::connect(self.socket()) {
                drop(stream.shutdown(Shutdown::Both));
            }
        }
    }

    /// Answers one question; a second one for a passphrase means that the first answer was wrong.
    fn reply(stream: &UnixStream, passphrase: &Secret, asked: &AtomicUsize) -> bool {
        drop(stream.set_read_timeout(Some(PATIENCE)));
        let mut prompt = String::new();
        if !matches!(BufReader::new(stream).read_line(&mut prompt), Ok(1..)) {
            return false;
        }
        let for_passphrase = prompt.to_ascii_lowercase().contains("passphrase");
        if for_passphrase && asked.fetch_add(1, Ordering::SeqCst) == 0 {
            let mut stream = stream;
            drop(
                stream
                    .write_all(passphrase.reveal().as_bytes())
                    .and_then(|()| stream.write_all(b"\n")),
            );
        }
        true
    }

    /// Asks the program that listens at the socket; its answer comes with a line end.
    pub fn ask(socket: &Path, prompt: &str) -> io::Result<Zeroizing<String>> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let line: String = prompt
            .chars()
            .map(|character| {
                if character.is_control() {
                    ' '
                } else {
                    character
                }
            })
            .collect();
        (&stream).write_all(format!("{line}\n").as_bytes())?;
        let mut answer = Zeroizing::new(String::new());
        if BufReader::new(&stream).read_line(&mut answer)? == 0 {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(answer)
    }
}

#[cfg(not(unix))]
mod unix {
    use std::io;
    use std::path::{Path, PathBuf};

    use zeroize::Zeroizing;

    use super::Secret;

    #[derive(Debug)]
    pub struct Answerer;

    impl Answerer {
        pub fn start(_passphrase: &Secret) -> io::Result<Self> {
            Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "load the key into the SSH agent instead",
            ))
        }

        pub fn socket(&self) -> PathBuf {
            PathBuf::new()
        }

        pub fn asked(&self) -> usize {
            0
        }
    }

    pub fn ask(_socket: &Path, _prompt: &str) -> io::Result<Zeroizing<String>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn answers_one_question_once() {
        let askpass = Askpass::serve(&"s3cret".into()).unwrap();
        let ask = |prompt: &str| unix::ask(&askpass.0.socket(), prompt).ok();
        let host = ask("Are you sure you want to continue connecting (yes/no)?");
        assert_eq!(host, None, "nobody but a person accepts a host key");
        assert_eq!(ask("me@host's password: "), None);
        let answer = ask("Enter passphrase for key '/k': ").unwrap();
        assert_eq!(answer.as_str(), "s3cret\n");
        assert!(!askpass.was_wrong());
        assert_eq!(ask("Enter passphrase for key '/k': "), None);
        assert!(askpass.was_wrong());
        let folder = askpass.0.socket().parent().unwrap().to_owned();
        let mode = std::fs::metadata(&folder).unwrap().permissions();
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777,
            0o700
        );
        drop(askpass);
        assert!(!folder.exists());
    }
}
