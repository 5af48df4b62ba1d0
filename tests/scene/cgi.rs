//! `git http-backend` as a CGI program: a request goes in, an answer comes out, both streamed.

use std::io;
use std::path::Path;
use std::process::Stdio;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures::{StreamExt as _, stream};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Lets Git answer a request for the repository at `root` + `path`; `git` is the program with its own settings and
/// what hooks are to know of the caller.
pub async fn http_backend(
    git: Command,
    root: &Path,
    path: &str,
    request: Request,
) -> io::Result<Response> {
    let mut child = start(git, root, path, &request)?;
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

/// Starts it with what CGI tells in variables.
fn start(mut git: Command, root: &Path, path: &str, request: &Request) -> io::Result<Child> {
    let text = |name: HeaderName| {
        let value = request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    };
    git.arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", request.method().as_str())
        .env("PATH_INFO", path)
        .env("QUERY_STRING", request.uri().query().unwrap_or_default())
        .env("CONTENT_TYPE", text(header::CONTENT_TYPE))
        .env("HTTP_CONTENT_ENCODING", text(header::CONTENT_ENCODING))
        .env(
            "GIT_PROTOCOL",
            text(HeaderName::from_static("git-protocol")),
        )
        .env("REMOTE_ADDR", "127.0.0.1");
    // Git reads a chunked body, which has no length, to its end only where the variable is absent.
    let length = text(header::CONTENT_LENGTH);
    if !length.is_empty() {
        git.env("CONTENT_LENGTH", length);
    }
    git.stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    git.spawn()
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
