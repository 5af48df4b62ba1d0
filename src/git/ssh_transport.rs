//! Git over SSH through the user's own `ssh`: its configuration, agent and known hosts count.

use std::io::{self, IsTerminal as _, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use git2::transport::{Service, SmartSubtransport, SmartSubtransportStream};

use super::askpass::Askpass;
use super::auth::Credentials;
use super::private_key::{KeyError, PrivateKey};
use super::ssh_failure;
use super::transport::{Operation, Settings, is_sha256, lock, program};
use super::transport_error::{TransportError, are_offered};
use super::trust::{HostTrust, quoted_file};
use super::url::GitUrl;
use crate::process::{self, Stream, Until, collected, gather, without_secrets};

/// How long ssh may take to leave once all is said.
const GOODBYE: Duration = Duration::from_secs(3);

/// The SSH transport of one operation.
pub(super) struct SshTransport {
    operation: Arc<Operation>,
}

impl SshTransport {
    /// Makes the transport; nothing is started yet.
    pub fn new(operation: Arc<Operation>) -> Self {
        Self { operation }
    }
}

impl SmartSubtransport for SshTransport {
    fn action(
        &self,
        _address: &str,
        service: Service,
    ) -> Result<Box<dyn SmartSubtransportStream>, git2::Error> {
        let stream = SshStream::start(&self.operation, service)
            .map_err(|error| self.operation.refuse(error))?;
        Ok(Box::new(stream))
    }

    fn close(&self) -> Result<(), git2::Error> {
        Ok(())
    }
}

/// Whether there is somebody whom ssh may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Questions {
    /// A terminal is there, and nothing that answers in its place.
    Person,
    /// Our askpass answers the one question that it knows.
    Askpass,
    /// None are allowed.
    None,
}

/// Returns the options and the host for ssh, in an order that nothing in them can change.
fn arguments(
    url: &GitUrl,
    key: Option<&Path>,
    settings: &Settings,
    questions: Questions,
) -> Vec<String> {
    let mut options: Vec<String> = vec!["-T".into()];
    let mut set = |option: String| options.extend(["-o".into(), option]);
    set("ClearAllForwardings=yes".into());
    set("ServerAliveInterval=30".into());
    if questions == Questions::None {
        set("BatchMode=yes".into());
    }
    if let Some(key) = key {
        set("IdentitiesOnly=yes".into());
        set("PasswordAuthentication=no".into());
        set("KbdInteractiveAuthentication=no".into());
        set(format!("IdentityFile={}", quoted_file(key)));
    }
    if key.is_some() || settings.trust != HostTrust::User {
        // A connection that another program opened was made with another key, or trusts more.
        set("ControlMaster=no".into());
        set("ControlPath=none".into());
    }
    if !settings.host_key_algorithms.is_empty() {
        set(format!(
            "HostKeyAlgorithms={}",
            settings.host_key_algorithms.join(",")
        ));
    }
    if let Some(port) = url.port {
        options.extend(["-p".into(), port.to_string()]);
    }
    if let Some(user) = url.user() {
        options.extend(["-l".into(), user.into()]);
    }
    options.extend(["--".into(), url.host().into()]);
    options
}

/// Returns the path as the far end wants it, quoted for the shell there.
fn quoted_path(url: &GitUrl) -> String {
    let path = url.path();
    let relative = url.from_home || path.starts_with("/~");
    let path = if relative {
        path.trim_start_matches('/')
    } else {
        path
    };
    let mut quoted = String::from("'");
    for character in path.chars() {
        match character {
            '\'' | '!' => quoted.extend(['\'', '\\', character, '\'']),
            _ => quoted.push(character),
        }
    }
    quoted.push('\'');
    quoted
}

/// A running ssh, as libgit2 reads and writes it.
struct SshStream {
    operation: Arc<Operation>,
    child: Arc<Mutex<Child>>,
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    stderr: Stream,
    askpass: Option<Askpass>,
    /// Kept for as long as ssh may read it.
    _known_hosts: Option<tempfile::NamedTempFile>,
    /// Dropped to call the time limit off.
    _clock: mpsc::Sender<()>,
    late: Arc<AtomicBool>,
    begun: bool,
}

