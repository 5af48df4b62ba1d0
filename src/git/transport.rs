//! How libgit2 reaches our two transports: one registration, and one ticket for each operation.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use git2::transport::{Service, Transport};
use git2::{ErrorClass, ErrorCode};

use super::auth::Credentials;
use super::http_transport::HttpTransport;
use super::ssh_transport::SshTransport;
use super::transport_error::TransportError;
use super::trust::HostTrust;
use super::url::{GitUrl, Scheme};

/// The scheme that libgit2 knows us by; no URL of a user ever reaches libgit2.
const PREFIX: &str = "gitops-remote";

/// What holds for every connection to one remote.
#[derive(Clone, Debug)]
pub struct Settings {
    /// PEM certificates to trust beside the system's, for HTTPS.
    pub authorities: Option<Vec<u8>>,
    /// Which host keys to trust, for SSH.
    pub trust: HostTrust,
    /// The host key algorithms to offer, best first, for SSH; empty for the user's own.
    pub host_key_algorithms: Vec<String>,
    /// How long one exchange with the server may take.
    pub limit: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            authorities: None,
            trust: HostTrust::User,
            host_key_algorithms: Vec::new(),
            limit: Duration::from_mins(5),
        }
    }
}

/// One operation on one remote: what its transports need, and what went wrong in them.
#[derive(Debug)]
pub(super) struct Operation {
    pub url: GitUrl,
    pub credentials: Credentials,
    pub settings: Settings,
    failure: Mutex<Option<TransportError>>,
}

impl Operation {
    /// Keeps the first thing that went wrong, and returns the little that libgit2 is told.
    pub fn fail(&self, error: TransportError) -> std::io::Error {
        lock(&self.failure).get_or_insert(error);
        std::io::Error::other("the transport failed")
    }

    /// The same, where libgit2 wants its own sort of error.
    pub fn refuse(&self, error: TransportError) -> git2::Error {
        let told = self.fail(error);
        git2::Error::new(ErrorCode::GenericError, ErrorClass::Net, told.to_string())
    }
}

/// Takes a lock even where another thread died with it: what is kept here is never half-written.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The operations that run now, by the number in the address that libgit2 got.
static RUNNING: LazyLock<Mutex<HashMap<u64, Arc<Operation>>>> = LazyLock::new(Mutex::default);

/// An operation for as long as it runs; credentials are forgotten when it ends.
#[derive(Debug)]
pub(super) struct Session {
    number: u64,
    operation: Arc<Operation>,
}

impl Session {
    /// Opens a session; nothing is connected yet.
    pub fn open(
        url: GitUrl,
        credentials: Credentials,
        settings: Settings,
    ) -> Result<Self, git2::Error> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        register()?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let operation = Arc::new(Operation {
            url,
            credentials,
            settings,
            failure: Mutex::default(),
        });
        lock(&RUNNING).insert(number, Arc::clone(&operation));
        Ok(Self { number, operation })
    }

    /// Returns the address that leads libgit2 to this session.
    pub fn address(&self) -> String {
        format!("{PREFIX}://{}/", self.number)
    }

    /// Returns what went wrong: what our transport saw, else what libgit2 says.
    pub fn failure(&self, told: git2::Error) -> TransportError {
        lock(&self.operation.failure)
            .take()
            .unwrap_or(TransportError::Protocol(told))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        lock(&RUNNING).remove(&self.number);
    }
}

/// Makes our transports known to libgit2, once in the life of the program.
fn register() -> Result<(), git2::Error> {
    static DONE: OnceLock<Result<(), String>> = OnceLock::new();
    let done = DONE.get_or_init(|| {
        #[expect(
            unsafe_code,
            reason = "libgit2 keeps its transports in a process-wide list without a lock"
        )]
        // SAFETY: the list may not change while a transport is made from it. It is changed here only,
        // once, and whoever makes a transport comes through `Session::open`, so waits for this to end.
        let registered = unsafe { git2::transport::register(PREFIX, make) };
        registered.map_err(|error| error.message().to_owned())
    });
    done.as_ref()
        .map(|&()| ())
        .map_err(|message| git2::Error::from_str(message))
}

/// Makes the transport of the session that the remote's address names.
fn make(remote: &git2::Remote<'_>) -> Result<Transport, git2::Error> {
    let number = remote
        .url()?
        .trim_start_matches(PREFIX)
        .trim_matches(['/', ':'])
        .parse::<u64>();
    let operation = number
        .ok()
        .and_then(|number| lock(&RUNNING).get(&number).cloned());
    let operation = operation.ok_or_else(|| git2::Error::from_str("the session has ended"))?;
    match operation.url.scheme() {
        Scheme::Ssh => Transport::smart(remote, false, SshTransport::new(operation)),
        Scheme::Https | Scheme::Http => {
            Transport::smart(remote, true, HttpTransport::new(operation))
        }
    }
}

/// Returns the name of the program that serves `service`.
pub(super) const fn program(service: Service) -> &'static str {
    match service {
        Service::UploadPackLs | Service::UploadPack => "git-upload-pack",
        Service::ReceivePackLs | Service::ReceivePack => "git-receive-pack",
    }
}

/// Says whether the first lines of a server are those of a SHA-256 repository, which libgit2 can't read.
pub(super) fn is_sha256(advertisement: &[u8]) -> bool {
    const MARK: &[u8] = b"object-format=sha256";
    let start = &advertisement[..advertisement.len().min(4096)];
    start.windows(MARK.len()).any(|window| window == MARK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_with_its_guard() {
        let url: GitUrl = "https://example.com/a".parse().unwrap();
        let session = Session::open(url, Credentials::Ambient, Settings::default()).unwrap();
        let number = session.number;
        assert!(lock(&RUNNING).contains_key(&number));
        drop(session);
        assert!(!lock(&RUNNING).contains_key(&number));
    }
}
