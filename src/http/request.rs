//! One request, from the first byte sent to the last byte read: retries, redirects, limits.

use std::error::Error;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Method, Response};
use url::Url;

use super::call::{Answer, Call};
use super::client::{HttpError, Options, client};
use super::fault::{LONGEST_ANSWER, TransportError};
use super::redact::shown;
use super::retry::{OnPause, Patience, Pause, Verdict, is_read, judge};

/// How many redirects are followed.
const HOPS: usize = 5;

/// Sends requests and waits for whole answers.
#[derive(Clone)]
pub struct Transport {
    client: reqwest::Client,
    limit: Duration,
    patience: Patience,
    on_pause: Option<OnPause>,
}

impl Transport {
    /// Makes a transport.
    pub fn new(options: &Options) -> Result<Self, HttpError> {
        let limit = options.limit.unwrap_or(Duration::from_mins(1));
        Ok(Self {
            client: client(options)?,
            limit,
            patience: Patience::default(),
            on_pause: None,
        })
    }

    /// Sets how patient it is.
    #[must_use]
    pub const fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Sets what is called before each wait.
    #[must_use]
    pub fn with_on_pause(mut self, on_pause: Option<OnPause>) -> Self {
        self.on_pause = on_pause;
        self
    }

    /// Sends a request; waits out limits, and repeats what only reads after a passing fault.
    pub async fn send(&self, call: &Call) -> Result<Answer, TransportError> {
        let mut attempt = 1;
        loop {
            let (reason, wait) = match self.follow(call).await {
                Ok(answer) => match judge(
                    &call.method,
                    answer.status,
                    &answer.headers,
                    attempt,
                    &self.patience,
                ) {
                    Verdict::Take => return Ok(answer),
                    Verdict::Limited(after) => {
                        return Err(TransportError::Limited {
                            url: shown(&call.url),
                            after,
                        });
                    }
                    Verdict::Again(wait) => (format!("it answered {}", answer.status), wait),
                },
                Err(TransportError::Broken { .. })
                    if is_read(&call.method) && attempt < self.patience.attempts =>
                {
                    ("the connection broke".into(), self.patience.pause(attempt))
                }
                Err(error) => return Err(error),
            };
            self.rest(Pause {
                url: shown(&call.url),
                reason,
                wait,
            })
            .await;
            attempt += 1;
        }
    }

    async fn rest(&self, pause: Pause) {
        tracing::debug!(url = pause.url, reason = pause.reason, wait = ?pause.wait, "trying again");
        if let Some(on_pause) = &self.on_pause {
            on_pause(&pause);
        }
        tokio::time::sleep(pause.wait).await;
    }

    /// Sends a request once, and follows where the answer may lead.
    async fn follow(&self, call: &Call) -> Result<Answer, TransportError> {
        let mut url = call.url.clone();
        for _ in 0..=HOPS {
            let answer = self.exchange(call, &url).await?;
            if !matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            let Some(target) = location(&answer) else {
                return Ok(answer);
            };
            if let Some(reason) = refusal(&call.method, &url, &target) {
                return Err(TransportError::Moved {
                    url: shown(&url),
                    target: shown(&target),
                    reason,
                });
            }
            url = target;
        }
        let target = shown(&url);
        Err(TransportError::Moved {
            url: shown(&call.url),
            target,
            reason: "that is one redirect too many",
        })
    }

    async fn exchange(&self, call: &Call, url: &Url) -> Result<Answer, TransportError> {
        let mut request = self
            .client
            .request(call.method.clone(), url.clone())
            .headers(call.headers.clone());
        if let Some((media_type, body)) = &call.body {
            request = request.header(CONTENT_TYPE, media_type).body(body.clone());
        }
        let response = request
            .send()
            .await
            .map_err(|error| self.explain(error, url))?;
        let (status, headers) = (response.status(), response.headers().clone());
        tracing::debug!(method = %call.method, url = shown(url), status = status.as_u16(), "asked");
        let body = self.read(response, url).await?;
        Ok(Answer {
            url: url.clone(),
            status,
            headers,
            body,
        })
    }

    async fn read(&self, mut response: Response, url: &Url) -> Result<Bytes, TransportError> {
        let mut body = BytesMut::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| self.explain(error, url))?
        {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(TransportError::TooLong { url: shown(url) });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    /// Sorts what reqwest reports; its own text would show the address with everything in it.
    fn explain(&self, error: reqwest::Error, url: &Url) -> TransportError {
        let error = error.without_url();
        let url = shown(url);
        if error.is_timeout() && !error.is_connect() {
            return TransportError::TimedOut {
                url,
                limit: self.limit,
            };
        }
        if is_tls(&error) {
            return TransportError::Tls { url, source: error };
        }
        if error.is_connect() || error.is_builder() {
            return TransportError::Unreachable { url, source: error };
        }
        TransportError::Broken { url, source: error }
    }
}

/// Returns where a redirect points, without the credentials it may name.
fn location(answer: &Answer) -> Option<Url> {
    let text = answer.headers.get(LOCATION)?.to_str().ok()?;
    answer.url.join(text).ok()
}

/// Says why a redirect must not be followed; `None` where it may.
fn refusal(method: &Method, from: &Url, to: &Url) -> Option<&'static str> {
    if !is_read(method) {
        return Some("a request that changes something is not sent on");
    }
    if from.host_str() != to.host_str() {
        return Some("credentials are not sent to another host");
    }
    let upgrade = from.scheme() == "http" && to.scheme() == "https";
    if from.scheme() != to.scheme() && !upgrade {
        return Some("credentials are not sent without encryption");
    }
    if from.port_or_known_default() != to.port_or_known_default() && !upgrade {
        return Some("credentials are not sent to another port");
    }
    (!to.username().is_empty() || to.password().is_some())
        .then_some("an address with credentials is not followed")
}

