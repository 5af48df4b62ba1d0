//! A server of our own that stands for an API server in tests.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderMap, header};
use serde_json::Value;

use super::client::Cluster;
use super::connect::{ConnectOptions, Token};
use super::kubeconfig::Choice;

/// A request as the server saw it.
pub(super) struct Seen {
    pub line: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// A server that stands for an API server, and what it saw.
pub(super) struct Double {
    pub address: String,
    pub seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Double {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Double {
    /// Starts a server that answers as `answer` says.
    pub(super) async fn start(
        answer: impl Fn(&Seen) -> Response + Clone + Send + Sync + 'static,
    ) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let book = Arc::clone(&seen);
        let serve = move |request: Request| {
            let (book, answer) = (Arc::clone(&book), answer.clone());
            async move {
                let (parts, body) = request.into_parts();
                let line = format!("{} {}", parts.method, parts.uri);
                let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
                let entry = Seen {
                    line,
                    headers: parts.headers,
                    body,
                };
                let response = answer(&entry);
                book.lock().unwrap().push(entry);
                response
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(serve);
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            seen,
            task,
        }
    }

    /// Returns the request lines so far.
    pub(super) fn lines(&self) -> Vec<String> {
        self.seen
            .lock()
            .unwrap()
            .iter()
            .map(|seen| seen.line.clone())
            .collect()
    }

    /// Connects to it with a token and nothing else.
    pub(super) async fn connect(&self) -> Cluster {
        Cluster::connect(&self.options()).await.unwrap()
    }

    /// Returns how it is reached with a token and nothing else.
    pub(super) fn options(&self) -> ConnectOptions {
        ConnectOptions {
            choice: Choice {
                kubeconfig: Some("/dev/null".into()),
                ..Choice::default()
            },
            server: Some(self.address.clone()),
            token: Some(Token::from("sesame".to_owned())),
            timeout: Some(Duration::from_secs(20)),
            ..ConnectOptions::default()
        }
    }
}

/// Makes an answer of JSON.
pub(super) fn answer(code: u16, body: &Value) -> Response {
    let builder = Response::builder()
        .status(code)
        .header(header::CONTENT_TYPE, "application/json");
    builder.body(Body::from(body.to_string())).unwrap()
}
