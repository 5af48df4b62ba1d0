//! Deploy keys: known to the whole instance, joined to projects.

use serde_json::{Value, json};
use ssh_key::public::{Ed25519PublicKey, KeyData};
use ssh_key::{HashAlg, PublicKey};

use super::access::Role;
use super::answer::{Answer, Reply};
use super::call::Call;
use super::page;
use super::project::Project;
use super::state::State;
use super::token::secret;

/// A deploy key.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its number.
    pub id: u64,
    /// Its title.
    pub title: String,
    /// Type, key and comment, as it was given.
    pub text: String,
    /// Its fingerprint, which no two keys share.
    pub fingerprint: String,
}

/// What a deploy key may do in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Push {
    /// Read only.
    Denied,
    /// Push, too.
    Allowed,
}

impl Push {
    const fn of(flag: Option<bool>) -> Self {
        if matches!(flag, Some(true)) {
            Self::Allowed
        } else {
            Self::Denied
        }
    }
}

impl Key {
    /// Reads a public key; nothing where it is none.
    pub fn parse(id: u64, title: &str, text: &str) -> Option<Self> {
        let key = PublicKey::from_openssh(text.trim()).ok()?;
        Some(Self {
            id,
            title: title.to_owned(),
            text: text.trim().to_owned(),
            fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
        })
    }

    /// Makes one up, whose private half no one has.
    pub fn invented(id: u64, title: &str) -> Self {
        let mut bytes = [0; 32];
        let random = secret("");
        let filler = random
            .bytes()
            .cycle()
            .zip(id.to_be_bytes().into_iter().cycle());
        for (byte, (a, b)) in bytes.iter_mut().zip(filler) {
            *byte = a ^ b;
        }
        let key = PublicKey::from(KeyData::Ed25519(Ed25519PublicKey(bytes)));
        let text = key
            .to_openssh()
            .expect("an Ed25519 key can always be written");
        Self::parse(id, title, &text).expect("it was just written")
    }

    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "title": self.title,
            "created_at": "2026-01-02T03:04:05.000Z",
            "expires_at": null,
            "last_used_at": null,
            "key": self.text,
            "usage_type": "auth",
            "fingerprint": null,
            "fingerprint_sha256": self.fingerprint,
        })
    }

    fn joined(&self, push: Push) -> Value {
        let mut body = self.json();
        body["can_push"] = json!(push == Push::Allowed);
        body
    }
}

impl State {
    /// Registers many made-up keys of a project.
    pub fn many_keys(&mut self, path: &str, count: usize) {
        for number in 1..=count {
            let id = self.next_id();
            self.keys.push(Key::invented(id, &format!("key {number}")));
            self.project_mut(path).keys.push((id, Push::Denied));
        }
    }

    fn key_at(&self, id: u64) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// Says whether a caller can reach a key through a project that it maintains.
    fn reaches_key(&self, call: &Call, id: u64) -> bool {
        let holders = self
            .projects
            .iter()
            .filter(|project| joined(project, id).is_some());
        holders
            .into_iter()
            .any(|project| self.level(&call.caller, project) >= Role::Maintainer.level())
    }
}

fn joined(project: &Project, id: u64) -> Option<Push> {
    let found = project.keys.iter().find(|(key, _)| *key == id);
    found.map(|(_, push)| *push)
}

fn missing() -> Answer {
    Answer::not_found("Deploy Key")
}

/// Answers `GET projects/:id/deploy_keys`.
pub fn list(state: &State, call: &Call, id: &str) -> Reply {
    let project = state.project_for(&call.caller, id, Role::Maintainer)?;
    let keys = project.keys.iter();
    let rows = keys.filter_map(|(id, push)| Some(state.key_at(*id)?.joined(*push)));
    page::page(state, call, rows.collect())
}

/// Answers `GET projects/:id/deploy_keys/:key`.
pub fn read(state: &State, call: &Call, id: &str, key: &str) -> Reply {
    let project = state.project_for(&call.caller, id, Role::Maintainer)?;
    let number = key.parse().map_err(|_| missing())?;
    let push = joined(project, number).ok_or_else(missing)?;
    let key = state.key_at(number).ok_or_else(missing)?;
    Ok(Answer::json(200, key.joined(push)))
}

