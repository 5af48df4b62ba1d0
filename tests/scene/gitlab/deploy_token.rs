//! Deploy tokens: a name and a secret that read a repository over HTTPS.

use serde_json::{Value, json};

use super::access::Role;
use super::answer::{Answer, Reply};
use super::call::Call;
use super::page;
use super::state::State;
use super::token::secret;

/// What a deploy token may reach.
const SCOPES: [&str; 6] = [
    "read_repository",
    "read_registry",
    "write_registry",
    "read_virtual_registry",
    "read_package_registry",
    "write_package_registry",
];

/// A deploy token of a project.
#[derive(Clone, Debug)]
pub struct DeployToken {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// The user name that goes with it.
    pub username: String,
    /// The secret, which is shown once.
    pub token: String,
    /// What it reaches.
    pub scopes: Vec<String>,
    /// The day on which its time ends.
    pub expires_at: Option<String>,
    /// Whether its time is over.
    pub expired: bool,
    /// Whether it was taken back.
    pub revoked: bool,
}

impl DeployToken {
    /// Makes one that reads the repository and does not end.
    pub fn new(id: u64, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            username: format!("gitlab+deploy-token-{id}"),
            token: secret("gldt-"),
            scopes: vec!["read_repository".into()],
            expires_at: None,
            expired: false,
            revoked: false,
        }
    }

    /// Says whether it is good still.
    pub const fn is_active(&self) -> bool {
        !self.expired && !self.revoked
    }

    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "username": self.username,
            "expires_at": self.expires_at,
            "scopes": self.scopes,
            "revoked": self.revoked,
            "expired": self.expired,
        })
    }
}

impl State {
    /// Adds a deploy token to a project, for the test to change.
    pub fn deploy_token(&mut self, path: &str, name: &str) -> &mut DeployToken {
        let token = DeployToken::new(self.next_id(), name);
        let tokens = &mut self.project_mut(path).deploy_tokens;
        tokens.push(token);
        tokens.last_mut().expect("it was just pushed")
    }
}

/// Answers `GET projects/:id/deploy_tokens`.
pub fn list(state: &State, call: &Call, id: &str) -> Reply {
    let project = state.project_for(&call.caller, id, Role::Maintainer)?;
    let wanted: Option<bool> = call.query("active").and_then(|text| text.parse().ok());
    let tokens = project.deploy_tokens.iter();
    let rows = tokens.filter(|token| wanted.is_none_or(|active| token.is_active() == active));
    page::page(state, call, rows.map(DeployToken::json).collect())
}

/// Answers `GET projects/:id/deploy_tokens/:token`.
pub fn read(state: &State, call: &Call, id: &str, token: &str) -> Reply {
    let project = state.project_for(&call.caller, id, Role::Maintainer)?;
    let found = project
        .deploy_tokens
        .iter()
        .find(|known| token.parse() == Ok(known.id));
    let token = found.ok_or_else(|| Answer::not_found("Deploy Token"))?;
    Ok(Answer::json(200, token.json()))
}

/// Answers `POST projects/:id/deploy_tokens`.
pub fn create(state: &mut State, call: &Call, id: &str) -> Reply {
    state.project_for(&call.caller, id, Role::Maintainer)?;
    call.require(&["name", "scopes"])?;
    let scopes = call.list("scopes");
    if scopes.is_empty() || !scopes.iter().all(|scope| SCOPES.contains(&scope.as_str())) {
        return Err(Answer::error(400, "scopes does not have a valid value"));
    }
    let mut token = DeployToken::new(state.next_id(), call.text("name").unwrap_or_default());
    token.scopes = scopes;
    token.expires_at = call.text("expires_at").map(ToOwned::to_owned);
    if let Some(username) = call.text("username") {
        username.clone_into(&mut token.username);
    }
    let mut body = token.json();
    body["token"] = json!(token.token);
    let project = state.project_for_change(&call.caller, id, Role::Maintainer)?;
    project.deploy_tokens.push(token);
    Ok(Answer::json(201, body))
}

/// Answers `DELETE projects/:id/deploy_tokens/:token`.
pub fn delete(state: &mut State, call: &Call, id: &str, token: &str) -> Reply {
    let project = state.project_for_change(&call.caller, id, Role::Maintainer)?;
    let found = project
        .deploy_tokens
        .iter()
        .position(|known| token.parse() == Ok(known.id));
    let index = found.ok_or_else(|| Answer::not_found("Deploy Token"))?;
    project.deploy_tokens.remove(index);
    Ok(Answer::empty(204))
}
