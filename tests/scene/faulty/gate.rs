//! Faults of HTTP: answers that are not the server's, lost or cut ones, and a journal of all requests.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;

use crate::scene::runtime::runtime;
use crate::scene::server::{Line, Server};
use crate::scene::tls::Identity;

/// Headers that belong to one connection and are not passed on.
const HOP_BY_HOP: &[header::HeaderName] = &[
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::HOST,
    header::UPGRADE,
];

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is answered with this status, these headers and this body; the server never sees it.
    Answer(u16, Vec<(String, String)>, String),
    /// The connection is closed at once; the server never sees it.
    Drop,
    /// The server acts, and its answer is lost with the connection.
    LoseAnswer,
    /// The server's answer ends with the connection after so many bytes of the body.
    CutBody(usize),
    /// It reaches the server so much later.
    Delay(Duration),
}

impl Fault {
    /// Makes the answer of a server that is asked too often.
    pub fn too_many_requests(retry_after: &str) -> Self {
        Self::Answer(
            429,
            vec![("Retry-After".into(), retry_after.into())],
            "Retry later\n".into(),
        )
    }

    /// Makes the answer of a proxy whose server is down.
    pub fn bad_gateway() -> Self {
        let headers = vec![("Content-Type".into(), "text/html".into())];
        Self::Answer(
            502,
            headers,
            "<html><body><h1>502 Bad Gateway</h1></body></html>".into(),
        )
    }

    /// Makes the page that a login proxy shows in place of an answer.
    pub fn login_page() -> Self {
        let headers = vec![("Content-Type".into(), "text/html; charset=utf-8".into())];
        Self::Answer(
            200,
            headers,
            "<!DOCTYPE html><html><body><form action=\"/login\"></form></body></html>".into(),
        )
    }
}

/// Which requests a fault befalls.
#[derive(Debug)]
pub struct Rule {
    method: &'static str,
    path: String,
    first: usize,
    times: usize,
    fault: Fault,
    seen: AtomicUsize,
}

impl Rule {
    /// Lets the first request of this method (`*`: any) whose path fits meet a fault; `*` in the path stands for anything.
    pub fn new(method: &'static str, path: &str, fault: Fault) -> Self {
        Self {
            method,
            path: path.into(),
            first: 1,
            times: 1,
            fault,
            seen: AtomicUsize::new(0),
        }
    }

    /// Begins at the request of this number, counted from 1.
    #[must_use]
    pub fn starting_at(mut self, nth: usize) -> Self {
        self.first = nth;
        self
    }

    /// Befalls so many requests in a row.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Befalls every request from the first on.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    /// Counts a request that fits, and returns what befalls it.
    fn befalls(&self, method: &str, path: &str) -> Option<Fault> {
        if (self.method != "*" && self.method != method) || !fits(&self.path, path) {
            return None;
        }
        let number = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        (number >= self.first && number - self.first < self.times).then(|| self.fault.clone())
    }
}

/// Says whether a path fits a pattern in which `*` stands for any text.
fn fits(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((before, after)) => path.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len())
                .filter(|at| rest.is_char_boundary(*at))
                .any(|at| fits(after, &rest[at..]))
        }),
    }
}

/// One request that came through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The body, as text.
    pub body: String,
}

/// An HTTP proxy before one server, until it is dropped.
pub struct Gate {
    server: Server,
    shared: Arc<Shared>,
}

struct Shared {
    target: String,
    client: reqwest::Client,
    rules: Mutex<Vec<Arc<Rule>>>,
    journal: Mutex<Vec<Entry>>,
}

impl Gate {
    /// Stands before the server at `target`, an address as `https://127.0.0.1:PORT`; speaks HTTPS itself where there is an identity.
    pub fn before(target: &str, identity: Option<&Identity>) -> Self {
        runtime();
        let client = reqwest::Client::builder()
            .tls_danger_accept_invalid_certs(true)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            // Bodies pass as they are.
            .no_gzip()
            .build()
            .expect("the settings are fixed");
        let (rules, journal) = (Mutex::default(), Mutex::default());
        let shared = Arc::new(Shared {
            target: target.trim_end_matches('/').into(),
            client,
            rules,
            journal,
        });
        let router = Router::new().fallback(pass).with_state(Arc::clone(&shared));
        Self {
            server: Server::start(router, identity),
            shared,
        }
    }

