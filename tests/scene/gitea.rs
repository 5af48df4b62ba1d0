//! A real Gitea with its API, its permissions and its own SSH server.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Method;
use serde_json::{Value, json};

use super::kubeconfig::write_private;
use super::port;
use super::process::{NotReady, PATIENCE, Process, Program, with_ports};
use super::program;
use super::repository::Repository;
use super::run::new_folder;
use super::runtime::{answers, client, runtime};
use super::tls::{Authority, Identity};

/// The administrator, whom the token belongs to.
pub const ADMINISTRATOR: &str = "root1";

/// A running Gitea; dropping it kills it.
pub struct Gitea {
    process: Process,
    folder: PathBuf,
    scheme: &'static str,
    port: u16,
    ssh_port: u16,
    token: String,
    authority: Option<Authority>,
    client: reqwest::Client,
}

/// How Gitea is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTPS with a certificate of a private authority.
    Https,
}

impl Gitea {
    /// Returns the one that a test run shares, over HTTPS; nothing, and a line that says why, where it is not built.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Gitea> = OnceLock::new();
        program::are_built(&["gitea"]).then(|| SHARED.get_or_init(|| Self::start(Scheme::Https)))
    }

    /// Starts one with an administrator and a token of all scopes, and waits until it is ready.
    pub fn start(scheme: Scheme) -> Self {
        let folder = new_folder("gitea");
        let authority = (scheme == Scheme::Https).then(|| Authority::new("Scene Gitea CA"));
        if let Some(identity) = authority.as_ref().map(Authority::identity) {
            Identity::write(&identity, &folder);
        }
        let scheme = if authority.is_some() { "https" } else { "http" };
        let mut token = String::new();
        let (process, port, ssh_port) = with_ports(|| {
            let (port, ssh_port) = (port::free(), port::free());
            write_private(
                &folder.join("app.ini"),
                &settings(&folder, scheme, port, ssh_port),
            );
            if token.is_empty() {
                token = initialise(&folder);
            }
            serve(&folder, scheme, port).map(|process| (process, port, ssh_port))
        });
        Self {
            process,
            folder,
            scheme,
            port,
            ssh_port,
            token,
            authority,
            client: client(),
        }
    }

    /// Returns `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Returns the address of its pages.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.host())
    }

    /// Returns `127.0.0.1:PORT` of its SSH server.
    pub fn ssh_host(&self) -> String {
        format!("127.0.0.1:{}", self.ssh_port)
    }

    /// Returns the administrator's token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Returns the authority to trust, as PEM, where it speaks HTTPS.
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_ref().map(Authority::pem)
    }

    /// Calls its API under `/api/v1` as the administrator; returns status and body.
    pub fn call(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let mut request = self
            .client
            .request(method, format!("{}/api/v1{path}", self.url()));
        request = request.header("Authorization", format!("token {}", self.token));
        if let Some(body) = body {
            request = request.json(body);
        }
        runtime().block_on(async {
            let answer = request
                .send()
                .await
                .unwrap_or_else(|error| panic!("Gitea {path}: {error}"));
            let status = answer.status().as_u16();
            let bytes = answer.bytes().await.unwrap_or_default();
            (status, serde_json::from_slice(&bytes).unwrap_or_default())
        })
    }

    /// Makes an organisation of a new name, for one test to play in, and returns the name.
    pub fn organisation(&self) -> String {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let name = format!("org{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.create_organisation(&name);
        name
    }

    /// Makes an organisation of this name.
    pub fn create_organisation(&self, name: &str) {
        let (status, body) = self.call(Method::POST, "/orgs", Some(&json!({ "username": name })));
        assert_eq!(status, 201, "{body}\n{}", self.process.log_tail());
    }

    /// Makes a user with a token of these scopes, who belongs to nothing, and returns the token.
    pub fn user(&self, name: &str, scopes: &str) -> String {
        administer(&self.folder, name, &[]);
        let arguments = [
            "admin",
            "user",
            "generate-access-token",
            "--username",
            name,
            "--token-name",
            "t",
            "--raw",
        ];
        let output = gitea(&self.folder)
            .arguments(arguments)
            .arguments(["--scopes", scopes])
            .finish(PATIENCE);
        token_in(&output)
    }

    /// Makes an empty private repository in an organisation.
    pub fn create_repository(&self, owner: &str, name: &str) {
        let body = json!({ "name": name, "private": true, "default_branch": "main" });
        let (status, body) = self.call(Method::POST, &format!("/orgs/{owner}/repos"), Some(&body));
        assert_eq!(status, 201, "{body}\n{}", self.process.log_tail());
    }

    /// Returns a repository as it lies on the server's disk.
    pub fn repository(&self, owner: &str, name: &str) -> Repository {
        Repository::open(&self.folder.join(format!("repos/{owner}/{name}.git")))
    }

    /// Returns the address to clone over HTTP.
    pub fn clone_url(&self, owner: &str, name: &str) -> String {
        format!("{}/{owner}/{name}.git", self.url())
    }

    /// Returns the address to clone over SSH.
    pub fn ssh_url(&self, owner: &str, name: &str) -> String {
        format!("ssh://git@{}/{owner}/{name}.git", self.ssh_host())
    }

    /// Returns the end of its log.
    pub fn log_tail(&self) -> String {
        self.process.log_tail()
    }
}

fn gitea(folder: &Path) -> Program {
    Program::new(&program::built("gitea"), folder)
        .argument(format!("--config={}", folder.join("app.ini").display()))
        // It refuses to run as root otherwise, and containers run as root.
        .variable("GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT", "true")
}

/// Makes the database and the administrator, and returns the token.
fn initialise(folder: &Path) -> String {
    drop(gitea(folder).argument("migrate").finish(PATIENCE));
    let token = [
        "--admin",
        "--access-token",
        "--access-token-name=t",
        "--access-token-scopes=all",
    ];
    token_in(&administer(folder, ADMINISTRATOR, &token))
}

fn administer(folder: &Path, name: &str, further: &[&str]) -> String {
    gitea(folder)
        .arguments([
            "admin",
            "user",
            "create",
            "--username",
            name,
            "--password",
            "scene-password",
        ])
        .arguments([
            "--email",
            &format!("{name}@example.com"),
            "--must-change-password=false",
        ])
        .arguments(further.iter().copied())
        .finish(PATIENCE)
}

/// Finds the token in what Gitea says: the last forty hexadecimal digits.
fn token_in(output: &str) -> String {
    let words = output.split_whitespace().rev();
    let is_token =
        |word: &&str| word.len() == 40 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    words
        .clone()
        .find(is_token)
        .unwrap_or_else(|| panic!("no token in:\n{output}"))
        .to_owned()
}

fn serve(folder: &Path, scheme: &str, port: u16) -> Result<Process, NotReady> {
    let process = gitea(folder).argument("web").start();
    let address = format!("{scheme}://127.0.0.1:{port}/api/healthz");
    process.until_ready(PATIENCE, || answers(&address))?;
    Ok(process)
}

fn settings(folder: &Path, scheme: &str, port: u16, ssh_port: u16) -> String {
    let assets = program::cache().join("gitea-assets");
    let (folder, assets) = (folder.display(), assets.display());
    fs::create_dir_all(format!("{folder}/data")).expect("the folder of the run can be written");
    include_str!("gitea.ini")
        .replace("${FOLDER}", &folder.to_string())
        .replace("${ASSETS}", &assets.to_string())
        .replace("${SCHEME}", scheme)
        .replace("${PORT}", &port.to_string())
        .replace("${SSH_PORT}", &ssh_port.to_string())
}
