//! Small calls to the API of Gitea and Forgejo.

use reqwest::Method;
use reqwest::header::HeaderName;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::error::HostError;
use super::super::host::AccountKind;
use super::super::session::{Dialect, Errand, Session};
use super::super::settings::Settings;
use crate::http::{Answer, Next, link_to_next};

/// Returns the scopes that the work needs.
pub(super) const fn scopes(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Group => "write:repository, write:organization, read:user",
        AccountKind::User => "write:repository, write:user",
    }
}

/// A client of one Gitea.
pub(super) struct Client {
    pub session: Session,
}

impl Client {
    pub(super) fn new(settings: &Settings) -> Result<Self, HostError> {
        let dialect = Dialect {
            service: "Gitea",
            api: "api/v1",
            header: HeaderName::from_static("authorization"),
            prefix: "token ",
            token_page: "user/settings/applications",
            scopes: scopes(settings.kind),
            variable: "GITEA_TOKEN",
        };
        Ok(Self {
            session: Session::new(dialect, settings)?,
        })
    }

    /// Sends a request, and lets only a good answer through.
    pub(super) async fn send(
        &self,
        method: Method,
        endpoint: &str,
        body: Option<&Value>,
        errand: &Errand,
    ) -> Result<Answer, HostError> {
        let answer = self.session.ask(method.clone(), endpoint, body).await?;
        self.session.check(&method, answer, errand)
    }

    /// Reads something.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        endpoint: &str,
        errand: &Errand,
    ) -> Result<T, HostError> {
        let answer = self.send(Method::GET, endpoint, None, errand).await?;
        self.session.read(&Method::GET, &answer)
    }

    /// Reads something that may not be there.
    pub(super) async fn find<T: DeserializeOwned>(
        &self,
        endpoint: &str,
        errand: &Errand,
    ) -> Result<Option<T>, HostError> {
        match self.read(endpoint, errand).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_visible() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes something, and reads how it came out.
    pub(super) async fn create<T: DeserializeOwned>(
        &self,
        endpoint: &str,
        body: &Value,
        errand: &Errand,
    ) -> Result<T, HostError> {
        let answer = self
            .send(Method::POST, endpoint, Some(body), errand)
            .await?;
        self.session.read(&Method::POST, &answer)
    }

    /// Removes something; that it is gone already is as good.
    pub(super) async fn delete(&self, endpoint: &str, errand: &Errand) -> Result<(), HostError> {
        match self.send(Method::DELETE, endpoint, None, errand).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_visible() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Reads a whole list; `endpoint` may have a query.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        endpoint: &str,
        errand: &Errand,
    ) -> Result<Vec<T>, HostError> {
        let rows = self
            .session
            .pages(|number| self.page(endpoint, number, errand), next_page)
            .await?;
        rows.iter()
            .map(|row| self.session.row(endpoint, row))
            .collect()
    }

    async fn page(
        &self,
        endpoint: &str,
        number: u64,
        errand: &Errand,
    ) -> Result<Answer, HostError> {
        let mark = if endpoint.contains('?') { '&' } else { '?' };
        self.send(
            Method::GET,
            &format!("{endpoint}{mark}limit=50&page={number}"),
            None,
            errand,
        )
        .await
    }
}

/// Says where a list goes on; the server may give fewer rows than were asked for.
fn next_page(answer: &Answer, current: u64) -> Next {
    match link_to_next(&answer.headers, &answer.url) {
        Some(_) => Next::Page(current + 1),
        None => Next::End,
    }
}
