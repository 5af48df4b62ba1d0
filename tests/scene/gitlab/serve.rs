//! One request from its arrival to its answer.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{ConnectInfo, Request, State as Extract};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::access::Caller;
use super::answer::{Answer, Content};
use super::call::{Call, pairs};
use super::contract::Contract;
use super::deliver::{deliver, response};
use super::door::Switch;
use super::fault::{Act, Faults};
use super::gate::Knock;
use super::git;
use super::journal::Entry;
use super::limit::Limits;
use super::route;
use super::settings::Gate;
use super::state::State;

/// The status of a request that breaks the contract: none of GitLab's.
pub const BREACH: u16 = 599;
/// The longest body of an API request.
const LONGEST_BODY: usize = 16 * 1024 * 1024;

/// What the requests of a double share.
pub struct Shared {
    state: Mutex<State>,
    faults: Mutex<Faults>,
    journal: Mutex<Vec<Entry>>,
    breaches: Mutex<Vec<String>>,
    contract: Option<&'static Contract>,
    mount: String,
}

impl Shared {
    /// Makes it around a filled state.
    pub fn new(state: State) -> Self {
        let contract = (state.settings.gate != Gate::Off)
            .then(Contract::gitlab)
            .flatten();
        Self {
            mount: state.settings.mount.clone(),
            state: Mutex::new(state),
            faults: Mutex::default(),
            journal: Mutex::default(),
            breaches: Mutex::default(),
            contract,
        }
    }

