//! One request to the API server, as data: what it asks for and how errors name it.

use std::fmt;
use std::time::Duration;

use http::{Method, Request, header};
use serde_json::Value;
use url::form_urlencoded;

use super::resource::{Address, Resource};

/// How long the answer to an ordinary call may take: a little more than the API server gives itself.
const PATIENCE: Duration = Duration::from_secs(65);

/// JSON, as the API server writes it by default.
const JSON: &str = "application/json";

/// What a call is about, for its error: a verb of access rules on a kind, a namespace and a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// The verb of access rules, such as `list`.
    pub verb: &'static str,
    /// The kind; `None` for paths that belong to none, such as `/version`.
    pub resource: Option<Resource>,
    /// The namespace; empty for all of them, and for what lives in none.
    pub namespace: String,
    /// The name, or the path where there is no kind.
    pub name: String,
}

impl Deed {
    /// Returns the deed on one object.
    pub(super) fn on(verb: &'static str, address: &Address) -> Self {
        Self {
            verb,
            resource: Some(address.resource.clone()),
            namespace: address.namespace.clone(),
            name: address.name.clone(),
        }
    }

    /// Says whether the answer may hold the values of Secrets.
    pub(super) fn is_secret(&self) -> bool {
        self.resource
            .as_ref()
            .is_some_and(|resource| resource.group.is_empty() && resource.kind == "Secret")
    }
}

/// Shown as ``patch deployments.apps `web` in namespace `shop` ``.
impl fmt::Display for Deed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(resource) = &self.resource else {
            return write!(formatter, "{} {}", self.verb, self.name);
        };
        write!(formatter, "{} {resource}", self.verb)?;
        if !self.name.is_empty() {
            write!(formatter, " `{}`", self.name)?;
        }
        match (resource.namespaced, self.namespace.as_str()) {
            (false, _) => Ok(()),
            (true, "") => formatter.write_str(" in all namespaces"),
            (true, namespace) => write!(formatter, " in namespace `{namespace}`"),
        }
    }
}

/// One request to the API server.
#[derive(Clone, Debug)]
pub struct Call {
    pub(super) deed: Deed,
    pub(super) patience: Duration,
    method: Method,
    path: String,
    query: String,
    accept: &'static str,
    identity_encoding: bool,
    body: Option<(&'static str, Vec<u8>)>,
}

impl Call {
    /// Asks for what is at a path.
    pub(super) fn get(deed: Deed, path: impl Into<String>) -> Self {
        Self::new(Method::GET, deed, path)
    }

    /// Makes a call without query and body.
    pub(super) fn new(method: Method, deed: Deed, path: impl Into<String>) -> Self {
        Self {
            deed,
            patience: PATIENCE,
            method,
            path: path.into(),
            query: String::new(),
            accept: JSON,
            identity_encoding: false,
            body: None,
        }
    }

    /// Adds a parameter; empty ones are left out.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.query
                .push(if self.query.is_empty() { '?' } else { '&' });
            self.query.push_str(name);
            self.query.push('=');
            self.query
                .extend(form_urlencoded::byte_serialize(value.as_bytes()));
        }
        self
    }

    /// Sets the form of the answer.
    #[must_use]
    pub(super) const fn accepting(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }

    /// Asks for an answer that is not compressed: events of a watch must come one by one.
    #[must_use]
    pub(super) const fn uncompressed(mut self) -> Self {
        self.identity_encoding = true;
        self
    }

    /// Sets the body.
    #[must_use]
    pub(super) fn sending(mut self, content_type: &'static str, body: &Value) -> Self {
        self.body = Some((content_type, body.to_string().into_bytes()));
        self
    }

    /// Makes the request of it.
    pub(super) fn request(&self) -> Result<Request<Vec<u8>>, http::Error> {
        let uri = format!("{}{}", self.path, self.query);
        let mut builder = Request::builder()
            .method(self.method.clone())
            .uri(uri)
            .header(header::ACCEPT, self.accept);
        if self.identity_encoding {
            builder = builder.header(header::ACCEPT_ENCODING, "identity");
        }
        match &self.body {
            Some((content_type, body)) => builder
                .header(header::CONTENT_TYPE, *content_type)
                .body(body.clone()),
            None => builder.body(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deeds_are_named_as_access_rules_name_them() {
        let deed = Deed::on("patch", &Resource::DEPLOYMENT.at("shop", "web"));
        assert_eq!(
            deed.to_string(),
            "patch deployments.apps `web` in namespace `shop`"
        );
        let list = Deed {
            verb: "list",
            resource: Some(Resource::POD),
            namespace: String::new(),
            name: String::new(),
        };
        assert_eq!(list.to_string(), "list pods in all namespaces");
        assert!(Deed::on("get", &Resource::SECRET.at("a", "b")).is_secret());
    }

    #[test]
    fn selectors_are_escaped() {
        let deed = Deed::on("get", &Resource::NAMESPACE.at("", "x"));
        let call = Call::get(deed, "/api/v1/pods")
            .with("labelSelector", "a in (b,c)")
            .with("limit", "");
        let request = call.request().unwrap();
        assert_eq!(request.uri(), "/api/v1/pods?labelSelector=a+in+%28b%2Cc%29");
    }
}
