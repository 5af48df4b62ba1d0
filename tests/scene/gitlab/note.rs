//! Notes: the comments of merge requests.

use serde_json::{Value, json};

use super::access::Role;
use super::answer::{Answer, Reply};
use super::call::Call;
use super::page;
use super::state::State;

/// How long a note may be, in characters.
const LONGEST: usize = 1_000_000;

/// A comment.
#[derive(Clone, Debug)]
pub struct Note {
    /// Its number.
    pub id: u64,
    /// What it says.
    pub body: String,
    /// Who wrote it.
    pub author: u64,
}

impl Note {
    fn json(&self, state: &State, project: u64, iid: &str) -> Value {
        let author = state.users.iter().find(|user| user.id == self.author);
        json!({
            "id": self.id,
            "type": null,
            "body": self.body,
            "author": author.map(|user| user.basic(&state.base())),
            "created_at": "2026-01-02T03:04:05.000Z",
            "updated_at": "2026-01-02T03:04:05.000Z",
            "system": false,
            "noteable_type": "MergeRequest",
            "project_id": project,
            "resolvable": false,
            "confidential": false,
            "internal": false,
            "noteable_iid": iid.parse::<u64>().ok(),
            "commands_changes": {},
        })
    }
}

fn missing() -> Answer {
    Answer::message(404, "404 Note Not Found")
}

fn checked(call: &Call) -> Result<String, Answer> {
    call.require(&["body"])?;
    let body = call.text("body").unwrap_or_default();
    if body.chars().count() > LONGEST {
        let words = format!("is too long (maximum is {LONGEST} characters)");
        return Err(Answer::message(400, json!({ "note": [words] })));
    }
    Ok(body.to_owned())
}

/// Answers `GET …/notes`, newest first.
pub fn list(state: &State, call: &Call, id: &str, iid: &str) -> Reply {
    let project = state.find_project(&call.caller, id)?;
    let notes = project.merge_request(iid)?.notes.iter();
    let mut rows: Vec<Value> = notes
        .map(|note| note.json(state, project.id, iid))
        .collect();
    if call.query("sort") != Some("asc") {
        rows.reverse();
    }
    page::page(state, call, rows)
}

/// Answers `GET …/notes/:note`.
pub fn read(state: &State, call: &Call, (id, iid): (&str, &str), note: &str) -> Reply {
    let project = state.find_project(&call.caller, id)?;
    let mut notes = project.merge_request(iid)?.notes.iter();
    let found = notes
        .find(|known| note.parse() == Ok(known.id))
        .ok_or_else(missing)?;
    Ok(Answer::json(200, found.json(state, project.id, iid)))
}

/// Answers `POST …/notes`.
pub fn create(state: &mut State, call: &Call, id: &str, iid: &str) -> Reply {
    state.project_for(&call.caller, id, Role::Guest)?;
    let note = Note {
        id: state.next_id(),
        body: checked(call)?,
        author: state.user_of(&call.caller)?.id,
    };
    let project = state.project_for_change(&call.caller, id, Role::Guest)?;
    project.merge_request_mut(iid)?.notes.push(note.clone());
    let number = project.id;
    Ok(Answer::json(201, note.json(state, number, iid)))
}

/// Answers `PUT …/notes/:note`: who wrote it may change it.
pub fn update(state: &mut State, call: &Call, (id, iid): (&str, &str), note: &str) -> Reply {
    let body = checked(call)?;
    let changed = change(state, call, (id, iid), note)?;
    changed.body = body;
    let changed = changed.clone();
    let project = state.find_project(&call.caller, id)?.id;
    Ok(Answer::json(200, changed.json(state, project, iid)))
}

/// Answers `DELETE …/notes/:note`.
pub fn delete(state: &mut State, call: &Call, (id, iid): (&str, &str), note: &str) -> Reply {
    let number = change(state, call, (id, iid), note)?.id;
    let project = state.project_for_change(&call.caller, id, Role::Guest)?;
    project
        .merge_request_mut(iid)?
        .notes
        .retain(|known| known.id != number);
    Ok(Answer::empty(204))
}

fn change<'a>(
    state: &'a mut State,
    call: &Call,
    (id, iid): (&str, &str),
    note: &str,
) -> Result<&'a mut Note, Answer> {
    let user = state.user_of(&call.caller)?.id;
    let found = state.find_project(&call.caller, id)?;
    let is_maintainer = state.level(&call.caller, found) >= Role::Maintainer.level();
    let project = state.project_for_change(&call.caller, id, Role::Guest)?;
    let mut notes = project.merge_request_mut(iid)?.notes.iter_mut();
    let known = notes
        .find(|known| note.parse() == Ok(known.id))
        .ok_or_else(missing)?;
    if known.author != user && !is_maintainer {
        return Err(Answer::forbidden());
    }
    Ok(known)
}