    /// Adds a rule; of several that fit, the first added counts.
    pub fn add(&self, rule: Rule) {
        self.shared
            .rules
            .lock()
            .expect("no holder panics")
            .push(Arc::new(rule));
    }

    /// Returns `http://127.0.0.1:PORT`, or with `https`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Returns `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.server.host()
    }

    /// Returns all requests so far, those that met a fault too.
    pub fn journal(&self) -> Vec<Entry> {
        self.shared
            .journal
            .lock()
            .expect("no holder panics")
            .clone()
    }
}

async fn pass(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let path = parts
        .uri
        .path_and_query()
        .map_or_else(String::new, ToString::to_string);
    let method = parts.method.to_string();
    let text = String::from_utf8_lossy(&body).into_owned();
    let fault = {
        let entry = Entry {
            method: method.clone(),
            path: path.clone(),
            body: text,
        };
        shared.journal.lock().expect("no holder panics").push(entry);
        let rules = shared.rules.lock().expect("no holder panics").clone();
        rules
            .iter()
            .find_map(|rule| rule.befalls(&method, parts.uri.path()))
    };
    match fault {
        Some(Fault::Answer(status, headers, body)) => made_up(status, &headers, body),
        Some(Fault::Drop) => cut(&line),
        Some(Fault::LoseAnswer) => {
            drop(forward(&shared, &parts, &path, body).await);
            cut(&line)
        }
        Some(Fault::CutBody(bytes)) => cut_body(forward(&shared, &parts, &path, body).await, bytes),
        Some(Fault::Delay(delay)) => {
            tokio::time::sleep(delay).await;
            forward(&shared, &parts, &path, body).await
        }
        None => forward(&shared, &parts, &path, body).await,
    }
}

fn made_up(status: u16, headers: &[(String, String)], body: String) -> Response {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response
        .body(Body::from(body))
        .expect("the test's headers are plain")
}

/// Closes the connection: what is answered here can't be written any more.
fn cut(line: &Line) -> Response {
    line.cut();
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

/// Announces the whole body, and ends with the connection in the middle of it.
fn cut_body(response: Response, bytes: usize) -> Response {
    let (parts, body) = response.into_parts();
    let mut left = bytes;
    let chunks = body.into_data_stream().map(move |chunk| {
        let mut chunk = chunk.map_err(std::io::Error::other)?;
        if left == 0 {
            return Err(std::io::ErrorKind::ConnectionAborted.into());
        }
        chunk.truncate(left);
        left -= chunk.len();
        Ok(chunk)
    });
    let end = futures::stream::iter([Err::<Bytes, _>(std::io::Error::from(
        std::io::ErrorKind::ConnectionAborted,
    ))]);
    Response::from_parts(parts, Body::from_stream(chunks.chain(end)))
}

async fn forward(
    shared: &Shared,
    parts: &axum::http::request::Parts,
    path: &str,
    body: Bytes,
) -> Response {
    let mut headers = parts.headers.clone();
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    let request = shared
        .client
        .request(parts.method.clone(), format!("{}{path}", shared.target));
    match request.headers(headers).body(body).send().await {
        Ok(answer) => passed_on(answer),
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:?}")).into_response(),
    }
}

fn passed_on(answer: reqwest::Response) -> Response {
    let status = answer.status();
    let mut headers: HeaderMap = answer.headers().clone();
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    let mut response = Response::new(Body::from_stream(answer.bytes_stream()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(fits("/api/*/keys", "/api/v4/projects/1/keys"));
        assert!(fits("*", "/"));
        assert!(!fits("/api/*/keys", "/api/v4/projects/1/keys/2"));
        assert!(!fits("/keys", "/keys/2"));
    }

    #[test]
    fn a_rule_counts_only_what_fits() {
        let rule = Rule::new("GET", "/a", Fault::Drop).starting_at(2).times(2);
        let met: Vec<bool> = ["/a", "/b", "/a", "/a", "/a"]
            .map(|path| rule.befalls("GET", path).is_some())
            .into();
        assert_eq!(met, [false, false, true, true, false]);
        assert_eq!(rule.befalls("POST", "/a"), None);
    }
}
