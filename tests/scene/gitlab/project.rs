//! Projects: creating, reading, changing, and giving up on them.

use std::path::Path;

use serde_json::{Value, json};

use super::access::{self, Role};
use super::answer::{Answer, Reply};
use super::call::Call;
use super::creation::check_visibility;
use super::deploy_token::DeployToken;
use super::group::namespace_of;
use super::hook::Hook;
use super::key::Push;
use super::merge_request::MergeRequest;
use super::page;
use super::protection::Protection;
use super::repository::Repository;
use super::share::Share;
use super::state::State;

/// Where a project lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespace {
    /// With the user of this number.
    User(u64),
    /// In the group of this number.
    Group(u64),
}

/// A project with all that belongs to it.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its number.
    pub id: u64,
    /// Where it lies.
    pub namespace: Namespace,
    /// Its name for people.
    pub name: String,
    /// The last part of its path.
    pub path: String,
    /// Its path from the top.
    pub full_path: String,
    /// Its description.
    pub description: String,
    /// `private`, `internal` or `public`.
    pub visibility: String,
    /// Its default branch.
    pub default_branch: String,
    /// Its repository.
    pub repository: Repository,
    /// Members of its own: user and level.
    pub members: Vec<(u64, u64)>,
    /// Groups that it is shared with.
    pub shares: Vec<Share>,
    /// Deploy keys: the number of each, and what it may do here.
    pub keys: Vec<(u64, Push)>,
    /// Deploy tokens.
    pub deploy_tokens: Vec<DeployToken>,
    /// Protected branches.
    pub protections: Vec<Protection>,
    /// Merge requests.
    pub merge_requests: Vec<MergeRequest>,
    /// Webhooks.
    pub hooks: Vec<Hook>,
    /// The day on which its deletion was asked for: its path stays taken.
    pub marked_for_deletion: Option<String>,
}

impl Project {
    /// Makes a private project; `names` are its name, its path and its full path.
    pub fn new(
        id: u64,
        namespace: Namespace,
        names: (&str, &str, &str),
        repository: Repository,
    ) -> Self {
        let (name, path, full_path) = names;
        Self {
            id,
            namespace,
            name: name.to_owned(),
            path: path.to_owned(),
            full_path: full_path.to_owned(),
            description: String::new(),
            visibility: "private".into(),
            default_branch: "main".into(),
            repository,
            members: Vec::new(),
            shares: Vec::new(),
            keys: Vec::new(),
            deploy_tokens: Vec::new(),
            protections: Vec::new(),
            merge_requests: Vec::new(),
            hooks: Vec::new(),
            marked_for_deletion: None,
        }
    }

    /// Returns the folder of its bare repository.
    pub fn repository_path(&self) -> &Path {
        self.repository.path()
    }

    fn json(&self, state: &State) -> Value {
        let base = state.base();
        let name_above = state.namespace_path(self.namespace).replace('/', " / ");
        json!({
            "id": self.id,
            "description": self.description,
            "name": self.name,
            "name_with_namespace": format!("{name_above} / {}", self.name),
            "path": self.path,
            "path_with_namespace": self.full_path,
            "created_at": "2026-01-02T03:04:05.000Z",
            "default_branch": self.default_branch,
            "tag_list": [],
            "topics": [],
            "ssh_url_to_repo": state.ssh_url(&self.full_path),
            "http_url_to_repo": format!("{base}/{}.git", self.full_path),
            "web_url": format!("{base}/{}", self.full_path),
            "readme_url": null,
            "forks_count": 0,
            "avatar_url": null,
            "star_count": 0,
            "last_activity_at": "2026-01-02T03:04:05.000Z",
            "visibility": self.visibility,
            "namespace": namespace_of(state, self.namespace),
        })
    }

    /// Returns all that the API says of it to a caller.
    pub fn long_json(&self, state: &State, call: &Call) -> Value {
        let mut body = self.json(state);
        let shares = self.shares.iter().map(|share| share.listed(state));
        let more = json!({
            "marked_for_deletion_at": self.marked_for_deletion,
            "marked_for_deletion_on": self.marked_for_deletion,
            "empty_repo": self.repository.is_empty(),
            "archived": false,
            "lfs_enabled": true,
            "creator_id": state.user_of(&call.caller).map_or(0, |user| user.id),
            "import_status": "none",
            "open_issues_count": 0,
            "shared_with_groups": shares.collect::<Vec<Value>>(),
            "merge_method": "merge",
            "squash_option": "default_off",
            "merge_requests_enabled": true,
        });
        merge(&mut body, more);
        body
    }
}

/// Adds the fields of one object to another.
pub fn merge(body: &mut Value, more: Value) {
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
}