impl SshStream {
    fn start(operation: &Arc<Operation>, service: Service) -> Result<Self, TransportError> {
        let settings = &operation.settings;
        let file = match &operation.credentials {
            Credentials::Ambient | Credentials::Helped => None,
            Credentials::SshKey(file) => Some(file),
            Credentials::Basic { .. } | Credentials::Bearer(_) => {
                return Err(TransportError::WrongCredentials { scheme: "ssh" });
            }
        };
        let passphrase = file
            .and_then(|file| file.passphrase.as_ref())
            .filter(|passphrase| !passphrase.is_empty());
        let askpass = passphrase
            .map(Askpass::serve)
            .transpose()
            .map_err(TransportError::Askpass)?;
        let questions = match (&askpass, file) {
            (Some(_), _) => Questions::Askpass,
            (None, None) if io::stdin().is_terminal() => Questions::Person,
            (None, _) => Questions::None,
        };
        let key = file.map(|file| file.path.as_path());
        let trusted = settings.trust.options();
        let (trust, known_hosts) = trusted.map_err(|source| TransportError::Program {
            program: "ssh",
            source,
        })?;
        let mut command = Command::new("ssh");
        command.args(trust.into_iter().flat_map(|option| ["-o".into(), option]));
        command.args(arguments(&operation.url, key, settings, questions));
        command.arg(format!(
            "{} {}",
            program(service),
            quoted_path(&operation.url)
        ));
        // What ssh says is read, so it is asked to say it in English.
        command.env("LC_ALL", "C");
        if let Some(askpass) = &askpass {
            askpass.arm(&mut command).map_err(TransportError::Askpass)?;
        }
        without_secrets(&mut command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().map_err(|source| TransportError::Program {
            program: "ssh",
            source,
        })?;
        Self::around(operation, child, askpass, known_hosts)
    }

    fn around(
        operation: &Arc<Operation>,
        mut child: Child,
        askpass: Option<Askpass>,
        known_hosts: Option<tempfile::NamedTempFile>,
    ) -> Result<Self, TransportError> {
        let stdin = child.stdin.take();
        let stderr = gather(child.stderr.take());
        let Some(stdout) = child.stdout.take() else {
            return Err(TransportError::Program {
                program: "ssh",
                source: io::ErrorKind::BrokenPipe.into(),
            });
        };
        let child = Arc::new(Mutex::new(child));
        let late = Arc::new(AtomicBool::new(false));
        let clock = start_clock(
            operation.settings.limit,
            Arc::clone(&child),
            Arc::clone(&late),
        );
        Ok(Self {
            operation: Arc::clone(operation),
            child,
            stdin,
            stdout,
            stderr,
            askpass,
            _known_hosts: known_hosts,
            _clock: clock,
            late,
            begun: false,
        })
    }

    /// Says why ssh stopped, from its status and its words.
    fn ended(&mut self) -> TransportError {
        self.stdin = None;
        let status = process::wait(&mut lock(&self.child), GOODBYE)
            .ok()
            .flatten();
        let host = self.operation.url.authority();
        if self.late.load(Ordering::SeqCst) {
            return TransportError::TimedOut {
                host,
                limit: self.operation.settings.limit,
            };
        }
        let said =
            String::from_utf8_lossy(&collected(&self.stderr, Until::Silence).unwrap_or_default())
                .into_owned();
        if self.askpass.as_ref().is_some_and(Askpass::was_wrong) {
            return TransportError::Passphrase;
        }
        if let Credentials::SshKey(file) = &self.operation.credentials
            && matches!(PrivateKey::read(file), Err(KeyError::NoPassphrase { .. }))
            && said.contains("Permission denied (")
        {
            return TransportError::NoPassphrase;
        }
        let offered = are_offered(&self.operation.credentials);
        ssh_failure::explain(
            &host,
            &said,
            status.and_then(|status: ExitStatus| status.code()),
            offered,
        )
    }
}

/// Ends ssh when the limit is over, unless the returned sender is dropped before.
fn start_clock(
    limit: Duration,
    child: Arc<Mutex<Child>>,
    late: Arc<AtomicBool>,
) -> mpsc::Sender<()> {
    let (sender, receiver) = mpsc::channel::<()>();
    thread::spawn(move || {
        if receiver.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
            late.store(true, Ordering::SeqCst);
            drop(lock(&child).kill());
        }
    });
    sender
}

impl Read for SshStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stdout.read(buffer);
        match read {
            Ok(count) if count > 0 => {
                if !self.begun && is_sha256(&buffer[..count]) {
                    return Err(self.operation.fail(TransportError::Sha256));
                }
                self.begun = true;
                Ok(count)
            }
            _ => {
                let error = self.ended();
                Err(self.operation.fail(error))
            }
        }
    }
}

impl Write for SshStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.stdin {
            Some(stdin) => stdin.write(bytes),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        written.map_err(|_| {
            let error = self.ended();
            self.operation.fail(error)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stdin.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for SshStream {
    fn drop(&mut self) {
        self.stdin = None;
        drop(process::wait(&mut lock(&self.child), GOODBYE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(url: &str, key: Option<&str>, settings: &Settings, questions: Questions) -> String {
        let url: GitUrl = url.parse().unwrap();
        format!(
            "{} {}",
            arguments(&url, key.map(Path::new), settings, questions).join(" "),
            quoted_path(&url)
        )
    }

    #[test]
    fn options_come_before_the_host() {
        let plain = line(
            "git@host:a b.git".replace(' ', "").as_str(),
            None,
            &Settings::default(),
            Questions::None,
        );
        assert!(plain.ends_with("-l git -- host 'ab.git'"), "{plain}");
        assert!(
            plain.contains("BatchMode=yes") && !plain.contains("ControlMaster"),
            "{plain}"
        );
        let settings = Settings {
            host_key_algorithms: vec!["ssh-ed25519".into(), "rsa-sha2-512".into()],
            ..Settings::default()
        };
        let keyed = line(
            "ssh://h:2222/it's!.git",
            Some("/k"),
            &settings,
            Questions::Askpass,
        );
        assert!(
            keyed.ends_with(r"-p 2222 -- h '/it'\''s'\!'.git'"),
            "{keyed}"
        );
        for part in [
            "IdentityFile=\"/k\"",
            "IdentitiesOnly=yes",
            "ControlPath=none",
            "HostKeyAlgorithms=ssh-ed25519,rsa-sha2-512",
        ] {
            assert!(keyed.contains(part), "{part} in {keyed}");
        }
        assert!(
            !keyed.contains("BatchMode"),
            "a passphrase is still asked for: {keyed}"
        );
        assert!(
            line("ssh://me@h/~me/a", None, &settings, Questions::Person).ends_with("-- h '~me/a'")
        );
    }
}
