//! The `gitlab` crate's endpoints, sent by our own transport and read by our own rules.

use async_trait::async_trait;
use bytes::Bytes;
use gitlab::api::{ApiError, AsyncClient, Endpoint, RestClient};
use http::{Response, request};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderName};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use super::super::error::HostError;
use super::super::session::{Dialect, Errand, Session};
use super::super::settings::Settings;
use super::endpoint::Page;
use crate::http::{Answer, Call, Next, link_to_next};

/// Fields of bodies that are numbers or truth values; the crate writes all of them as text.
const TYPED_FIELDS: &[&str] = &[
    "can_push",
    "group_access",
    "group_id",
    "namespace_id",
    "remove_source_branch",
];

/// A client of one GitLab.
pub(super) struct Client {
    pub session: Session,
}

impl Client {
    pub(super) fn new(settings: &Settings) -> Result<Self, HostError> {
        let dialect = Dialect {
            service: "GitLab",
            api: "api/v4",
            header: HeaderName::from_static("private-token"),
            prefix: "",
            token_page: "-/user_settings/personal_access_tokens",
            scopes: "api",
            variable: "GITLAB_TOKEN",
        };
        Ok(Self {
            session: Session::new(dialect, settings)?,
        })
    }

    /// Asks, and lets only a good answer through.
    pub(super) async fn ask<E: Endpoint + Sync>(
        &self,
        endpoint: &E,
        errand: &Errand,
    ) -> Result<Answer, HostError> {
        let mut url = endpoint
            .url_base()
            .endpoint_for(self, &endpoint.endpoint())
            .map_err(plain)?;
        endpoint.parameters().add_to_url(&mut url);
        if url.query() == Some("") {
            url.set_query(None);
        }
        let request = request::Builder::new()
            .method(endpoint.method())
            .uri(url.as_str());
        let body = endpoint.body().map_err(|error| plain(error.into()))?;
        let (request, body) = match body {
            Some((media_type, body)) => (request.header(CONTENT_TYPE, media_type), body),
            None => (request, Vec::new()),
        };
        let response = self.rest_async(request, body).await.map_err(plain)?;
        let (parts, body) = response.into_parts();
        let url = parts.extensions.get().cloned().unwrap_or(url);
        let answer = Answer {
            url,
            status: parts.status,
            headers: parts.headers,
            body,
        };
        self.session.check(&endpoint.method(), answer, errand)
    }

    /// Asks, and reads the answer.
    pub(super) async fn query<T, E>(&self, endpoint: &E, errand: &Errand) -> Result<T, HostError>
    where
        T: DeserializeOwned,
        E: Endpoint + Sync,
    {
        let answer = self.ask(endpoint, errand).await?;
        self.session.read(&endpoint.method(), &answer)
    }

    /// Asks for something that may not be there.
    pub(super) async fn find<T, E>(
        &self,
        endpoint: &E,
        errand: &Errand,
    ) -> Result<Option<T>, HostError>
    where
        T: DeserializeOwned,
        E: Endpoint + Sync,
    {
        match self.query(endpoint, errand).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_visible() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes something; says whether it was there.
    pub(super) async fn delete<E: Endpoint + Sync>(
        &self,
        endpoint: &E,
        errand: &Errand,
    ) -> Result<bool, HostError> {
        match self.ask(endpoint, errand).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_visible() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads a whole list.
    pub(super) async fn list<T, E>(
        &self,
        endpoint: &E,
        errand: &Errand,
    ) -> Result<Vec<T>, HostError>
    where
        T: DeserializeOwned,
        E: Endpoint + Sync,
    {
        let rows = self
            .session
            .pages(|number| self.page(endpoint, number, errand), next_page)
            .await?;
        rows.iter()
            .map(|row| self.session.row(&endpoint.endpoint(), row))
            .collect()
    }

    async fn page<E: Endpoint + Sync>(
        &self,
        list: &E,
        number: u64,
        errand: &Errand,
    ) -> Result<Answer, HostError> {
        self.ask(&Page { list, number }, errand).await
    }
}

impl RestClient for Client {
    type Error = HostError;

    fn rest_endpoint(&self, endpoint: &str) -> Result<Url, ApiError<HostError>> {
        self.session.url(endpoint).map_err(ApiError::client)
    }
}

#[async_trait]
impl AsyncClient for Client {
    async fn rest_async(
        &self,
        request: request::Builder,
        body: Vec<u8>,
    ) -> Result<Response<Bytes>, ApiError<HostError>> {
        let call = call(&request, &body)?;
        let answer = self.session.send(call).await.map_err(ApiError::client)?;
        let mut response = Response::new(answer.body);
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        response.extensions_mut().insert(answer.url);
        Ok(response)
    }
}

/// Returns the request as our transport sends it, its body as JSON: so GitLab's own contract has it.
fn call(request: &request::Builder, body: &[u8]) -> Result<Call, ApiError<HostError>> {
    let address = request
        .uri_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let mut call = Call::new(
        request.method_ref().cloned().unwrap_or_default(),
        Url::parse(&address)?,
    );
    let media_type = request
        .headers_ref()
        .and_then(|headers| headers.get(CONTENT_TYPE));
    if let Some(media_type) = media_type {
        call = call.with_json(&match media_type.as_bytes() {
            b"application/json" => serde_json::from_slice(body)?,
            _ => json_of_form(body),
        });
    }
    Ok(call)
}

fn json_of_form(form: &[u8]) -> Value {
    let typed = |name: &str, text: &str| match serde_json::from_str(text) {
        Ok(value) if TYPED_FIELDS.contains(&name) => value,
        _ => Value::from(text),
    };
    let fields =
        form_urlencoded::parse(form).map(|(name, text)| (name.to_string(), typed(&name, &text)));
    Value::Object(fields.collect::<Map<_, _>>())
}

/// Takes our own error out of the crate's; of its own it has only those for bodies and addresses.
fn plain(error: ApiError<HostError>) -> HostError {
    match error {
        ApiError::Client { source } => source,
        other => HostError::Refused {
            action: "make a request".into(),
            status: 0,
            message: other.to_string(),
        },
    }
}

/// Says where a list goes on.
fn next_page(answer: &Answer, current: u64) -> Next {
    match answer
        .headers
        .get("x-next-page")
        .map(|value| value.to_str().unwrap_or_default().trim())
    {
        Some(number) => number.parse().map_or(Next::End, Next::Page),
        None if link_to_next(&answer.headers, &answer.url).is_some() => Next::Page(current + 1),
        None => Next::End,
    }
}

/// Says which requests may have been refused for want of what: an errand on a project.
pub(super) fn on_project(action: &'static str, project: &str, role: &'static str) -> Errand {
    Errand::new(action, format!("the project {project}"), role)
}

/// Reads what was asked for with a body that no message may quote.
pub(super) fn read_secret<T: DeserializeOwned>(
    answer: &Answer,
    method: &Method,
) -> Result<T, HostError> {
    serde_json::from_slice(&answer.body).map_err(|_| HostError::Unreadable {
        call: format!("{method} {}", crate::http::shown(&answer.url)),
        status: answer.status.as_u16(),
        excerpt: "not shown, it may hold a secret".into(),
    })
}
