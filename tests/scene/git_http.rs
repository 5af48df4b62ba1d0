//! Git over HTTP: `git http-backend` behind a handler, and a server around it.
//!
//! [`serve`] is the handler alone, for doubles of hosting services that decide themselves who may do what.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::process::Command;

use super::cgi;
use super::program;
use super::repository::Repository;
use super::run::new_folder;
use super::server::Server;
use super::setting;
use super::tls::Identity;

/// Answers a request of a Git client for the repository at `root` + `path`, as the user that `caller` names.
///
/// `path` is what follows the root in the URL: `/group/project.git/info/refs`. Whether the caller may read
/// or push was decided before; [`is_push`] tells which of the two a request is. Bodies are streamed both ways,
/// chunked and compressed ones included.
pub async fn serve(root: &Path, path: &str, caller: Option<&str>, request: Request) -> Response {
    match run(root, path, caller, request).await {
        Ok(response) => response,
        Err(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("git http-backend: {error}"),
        )
            .into_response(),
    }
}

/// Says whether a request begins or carries a push.
pub fn is_push(request: &Request) -> bool {
    let is_service = request
        .uri()
        .query()
        .is_some_and(|query| query.contains("service=git-receive-pack"));
    is_service || request.uri().path().ends_with("/git-receive-pack")
}

async fn run(
    root: &Path,
    path: &str,
    caller: Option<&str>,
    request: Request,
) -> io::Result<Response> {
    let git = program::installed("git").ok_or_else(|| io::Error::other("git is not installed"))?;
    let mut command = Command::new(git);
    command
        .env_clear()
        .env("PATH", setting::PATH.text().unwrap_or_default())
        .env("HOME", root)
        .env("GIT_CONFIG_NOSYSTEM", "1");
    if let Some(caller) = caller {
        command.env("REMOTE_USER", caller);
    }
    cgi::http_backend(command, root, path, request).await
}

/// Who may read, and who may push.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Everyone does everything.
    #[default]
    Open,
    /// A user's name and password are asked for.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// A bearer token is asked for.
    Bearer(String),
    /// A bearer token, which reads but does not push.
    ReadOnly(String),
}

/// A Git server over HTTP, until it is dropped.
pub struct GitHttp {
    root: PathBuf,
    server: Server,
    requests: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
struct Rules {
    root: PathBuf,
    access: Access,
    requests: Arc<Mutex<Vec<String>>>,
}

impl GitHttp {
    /// Serves a new folder to everyone, over plain HTTP.
    pub fn open() -> Self {
        Self::start(Access::Open, None)
    }

    /// Serves a new folder, over HTTPS where there is an identity.
    pub fn start(access: Access, identity: Option<&Identity>) -> Self {
        let (root, requests) = (new_folder("git"), Arc::default());
        let rules = Rules {
            root: root.clone(),
            access,
            requests: Arc::clone(&requests),
        };
        let server = Server::start(Router::new().fallback(answer).with_state(rules), identity);
        Self {
            root,
            server,
            requests,
        }
    }

    /// Makes an empty repository.
    pub fn repository(&self, name: &str) -> Repository {
        Repository::create(&self.root.join(format!("{name}.git")))
    }

    /// Returns the address of a repository.
    pub fn url(&self, name: &str) -> String {
        format!("{}/{name}.git", self.server.url())
    }

    /// Returns the requests so far, as `METHOD path`.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no holder panics").clone()
    }
}

async fn answer(State(rules): State<Rules>, request: Request) -> Response {
    let line = format!("{} {}", request.method(), request.uri().path());
    rules.requests.lock().expect("no holder panics").push(line);
    let path = request.uri().path().to_owned();
    match rules.access.admits(&request) {
        Ok(caller) => serve(&rules.root, &path, caller.as_deref(), request).await,
        Err(refusal) => *refusal,
    }
}

impl Access {
    /// Returns the caller's name where the request may go on, and the refusal where not.
    fn admits(&self, request: &Request) -> Result<Option<String>, Box<Response>> {
        let (wanted, user, challenge) = match self {
            Self::Open => return Ok(None),
            Self::Basic { user, password } => (
                format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))),
                user.as_str(),
                "Basic realm=\"git\"",
            ),
            Self::Bearer(token) | Self::ReadOnly(token) => {
                (format!("Bearer {token}"), "token", "Bearer")
            }
        };
        let given = request
            .headers()
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        if given != Some(wanted.as_str()) {
            let challenge = [(header::WWW_AUTHENTICATE, challenge)];
            let refusal = (StatusCode::UNAUTHORIZED, challenge, "who are you?\n");
            return Err(Box::new(refusal.into_response()));
        }
        if matches!(self, Self::ReadOnly(_)) && is_push(request) {
            let refusal = (StatusCode::FORBIDDEN, "this token may not push\n");
            return Err(Box::new(refusal.into_response()));
        }
        Ok(Some(user.to_owned()))
    }
}
