//! What the double answers, and the refusals that GitLab is known for.

use std::fmt::Display;

use serde_json::{Value, json};

/// A handler's answer: good, or a refusal.
pub type Reply = Result<Answer, Answer>;

/// One answer before it goes on the wire.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Headers besides those that the content asks for.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub content: Content,
}

/// The body of an answer.
#[derive(Clone, Debug)]
pub enum Content {
    /// Nothing.
    Empty,
    /// A JSON document.
    Json(Value),
    /// Bytes with their content type.
    Text(&'static str, String),
}

impl Answer {
    /// Makes an answer without a body.
    pub const fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content: Content::Empty,
        }
    }

    /// Makes an answer with a JSON body.
    pub const fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content: Content::Json(body),
        }
    }

    /// Makes an answer with a plain text.
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content: Content::Text("text/plain", body.into()),
        }
    }

    /// Makes a page for people, as proxies and wrong addresses answer.
    pub fn html(status: u16, title: &str) -> Self {
        let page = format!(
            "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
        );
        Self {
            status,
            headers: Vec::new(),
            content: Content::Text("text/html", page),
        }
    }

    /// Makes the usual refusal: `{"message": …}`.
    pub fn message(status: u16, message: impl Into<Value>) -> Self {
        Self::json(status, json!({ "message": message.into() }))
    }

    /// Makes the refusal of a request's form: `{"error": …}`.
    pub fn error(status: u16, error: impl Into<Value>) -> Self {
        Self::json(status, json!({ "error": error.into() }))
    }

    /// Refuses for want of a good credential.
    pub fn unauthorized() -> Self {
        Self::message(401, "401 Unauthorized")
    }

    /// Refuses what is seen but not allowed.
    pub fn forbidden() -> Self {
        Self::message(403, "403 Forbidden")
    }

    /// Refuses what is not there, or not to be seen.
    pub fn not_found(what: &str) -> Self {
        Self::message(404, format!("404 {what} Not Found"))
    }

    /// Refuses a token whose scopes do not reach.
    pub fn insufficient_scope(needed: &str) -> Self {
        Self::json(
            403,
            json!({
                "error": "insufficient_scope",
                "error_description":
                    "The request requires higher privileges than provided by the access token.",
                "scope": needed,
            }),
        )
    }

    /// Refuses a token that was good once.
    pub fn invalid_token(description: &str) -> Self {
        Self::json(
            401,
            json!({ "error": "invalid_token", "error_description": description }),
        )
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Display) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// Returns the JSON body, if it is one.
    pub const fn body(&self) -> Option<&Value> {
        match &self.content {
            Content::Json(value) => Some(value),
            Content::Empty | Content::Text(..) => None,
        }
    }

    /// Returns the content type and the bytes to send.
    pub fn bytes(&self) -> (Option<&'static str>, Vec<u8>) {
        match &self.content {
            Content::Empty => (None, Vec::new()),
            Content::Json(value) => (Some("application/json"), value.to_string().into_bytes()),
            Content::Text(kind, text) => (Some(kind), text.clone().into_bytes()),
        }
    }
}
