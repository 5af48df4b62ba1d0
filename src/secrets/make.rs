//! Secret objects: credentials for Git, and for the registry that images are pulled from.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::error::{Blame, Explain};
use crate::manifest::Object;

/// What a cluster shows to the server of its repository.
pub enum GitCredentials {
    /// A key pair, and the keys of the hosts that it may be shown to.
    Ssh {
        /// The private key as PEM.
        identity: Zeroizing<String>,
        /// The public key, as a line of `authorized_keys`.
        public: String,
        /// The lines of `known_hosts`.
        known_hosts: String,
        /// What the private key is encrypted with.
        password: Option<Zeroizing<String>>,
    },
    /// A user and a password or token.
    Basic {
        /// The user.
        username: String,
        /// The password or token.
        password: Zeroizing<String>,
        /// The certificate authority of the server, as PEM.
        authority: Option<String>,
    },
    /// A token without a user.
    Bearer {
        /// The token.
        token: Zeroizing<String>,
        /// The certificate authority of the server, as PEM.
        authority: Option<String>,
    },
}

impl GitCredentials {
    /// Returns the keys of the Secret and their values.
    fn entries(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Ssh {
                identity,
                public,
                known_hosts,
                password,
            } => {
                let pair = [
                    ("identity", identity.as_str()),
                    ("identity.pub", public),
                    ("known_hosts", known_hosts),
                ];
                let password = password
                    .as_ref()
                    .map(|password| ("password", password.as_str()));
                pair.into_iter().chain(password).collect()
            }
            Self::Basic {
                username,
                password,
                authority,
            } => {
                let login = [
                    ("username", username.as_str()),
                    ("password", password.as_str()),
                ];
                login
                    .into_iter()
                    .chain(authority.as_deref().map(|pem| ("ca.crt", pem)))
                    .collect()
            }
            Self::Bearer { token, authority } => {
                let token = ("bearerToken", token.as_str());
                std::iter::once(token)
                    .chain(authority.as_deref().map(|pem| ("ca.crt", pem)))
                    .collect()
            }
        }
    }
}

impl fmt::Debug for GitCredentials {
    /// Shows which sort it is and nothing of it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.entries().into_iter().map(|(key, _)| key).collect();
        formatter
            .debug_tuple("GitCredentials")
            .field(&keys)
            .finish()
    }
}

/// Makes the Secret that a `GitRepository` logs in with.
pub fn git_secret(namespace: &str, name: &str, credentials: &GitCredentials) -> Object {
    let data: Map<_, _> = credentials
        .entries()
        .into_iter()
        .map(|(key, value)| (key.into(), value.into()))
        .collect();
    secret(namespace, name, data)
}

/// How the JSON in a pull secret is laid out; readers don't mind, comparisons with flux's do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonLayout {
    /// On one line, as `bootstrap` writes it.
    Compact,
    /// Indented by two, as `install` and `create secret oci` write it.
    Indented,
}

/// A user of a registry.
pub struct RegistryCredentials {
    username: String,
    password: Zeroizing<String>,
}

/// Why a text is no user of a registry; the text itself is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid --registry-creds format, expected 'user:password'")]
pub struct RegistryCredentialsError;

impl Explain for RegistryCredentialsError {
    fn blame(&self) -> Blame {
        Blame::Usage
    }
}

impl RegistryCredentials {
    /// Takes a user and a password.
    pub fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            username: username.into(),
            password: Zeroizing::new(password.into()),
        }
    }

    /// Writes the login of one registry as a Docker configuration has it.
    fn render(&self, registry: &str, layout: JsonLayout) -> Zeroizing<String> {
        let login = Zeroizing::new(format!("{}:{}", self.username, self.password.as_str()));
        let token = Zeroizing::new(STANDARD.encode(login.as_bytes()));
        let (registry, username, password) = (
            quoted(registry),
            quoted(&self.username),
            quoted(&self.password),
        );
        let (registry, username, password) =
            (registry.as_str(), username.as_str(), password.as_str());
        let token = quoted(&token);
        let token = token.as_str();
        Zeroizing::new(match layout {
            JsonLayout::Compact => format!(
                r#"{{"auths":{{{registry}:{{"username":{username},"password":{password},"auth":{token}}}}}}}"#
            ),
            JsonLayout::Indented => format!(
                "{{\n  \"auths\": {{\n    {registry}: {{\n      \"username\": {username},\n      \
                 \"password\": {password},\n      \"auth\": {token}\n    }}\n  }}\n}}"
            ),
        })
    }
}

impl FromStr for RegistryCredentials {
    type Err = RegistryCredentialsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some((username, password)) if !password.contains(':') => {
                Ok(Self::new(username, password))
            }
            _ => Err(RegistryCredentialsError),
        }
    }
}

