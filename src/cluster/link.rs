//! The connection itself: a client, its credential, and what happens when that is refused.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::{AsyncBufRead, TryStreamExt as _};
use http::{Response, StatusCode, header};
use http_body_util::BodyExt as _;
use kube::client::Body;
use tokio::sync::RwLock;
use tokio::time::{Instant, timeout_at};

use super::call::Call;
use super::connect::ConnectError;
use super::credential::Credential;
use super::error::ClusterError;
use super::recipe::Recipe;
use super::refusal::{Refusal, no_answer};
use super::resource::Resource;

/// How long a client must have lived before its dying credential is renewed: a clock that is wrong
/// would otherwise run the plugin for each request.
const CREDENTIAL_REST: Duration = Duration::from_secs(10);

/// The body of an answer, as it arrives.
pub(super) type Reader = Pin<Box<dyn AsyncBufRead + Send>>;

/// A connection to a cluster, which renews its credential by itself.
pub(super) struct Link {
    pub recipe: Recipe,
    /// The kinds that were asked for before, by API version.
    pub kinds: Mutex<HashMap<String, Arc<Vec<Resource>>>>,
    session: RwLock<Session>,
}

/// A client with the credential that it was made with.
#[derive(Clone)]
struct Session {
    client: kube::Client,
    expires: Option<jiff::Timestamp>,
    made: Instant,
    number: u64,
}

impl Session {
    async fn new(recipe: &Recipe, number: u64) -> Result<Self, ConnectError> {
        let (client, expires) = recipe.client().await?;
        Ok(Self {
            client,
            expires,
            made: Instant::now(),
            number,
        })
    }
}

impl Link {
    /// Makes the first client; a credential plugin runs for it.
    pub(super) async fn new(
        recipe: Recipe,
        deadline: Option<Instant>,
    ) -> Result<Self, ConnectError> {
        let session = Session::new(&recipe, 0);
        let session = match deadline {
            Some(deadline) => timeout_at(deadline, session)
                .await
                .map_err(|_| ConnectError::CredentialTimeout)?,
            None => session.await,
        };
        Ok(Self {
            session: RwLock::new(session?),
            kinds: Mutex::default(),
            recipe,
        })
    }

    /// Sends a call and collects the answer.
    pub(super) async fn send(&self, call: &Call) -> Result<Bytes, ClusterError> {
        self.collect(self.respond(call).await?).await
    }

    /// Sends a call and collects the answer, and what the server warns of.
    pub(super) async fn send_heeding(
        &self,
        call: &Call,
    ) -> Result<(Bytes, Vec<String>), ClusterError> {
        let response = self.respond(call).await?;
        let warnings = response.headers().get_all(header::WARNING).iter();
        let warnings = warnings
            .filter_map(|value| warning(value.to_str().ok()?))
            .collect();
        Ok((self.collect(response).await?, warnings))
    }

    /// Sends a call and gives out the answer as it arrives.
    pub(super) async fn open(&self, call: &Call) -> Result<Reader, ClusterError> {
        let chunks = self.respond(call).await?.into_body().into_data_stream();
        Ok(Box::pin(chunks.map_err(io::Error::other).into_async_read()))
    }

    /// Sends a call, once more if the credential is refused, and returns the answer if it is a good one.
    ///
    /// The calls of kube that do the same write the answer into the log, so they are not used.
    async fn respond(&self, call: &Call) -> Result<Response<Body>, ClusterError> {
        let session = self.session().await?;
        let mut response = self.attempt(&session, call).await?;
        if response.status() == StatusCode::UNAUTHORIZED && self.recipe.can_renew() {
            let session = self.renew(session.number).await?;
            response = self.attempt(&session, call).await?;
        }
        let code = response.status();
        if code.is_success() {
            return Ok(response);
        }
        let body = self.collect(response).await?;
        Err(Refusal::read(&body).into_error(code.as_u16(), &call.deed, &self.recipe.server))
    }

    async fn attempt(
        &self,
        session: &Session,
        call: &Call,
    ) -> Result<Response<Body>, ClusterError> {
        let request = call.request().map_err(|source| ClusterError::Request {
            deed: Box::new(call.deed.clone()),
            source,
        })?;
        let response = session.client.send(request.map(Body::from)).await;
        response.map_err(|error| no_answer(&error, &self.recipe.server))
    }

    async fn collect(&self, response: Response<Body>) -> Result<Bytes, ClusterError> {
        let body = response.into_body().collect_bytes().await;
        body.map_err(|error| no_answer(&error, &self.recipe.server))
    }

    /// Returns a client whose credential is still good.
    async fn session(&self) -> Result<Session, ClusterError> {
        let session = self.session.read().await.clone();
        if Credential::is_expiring(session.expires) && session.made.elapsed() > CREDENTIAL_REST {
            return self.renew(session.number).await;
        }
        Ok(session)
    }

    /// Replaces the client with the number by one with a new credential. Whoever comes second takes
    /// what the first has made.
    async fn renew(&self, number: u64) -> Result<Session, ClusterError> {
        let mut session = self.session.write().await;
        if session.number == number {
            let made = Session::new(&self.recipe, number + 1).await;
            *session = made.map_err(|error| ClusterError::Credentials {
                server: self.recipe.server.clone(),
                source: Box::new(error),
            })?;
        }
        Ok(session.clone())
    }
}

/// Returns the text of a warning: after a code and an agent it stands in quotation marks, where a backslash stands
/// before those that belong to it.
fn warning(value: &str) -> Option<String> {
    let (_, quoted) = value.split_once('"')?;
    let mut text = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => return Some(text),
            '\\' => text.push(characters.next()?),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_warnings() {
        let text = warning(r#"299 - "unknown field \"spec.replcas\"" "Sat, 21 Nov 2026""#);
        assert_eq!(text.as_deref(), Some(r#"unknown field "spec.replcas""#));
        assert_eq!(warning("299 - broken"), None);
        assert_eq!(warning(r#"299 - "open"#), None);
    }
}
