//! The talk with one service: its address, the token, and what its answers mean.

use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use super::body::{is_foreign, is_page, message, missing_scope};
use super::error::{HostError, Need, Refusal};
use super::name::BaseUrl;
use super::settings::{Settings, Token};
use crate::http::{Answer, Call, Next, Options, Pages, Transport, excerpt, shown};

/// What makes one service differ from another on the wire.
pub(super) struct Dialect {
    /// Its name for people.
    pub service: &'static str,
    /// The path of its API below the base.
    pub api: &'static str,
    /// The header that the token goes into.
    pub header: HeaderName,
    /// What stands before the token in it.
    pub prefix: &'static str,
    /// Where its tokens are made, below the base.
    pub token_page: &'static str,
    /// The scopes that the work needs.
    pub scopes: &'static str,
    /// The variable that the token is read from.
    pub variable: &'static str,
}

/// What a call is for, to tell of when it fails.
pub(super) struct Errand {
    /// What is done, as in `add a deploy key to`.
    pub action: &'static str,
    /// On what, as in `the repository a/b`.
    pub on: String,
    /// The role that it takes.
    pub role: &'static str,
}

impl Errand {
    pub(super) fn new(action: &'static str, on: impl Into<String>, role: &'static str) -> Self {
        Self {
            action,
            on: on.into(),
            role,
        }
    }

    fn whole(&self) -> String {
        format!("{} {}", self.action, self.on)
    }
}

/// The talk with one service.
pub(super) struct Session {
    dialect: Dialect,
    base: BaseUrl,
    token: Token,
    credential: HeaderValue,
    transport: Transport,
}

impl Session {
    pub(super) fn new(dialect: Dialect, settings: &Settings) -> Result<Self, HostError> {
        let bad = |reason| HostError::BadToken { reason, hint: None };
        if settings.token.reveal().is_empty() {
            return Err(bad("it is empty"));
        }
        let header = Zeroizing::new(format!("{}{}", dialect.prefix, settings.token.reveal()));
        let mut credential =
            HeaderValue::from_str(&header).map_err(|_| bad("it holds a control character"))?;
        credential.set_sensitive(true);
        let options = Options {
            authorities: settings.authorities.clone(),
            limit: settings.limit,
        };
        let transport = Transport::new(&options)?
            .with_patience(settings.patience)
            .with_on_pause(settings.on_pause.clone());
        Ok(Self {
            dialect,
            base: settings.base.clone(),
            token: settings.token.clone(),
            credential,
            transport,
        })
    }

