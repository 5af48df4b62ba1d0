//! Which handler answers which call.

use super::answer::{Answer, Reply};
use super::call::Call;
use super::state::State;
use super::{
    branch, creation, deploy_token, group, hook, key, merge_request, note, project, protection,
    share, user,
};

/// Answers a call; nothing where no handler plays it.
pub fn route(state: &mut State, call: &Call) -> Option<Reply> {
    let owned = call.segments();
    let segments: Vec<&str> = owned.iter().map(String::as_str).collect();
    if let Err(refusal) = state.admit(&call.caller, &call.method, &segments) {
        return Some(Err(refusal));
    }
    match segments.as_slice() {
        ["projects", id, rest @ ..] if !rest.is_empty() => in_project(state, call, id, rest),
        all => top(state, call, all),
    }
}

fn top(state: &mut State, call: &Call, segments: &[&str]) -> Option<Reply> {
    Some(match (call.method.as_str(), segments) {
        ("GET", ["user"]) => user::current(state, call),
        ("GET", ["users"]) => user::list(state, call),
        ("GET", ["users", id, "projects"]) => project::of_user(state, call, id),
        ("GET", ["version" | "metadata"]) => user::version(state, call),
        ("GET", ["personal_access_tokens", "self"]) => user::token(state, call),
        ("GET", ["namespaces"]) => group::namespaces(state, call),
        ("GET", ["namespaces", id]) => group::namespace(state, call, id),
        ("GET", ["groups"]) => group::list(state, call),
        ("POST", ["groups"]) => group::create(state, call),
        ("GET", ["groups", id]) => group::read(state, call, id),
        ("GET", ["groups", id, "subgroups"]) => group::subgroups(state, call, id),
        ("GET", ["groups", id, "projects"]) => group::projects(state, call, id),
        ("GET", ["projects"]) => project::list(state, call),
        ("POST", ["projects"]) => creation::create(state, call),
        ("GET", ["projects", id]) => project::read(state, call, id),
        ("PUT", ["projects", id]) => project::update(state, call, id),
        ("DELETE", ["projects", id]) => project::delete(state, call, id),
        _ => return None,
    })
}

fn in_project(state: &mut State, call: &Call, id: &str, rest: &[&str]) -> Option<Reply> {
    Some(match (call.method.as_str(), rest) {
        ("GET", ["deploy_keys"]) => key::list(state, call, id),
        ("POST", ["deploy_keys"]) => key::create(state, call, id),
        ("GET", ["deploy_keys", key]) => key::read(state, call, id, key),
        ("PUT", ["deploy_keys", key]) => key::update(state, call, id, key),
        ("DELETE", ["deploy_keys", key]) => key::delete(state, call, id, key),
        ("POST", ["deploy_keys", key, "enable"]) => key::enable(state, call, id, key),
        ("GET", ["deploy_tokens"]) => deploy_token::list(state, call, id),
        ("POST", ["deploy_tokens"]) => deploy_token::create(state, call, id),
        ("GET", ["deploy_tokens", token]) => deploy_token::read(state, call, id, token),
        ("DELETE", ["deploy_tokens", token]) => deploy_token::delete(state, call, id, token),
        ("POST", ["share"]) => share::create(state, call, id),
        ("DELETE", ["share", group]) => share::delete(state, call, id, group),
        ("GET", ["members", "all"]) => project::members(state, call, id),
        ("GET", ["repository", "branches"]) => branch::list(state, call, id),
        ("POST", ["repository", "branches"]) => branch::create(state, call, id),
        ("GET", ["repository", "branches", name]) => branch::read(state, call, id, name),
        ("GET", ["repository", "commits"]) => branch::commits(state, call, id),
        ("GET", ["protected_branches"]) => protection::list(state, call, id),
        ("POST", ["protected_branches"]) => protection::create(state, call, id),
        ("GET", ["protected_branches", name]) => protection::read(state, call, id, name),
        ("PATCH", ["protected_branches", name]) => protection::update(state, call, id, name),
        ("DELETE", ["protected_branches", name]) => protection::delete(state, call, id, name),
        ("GET", ["hooks"]) => hook::list(state, call, id),
        ("POST", ["hooks"]) => hook::create(state, call, id),
        ("GET", ["hooks", hook]) => hook::read(state, call, id, hook),
        ("PUT", ["hooks", hook]) => hook::update(state, call, id, hook),
        ("DELETE", ["hooks", hook]) => hook::delete(state, call, id, hook),
        (_, ["merge_requests", rest @ ..]) => return of_merge_request(state, call, id, rest),
        _ => return None,
    })
}

fn of_merge_request(state: &mut State, call: &Call, id: &str, rest: &[&str]) -> Option<Reply> {
    Some(match (call.method.as_str(), rest) {
        ("GET", []) => merge_request::list(state, call, id),
        ("POST", []) => merge_request::create(state, call, id),
        ("GET", [iid]) => merge_request::read(state, call, id, iid),
        ("PUT", [iid]) => merge_request::update(state, call, id, iid),
        ("PUT", [iid, "merge"]) => merge_request::accept(state, call, id, iid),
        ("GET", [iid, "notes"]) => note::list(state, call, id, iid),
        ("POST", [iid, "notes"]) => note::create(state, call, id, iid),
        ("GET", [iid, "notes", note]) => note::read(state, call, (id, iid), note),
        ("PUT", [iid, "notes", note]) => note::update(state, call, (id, iid), note),
        ("DELETE", [iid, "notes", note]) => note::delete(state, call, (id, iid), note),
        _ => return None,
    })
}

/// Says that a path or method is none of GitLab's.
pub fn unknown() -> Answer {
    Answer::error(404, "404 Not Found")
}
