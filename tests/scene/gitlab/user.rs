//! Users, and what the API says of them.

use serde_json::{Value, json};

use super::access::Caller;
use super::answer::{Answer, Reply};
use super::call::Call;
use super::page;
use super::state::State;
use super::token::Kind;

/// A user, or the bot behind a token of a group or a project.
#[derive(Clone, Debug)]
pub struct User {
    /// Its number.
    pub id: u64,
    /// Its name for the machine, which is also its namespace.
    pub username: String,
    /// Whether it is a bot.
    pub bot: bool,
    /// The number of its namespace.
    pub namespace: u64,
}

impl User {
    /// Returns the short form that is part of other answers.
    pub fn basic(&self, base: &str) -> Value {
        json!({
            "id": self.id,
            "username": self.username,
            "public_email": null,
            "name": self.username,
            "state": "active",
            "locked": false,
            "avatar_url": null,
            "web_url": format!("{base}/{}", self.username),
        })
    }
}

/// Answers `GET user`.
pub fn current(state: &State, call: &Call) -> Reply {
    let user = state.user_of(&call.caller)?;
    let mut body = user.basic(&state.base());
    body["bot"] = json!(user.bot);
    body["email"] = json!(format!("{}@example.com", user.username));
    body["commit_email"] = body["email"].clone();
    body["can_create_group"] = json!(!user.bot);
    body["can_create_project"] = json!(!user.bot);
    body["projects_limit"] = json!(if user.bot { 0 } else { 100_000 });
    Ok(Answer::json(200, body))
}

/// Answers `GET users`, which finds by name.
pub fn list(state: &State, call: &Call) -> Reply {
    let base = state.base();
    let wanted = call.query("username");
    let found = state
        .users
        .iter()
        .filter(|user| wanted.is_none_or(|name| user.username.eq_ignore_ascii_case(name)));
    page::page(state, call, found.map(|user| user.basic(&base)).collect())
}

/// Answers `GET personal_access_tokens/self`.
pub fn token(state: &State, call: &Call) -> Reply {
    let Caller::Token(index) = call.caller else {
        return Err(Answer::unauthorized());
    };
    let token = &state.tokens[index];
    if matches!(token.kind, Kind::Job(..)) {
        return Err(Answer::unauthorized());
    }
    Ok(Answer::json(200, token.json()))
}

/// Answers `GET version` and `GET metadata`.
pub fn version(state: &State, call: &Call) -> Reply {
    state.user_of(&call.caller)?;
    let version = &state.settings.version;
    let body = json!({
        "version": version,
        "revision": "0a1b2c3d4e5",
        "kas": { "enabled": false, "externalUrl": null, "externalK8sProxyUrl": null, "version": null },
        "enterprise": version.ends_with("-ee"),
    });
    Ok(Answer::json(200, body))
}
