//! The double itself: started, filled, asked, and dropped.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use super::certificate::server_config;
use super::door::{Door, Resets, Switch};
use super::fault::Fault;
use super::journal::Entry;
use super::serve::{Shared, serve};
use super::ssh::{self, Sshd};
use super::state::State;
use crate::scene::tls::Authority;

/// A double of GitLab, until it is dropped.
///
/// Dropping it fails the test if a request broke GitLab's contract.
pub struct GitLab {
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
    task: JoinHandle<()>,
    sshd: Option<Sshd>,
    resets: Resets,
    port: u16,
    folder: TempDir,
}

impl GitLab {
    /// Starts one that `fill` has filled.
    pub fn start(fill: impl FnOnce(&mut State)) -> Self {
        let folder = TempDir::with_prefix("gitlab-").expect("temporary folders can be made");
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        listener
            .set_nonblocking(true)
            .expect("every socket can be asked not to block");
        let port = listener.local_addr().expect("it is bound").port();
        let mut state = State::new(folder.path(), port);
        fill(&mut state);
        let authority = Authority::new("the double's authority");
        fs::write(folder.path().join("ca.crt"), authority.pem())
            .expect("the folder can be written");
        let config = server_config(&authority, state.settings.tls);
        let sshd = state
            .settings
            .ssh
            .then(|| Sshd::start(&folder.path().join("ssh")));
        state.ssh_address = sshd.as_ref().map(Sshd::address);
        state.publish_keys();
        let shared = Arc::new(Shared::new(state));
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("threads can be started");
        let resets = Resets::default();
        let door = {
            let _inside = runtime.enter();
            Door::open(listener, config, Arc::clone(&resets))
        };
        let service = service(Arc::clone(&shared));
        let task = runtime.spawn(async move {
            // It serves until it is aborted.
            drop(axum::serve(door, service).await);
        });
        Self {
            shared,
            runtime: Some(runtime),
            task,
            sshd,
            resets,
            port,
            folder,
        }
    }

    /// Returns its address, mount point included, without a slash at its end.
    pub fn url(&self) -> String {
        self.shared.state().base()
    }

    /// Returns the address of its API, without a slash at its end.
    pub fn api(&self) -> String {
        format!("{}/api/v4", self.url())
    }

    /// Returns its host and port.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Returns the address of a project for Git over HTTP.
    pub fn clone_url(&self, path: &str) -> String {
        format!("{}/{path}.git", self.url())
    }

    /// Returns the file with the certificate of its authority.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.crt")
    }

    /// Returns a folder of the test's own, which goes with the double.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join("test").join(name);
        fs::create_dir_all(&folder).expect("the folder of the double can be written");
        folder
    }

    /// Returns the secret of a user's token with scope `api`.
    pub fn token(&self, username: &str) -> String {
        self.shared.state().token(username)
    }

    /// Looks at what the double knows, or changes it.
    pub fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.shared.state();
        let result = look(&mut state);
        state.publish_keys();
        result
    }

    /// Adds a fault.
    pub fn fault(&self, fault: Fault) {
        self.shared.faults().add(fault);
    }

    /// Forgets all faults.
    pub fn mend(&self) {
        self.shared.faults().clear();
    }

    /// Does something just before the next such request is handled.
    pub fn meanwhile(
        &self,
        method: &str,
        pattern: &str,
        deed: impl Fn(&mut State) + Send + Sync + 'static,
    ) {
        self.fault(Fault::meanwhile(deed).on(method, pattern));
    }

    /// Resets so many of the next connections as soon as they are accepted.
    pub fn reset_connections(&self, count: usize) {
        self.resets.store(count, Ordering::SeqCst);
    }

    /// Closes the port: from now on, connections are refused.
    pub fn close(&self) {
        self.task.abort();
        for _ in 0..500 {
            if TcpStream::connect(("127.0.0.1", self.port)).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the port of the double stays open");
    }

    /// Returns every request so far.
    pub fn journal(&self) -> Vec<Entry> {
        self.shared.journal().clone()
    }

    /// Returns every request so far in a line each: `POST /projects 201`.
    pub fn calls(&self) -> Vec<String> {
        self.shared
            .journal()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    /// Forgets the requests so far.
    pub fn clear_journal(&self) {
        self.shared.journal().clear();
    }

    /// Returns the breaches of the contract so far and forgives them.
    pub fn take_breaches(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.breaches())
    }

    /// Returns every secret that the double has given out: none of them may be seen anywhere.
    pub fn secrets(&self) -> Vec<String> {
        let state = self.shared.state();
        let tokens = state.tokens.iter().map(|token| token.value.clone());
        let projects = state.projects.iter();
        let deploy_tokens = projects.flat_map(|project| &project.deploy_tokens);
        tokens
            .chain(deploy_tokens.map(|token| token.token.clone()))
            .collect()
    }

    /// Returns the folder of a project's bare repository.
    pub fn repository_path(&self, path: &str) -> PathBuf {
        self.state(|state| state.project_mut(path).repository_path().to_owned())
    }

    /// Returns the commit at the end of a branch.
    pub fn head(&self, path: &str, branch: &str) -> Option<String> {
        self.state(|state| state.project_mut(path).repository.head(branch))
    }

    /// Returns a file of a branch.
    pub fn file(&self, path: &str, branch: &str, file: &str) -> Option<String> {
        self.state(|state| state.project_mut(path).repository.file(branch, file))
    }

    /// Says whether Git over SSH can be offered on this machine.
    pub fn has_ssh() -> bool {
        Sshd::is_installed()
    }

    /// Returns the `known_hosts` line of its Git over SSH.
    pub fn known_hosts(&self) -> String {
        self.sshd
            .as_ref()
            .map(Sshd::known_hosts)
            .unwrap_or_default()
    }

    /// Writes a new private key and returns the public one.
    pub fn key_pair(path: &Path) -> String {
        ssh::write_key_pair(path)
    }
}

impl Drop for GitLab {
    fn drop(&mut self) {
        self.task.abort();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        let breaches = self.take_breaches();
        if !std::thread::panicking() {
            assert!(
                breaches.is_empty(),
                "GitLab's contract was broken:\n{}",
                breaches.join("\n")
            );
        }
    }
}

fn service(shared: Arc<Shared>) -> IntoMakeServiceWithConnectInfo<Router, Switch> {
    let router = Router::new().fallback(serve).with_state(shared);
    router.into_make_service_with_connect_info::<Switch>()
}
