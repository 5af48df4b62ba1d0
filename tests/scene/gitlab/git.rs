//! Git over HTTP: who may read and push, and `git http-backend` behind that.

use std::io;
use std::path::Path;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::process::Command;

use super::super::cgi;
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
    let root = repository
        .parent()
        .ok_or_else(|| io::Error::other("no folder"))?;
    let folder = repository.file_name().unwrap_or_default().to_string_lossy();
    let mut command = Command::from(repository::git(root));
    command
        .env("REMOTE_USER", "git")
        .env("GITLAB_ROLE", level.to_string());
    cgi::http_backend(command, root, &format!("/{folder}/{rest}"), request).await
}