    pub(super) const fn service(&self) -> &'static str {
        self.dialect.service
    }

    pub(super) fn address(&self) -> &str {
        self.base.authority()
    }

    /// Returns the address of an endpoint, which is below the API's root.
    pub(super) fn url(&self, endpoint: &str) -> Result<Url, HostError> {
        let path = format!("{}/{endpoint}", self.dialect.api);
        self.base.below(&path).map_err(|error| {
            let url = format!("{}/{}", self.base, self.dialect.api);
            HostError::WrongBase {
                service: self.dialect.service,
                url,
                found: error.to_string(),
            }
        })
    }

    /// Sends a request with the token; any answer of the API is an answer.
    pub(super) async fn send(&self, mut call: Call) -> Result<Answer, HostError> {
        call.headers
            .insert(self.dialect.header.clone(), self.credential.clone());
        Ok(self.transport.send(&call).await?)
    }

    /// Asks for an endpoint below the API's root, with a JSON body where there is one.
    pub(super) async fn ask(
        &self,
        method: Method,
        endpoint: &str,
        body: Option<&Value>,
    ) -> Result<Answer, HostError> {
        let call = Call::new(method, self.url(endpoint)?);
        self.send(match body {
            Some(body) => call.with_json(body),
            None => call,
        })
        .await
    }

    /// Reads all pages of a list. `fetch` asks for a page, `next` says where an answer leads.
    pub(super) async fn pages<Fetch, Page>(
        &self,
        fetch: Fetch,
        next: fn(&Answer, u64) -> Next,
    ) -> Result<Vec<Value>, HostError>
    where
        Fetch: Fn(u64) -> Page + Send,
        Page: Future<Output = Result<Answer, HostError>> + Send,
    {
        let mut pages = Pages::new();
        loop {
            let answer = fetch(pages.current()).await?;
            // A service whose list is empty may say null.
            let rows: Option<Vec<Value>> = self.read(&Method::GET, &answer)?;
            let next = next(&answer, pages.current());
            if !pages.take(rows.unwrap_or_default(), &next, &answer.url)? {
                return Ok(pages.into_rows());
            }
        }
    }

    /// Reads the body as what the API gives.
    pub(super) fn read<T: DeserializeOwned>(
        &self,
        method: &Method,
        answer: &Answer,
    ) -> Result<T, HostError> {
        serde_json::from_slice(&answer.body).map_err(|_| self.unreadable(method, answer))
    }

    /// Reads one row of a list.
    pub(super) fn row<T: DeserializeOwned>(
        &self,
        endpoint: &str,
        row: &Value,
    ) -> Result<T, HostError> {
        T::deserialize(row).map_err(|_| HostError::Unreadable {
            call: format!("GET {}/{}/{endpoint}", self.base, self.dialect.api),
            status: 200,
            excerpt: self.excerpt(row.to_string().as_bytes()),
        })
    }

    fn unreadable(&self, method: &Method, answer: &Answer) -> HostError {
        if is_page(answer) {
            return self.wrong_base(answer);
        }
        HostError::Unreadable {
            call: format!("{method} {}", shown(&answer.url)),
            status: answer.status.as_u16(),
            excerpt: if answer.body.is_empty() {
                "an empty answer".into()
            } else {
                self.excerpt(&answer.body)
            },
        }
    }

    /// Lets a good answer through, and says of a bad one what it means.
    pub(super) fn check(
        &self,
        method: &Method,
        answer: Answer,
        errand: &Errand,
    ) -> Result<Answer, HostError> {
        let message = message(&answer.body).map(|message| self.excerpt(message.as_bytes()));
        let status = answer.status.as_u16();
        Err(match (status, message) {
            (200..=299, _) => return Ok(answer),
            (401, message) => self.unauthorized(&message.unwrap_or_default()),
            (403, Some(message)) => self.forbidden(&answer, message, errand),
            (404, _) if is_foreign(&answer) => self.wrong_base(&answer),
            (404, _) => HostError::NotVisible {
                what: errand.on.clone(),
                hint: None,
            },
            (400..=499, Some(message)) => HostError::Refused {
                action: errand.whole(),
                status,
                message,
            },
            _ => HostError::Unexpected {
                call: format!("{method} {}", shown(&answer.url)),
                status,
                excerpt: self.excerpt(&answer.body),
            },
        })
    }

    fn unauthorized(&self, message: &str) -> HostError {
        let message = message.to_ascii_lowercase();
        let reason = match () {
            () if message.contains("expired") => Refusal::Expired,
            () if message.contains("revoked") => Refusal::Revoked,
            () => Refusal::Unknown,
        };
        let hint = Some(format!(
            "create a token {}, and set {} to it",
            self.where_to_get(self.dialect.scopes),
            self.dialect.variable
        ));
        HostError::Unauthorized {
            host: self.base.authority().into(),
            reason,
            hint,
        }
    }

    fn forbidden(&self, answer: &Answer, message: String, errand: &Errand) -> HostError {
        let scope = missing_scope(&answer.body);
        let (need, hint) = match scope {
            Some(scope) => {
                let hint = format!("create a token {}", self.where_to_get(&scope));
                (Need::Scope(scope), Some(hint))
            }
            None if errand.role.is_empty() => (Need::Unknown, None),
            None => {
                let hint = format!(
                    "this takes the role {}: ask for it, or use the token of somebody who has it",
                    errand.role
                );
                (Need::Role(errand.role.into()), Some(hint))
            }
        };
        HostError::NotAllowed {
            action: errand.whole(),
            need,
            message,
            hint,
        }
    }

    /// Says with which scopes and where a token is made.
    pub(super) fn where_to_get(&self, scopes: &str) -> String {
        let quoted = scopes
            .split(',')
            .map(|scope| format!("`{}`", scope.trim()))
            .collect::<Vec<_>>()
            .join(", ");
        let plural = if scopes.contains(',') {
            "scopes"
        } else {
            "scope"
        };
        format!(
            "with the {plural} {quoted} at {}/{}",
            self.base, self.dialect.token_page
        )
    }

    fn wrong_base(&self, answer: &Answer) -> HostError {
        let (status, excerpt) = (answer.status.as_u16(), self.excerpt(&answer.body));
        let found = format!("{} answered {status}: {excerpt}", shown(&answer.url));
        let url = format!("{}/{}", self.base, self.dialect.api);
        HostError::WrongBase {
            service: self.dialect.service,
            url,
            found,
        }
    }

    fn excerpt(&self, body: &[u8]) -> String {
        excerpt(body, &[self.token.reveal()])
    }
}