/// Answers `POST projects/:id/deploy_keys`.
///
/// A key of this project is answered again, one of another project that the caller maintains is joined, and one
/// that the caller can't reach is taken.
pub fn create(state: &mut State, call: &Call, id: &str) -> Reply {
    state.project_for(&call.caller, id, Role::Maintainer)?;
    call.require(&["title", "key"])?;
    let title = call.text("title").unwrap_or_default();
    let push = Push::of(call.flag("can_push"));
    let number = state.next_id();
    let Some(key) = Key::parse(number, title, call.text("key").unwrap_or_default()) else {
        return Err(Answer::message(
            400,
            json!({ "deploy_key.key": ["is invalid"] }),
        ));
    };
    let known = state
        .keys
        .iter()
        .find(|other| other.fingerprint == key.fingerprint)
        .cloned();
    if let Some(known) = known {
        return join(state, call, id, (&known, push));
    }
    let body = key.joined(push);
    state.keys.push(key);
    let project = state.project_for_change(&call.caller, id, Role::Maintainer)?;
    project.keys.push((number, push));
    Ok(Answer::json(201, body))
}

fn join(state: &mut State, call: &Call, id: &str, (key, push): (&Key, Push)) -> Reply {
    let is_reached = state.reaches_key(call, key.id);
    let field = state.settings.fingerprint_field;
    let project = state.project_for_change(&call.caller, id, Role::Maintainer)?;
    if let Some(push) = joined(project, key.id) {
        return Ok(Answer::json(201, key.joined(push)));
    }
    if !is_reached {
        let body = json!({ field: ["has already been taken"] });
        return Err(Answer::message(400, body));
    }
    project.keys.push((key.id, push));
    Ok(Answer::json(201, key.joined(push)))
}

/// Answers `POST projects/:id/deploy_keys/:key/enable`.
pub fn enable(state: &mut State, call: &Call, id: &str, key: &str) -> Reply {
    state.project_for(&call.caller, id, Role::Maintainer)?;
    let number = key.parse().map_err(|_| missing())?;
    if !state.reaches_key(call, number) {
        return Err(missing());
    }
    let body = state.key_at(number).ok_or_else(missing)?.json();
    let project = state.project_for_change(&call.caller, id, Role::Maintainer)?;
    if joined(project, number).is_none() {
        project.keys.push((number, Push::Denied));
    }
    Ok(Answer::json(201, body))
}

/// Answers `PUT projects/:id/deploy_keys/:key`.
pub fn update(state: &mut State, call: &Call, id: &str, key: &str) -> Reply {
    let number = key.parse::<u64>().map_err(|_| missing())?;
    let project = state.project_for_change(&call.caller, id, Role::Maintainer)?;
    let entry = project.keys.iter_mut().find(|(key, _)| *key == number);
    let (_, push) = entry.ok_or_else(missing)?;
    if let Some(flag) = call.flag("can_push") {
        *push = Push::of(Some(flag));
    }
    let push = *push;
    let found = state.keys.iter_mut().find(|key| key.id == number);
    let key = found.ok_or_else(missing)?;
    if let Some(title) = call.text("title") {
        title.clone_into(&mut key.title);
    }
    Ok(Answer::json(200, key.joined(push)))
}

/// Answers `DELETE projects/:id/deploy_keys/:key`: a key that no project has left is forgotten.
pub fn delete(state: &mut State, call: &Call, id: &str, key: &str) -> Reply {
    let number = key.parse().map_err(|_| missing())?;
    let project = state.project_for_change(&call.caller, id, Role::Maintainer)?;
    if joined(project, number).is_none() {
        return Err(missing());
    }
    project.keys.retain(|(key, _)| *key != number);
    if !state
        .projects
        .iter()
        .any(|project| joined(project, number).is_some())
    {
        state.keys.retain(|key| key.id != number);
    }
    Ok(Answer::empty(204))
}
