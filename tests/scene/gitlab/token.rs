//! Tokens: what they are, what they reach, and whether they still do.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::access::Role;

/// A token to be made: a builder.
#[derive(Clone, Debug)]
pub struct Token {
    /// Its number.
    pub id: u64,
    /// The secret itself.
    pub value: String,
    /// Its name.
    pub name: String,
    /// Whom or what it speaks for.
    pub kind: Kind,
    /// The user that it acts as; for tokens of groups and projects, a bot.
    pub user: u64,
    /// What it reaches.
    pub scopes: Vec<String>,
    /// Whether it still reaches that.
    pub life: Life,
}

/// Whom or what a token speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A user, by name.
    Personal(String),
    /// A group, by path, through a bot with this role.
    Group(String, Role),
    /// A project, by path, through a bot with this role.
    Project(String, Role),
    /// A CI job of a project, by path, that this user started.
    Job(String, String),
}

/// Whether a token is still good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It is.
    Active,
    /// Its time is over.
    Expired,
    /// Someone took it back.
    Revoked,
}

impl Token {
    fn new(kind: Kind, prefix: &str, scopes: &[&str]) -> Self {
        Self {
            id: 0,
            value: secret(prefix),
            name: "gitops".into(),
            kind,
            user: 0,
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            life: Life::Active,
        }
    }

    /// Makes a user's own token, with scope `api`.
    pub fn personal(user: &str) -> Self {
        Self::new(Kind::Personal(user.to_owned()), "glpat-", &["api"])
    }

    /// Makes a group's token, with scope `api`.
    pub fn group(path: &str, role: Role) -> Self {
        Self::new(Kind::Group(path.to_owned(), role), "glpat-", &["api"])
    }

    /// Makes a project's token, with scope `api`.
    pub fn project(path: &str, role: Role) -> Self {
        Self::new(Kind::Project(path.to_owned(), role), "glpat-", &["api"])
    }

    /// Makes the token of a CI job that a user started.
    pub fn job(path: &str, user: &str) -> Self {
        let kind = Kind::Job(path.to_owned(), user.to_owned());
        Self::new(kind, "glcbt-", &[])
    }

    /// Sets what it reaches.
    #[must_use]
    pub fn scopes(mut self, scopes: &[&str]) -> Self {
        self.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self
    }

    /// Ends its time.
    #[must_use]
    pub const fn expired(mut self) -> Self {
        self.life = Life::Expired;
        self
    }

    /// Takes it back.
    #[must_use]
    pub const fn revoked(mut self) -> Self {
        self.life = Life::Revoked;
        self
    }

    /// Says whether it has any of these scopes.
    pub fn reaches(&self, scopes: &[&str]) -> bool {
        self.scopes
            .iter()
            .any(|scope| scopes.contains(&scope.as_str()))
    }

    /// Returns what `GET personal_access_tokens/self` says of it.
    pub fn json(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "revoked": self.life == Life::Revoked,
            "created_at": "2026-01-02T03:04:05.000Z",
            "description": null,
            "scopes": self.scopes,
            "user_id": self.user,
            "last_used_at": Timestamp::now().to_string(),
            "active": self.life == Life::Active,
            "granular": false,
            "expires_at": "2027-01-02",
            "last_used_ips": ["127.0.0.1"],
        })
    }
}

/// Returns a new secret of the looks of GitLab's.
pub fn secret(prefix: &str) -> String {
    let mut bytes = [0; 15];
    rustls::crypto::aws_lc_rs::default_provider()
        .secure_random
        .fill(&mut bytes)
        .expect("the system has randomness");
    bytes
        .iter()
        .fold(prefix.to_owned(), |text, byte| format!("{text}{byte:02x}"))
}
