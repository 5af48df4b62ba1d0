//! Git over HTTP: who may read and push, and `git http-backend` behind that.

use std::io;
use std::path::Path;
use std::process::Stdio;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::{StreamExt as _, stream};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::access::{Caller, Role};
use super::call::decode;
use super::project::Project;
use super::repository;
use super::serve::Shared;
use super::state::State;
use super::token::Kind;

/// What a Git client says of itself.
enum Credential {
    None,
    Basic(String, String),
    Bearer(String),
}

/// What a Git client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Read,
    Push,
}

/// Why a Git client is sent away: status and words.
struct Refusal(u16, &'static str);

const UNKNOWN: Refusal = Refusal(401, "HTTP Basic: Access denied.");
const MISSING: Refusal = Refusal(
    404,
    "The project you were looking for could not be found or you don't have permission to view it.",
);
const NO_PUSH: Refusal = Refusal(403, "You are not allowed to push code to this project.");
const NO_READ: Refusal = Refusal(
    403,
    "You are not allowed to download code from this project.",
);
const NO_PUSH_TOKEN: Refusal = Refusal(403, "You are not allowed to upload code.");

/// Answers a request of a Git client: `/group/project.git/…`.
pub async fn serve(shared: &Shared, request: Request, path: &str) -> Response {
    let (name, rest) = path.split_once(".git/").unwrap_or((path, ""));
    let name = decode(name.trim_start_matches('/'));
    let wish = wish(&request);
    let admitted = {
        let state = shared.state();
        let project = state.project_at(&name).or_else(|| {
            let (_, id) = state
                .moved
                .iter()
                .find(|(old, _)| old.eq_ignore_ascii_case(&name))?;
            state.project_at(&id.to_string())
        });
        state
            .admit_git(project, &credential(request.headers()), wish)
            .map(|(project, level)| (project.repository_path().to_owned(), level))
    };
    let (repository, level) = match admitted {
        Ok(admitted) => admitted,
        Err(refusal) => return refusal.response(),
    };
    match run(&repository, rest, level, request).await {
        Ok(response) => response,
        Err(error) => plain(500, format!("git http-backend: {error}")),
    }
}

fn wish(request: &Request) -> Wish {
    let is_service = request
        .uri()
        .query()
        .is_some_and(|query| query.contains("service=git-receive-pack"));
    if is_service || request.uri().path().ends_with("/git-receive-pack") {
        Wish::Push
    } else {
        Wish::Read
    }
}

fn credential(headers: &HeaderMap) -> Credential {
    let text = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let Some((scheme, secret)) = text.and_then(|text| text.split_once(' ')) else {
        return Credential::None;
    };
    if scheme.eq_ignore_ascii_case("bearer") {
        return Credential::Bearer(secret.to_owned());
    }
    let decoded = STANDARD.decode(secret).unwrap_or_default();
    let decoded = String::from_utf8_lossy(&decoded).into_owned();
    match decoded.split_once(':') {
        Some((user, secret)) => Credential::Basic(user.to_owned(), secret.to_owned()),
        None => Credential::Basic(decoded, String::new()),
    }
}

impl Refusal {
    fn response(&self) -> Response {
        let mut response = plain(self.0, self.1.to_owned());
        if self.0 == 401 {
            let challenge = HeaderValue::from_static("Basic realm=\"GitLab\"");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

fn plain(status: u16, words: String) -> Response {
    let mut response = Response::new(Body::from(words));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

impl State {
    /// Says in which project, and with which level, a Git client goes on.
    fn admit_git<'a>(
        &self,
        project: Option<&'a Project>,
        credential: &Credential,
        wish: Wish,
    ) -> Result<(&'a Project, u64), Refusal> {
        let secret = match credential {
            Credential::None => {
                let open = project.filter(|project| project.visibility == "public");
                let read = open.filter(|_| wish == Wish::Read);
                return read.map(|project| (project, 0)).ok_or(UNKNOWN);
            }
            Credential::Bearer(secret) => secret,
            Credential::Basic(user, secret) => {
                if let Some(answer) = self.admit_deploy_token(project, (user, secret), wish) {
                    return answer;
                }
                secret
            }
        };
        let Ok(caller @ Caller::Token(index)) = self.caller(secret) else {
            return Err(UNKNOWN);
        };
        let token = &self.tokens[index];
        if let Kind::Job(own, _) = &token.kind {
            let own = project.filter(|project| project.full_path.eq_ignore_ascii_case(own));
            let project = own.ok_or(MISSING)?;
            return if wish == Wish::Read {
                Ok((project, 0))
            } else {
                Err(NO_PUSH)
            };
        }
        let (scopes, lack): (&[&str], Refusal) = match wish {
            Wish::Read => (&["api", "read_repository", "write_repository"], NO_READ),
            Wish::Push => (&["api", "write_repository"], NO_PUSH_TOKEN),
        };
        if !token.reaches(scopes) {
            return Err(lack);
        }
        let project = project.filter(|project| self.sees_project(&caller, project));
        let project = project.ok_or(MISSING)?;
        let level = self.level(&caller, project);
        match wish {
            Wish::Push if level < Role::Developer.level() => Err(NO_PUSH),
            Wish::Read if level < Role::Reporter.level() && project.visibility == "private" => {
                Err(NO_READ)
            }
            _ => Ok((project, level)),
        }
    }

    /// Says whether a user name and a secret are a deploy token, and where that leads.
    fn admit_deploy_token<'a>(
        &self,
        project: Option<&'a Project>,
        (user, secret): (&str, &str),
        wish: Wish,
    ) -> Option<Result<(&'a Project, u64), Refusal>> {
        let owner = self.projects.iter().find_map(|project| {
            let mut tokens = project.deploy_tokens.iter();
            let token = tokens.find(|token| token.username == user && token.token == secret)?;
            Some((project.id, token))
        });
        let (owner, token) = owner?;
        let project = project.filter(|project| project.id == owner);
        let Some(project) = project else {
            return Some(Err(MISSING));
        };
        if !token.is_active() {
            return Some(Err(UNKNOWN));
        }
        if wish == Wish::Push {
            return Some(Err(NO_PUSH_TOKEN));
        }
        let reads = token.scopes.iter().any(|scope| scope == "read_repository");
        Some(if reads {
            Ok((project, 0))
        } else {
            Err(NO_READ)
        })
    }
}

async fn run(repository: &Path, rest: &str, level: u64, request: Request) -> io::Result<Response> {
    let mut child = backend(repository, rest, level, &request)?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let input = input.ok_or_else(|| io::Error::other("no standard input"))?;
    let mut output = BufReader::new(output.ok_or_else(|| io::Error::other("no standard output"))?);
    tokio::spawn(feed(input, request.into_body()));
    let (status, headers) = head(&mut output).await?;
    let mut response = Response::new(Body::from_stream(chunks(output, child)));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

fn backend(repository: &Path, rest: &str, level: u64, request: &Request) -> io::Result<Child> {
    let root = repository
        .parent()
        .ok_or_else(|| io::Error::other("no folder"))?;
    let folder = repository.file_name().unwrap_or_default().to_string_lossy();
    let text = |name: HeaderName| {
        let value = request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    };
    let mut command = Command::from(repository::git(root));
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", request.method().as_str())
        .env("PATH_INFO", format!("/{folder}/{rest}"))
        .env("QUERY_STRING", request.uri().query().unwrap_or_default())
        .env("CONTENT_TYPE", text(header::CONTENT_TYPE))
        .env("HTTP_CONTENT_ENCODING", text(header::CONTENT_ENCODING))
        .env(
            "GIT_PROTOCOL",
            text(HeaderName::from_static("git-protocol")),
        )
        .env("REMOTE_ADDR", "127.0.0.1")
        .env("REMOTE_USER", "git")
        .env("GITLAB_ROLE", level.to_string());
    // A chunked body has no length: where the variable is absent, Git reads to the end.
    let length = text(header::CONTENT_LENGTH);
    if !length.is_empty() {
        command.env("CONTENT_LENGTH", length);
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

/// Reads the head of a CGI answer.
async fn head(output: &mut BufReader<ChildStdout>) -> io::Result<(StatusCode, HeaderMap)> {
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
            status = code.ok_or_else(|| io::Error::other("odd status"))?;
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
    stream::try_unfold((output, child), |(mut output, mut child)| async move {
        let mut buffer = vec![0; 64 * 1024];
        let length = output.read(&mut buffer).await?;
        if length == 0 {
            // Reaped; its status says no more than its answer did.
            child.wait().await?;
            return Ok(None);
        }
        buffer.truncate(length);
        Ok(Some((Bytes::from(buffer), (output, child))))
    })
}
