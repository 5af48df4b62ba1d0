//! Webhooks of projects.

use serde_json::{Map, Value, json};

use super::access::Role;
use super::answer::{Answer, Reply};
use super::call::Call;
use super::page;
use super::project::merge;
use super::state::State;

/// A webhook.
#[derive(Clone, Debug)]
pub struct Hook {
    /// Its number.
    pub id: u64,
    /// What was asked for, token and all.
    pub fields: Map<String, Value>,
}

impl Hook {
    fn json(&self, project: u64) -> Value {
        let mut body = json!({
            "id": self.id,
            "project_id": project,
            "created_at": "2026-01-02T03:04:05.000Z",
            "push_events": true,
            "merge_requests_events": false,
            "tag_push_events": false,
            "enable_ssl_verification": true,
            "push_events_branch_filter": null,
            "alert_status": "executable",
            "disabled_until": null,
            "token_present": self.fields.contains_key("token"),
        });
        let mut shown = self.fields.clone();
        shown.remove("token");
        shown.remove("signing_token");
        merge(&mut body, Value::Object(shown));
        body
    }
}

fn check(state: &State, call: &Call) -> Result<(), Answer> {
    let Some(address) = call.text("url") else {
        return Ok(());
    };
    let parsed = url::Url::parse(address).ok();
    let host = parsed
        .as_ref()
        .and_then(url::Url::host_str)
        .unwrap_or_default();
    let is_local = host == "localhost" || host.starts_with("127.") || host.starts_with("10.");
    if host.is_empty() || (is_local && state.settings.local_hooks_forbidden) {
        return Err(Answer::error(422, "Invalid url given"));
    }
    Ok(())
}

/// Answers `GET projects/:id/hooks`.
pub fn list(state: &State, call: &Call, id: &str) -> Reply {
    let project = state.project_for(&call.caller, id, Role::Maintainer)?;
    let rows = project
        .hooks
        .iter()
        .map(|hook| hook.json(project.id))
        .collect();
    page::page(state, call, rows)
}

/// Answers `GET projects/:id/hooks/:hook`.
pub fn read(state: &State, call: &Call, id: &str, hook: &str) -> Reply {
    let project = state.project_for(&call.caller, id, Role::Maintainer)?;
    let found = project
        .hooks
        .iter()
        .find(|known| hook.parse() == Ok(known.id));
    let found = found.ok_or_else(|| Answer::message(404, "404 Not found"))?;
    Ok(Answer::json(200, found.json(project.id)))
}

/// Answers `POST projects/:id/hooks`.
pub fn create(state: &mut State, call: &Call, id: &str) -> Reply {
    state.project_for(&call.caller, id, Role::Maintainer)?;
    call.require(&["url"])?;
    check(state, call)?;
    let hook = Hook {
        id: state.next_id(),
        fields: call.fields.clone(),
    };
    let project = state.project_for_change(&call.caller, id, Role::Maintainer)?;
    let body = hook.json(project.id);
    project.hooks.push(hook);
    Ok(Answer::json(201, body))
}

/// Answers `PUT projects/:id/hooks/:hook`.
pub fn update(state: &mut State, call: &Call, id: &str, hook: &str) -> Reply {
    check(state, call)?;
    let project = state.project_for_change(&call.caller, id, Role::Maintainer)?;
    let number = project.id;
    let found = project
        .hooks
        .iter_mut()
        .find(|known| hook.parse() == Ok(known.id));
    let found = found.ok_or_else(|| Answer::message(404, "404 Not found"))?;
    found.fields.extend(call.fields.clone());
    Ok(Answer::json(200, found.json(number)))
}

/// Answers `DELETE projects/:id/hooks/:hook`.
pub fn delete(state: &mut State, call: &Call, id: &str, hook: &str) -> Reply {
    let project = state.project_for_change(&call.caller, id, Role::Maintainer)?;
    let found = project
        .hooks
        .iter()
        .position(|known| hook.parse() == Ok(known.id));
    let index = found.ok_or_else(|| Answer::message(404, "404 Not found"))?;
    project.hooks.remove(index);
    Ok(Answer::empty(204))
}
