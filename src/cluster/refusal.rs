//! Answers that are no answers: what the server or the network says, sorted into errors.

use std::error::Error;
use std::io;

use serde::Deserialize;

use super::call::Deed;
use super::error::{ClusterError, Reason};

/// What the API server says about a request that it did not carry out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Refusal {
    message: String,
    reason: String,
    details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    name: String,
    causes: Vec<Cause>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cause {
    reason: String,
    field: String,
}

/// The words of the server after the path of a field that a kind does not have.
const UNKNOWN: &str = ": field not declared in schema";

/// Returns the paths of fields that a kind does not have; they tell no values.
fn unknown_fields(message: &str) -> Vec<&str> {
    let found = message.match_indices(UNKNOWN).map(|(end, _)| {
        let before = &message[..end];
        let start = before.rfind(char::is_whitespace);
        &before[start.map_or(0, |start| start + 1)..]
    });
    found.filter(|path| path.starts_with('.')).collect()
}

impl Refusal {
    /// Reads the body of an answer that is an error; what is no status counts as a message, shortened.
    pub(super) fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_else(|_| Self {
            message: String::from_utf8_lossy(body)
                .trim()
                .chars()
                .take(300)
                .collect(),
            ..Self::default()
        })
    }

    /// Makes the error of it.
    pub(super) fn into_error(self, code: u16, deed: &Deed, server: &str) -> ClusterError {
        let deed = Box::new(deed.clone());
        match code {
            401 => ClusterError::Unauthorized {
                server: server.into(),
            },
            403 => ClusterError::Forbidden {
                source: self.cause(&deed, code),
                deed,
            },
            404 => self.missing(deed, code),
            _ => ClusterError::Rejected {
                source: self.cause(&deed, code),
                code,
                deed,
            },
        }
    }

    /// Tells a missing object from a missing kind: only the first answer names something.
    fn missing(self, deed: Box<Deed>, code: u16) -> ClusterError {
        let names_object = self
            .details
            .as_ref()
            .is_some_and(|details| !details.name.is_empty());
        match &deed.resource {
            Some(resource) if !names_object => ClusterError::UnknownKind {
                kind: resource.kind.to_string(),
                api_version: resource.api_version(),
            },
            _ => ClusterError::NotFound {
                source: self.cause(&deed, code),
                deed,
            },
        }
    }

    /// Returns what may be shown. The server quotes the values that it does not like, so of a
    /// Secret only the fields and the sort of the trouble are named.
    fn cause(&self, deed: &Deed, code: u16) -> Reason {
        if !deed.is_secret()
            || matches!(
                self.reason.as_str(),
                "Forbidden" | "NotFound" | "AlreadyExists"
            )
        {
            let text = if self.message.is_empty() {
                &self.reason
            } else {
                &self.message
            };
            return Reason(if text.is_empty() {
                "no reason given".into()
            } else {
                text.clone()
            });
        }
        let fields: Vec<String> = self
            .details
            .iter()
            .flat_map(|details| &details.causes)
            .map(|cause| format!("{}: {}", cause.field, cause.reason))
            .collect();
        let unknown = unknown_fields(&self.message);
        let unknown = unknown.into_iter().map(|path| format!("{path}{UNKNOWN}"));
        let fields: Vec<String> = fields.into_iter().chain(unknown).collect();
        let reason = match self.reason.as_str() {
            "" => format!("turned down with status {code}"),
            reason => reason.to_owned(),
        };
        let fields = if fields.is_empty() {
            String::new()
        } else {
            format!(" ({})", fields.join(", "))
        };
        Reason(format!(
            "{reason}{fields}; the server's words are kept back, since they may quote the Secret"
        ))
    }
}

/// Sorts out what the client stack says when there was no answer at all.
pub(super) fn no_answer(error: &kube::Error, server: &str) -> ClusterError {
    let server = server.to_owned();
    let mut last = String::new();
    let mut current: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = current {
        if let Some(tls) = hidden::<rustls::Error>(error) {
            return ClusterError::Tls {
                server,
                source: Reason(about_tls(tls)),
            };
        }
        let refused = |io: &io::Error| io.kind() == io::ErrorKind::ConnectionRefused;
        if hidden::<io::Error>(error).is_some_and(refused) {
            return ClusterError::Refused { server };
        }
        last = error.to_string();
        current = error.source();
    }
    ClusterError::Unreachable {
        server,
        source: Reason(last),
    }
}

