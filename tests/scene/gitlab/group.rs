//! Groups: a tree of namespaces.

use serde_json::{Value, json};

use super::access::Role;
use super::answer::{Answer, Reply};
use super::call::Call;
use super::page;
use super::project::{self, Namespace};
use super::state::State;

/// A group.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// The last part of its path.
    pub path: String,
    /// Its path from the top.
    pub full_path: String,
    /// The group above.
    pub parent: Option<u64>,
    /// `private`, `internal` or `public`.
    pub visibility: String,
    /// Who may create projects: `noone`, `owner`, `maintainer` or `developer`.
    pub creation_level: String,
    /// Members: user and level.
    pub members: Vec<(u64, u64)>,
    /// The day on which its deletion was asked for.
    pub marked_for_deletion: Option<String>,
}

impl Group {
    /// Makes a private group in which developers may create projects.
    pub fn new(id: u64, name: &str, full_path: &str, parent: Option<u64>) -> Self {
        Self {
            id,
            name: name.to_owned(),
            path: full_path.rsplit('/').next().unwrap_or(full_path).to_owned(),
            full_path: full_path.to_owned(),
            parent,
            visibility: "private".into(),
            creation_level: "developer".into(),
            members: Vec::new(),
            marked_for_deletion: None,
        }
    }

    /// Returns the level that creating a project here takes.
    pub fn level_to_create(&self) -> u64 {
        match self.creation_level.as_str() {
            "developer" => Role::Developer.level(),
            "maintainer" => Role::Maintainer.level(),
            "owner" => Role::Owner.level(),
            _ => u64::MAX,
        }
    }

    fn json(&self, state: &State) -> Value {
        json!({
            "id": self.id,
            "web_url": format!("{}/groups/{}", state.base(), self.full_path),
            "name": self.name,
            "path": self.path,
            "description": "",
            "visibility": self.visibility,
            "project_creation_level": self.creation_level,
            "subgroup_creation_level": "maintainer",
            "lfs_enabled": true,
            "avatar_url": null,
            "request_access_enabled": true,
            "full_name": self.full_path.replace('/', " / "),
            "full_path": self.full_path,
            "created_at": "2026-01-02T03:04:05.000Z",
            "parent_id": self.parent,
            "organization_id": 1,
            "marked_for_deletion_on": self.marked_for_deletion,
        })
    }
}

impl State {
    /// Finds a group that the caller may know of.
    pub fn find_group(&self, call: &Call, id: &str) -> Result<&Group, Answer> {
        let found = self
            .group_at(id)
            .filter(|group| self.sees_group(&call.caller, group));
        found.ok_or_else(|| Answer::not_found("Group"))
    }
}

/// Answers `GET groups`.
pub fn list(state: &State, call: &Call) -> Reply {
    rows(state, call, |group| {
        let is_wanted = call
            .query("search")
            .is_none_or(|text| group.full_path.contains(text));
        let is_top = call.query("top_level_only") != Some("true") || group.parent.is_none();
        is_wanted && is_top
    })
}

/// Answers `GET groups/:id/subgroups`.
pub fn subgroups(state: &State, call: &Call, id: &str) -> Reply {
    let parent = state.find_group(call, id)?.id;
    rows(state, call, |group| group.parent == Some(parent))
}

fn rows(state: &State, call: &Call, is_wanted: impl Fn(&Group) -> bool) -> Reply {
    let seen = state
        .groups
        .iter()
        .filter(|group| state.sees_group(&call.caller, group));
    let rows = seen
        .filter(|group| is_wanted(group))
        .map(|group| group.json(state));
    page::page(state, call, rows.collect())
}

/// Answers `GET groups/:id`.
pub fn read(state: &State, call: &Call, id: &str) -> Reply {
    let group = state.find_group(call, id)?;
    let mut body = group.json(state);
    body["shared_with_groups"] = json!([]);
    Ok(Answer::json(200, body))
}

