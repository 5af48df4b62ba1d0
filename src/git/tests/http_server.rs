//! An HTTP server in front of `git http-backend`, with the faults that real ones have.

use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::git::transport::lock;

/// What goes wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The pack is not taken.
    PackRefused,
    /// The pack is taken, and then the answer gets lost.
    AnswerLost,
    /// Every request has this status and text.
    Status(u16, &'static str),
    /// A page for people.
    Page,
    /// The first request leads elsewhere.
    Moved(String),
}

/// The requests that came, with their headers, and how the server behaves.
#[derive(Default)]
pub struct State {
    pub fault: Option<Fault>,
    pub authorization: Option<String>,
    pub requests: Vec<String>,
}

/// A running server; it ends with the program's tests.
pub struct Server {
    pub address: SocketAddr,
    pub state: Arc<Mutex<State>>,
}

struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> &str {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value)
    }
}

impl Server {
    /// Serves the repositories in `root`.
    pub fn start(root: PathBuf, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (root, tls, state) = (root.clone(), tls.clone(), Arc::clone(&shared));
                thread::spawn(move || {
                    let stream = stream.unwrap();
                    match tls {
                        Some(config) => {
                            let connection = ServerConnection::new(config).unwrap();
                            serve(StreamOwned::new(connection, stream), &root, &state);
                        }
                        None => serve::<TcpStream>(stream, &root, &state),
                    }
                });
            }
        });
        Self { address, state }
    }

    pub fn set(&self, fault: Fault) {
        lock(&self.state).fault = Some(fault);
    }

    pub fn demand(&self, authorization: &str) {
        lock(&self.state).authorization = Some(authorization.into());
    }

    pub fn requests(&self) -> Vec<String> {
        lock(&self.state).requests.clone()
    }
}

fn serve<S: Read + Write>(stream: S, root: &std::path::Path, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    let Some(request) = read(&mut reader) else {
        return;
    };
    let stream = reader.get_mut();
    let (fault, wanted) = {
        let mut state = lock(state);
        state.requests.push(format!(
            "{} {} {}",
            request.method,
            request.target,
            request.header("authorization")
        ));
        (state.fault.clone(), state.authorization.clone())
    };
    let answer = if wanted.is_some_and(|wanted| wanted != request.header("authorization")) {
        plain(401, "HTTP Basic: Access denied")
    } else {
        let takes_pack = request.method == "POST" && request.target.ends_with("git-receive-pack");
        match fault {
            Some(Fault::Status(status, text)) => plain(status, text),
            Some(Fault::Page) => page(),
            Some(Fault::Moved(to))
                if request.method == "GET" && !request.target.starts_with("/moved") =>
            {
                let to = to.replace("TARGET", &request.target);
                format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").into()
            }
            Some(Fault::PackRefused) if takes_pack => plain(502, "upstream is away"),
            Some(Fault::AnswerLost) if takes_pack => {
                backend(&request, root);
                plain(502, "upstream is away")
            }
            _ => backend(&request, root),
        }
    };
    drop(stream.write_all(&answer).and_then(|()| stream.flush()));
}

fn read(reader: &mut impl std::io::BufRead) -> Option<Request> {
    let mut line = String::new();
    reader
        .read_line(&mut line)
        .ok()
        .filter(|count| *count > 0)?;
    let mut words = line.split_whitespace().map(String::from);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Request {
        method,
        target,
        headers,
        body: Vec::new(),
    };
    let length = request.header("content-length").parse().unwrap_or(0);
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

fn plain(status: u16, text: &str) -> Vec<u8> {
    let length = text.len();
    format!("HTTP/1.1 {status} Fault\r\nContent-Type: text/plain\r\nRetry-After: 7\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}").into()
}

fn page() -> Vec<u8> {
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<h1>Log in</h1>".to_vec()
}

fn backend(request: &Request, root: &std::path::Path) -> Vec<u8> {
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    let path = path.strip_prefix("/moved").unwrap_or(path);
    let mut child = Command::new("git")
        .arg("http-backend")
        .env("HOME", root)
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", &request.method)
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("CONTENT_TYPE", request.header("content-type"))
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("REMOTE_USER", "tester")
        .env("REMOTE_ADDR", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let body = request.body.clone();
    let writer = thread::spawn(move || drop(stdin.write_all(&body)));
    let output = child.wait_with_output().unwrap().stdout;
    writer.join().unwrap();
    let end = output
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8_lossy(&output[..end]).into_owned();
    let body = &output[end + 4..];
    let status = head
        .lines()
        .find_map(|line| line.strip_prefix("Status: "))
        .unwrap_or("200 OK")
        .to_owned();
    let length = body.len();
    let mut answer = format!(
        "HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )
    .into_bytes();
    answer.extend_from_slice(body);
    answer
}