impl fmt::Debug for RegistryCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RegistryCredentials")
            .finish_non_exhaustive()
    }
}

/// Makes the Secret that images are pulled with; the whole text of the registry is its key.
pub fn pull_secret(
    namespace: &str,
    name: &str,
    registry: &str,
    credentials: &RegistryCredentials,
    layout: JsonLayout,
) -> Object {
    let config = credentials.render(registry, layout);
    let data = Map::from_iter([(".dockerconfigjson".to_owned(), config.as_str().into())]);
    let mut secret = secret(namespace, name, data);
    secret.value_mut()["type"] = "kubernetes.io/dockerconfigjson".into();
    secret
}

/// Makes a Secret of texts; the server encodes them, and keeps the keys that are not among them.
fn secret(namespace: &str, name: &str, data: Map<String, Value>) -> Object {
    let mut value = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
    });
    value["stringData"] = Value::Object(data);
    Object::new(value).expect("version, kind and name are there, and callers name their Secrets")
}

/// Quotes a text for JSON as Go does, which escapes what HTML would take for its own.
fn quoted(text: &str) -> Zeroizing<String> {
    let mut quoted = Zeroizing::new(String::with_capacity(text.len() * 6 + 2));
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                // Writing to a text cannot fail.
                let _ = write!(*quoted, "\\u{:04x}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.into())
    }

    #[test]
    fn each_sort_has_its_keys() {
        let ssh = GitCredentials::Ssh {
            identity: token("KEY"),
            public: "ecdsa AAA".into(),
            known_hosts: "host AAA".into(),
            password: Some(token("pw")),
        };
        let secret = git_secret("flux-system", "flux-system", &ssh);
        assert_eq!(
            secret.value()["stringData"],
            json!({"identity": "KEY", "identity.pub": "ecdsa AAA", "known_hosts": "host AAA", "password": "pw"})
        );
        assert_eq!(secret.get("/type"), None, "the server's default counts");
        let basic = GitCredentials::Basic {
            username: "git".into(),
            password: token("t"),
            authority: Some("PEM".into()),
        };
        assert_eq!(
            git_secret("a", "b", &basic).value()["stringData"],
            json!({"username": "git", "password": "t", "ca.crt": "PEM"})
        );
        let bearer = GitCredentials::Bearer {
            token: token("t"),
            authority: None,
        };
        assert_eq!(
            git_secret("a", "b", &bearer).value()["stringData"],
            json!({"bearerToken": "t"})
        );
        assert_eq!(
            format!("{bearer:?}"),
            r#"GitCredentials(["bearerToken"])"#,
            "nothing secret is shown"
        );
    }

    /// The indented text is the one that was recorded from `install --registry-creds=u:p`.
    #[test]
    fn a_pull_secret_has_the_recorded_form() {
        let credentials: RegistryCredentials = "u:p".parse().unwrap();
        let text = |layout| {
            let secret = pull_secret(
                "flux-system",
                "pull",
                "registry.example.com/x",
                &credentials,
                layout,
            );
            assert_eq!(secret.text("/type"), "kubernetes.io/dockerconfigjson");
            secret.value()["stringData"][".dockerconfigjson"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(
            STANDARD.encode(text(JsonLayout::Indented)),
            "ewogICJhdXRocyI6IHsKICAgICJyZWdpc3RyeS5leGFtcGxlLmNvbS94IjogewogICAgICAidXNlcm5hbWUiOiAidSIsCiAgICAgICJwYXNzd29yZCI6ICJwIiwKICAgICAgImF1dGgiOiAiZFRwdyIKICAgIH0KICB9Cn0="
        );
        assert_eq!(
            text(JsonLayout::Compact),
            r#"{"auths":{"registry.example.com/x":{"username":"u","password":"p","auth":"dTpw"}}}"#
        );
    }

    #[test]
    fn a_password_may_hold_what_json_must_escape() {
        let credentials = RegistryCredentials::new("u", "<\"\\&\u{1}\n");
        let text = credentials.render("r", JsonLayout::Compact);
        assert!(
            text.contains(r#""password":"\u003c\"\\\u0026\u0001\n""#),
            "{}",
            text.as_str()
        );
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["auths"]["r"]["password"], "<\"\\&\u{1}\n");
    }

    #[test]
    fn credentials_have_exactly_one_colon() {
        for text in ["ab", "a:b:c", ""] {
            assert_eq!(
                text.parse::<RegistryCredentials>().unwrap_err(),
                RegistryCredentialsError
            );
        }
        assert!("a:".parse::<RegistryCredentials>().is_ok());
    }
}
