//! Branches and their commits, as the repository has them.

use serde_json::{Value, json};

use super::access::Role;
use super::answer::{Answer, Reply};
use super::call::Call;
use super::page;
use super::project::Project;
use super::repository::Commit;
use super::state::State;

impl Commit {
    /// Returns it as the API shows it.
    pub fn json(&self, base: &str) -> Value {
        json!({
            "id": self.id,
            "short_id": self.id.get(..8),
            "created_at": self.date,
            "parent_ids": self.parents,
            "title": self.message.lines().next().unwrap_or_default(),
            "message": self.message,
            "author_name": self.author,
            "author_email": self.email,
            "authored_date": self.date,
            "committer_name": self.author,
            "committer_email": self.email,
            "committed_date": self.date,
            "web_url": format!("{base}/-/commit/{}", self.id),
        })
    }
}

fn json_of(state: &State, call: &Call, project: &Project, name: &str) -> Option<Value> {
    let level = state.level(&call.caller, project);
    let web_url = format!("{}/{}", state.base(), project.full_path);
    let commit = project.repository.commits(name, 1).into_iter().next()?;
    Some(json!({
        "name": name,
        "commit": commit.json(&web_url),
        "merged": false,
        "protected": project.is_protected(name),
        "developers_can_push": project.can_push(name, Role::Developer.level()),
        "developers_can_merge": project.can_push(name, Role::Developer.level()),
        "can_push": project.can_push(name, level),
        "default": name == project.default_branch,
        "web_url": format!("{web_url}/-/tree/{name}"),
    }))
}

/// Answers `GET projects/:id/repository/branches`.
pub fn list(state: &State, call: &Call, id: &str) -> Reply {
    let project = state.find_project(&call.caller, id)?;
    let search = call.query("search").unwrap_or_default();
    let names = project.repository.branches().into_iter();
    let rows = names
        .filter(|name| name.contains(search))
        .filter_map(|name| json_of(state, call, project, &name));
    page::page(state, call, rows.collect())
}

/// Answers `GET projects/:id/repository/branches/:branch`.
pub fn read(state: &State, call: &Call, id: &str, name: &str) -> Reply {
    let project = state.find_project(&call.caller, id)?;
    let body = json_of(state, call, project, name);
    let body = body.ok_or_else(|| Answer::not_found("Branch"))?;
    Ok(Answer::json(200, body))
}

/// Answers `POST projects/:id/repository/branches`.
pub fn create(state: &State, call: &Call, id: &str) -> Reply {
    let project = state.project_for(&call.caller, id, Role::Developer)?;
    call.require(&["branch", "ref"])?;
    let name = call.text("branch").unwrap_or_default();
    if project.repository.has_branch(name) {
        return Err(Answer::message(400, "Branch already exists"));
    }
    let reference = call.text("ref").unwrap_or_default();
    if !project.repository.make_branch(name, reference) {
        let words = format!("Invalid reference name: {reference}");
        return Err(Answer::message(400, words));
    }
    let body = json_of(state, call, project, name);
    let body = body.ok_or_else(|| Answer::not_found("Branch"))?;
    Ok(Answer::json(201, body))
}

/// Answers `GET projects/:id/repository/commits`.
pub fn commits(state: &State, call: &Call, id: &str) -> Reply {
    let project = state.find_project(&call.caller, id)?;
    let web_url = format!("{}/{}", state.base(), project.full_path);
    let reference = call.query("ref_name").unwrap_or(&project.default_branch);
    let commits = project.repository.commits(reference, 1_000).into_iter();
    page::page(
        state,
        call,
        commits.map(|commit| commit.json(&web_url)).collect(),
    )
}
