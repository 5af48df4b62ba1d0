//! Protected branches: who may push to them.

use serde_json::{Value, json};

use super::access::Role;
use super::answer::{Answer, Reply};
use super::call::Call;
use super::page;
use super::project::Project;
use super::state::State;

/// A protected branch, or a pattern of them.
#[derive(Clone, Debug)]
pub struct Protection {
    /// Its number.
    pub id: u64,
    /// The name, with `*` for anything.
    pub name: String,
    /// The level that pushes; 0 is no one.
    pub push: u64,
    /// The level that merges.
    pub merge: u64,
    /// Whether history may be rewritten.
    pub force: bool,
    /// Deploy keys that push besides.
    pub keys: Vec<u64>,
}

impl Protection {
    /// Says whether a branch falls under it.
    pub fn covers(&self, branch: &str) -> bool {
        matches_glob(&self.name, branch)
    }

    fn json(&self) -> Value {
        let level = |number: u64, level: u64| {
            json!({
                "id": number,
                "access_level": level,
                "access_level_description": Role::plural(level),
            })
        };
        let mut push = vec![level(self.id * 10, self.push)];
        push.extend(self.keys.iter().map(|key| {
            json!({
                "id": self.id * 10 + key,
                "access_level": 40,
                "access_level_description": "Deploy key",
                "deploy_key_id": key,
            })
        }));
        json!({
            "id": self.id,
            "name": self.name,
            "push_access_levels": push,
            "merge_access_levels": [level(self.id * 10 + 1, self.merge)],
            "allow_force_push": self.force,
            "unprotect_access_levels": [],
            "code_owner_approval_required": false,
            "inherited": false,
        })
    }
}

/// Matches a pattern in which `*` stands for anything.
pub fn matches_glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len())
                .filter(|index| rest.is_char_boundary(*index))
                .any(|index| matches_glob(tail, &rest[index..]))
        }),
    }
}

impl Project {
    /// Protects a branch, or changes the level that pushes to it.
    pub fn protect(&mut self, id: u64, branch: &str, level: u64) {
        let known = self
            .protections
            .iter_mut()
            .find(|known| known.name == branch);
        match known {
            Some(known) => known.push = level,
            None => self.protections.push(Protection {
                id,
                name: branch.to_owned(),
                push: level,
                merge: level,
                force: false,
                keys: Vec::new(),
            }),
        }
        self.repository.write_protections(&self.protections);
    }

    /// Says whether someone of this level may push to a branch.
    pub fn can_push(&self, branch: &str, level: u64) -> bool {
        let mut covering = self
            .protections
            .iter()
            .filter(|known| known.covers(branch))
            .peekable();
        if covering.peek().is_none() {
            return level >= Role::Developer.level();
        }
        covering.any(|known| known.push > 0 && level >= known.push)
    }

    /// Says whether a branch is protected.
    pub fn is_protected(&self, branch: &str) -> bool {
        self.protections.iter().any(|known| known.covers(branch))
    }
}

fn missing() -> Answer {
    Answer::message(404, "404 Not found")
}

/// Answers `GET projects/:id/protected_branches`.
pub fn list(state: &State, call: &Call, id: &str) -> Reply {
    let project = state.project_for(&call.caller, id, Role::Developer)?;
    let rows = project.protections.iter().map(Protection::json).collect();
    page::page(state, call, rows)
}

/// Answers `GET projects/:id/protected_branches/:name`.
pub fn read(state: &State, call: &Call, id: &str, name: &str) -> Reply {
    let project = state.project_for(&call.caller, id, Role::Developer)?;
    let found = project.protections.iter().find(|known| known.name == name);
    Ok(Answer::json(200, found.ok_or_else(missing)?.json()))
}

/// Answers `POST projects/:id/protected_branches`.
pub fn create(state: &mut State, call: &Call, id: &str) -> Reply {
    state.project_for(&call.caller, id, Role::Maintainer)?;
    call.require(&["name"])?;
    let name = call.text("name").unwrap_or_default().to_owned();
    let number = state.next_id();
    let project = state.project_for_change(&call.caller, id, Role::Maintainer)?;
    if project.protections.iter().any(|known| known.name == name) {
        return Err(Answer::message(
            409,
            format!("Protected branch '{name}' already exists"),
        ));
    }
    project.protect(
        number,
        &name,
        call.number("push_access_level").unwrap_or(40),
    );
    change(project, call, &name)
        .map(|body| Answer::json(201, body))
        .ok_or_else(missing)
}

/// Answers `PATCH projects/:id/protected_branches/:name`.
pub fn update(state: &mut State, call: &Call, id: &str, name: &str) -> Reply {
    let project = state.project_for_change(&call.caller, id, Role::Maintainer)?;
    change(project, call, name)
        .map(|body| Answer::json(200, body))
        .ok_or_else(missing)
}

fn change(project: &mut Project, call: &Call, name: &str) -> Option<Value> {
    let known = project
        .protections
        .iter_mut()
        .find(|known| known.name == name)?;
    if let Some(level) = call.number("merge_access_level") {
        known.merge = level;
    }
    if let Some(force) = call.flag("allow_force_push") {
        known.force = force;
    }
    let allowed = call.fields.get("allowed_to_push").and_then(Value::as_array);
    for entry in allowed.into_iter().flatten() {
        if let Some(key) = entry.get("deploy_key_id").and_then(Value::as_u64) {
            known.keys.push(key);
        }
        if let Some(level) = entry.get("access_level").and_then(Value::as_u64) {
            known.push = level;
        }
    }
    let body = known.json();
    project.repository.write_protections(&project.protections);
    Some(body)
}

/// Answers `DELETE projects/:id/protected_branches/:name`.
pub fn delete(state: &mut State, call: &Call, id: &str, name: &str) -> Reply {
    let project = state.project_for_change(&call.caller, id, Role::Maintainer)?;
    let index = project
        .protections
        .iter()
        .position(|known| known.name == name);
    project.protections.remove(index.ok_or_else(missing)?);
    project.repository.write_protections(&project.protections);
    Ok(Answer::empty(204))
}