/// Says whether the TLS handshake is what went wrong.
fn is_tls(error: &(dyn Error + 'static)) -> bool {
    if error.is::<rustls::Error>() {
        return true;
    }
    // An I/O error names the source of what it wraps as its own, and so hides the thing itself.
    let wrapped = error
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref);
    match wrapped {
        Some(wrapped) => is_tls(wrapped),
        None => error.source().is_some_and(is_tls),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use reqwest::header::HeaderValue;

    use super::super::script::{Reply, Script};
    use super::*;

    fn transport() -> Transport {
        let options = Options {
            limit: Some(Duration::from_millis(300)),
            ..Options::default()
        };
        let first = Duration::from_millis(1);
        Transport::new(&options).unwrap().with_patience(Patience {
            first,
            ..Patience::default()
        })
    }

    async fn ask(method: Method, url: Url) -> Result<Answer, TransportError> {
        let mut call = Call::new(method, url);
        call.headers
            .insert("private-token", HeaderValue::from_static("hidden"));
        transport().send(&call).await
    }

    #[tokio::test]
    async fn what_reads_is_repeated_and_what_writes_is_not() {
        let server = Script::start().await;
        for line in ["GET /x", "POST /x"] {
            server
                .on(line, Reply::html(502))
                .on(line, Reply::new(200).text("half").breaking());
            server.ok(line, &serde_json::json!({}));
        }
        assert_eq!(
            ask(Method::GET, server.url("/x")).await.unwrap().status,
            200
        );
        assert_eq!(
            ask(Method::POST, server.url("/x")).await.unwrap().status,
            502
        );
        let broken = ask(Method::POST, server.url("/x")).await.unwrap_err();
        assert!(broken.is_unclear(), "{broken}");
        assert_eq!(server.lines().len(), 5);
    }

    #[tokio::test]
    async fn a_limit_is_waited_out_and_told() {
        let server = Script::start().await;
        server
            .on(
                "POST /x",
                Reply::new(429)
                    .header("retry-after", "0")
                    .text("Retry later"),
            )
            .on("POST /x", Reply::new(201));
        let told = Arc::new(Mutex::new(Vec::new()));
        let ears = told.clone();
        let on_pause: OnPause =
            Arc::new(move |pause: &Pause| ears.lock().unwrap().push(pause.reason.clone()));
        let call = Call::new(Method::POST, server.url("/x"));
        let answer = transport()
            .with_on_pause(Some(on_pause))
            .send(&call)
            .await
            .unwrap();
        assert_eq!(answer.status, 201);
        assert_eq!(*told.lock().unwrap(), ["it answered 429 Too Many Requests"]);
        server.on("GET /y", Reply::new(429).header("retry-after", "90"));
        let limited = ask(Method::GET, server.url("/y")).await.unwrap_err();
        assert!(
            limited
                .to_string()
                .ends_with("/y limits the number of requests for another 90 s"),
            "{limited}"
        );
    }

    #[tokio::test]
    async fn a_redirect_is_followed_on_the_same_host_only() {
        let server = Script::start().await;
        server.on(
            "GET /old?page=1",
            Reply::new(301).header("location", "/new?page=1"),
        );
        server.ok("GET /new?page=1", &serde_json::json!({}));
        let answer = ask(Method::GET, server.url("/old?page=1")).await.unwrap();
        assert_eq!(answer.url, server.url("/new?page=1"));
        let other = Script::start().await;
        for (line, target) in [
            ("GET /a", format!("http://localhost:{}/a", server.port())),
            ("GET /b", other.url("/b").to_string()),
            ("GET /loop", "/loop".into()),
            ("POST /c", "/new".into()),
        ] {
            server.on(line, Reply::new(308).header("location", target));
            let (method, path) = line.split_once(' ').unwrap();
            let error = ask(method.parse().unwrap(), server.url(path))
                .await
                .unwrap_err();
            assert!(
                matches!(error, TransportError::Moved { .. }),
                "{line}: {error}"
            );
            assert!(!error.is_unclear());
        }
        assert!(other.lines().is_empty(), "the token went to another server");
    }

    #[test]
    fn encryption_is_never_given_up() {
        let url = |text| Url::parse(text).unwrap();
        let refused = |from, to| refusal(&Method::GET, &url(from), &url(to)).is_some();
        assert!(refused("https://host/a", "http://host/a"));
        assert!(refused("https://host/a", "https://me:secret@host/a"));
        assert!(!refused("http://host:80/a", "https://host/a"));
    }

    #[tokio::test]
    async fn faults_are_told_apart() {
        let server = Script::start().await;
        server.on("GET /slow", Reply::new(200).after(Duration::from_secs(5)));
        let slow = ask(Method::GET, server.url("/slow?token=hidden")).await;
        assert!(slow.is_ok(), "another line answers at once");
        let slow = ask(Method::GET, server.url("/slow")).await.unwrap_err();
        assert!(matches!(slow, TransportError::TimedOut { .. }), "{slow:?}");
        let mut tls = server.url("/");
        tls.set_scheme("https").unwrap();
        let tls = ask(Method::GET, tls).await.unwrap_err();
        assert!(matches!(tls, TransportError::Tls { .. }), "{tls:?}");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let closed = ask(
            Method::GET,
            Url::parse(&format!("http://{address}/x?token=hidden")).unwrap(),
        )
        .await;
        let closed = closed.unwrap_err();
        assert!(
            matches!(closed, TransportError::Unreachable { .. }),
            "{closed:?}"
        );
        assert!(!format!("{closed} {closed:?}").contains("hidden"));
    }
}
