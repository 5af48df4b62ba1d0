//! A server for unit tests that plays scripted answers and remembers what it was asked.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

/// One scripted answer.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    delay: Duration,
    breaks: bool,
}

impl Reply {
    /// Makes an answer without a body.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    /// Makes an answer with a JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status)
            .header("content-type", "application/json")
            .text(body.to_string())
    }

    /// Makes an answer with a page for people.
    pub fn html(status: u16) -> Self {
        let page = "<!DOCTYPE html><html><body><h1>Sign in</h1></body></html>";
        Self::new(status)
            .header("content-type", "text/html; charset=utf-8")
            .text(page)
    }

    /// Adds a header.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sets the body.
    pub fn text(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    /// Waits before it answers.
    pub const fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Breaks the connection in the middle of the body.
    pub const fn breaking(mut self) -> Self {
        self.breaks = true;
        self
    }
}

/// What the server was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method, path and query, as in `GET /user?page=2`.
    pub line: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The JSON body; null without one.
    pub body: Value,
}

#[derive(Default)]
struct Play {
    answers: HashMap<String, VecDeque<Reply>>,
    asked: Vec<Asked>,
}

/// The server; it ends with its test.
pub struct Script {
    play: Arc<Mutex<Play>>,
    address: std::net::SocketAddr,
    task: JoinHandle<()>,
}

impl Script {
    /// Starts on a free port of this machine.
    pub async fn start() -> Self {
        let play = Arc::<Mutex<Play>>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(play.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            play,
            address,
            task,
        }
    }

    /// Adds an answer to `METHOD /path?query`; the last one of a line stays for all later requests.
    pub fn on(&self, line: &str, reply: Reply) -> &Self {
        self.play
            .lock()
            .unwrap()
            .answers
            .entry(line.into())
            .or_default()
            .push_back(reply);
        self
    }

    /// Adds an answer with status 200 and a JSON body.
    pub fn ok(&self, line: &str, body: &Value) -> &Self {
        self.on(line, Reply::json(200, body))
    }

    /// Returns the address of a path.
    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns all that was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.play.lock().unwrap().asked.clone()
    }

    /// Returns the first lines of all that was asked so far.
    pub fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }

    /// Returns the lines of all that was to change something.
    pub fn writes(&self) -> Vec<String> {
        self.lines()
            .into_iter()
            .filter(|line| !line.starts_with("GET "))
            .collect()
    }

    /// Returns the body of the last request with this line.
    pub fn body(&self, line: &str) -> Value {
        self.asked()
            .into_iter()
            .rfind(|asked| asked.line == line)
            .expect("it was asked")
            .body
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(play): State<Arc<Mutex<Play>>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let line = format!("{} {}", parts.method, parts.uri);
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let reply = {
        let mut play = play.lock().unwrap();
        play.asked.push(Asked {
            line: line.clone(),
            headers: parts.headers,
            body,
        });
        match play.answers.get_mut(&line) {
            Some(replies) if replies.len() > 1 => replies.pop_front(),
            Some(replies) => replies.front().cloned(),
            None => None,
        }
    };
    let reply =
        reply.unwrap_or_else(|| Reply::new(599).text(format!("nothing is scripted for {line}")));
    tokio::time::sleep(reply.delay).await;
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    let body = if reply.breaks {
        let broken = Err::<bytes::Bytes, _>(std::io::Error::other("the cable was pulled"));
        Body::from_stream(futures::stream::iter([
            Ok(bytes::Bytes::from(reply.body)),
            broken,
        ]))
    } else {
        Body::from(reply.body)
    };
    response.body(body).unwrap()
}
