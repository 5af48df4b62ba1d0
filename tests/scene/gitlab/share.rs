//! Shares: groups that a project is opened to.

use serde_json::{Value, json};

use super::access::Role;
use super::answer::{Answer, Reply};
use super::call::Call;
use super::state::State;

/// A group that a project is opened to.
#[derive(Clone, Debug)]
pub struct Share {
    /// Its number.
    pub id: u64,
    /// The group.
    pub group: u64,
    /// The highest level that its members get.
    pub level: u64,
}

impl Share {
    /// Returns it as a row of a project's `shared_with_groups`.
    pub fn listed(&self, state: &State) -> Value {
        let group = state.group_by_id(self.group);
        json!({
            "group_id": self.group,
            "group_name": group.map(|group| group.name.clone()),
            "group_full_path": group.map(|group| group.full_path.clone()),
            "group_access_level": self.level,
            "expires_at": null,
        })
    }
}

/// Answers `POST projects/:id/share`.
pub fn create(state: &mut State, call: &Call, id: &str) -> Reply {
    state.project_for(&call.caller, id, Role::Maintainer)?;
    call.require(&["group_id", "group_access"])?;
    let group = call.number("group_id").unwrap_or_default();
    state.find_group(call, &group.to_string())?;
    let level = call.number("group_access").unwrap_or_default();
    let share = Share {
        id: state.next_id(),
        group,
        level,
    };
    let project = state.project_for_change(&call.caller, id, Role::Maintainer)?;
    if project.shares.iter().any(|known| known.group == group) {
        return Err(Answer::message(409, "Group already shared with this group"));
    }
    let body = json!({
        "id": share.id,
        "project_id": project.id,
        "group_id": group,
        "group_access": level,
        "expires_at": null,
    });
    project.shares.push(share);
    Ok(Answer::json(201, body))
}

/// Answers `DELETE projects/:id/share/:group`.
pub fn delete(state: &mut State, call: &Call, id: &str, group: &str) -> Reply {
    let project = state.project_for_change(&call.caller, id, Role::Maintainer)?;
    let found = project
        .shares
        .iter()
        .position(|share| group.parse() == Ok(share.group));
    let index = found.ok_or_else(|| Answer::message(404, "404 Not Found"))?;
    project.shares.remove(index);
    Ok(Answer::empty(204))
}
