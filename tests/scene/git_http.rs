//! Git over HTTP: `git http-backend` behind a handler, and a server around it.
//!
//! [`serve`] is the handler alone, for doubles of hosting services that decide themselves who may do what.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::{StreamExt as _, stream};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

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
    let mut child = backend(root, path, caller, &request)?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let input = input.ok_or_else(|| io::Error::other("no standard input"))?;
    let mut output = BufReader::new(output.ok_or_else(|| io::Error::other("no standard output"))?);
    tokio::spawn(feed(input, request.into_body()));
    let (status, headers) = read_head(&mut output).await?;
    let mut response = Response::new(Body::from_stream(chunks(output, child)));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

fn backend(root: &Path, path: &str, caller: Option<&str>, request: &Request) -> io::Result<Child> {
    let git = program::installed("git").ok_or_else(|| io::Error::other("git is not installed"))?;
    let header = |name: HeaderName| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let mut command = Command::new(git);
    command
        .arg("http-backend")
        .env_clear()
        .env("PATH", setting::PATH.text().unwrap_or_default())
        .env("HOME", root)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", request.method().as_str())
        .env("PATH_INFO", path)
        .env("QUERY_STRING", request.uri().query().unwrap_or_default())
        .env("CONTENT_TYPE", header(header::CONTENT_TYPE))
        .env("HTTP_CONTENT_ENCODING", header(header::CONTENT_ENCODING))
        .env(
            "GIT_PROTOCOL",
            header(HeaderName::from_static("git-protocol")),
        )
        .env("REMOTE_ADDR", "127.0.0.1");
    // Git reads a chunked body, which has no length, to its end only where the variable is absent.
    if let Some(length) = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
    {
        command.env("CONTENT_LENGTH", length);
    }
    if let Some(caller) = caller {
        command.env("REMOTE_USER", caller);
    }
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command.spawn()
}

async fn feed(mut input: ChildStdin, body: Body) {
    let mut body = body.into_data_stream();
    while let Some(Ok(chunk)) = body.next().await {
        // Git stops reading where it refuses; its answer says why.
        if input.write_all(&chunk).await.is_err() {
            return;
        }
    }
}

/// Reads the head of a CGI answer: headers, one of which may be `Status`, and an empty line.
async fn read_head(output: &mut BufReader<ChildStdout>) -> io::Result<(StatusCode, HeaderMap)> {
    let (mut status, mut headers) = (StatusCode::OK, HeaderMap::new());
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).await? == 0 {
            return Err(io::Error::other("ended without an answer"));
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            return Ok((status, headers));
        };
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next().and_then(|code| code.parse().ok());
            status = code.ok_or_else(|| io::Error::other(format!("odd status {value}")))?;
            continue;
        }
        let name = name.parse::<HeaderName>().map_err(io::Error::other)?;
        headers.insert(
            name,
            HeaderValue::from_str(value).map_err(io::Error::other)?,
        );
    }
}

/// Streams the rest; the process lives as long as the stream.
fn chunks(
    output: BufReader<ChildStdout>,
    child: Child,
) -> impl futures::Stream<Item = io::Result<Bytes>> {
    stream::unfold((output, child), |(mut output, mut child)| async move {
        let mut buffer = vec![0; 64 * 1024];
        match output.read(&mut buffer).await {
            Ok(0) => {
                // Reaped, so that no dead process stays behind; its status says no more than its answer.
                drop(child.wait().await);
                None
            }
            Ok(length) => {
                buffer.truncate(length);
                Some((Ok(Bytes::from(buffer)), (output, child)))
            }
            Err(error) => Some((Err(error), (output, child))),
        }
    })
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