impl State {
    /// Returns the address of a project for Git over SSH.
    pub fn ssh_url(&self, full_path: &str) -> String {
        match &self.ssh_address {
            Some(address) => format!("ssh://{address}/{full_path}.git"),
            None => format!("git@127.0.0.1:{full_path}.git"),
        }
    }
}

/// Answers `GET projects/:id`: an old path of a renamed project leads on.
pub fn read(state: &State, call: &Call, id: &str) -> Reply {
    if let Some(new) = moved(state, call, id) {
        return Ok(new);
    }
    let project = state.find_project(&call.caller, id)?;
    let mut body = project.long_json(state, call);
    let level = state.level(&call.caller, project);
    body["permissions"] = json!({
        "project_access": access::access(level),
        "group_access": null,
    });
    Ok(Answer::json(200, body))
}

fn moved(state: &State, call: &Call, id: &str) -> Option<Answer> {
    if state.project_at(id).is_some() {
        return None;
    }
    let (_, number) = state
        .moved
        .iter()
        .find(|(path, _)| path.eq_ignore_ascii_case(id))?;
    let project = state.find_project(&call.caller, &number.to_string()).ok()?;
    let address = format!("{}/api/v4/projects/{}", state.base(), project.id);
    let body = json!({ "message": "This resource has been moved" });
    Some(Answer::json(301, body).with("Location", address))
}

/// Answers a list with those projects that the caller may know of.
pub fn rows(state: &State, call: &Call, is_wanted: impl Fn(&Project) -> bool) -> Reply {
    let text = call.query("search").unwrap_or_default().to_lowercase();
    let seen = state.projects.iter().filter(|project| {
        state.sees_project(&call.caller, project)
            && project.full_path.to_lowercase().contains(&text)
    });
    let rows = seen
        .filter(|project| is_wanted(project))
        .map(|project| project.json(state));
    page::page(state, call, rows.collect())
}

/// Answers `GET projects`.
pub fn list(state: &State, call: &Call) -> Reply {
    let is_member = call.query("membership") == Some("true");
    rows(state, call, |project| {
        !is_member || state.level(&call.caller, project) > 0
    })
}

/// Answers `GET users/:id/projects`.
pub fn of_user(state: &State, call: &Call, id: &str) -> Reply {
    let found = state
        .users
        .iter()
        .find(|user| user.username == id || id.parse() == Ok(user.id));
    let user = found.ok_or_else(|| Answer::not_found("User"))?.id;
    rows(state, call, |project| {
        project.namespace == Namespace::User(user)
    })
}

/// Answers `GET projects/:id/members/all`.
pub fn members(state: &State, call: &Call, id: &str) -> Reply {
    let project = state.find_project(&call.caller, id)?;
    let base = state.base();
    let mut members = project.members.clone();
    let mut above = match project.namespace {
        Namespace::Group(id) => state.group_by_id(id),
        Namespace::User(id) => {
            members.push((id, Role::Owner.level()));
            None
        }
    };
    while let Some(group) = above {
        members.extend(&group.members);
        above = group.parent.and_then(|id| state.group_by_id(id));
    }
    let rows = members.into_iter().filter_map(|(id, level)| {
        let mut body = state.users.iter().find(|user| user.id == id)?.basic(&base);
        body["access_level"] = json!(level);
        Some(body)
    });
    page::page(state, call, rows.collect())
}

/// Answers `PUT projects/:id`.
pub fn update(state: &mut State, call: &Call, id: &str) -> Reply {
    let namespace = state
        .project_for(&call.caller, id, Role::Maintainer)?
        .namespace;
    if let Some(visibility) = call.text("visibility") {
        check_visibility(state, namespace, visibility)?;
    }
    let project = state.project_for_change(&call.caller, id, Role::Maintainer)?;
    let fields = [
        ("name", &mut project.name),
        ("description", &mut project.description),
        ("visibility", &mut project.visibility),
    ];
    for (name, field) in fields {
        if let Some(text) = call.text(name) {
            text.clone_into(field);
        }
    }
    if let Some(branch) = call.text("default_branch") {
        if !project.repository.has_branch(branch) {
            let words = json!({ "base": [format!("Could not set the default branch. Do you have a branch named '{branch}' in your repository?")] });
            return Err(Answer::message(400, words));
        }
        branch.clone_into(&mut project.default_branch);
        project.repository.set_head(branch);
    }
    let project = project.clone();
    Ok(Answer::json(200, project.long_json(state, call)))
}

/// Answers `DELETE projects/:id`: the project waits for its end, and its path with it.
pub fn delete(state: &mut State, call: &Call, id: &str) -> Reply {
    let project = state.project_for_change(&call.caller, id, Role::Owner)?;
    project.marked_for_deletion = Some(jiff::Timestamp::now().to_string()[..10].to_owned());
    Ok(Answer::message(202, "202 Accepted"))
}