/// Answers `GET groups/:id/projects`.
pub fn projects(state: &State, call: &Call, id: &str) -> Reply {
    let group = state.find_group(call, id)?.id;
    project::rows(state, call, |project| {
        project.namespace == Namespace::Group(group)
    })
}

/// Answers `POST groups`.
pub fn create(state: &mut State, call: &Call) -> Reply {
    call.require(&["name", "path"])?;
    let name = call.text("name").unwrap_or_default().to_owned();
    let path = call.text("path").unwrap_or_default().to_owned();
    let user = state.user_of(&call.caller)?.clone();
    let parent = match call.number("parent_id") {
        Some(id) => Some(state.find_group(call, &id.to_string())?.clone()),
        None => None,
    };
    let full_path = match &parent {
        Some(above) if state.level_in_group(&call.caller, above) < Role::Maintainer.level() => {
            return Err(Answer::forbidden());
        }
        Some(above) => format!("{}/{path}", above.full_path),
        None if user.bot => return Err(Answer::forbidden()),
        None => path,
    };
    if state.group_at(&full_path).is_some() {
        let taken = json!({ "path": ["has already been taken"] });
        return Err(Answer::message(400, taken));
    }
    let group = state.group(&full_path);
    group.name = name;
    if let Some(visibility) = call.text("visibility") {
        visibility.clone_into(&mut group.visibility);
    }
    if let Some(level) = call.text("project_creation_level") {
        level.clone_into(&mut group.creation_level);
    }
    group.members.push((user.id, Role::Owner.level()));
    let group = group.clone();
    Ok(Answer::json(201, group.json(state)))
}

/// Answers `GET namespaces/:id`, which tells users from groups.
pub fn namespace(state: &State, call: &Call, id: &str) -> Reply {
    let caller = state.user_of(&call.caller)?;
    let is_named = caller.username.eq_ignore_ascii_case(id);
    if is_named || id.parse() == Ok(caller.namespace) {
        return Ok(Answer::json(200, user_namespace(state, caller)));
    }
    let found = state
        .group_at(id)
        .filter(|group| state.sees_group(&call.caller, group));
    let group = found.ok_or_else(|| Answer::not_found("Namespace"))?;
    Ok(Answer::json(200, group_namespace(state, group)))
}

/// Answers `GET namespaces`.
pub fn namespaces(state: &State, call: &Call) -> Reply {
    let caller = state.user_of(&call.caller)?;
    let seen = state
        .groups
        .iter()
        .filter(|group| state.level_in_group(&call.caller, group) > 0);
    let mut rows = vec![user_namespace(state, caller)];
    rows.extend(seen.map(|group| group_namespace(state, group)));
    page::page(state, call, rows)
}

fn user_namespace(state: &State, user: &super::user::User) -> Value {
    json!({
        "id": user.namespace,
        "name": user.username,
        "path": user.username,
        "kind": "user",
        "full_path": user.username,
        "parent_id": null,
        "avatar_url": null,
        "web_url": format!("{}/{}", state.base(), user.username),
    })
}

/// Returns a group as the namespace of something.
pub fn group_namespace(state: &State, group: &Group) -> Value {
    json!({
        "id": group.id,
        "name": group.name,
        "path": group.path,
        "kind": "group",
        "full_path": group.full_path,
        "parent_id": group.parent,
        "avatar_url": null,
        "web_url": format!("{}/groups/{}", state.base(), group.full_path),
    })
}

/// Returns the namespace of a project.
pub fn namespace_of(state: &State, namespace: Namespace) -> Value {
    match namespace {
        Namespace::User(id) => {
            let found = state.users.iter().find(|user| user.id == id);
            found.map(|user| user_namespace(state, user))
        }
        Namespace::Group(id) => state
            .group_by_id(id)
            .map(|group| group_namespace(state, group)),
    }
    .unwrap_or_default()
}
