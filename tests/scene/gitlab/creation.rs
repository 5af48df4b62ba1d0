//! Creating projects: where, under which name, and how wide open.

use serde_json::json;

use super::answer::{Answer, Reply};
use super::call::Call;
use super::project::Namespace;
use super::settings::TakenShape;
use super::state::State;

/// Answers `POST projects`.
pub fn create(state: &mut State, call: &Call) -> Reply {
    let given = call.text("name").or_else(|| call.text("path"));
    let Some(given) = given else {
        let words = "name, path are missing, at least one parameter must be provided";
        return Err(Answer::error(400, words));
    };
    let name = given.to_owned();
    let path = call
        .text("path")
        .map_or_else(|| path_for(&name), ToOwned::to_owned);
    let namespace = namespace_for(state, call)?;
    if let Some(refusal) = taken(state, namespace, &name, &path) {
        return Err(refusal);
    }
    let visibility = call.text("visibility").unwrap_or("private").to_owned();
    check_visibility(state, namespace, &visibility)?;
    let branch = call.text("default_branch").unwrap_or("main").to_owned();
    let id = state.make_project(namespace, &name, &path, &branch);
    let project = state.project_mut(&id.to_string());
    project.visibility = visibility;
    call.text("description")
        .unwrap_or_default()
        .clone_into(&mut project.description);
    if call.flag("initialize_with_readme") == Some(true) {
        let text = format!("# {name}\n");
        project
            .repository
            .commit(&branch, "Initial commit", &[("README.md", &text)]);
    }
    let project = project.clone();
    Ok(Answer::json(201, project.long_json(state, call)))
}

/// Makes a path of a name, if the name can't be one.
fn path_for(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.chars().all(is_plain) {
        return name.to_owned();
    }
    let lower = name.to_lowercase();
    let words = lower
        .split(|c: char| !is_plain(c))
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

fn namespace_for(state: &State, call: &Call) -> Result<Namespace, Answer> {
    let user = state.user_of(&call.caller)?;
    let invalid = || Answer::message(400, json!({ "namespace": ["is not valid"] }));
    let Some(id) = call.number("namespace_id") else {
        return if user.bot {
            Err(Answer::forbidden())
        } else {
            Ok(Namespace::User(user.id))
        };
    };
    if id == user.namespace {
        return Ok(Namespace::User(user.id));
    }
    let group = state.group_by_id(id).ok_or_else(invalid)?;
    if state.level_in_group(&call.caller, group) < group.level_to_create() {
        return Err(invalid());
    }
    Ok(Namespace::Group(id))
}

/// Refuses a name or path that another project of the namespace has, visible or not.
fn taken(state: &State, namespace: Namespace, name: &str, path: &str) -> Option<Answer> {
    let others = || {
        state
            .projects
            .iter()
            .filter(|project| project.namespace == namespace)
    };
    let words = json!(["has already been taken"]);
    let mut body = json!({});
    if others().any(|project| project.name == name) {
        body["name"] = words.clone();
    }
    if others().any(|project| project.path.eq_ignore_ascii_case(path)) {
        body["path"] = words.clone();
    }
    if body.as_object().is_none_or(serde_json::Map::is_empty) {
        return None;
    }
    match state.settings.taken {
        TakenShape::Plain => {}
        TakenShape::Namespace => body["project_namespace.name"] = words,
        TakenShape::Limit => body["limit_reached"] = json!([]),
    }
    Some(Answer::message(400, body))
}

/// Refuses a visibility that is wider than that of the group.
pub fn check_visibility(state: &State, namespace: Namespace, wanted: &str) -> Result<(), Answer> {
    let Namespace::Group(id) = namespace else {
        return Ok(());
    };
    let group = state
        .group_by_id(id)
        .map_or("private", |group| group.visibility.as_str());
    let width = |visibility: &str| match visibility {
        "public" => 2,
        "internal" => 1,
        _ => 0,
    };
    if width(wanted) <= width(group) {
        return Ok(());
    }
    let words = format!("{wanted} is not allowed in a {group} group.");
    Err(Answer::message(400, json!({ "visibility_level": [words] })))
}
