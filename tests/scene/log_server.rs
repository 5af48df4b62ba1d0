//! A stand-in for the one door of a kubelet that logs go through: texts that tests write, served line by line.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures::stream;

use super::server::Server;
use super::tls::Authority;

/// How often a followed log is looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// The logs of containers, by `namespace/pod/container`, until it is dropped.
pub struct LogServer {
    server: Server,
    logs: Logs,
}

type Logs = Arc<Mutex<BTreeMap<String, Log>>>;

/// The log of one container.
#[derive(Clone, Default)]
struct Log {
    text: String,
    /// How often the container was started anew; an open log ends with its container.
    starts: usize,
    /// How often connections were lost.
    losses: usize,
    /// How often it was opened.
    opened: usize,
}

impl LogServer {
    /// Starts with no logs.
    pub fn start() -> Self {
        let logs = Logs::default();
        let router = Router::new()
            .route("/containerLogs/{namespace}/{pod}/{container}", get(serve))
            .with_state(Arc::clone(&logs));
        let identity = Authority::new("kubelet").identity();
        Self {
            server: Server::start(router, Some(&identity)),
            logs,
        }
    }

    /// Returns the port of the kubelet.
    pub fn port(&self) -> u16 {
        let (_, port) = self
            .server
            .host()
            .rsplit_once(':')
            .map(|(host, port)| (host.to_owned(), port.to_owned()))
            .expect("an address has a port");
        port.parse().expect("a port is a number")
    }

    /// Forgets all logs and takes these in their place.
    pub fn replace(&self, texts: &BTreeMap<String, String>) {
        let mut logs = self.logs.lock().expect("no holder panics");
        logs.clear();
        for (key, text) in texts {
            let log = logs.entry(key.clone()).or_default();
            log.text.clone_from(text);
        }
    }

    /// Starts a container with this log; what was open ends.
    pub fn restart(&self, key: &str, text: &str) {
        self.change(key, |log| {
            log.starts += 1;
            text.clone_into(&mut log.text);
        });
    }

    /// Ends a container as a crash would, and starts it with this log; what it wrote before can still be read.
    pub fn crash(&self, key: &str, last: &str, text: &str) {
        let written = {
            let logs = self.logs.lock().expect("no holder panics");
            logs.get(key)
                .map_or_else(String::new, |log| log.text.clone())
        };
        let previous = previous(key);
        self.change(&previous, |log| log.text = written + last);
        self.restart(key, text);
    }

    /// Adds lines to a log.
    pub fn append(&self, key: &str, text: &str) {
        self.change(key, |log| log.text.push_str(text));
    }

    /// Loses the connections of all who read a log.
    pub fn lose(&self, key: &str) {
        self.change(key, |log| log.losses += 1);
    }

    /// Says how often a log was opened.
    pub fn opened(&self, key: &str) -> usize {
        let logs = self.logs.lock().expect("no holder panics");
        logs.get(key).map_or(0, |log| log.opened)
    }

    fn change(&self, key: &str, change: impl FnOnce(&mut Log)) {
        let mut logs = self.logs.lock().expect("no holder panics");
        change(logs.entry(key.into()).or_default());
    }
}

/// Returns the key of the log of the container that ran before.
fn previous(key: &str) -> String {
    format!("{key} before")
}

async fn serve(
    State(logs): State<Logs>,
    Path((namespace, pod, container)): Path<(String, String, String)>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let key = format!("{namespace}/{pod}/{container}");
    let is_previous = query
        .get("previous")
        .is_some_and(|previous| previous == "true");
    let key = if is_previous { previous(&key) } else { key };
    let log = {
        let mut logs = logs.lock().expect("no holder panics");
        let Some(log) = logs.get_mut(&key) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        log.opened += 1;
        log.clone()
    };
    let tail = query
        .get("tailLines")
        .and_then(|lines| lines.parse::<usize>().ok());
    let start = tail.map_or(0, |lines| start_of_tail(&log.text, lines));
    if query.get("follow").is_none_or(|follow| follow != "true") {
        return Body::from(log.text[start..].to_owned()).into_response();
    }
    let follower = Follower {
        logs,
        key,
        starts: log.starts,
        losses: log.losses,
        position: start,
    };
    Body::from_stream(stream::unfold(follower, Follower::next)).into_response()
}

/// Returns where the last lines of a text begin.
fn start_of_tail(text: &str, lines: usize) -> usize {
    let kept: usize = text
        .split_inclusive('\n')
        .rev()
        .take(lines)
        .map(str::len)
        .sum();
    text.len() - kept
}

/// One who follows a log.
struct Follower {
    logs: Logs,
    key: String,
    starts: usize,
    losses: usize,
    position: usize,
}

impl Follower {
    /// Waits for more, for the end of the container, or for the loss of the connection.
    async fn next(mut self) -> Option<(Result<Bytes, io::Error>, Self)> {
        loop {
            let log = {
                let logs = self.logs.lock().expect("no holder panics");
                logs.get(&self.key)?.clone()
            };
            if log.losses != self.losses {
                let lost = io::Error::from(io::ErrorKind::ConnectionReset);
                return Some((Err(lost), self));
            }
            if log.starts != self.starts {
                return None;
            }
            if log.text.len() > self.position {
                let more = Bytes::from(log.text[self.position..].to_owned());
                self.position = log.text.len();
                return Some((Ok(more), self));
            }
            tokio::time::sleep(GLANCE).await;
        }
    }
}