/// Finds an error of a type in another one. The error of I/O does not name what it wraps as its
/// source, and TLS wraps more than once.
fn hidden<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let inner = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match inner {
        Some(inner) => hidden(inner),
        None => error.downcast_ref(),
    }
}

/// Returns the words for an error of TLS.
fn about_tls(error: &rustls::Error) -> String {
    use rustls::CertificateError as Certificate;
    let rustls::Error::InvalidCertificate(certificate) = error else {
        return error.to_string();
    };
    match certificate {
        Certificate::UnknownIssuer => "its certificate is signed by an unknown authority".into(),
        Certificate::Expired | Certificate::ExpiredContext { .. } => {
            "its certificate has expired".into()
        }
        Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
            "its certificate is for another name".into()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::resource::Resource;
    use super::*;
    use crate::error::Explain as _;

    #[test]
    fn a_forbidden_list_names_verb_kind_and_namespace() {
        let deed = Deed {
            verb: "list",
            resource: Some(Resource::POD),
            namespace: "shop".into(),
            name: String::new(),
        };
        let body =
            br#"{"kind":"Status","reason":"Forbidden","message":"User \"jane\" cannot list"}"#;
        let error = Refusal::read(body).into_error(403, &deed, "https://x");
        assert_eq!(
            error.to_string(),
            "not allowed to list pods in namespace `shop`"
        );
        assert_eq!(
            error.source().unwrap().to_string(),
            "User \"jane\" cannot list"
        );
        assert_eq!(
            error.hint().unwrap(),
            "ask for the right to `list` on `pods`"
        );
    }

    #[test]
    fn a_page_that_is_not_found_means_an_unknown_kind() {
        let deed = Deed::on("get", &Resource::DEPLOYMENT.at("a", "b"));
        let page = Refusal::read(b"404 page not found\n").into_error(404, &deed, "");
        assert_eq!(
            page.to_string(),
            "the cluster does not know the kind Deployment of apps/v1"
        );
        let object =
            Refusal::read(br#"{"reason":"NotFound","message":"gone","details":{"name":"b"}}"#);
        assert!(matches!(
            object.into_error(404, &deed, ""),
            ClusterError::NotFound { .. }
        ));
    }

    #[test]
    fn an_invalid_secret_is_not_quoted() {
        let deed = Deed::on("patch", &Resource::SECRET.at("a", "b"));
        let body = br#"{"reason":"Invalid","message":"data[x]: Invalid value: \"hunter2\"",
            "details":{"name":"b","causes":[{"reason":"FieldValueInvalid","field":"data[x]","message":"hunter2"}]}}"#;
        let error = Refusal::read(body).into_error(422, &deed, "");
        let cause = error.source().unwrap().to_string();
        assert!(
            cause.starts_with("Invalid (data[x]: FieldValueInvalid)"),
            "{cause}"
        );
        assert!(!format!("{error:?} {cause}").contains("hunter2"));
    }

    #[test]
    fn trouble_with_certificates_is_found_however_deep_it_hides() {
        let unknown = rustls::CertificateError::UnknownIssuer;
        let deep = io::Error::other(io::Error::other(rustls::Error::InvalidCertificate(unknown)));
        let error = no_answer(&kube::Error::Service(Box::new(deep)), "https://x");
        assert_eq!(
            error.to_string(),
            "no secure connection to the cluster at https://x"
        );
        let cause = "its certificate is signed by an unknown authority";
        assert_eq!(error.source().unwrap().to_string(), cause);
        let gone = io::Error::other(io::Error::from(io::ErrorKind::ConnectionRefused));
        let error = no_answer(&kube::Error::Service(Box::new(gone)), "https://x");
        assert!(matches!(error, ClusterError::Refused { .. }));
    }
}