    /// Returns the state: others wait meanwhile.
    pub fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    /// Returns the faults.
    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        locked(&self.faults)
    }

    /// Returns the journal.
    pub fn journal(&self) -> MutexGuard<'_, Vec<Entry>> {
        locked(&self.journal)
    }

    /// Returns the breaches of the contract so far.
    pub fn breaches(&self) -> MutexGuard<'_, Vec<String>> {
        locked(&self.breaches)
    }

    fn breach(&self, what: &str, reasons: &[String]) -> Answer {
        let words = format!("{what}: {}", reasons.join("; "));
        self.breaches().push(words.clone());
        Answer::message(BREACH, words)
    }

    fn end(&self, index: usize, status: Option<u16>) {
        if let Some(entry) = self.journal().get_mut(index) {
            entry.status = status;
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A test that failed with the lock in hand has said so itself.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers a request.
pub async fn serve(
    Extract(shared): Extract<Arc<Shared>>,
    ConnectInfo(switch): ConnectInfo<Switch>,
    request: Request,
) -> Response {
    let whole = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let below = whole
        .strip_prefix(&shared.mount)
        .filter(|path| path.starts_with('/'));
    let path = below.unwrap_or(&whole).to_owned();
    let index = note(&shared, &request, &path, &query);
    if below.is_none() {
        return finish(
            &shared,
            index,
            Answer::html(404, "The page could not be found"),
        );
    }
    let (deeds, fault) = shared
        .faults()
        .meet(request.method().as_str(), &path, &query);
    for deed in deeds {
        if let Act::Meanwhile(deed) = deed.act {
            let mut state = shared.state();
            tokio::task::block_in_place(|| deed(&mut state));
            state.publish_keys();
        }
    }
    tokio::time::sleep(fault.as_ref().map_or(Duration::ZERO, |fault| fault.delay)).await;
    let act = fault.map_or(Act::Pass, |fault| fault.act);
    if matches!(act, Act::Reset) {
        switch.reset();
        return Response::default();
    }
    let response = if path.starts_with("/api/v4") {
        api(&shared, request, (&path, index), &act).await
    } else if let Act::Instead(answer) = &act {
        finish(&shared, index, answer.clone())
    } else if path.contains(".git/") {
        let response = git::serve(&shared, request, &path).await;
        shared.end(index, Some(response.status().as_u16()));
        response
    } else {
        finish(
            &shared,
            index,
            Answer::html(404, "The page could not be found"),
        )
    };
    deliver(response, &act, &switch, || shared.end(index, None)).await
}

/// Writes the request into the journal; returns its place there.
fn note(shared: &Shared, request: &Request, path: &str, query: &str) -> usize {
    let headers = request.headers().iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    let mut journal = shared.journal();
    journal.push(Entry {
        method: request.method().to_string(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers.collect(),
        body: Value::Null,
        status: None,
    });
    journal.len() - 1
}

fn finish(shared: &Shared, index: usize, answer: Answer) -> Response {
    shared.end(index, Some(answer.status));
    response(answer)
}

/// Answers a request to the API.
async fn api(
    shared: &Shared,
    request: Request,
    (path, index): (&str, usize),
    act: &Act,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LONGEST_BODY).await else {
        return finish(
            shared,
            index,
            Answer::error(413, "Request Entity Too Large"),
        );
    };
    let kind = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let knock = Knock {
        method: parts.method.as_str(),
        path,
        query: parts.uri.query().unwrap_or_default(),
        content_type: kind,
        body: &body,
    };
    let fields = match shared.contract {
        Some(contract) => knock.check(contract),
        None => Ok(knock.fields()),
    };
    let fields = match fields {
        Ok(fields) => fields,
        Err(reasons) => {
            let answer = shared.breach(&format!("{} {path}", parts.method), &reasons);
            return finish(shared, index, answer);
        }
    };
    if let Some(entry) = shared.journal().get_mut(index) {
        entry.body = Value::Object(fields.clone());
    }
    if let Act::Instead(answer) = act {
        return finish(shared, index, answer.clone());
    }
    let answer =
        tokio::task::block_in_place(|| handle(shared, &knock, fields, (&parts.headers, act)));
    finish(shared, index, answer)
}

fn handle(
    shared: &Shared,
    knock: &Knock<'_>,
    fields: Map<String, Value>,
    (headers, act): (&HeaderMap, &Act),
) -> Answer {
    let mut state = shared.state();
    let limits = Limits::count(&mut state);
    let mut call = Call {
        method: knock.method.to_owned(),
        path: knock
            .path
            .strip_prefix("/api/v4")
            .unwrap_or(knock.path)
            .to_owned(),
        query: pairs(knock.query),
        fields,
        caller: Caller::Anonymous,
    };
    let asked = call
        .query("page")
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    if matches!(act, Act::EndlessPages | Act::RepeatedPage) {
        call.query.retain(|(name, _)| name != "page");
    }
    let mut answer = match limits.refusal {
        Some(refusal) => refusal,
        None => act_on(shared, &mut state, &mut call, headers),
    };
    if call.method != "GET" {
        state.publish_keys();
    }
    match act {
        Act::Change(change) => change(&mut answer),
        Act::EndlessPages => turn_page(&mut answer, asked, asked + 1),
        Act::RepeatedPage => turn_page(&mut answer, asked, asked),
        _ => {}
    }
    answer.headers.extend(limits.headers);
    tagged(answer, &call.method, headers)
}

fn act_on(shared: &Shared, state: &mut State, call: &mut Call, headers: &HeaderMap) -> Answer {
    call.caller = match credential(headers).map(|token| state.caller(token)) {
        None => Caller::Anonymous,
        Some(Ok(caller)) => caller,
        Some(Err(refusal)) => return refusal,
    };
    let Some(reply) = route::route(state, call) else {
        if shared.contract.is_none() {
            return route::unknown();
        }
        let reasons = ["the double does not play this operation".to_owned()];
        return shared.breach(&format!("{} {}", call.method, call.path), &reasons);
    };
    let answer = reply.unwrap_or_else(|refusal| refusal);
    let (true, Some(contract)) = (
        state.settings.gate == Gate::RequestsAndAnswers,
        shared.contract,
    ) else {
        return answer;
    };
    let Ok(operation) = contract.find(&call.method, &format!("/api/v4{}", call.path)) else {
        return answer;
    };
    let complaints = contract.answer_complaints(&operation, answer.status, answer.body());
    if complaints.is_empty() || answer.status == 301 {
        return answer;
    }
    shared.breach(
        &format!("answer to {} {}", call.method, call.path),
        &complaints,
    )
}

/// Finds the token of an API request, in any of the three headers.
fn credential(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let bearer = || text("authorization")?.strip_prefix("Bearer ");
    text("private-token")
        .or_else(|| text("job-token"))
        .or_else(bearer)
}

/// Makes a list say that it is at page `asked`, and that `next` follows; its rows get ids of their own.
fn turn_page(answer: &mut Answer, asked: u64, next: u64) {
    if next != asked
        && let Content::Json(Value::Array(rows)) = &mut answer.content
    {
        for row in rows {
            let id = row["id"].as_u64().unwrap_or_default();
            row["id"] = json!(id + (asked - 1) * 1_000_000);
        }
    }
    for (name, value) in &mut answer.headers {
        match name.as_str() {
            "X-Page" => *value = asked.to_string(),
            "X-Next-Page" => *value = next.to_string(),
            "Link" => {
                let first = value
                    .split(", ")
                    .find(|link| link.contains("rel=\"first\""));
                let address = first
                    .unwrap_or_default()
                    .replace("page=1&", &format!("page={next}&"));
                *value = address.replace("rel=\"first\"", "rel=\"next\"");
            }
            _ => {}
        }
    }
    answer
        .headers
        .retain(|(name, _)| name != "X-Total" && name != "X-Total-Pages");
}

/// Adds `ETag` to what was read, and answers 304 to who has it already.
fn tagged(answer: Answer, method: &str, headers: &HeaderMap) -> Answer {
    if method != "GET" || answer.status != StatusCode::OK.as_u16() {
        return answer;
    }
    let mut hasher = DefaultHasher::new();
    answer.bytes().1.hash(&mut hasher);
    let tag = format!("W/\"{:016x}\"", hasher.finish());
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    if known == Some(tag.as_str()) {
        let mut unchanged = Answer::empty(304);
        unchanged.headers = answer.headers;
        return unchanged.with("ETag", tag);
    }
    answer.with("ETag", tag)
}
