//! A stand-in for controllers: writes the recorded status once its moment has come.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::case::Rule;
use super::change::Snapshot;
use super::kinds::path_of;
use crate::scene::{Api, text};

const REQUESTED: &str = "/metadata/annotations/reconcile.fluxcd.io~1requestedAt";
const PAUSE: Duration = Duration::from_millis(30);

/// Answers in the background until it is dropped.
pub struct Responder {
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Responder {
    /// Begins to watch for the moments of all rules.
    pub fn start(api: &Api, rules: &[Rule], before: &Snapshot) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let thread = (!rules.is_empty()).then(|| {
            let (api, mut rules, before, ended) = (
                api.clone(),
                rules.to_vec(),
                before.clone(),
                Arc::clone(&ended),
            );
            thread::spawn(move || {
                while !ended.load(Ordering::Relaxed) && !rules.is_empty() {
                    rules.retain(|rule| !answer(&api, rule, before.get(&rule.object)));
                    thread::sleep(PAUSE);
                }
            })
        });
        Self { ended, thread }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // What went wrong there shows in what the run printed.
            drop(thread.join());
        }
    }
}

/// Writes the status of a rule where its moment has come, and says so.
fn answer(api: &Api, rule: &Rule, before: Option<&Value>) -> bool {
    let path = path_of(&rule.object);
    let (found, object) = api.call(Method::GET, &path, None);
    if found != 200 || !has_come(rule, &object, before.unwrap_or(&Value::Null)) {
        return false;
    }
    let generation = object["metadata"]["generation"].to_string();
    let status = rule.status.to_string();
    let status = status
        .replace("\"${GENERATION}\"", &generation)
        .replace("${REQUESTED_AT}", text(&object, REQUESTED));
    let status: Value =
        serde_json::from_str(&status).expect("the placeholders stand for plain values");
    let (written, _) = api.call(
        Method::PATCH,
        &format!("{path}/status"),
        Some(&json!({ "status": status })),
    );
    written == 200
}

fn has_come(rule: &Rule, object: &Value, before: &Value) -> bool {
    match rule.when.as_str() {
        "changed" => object["metadata"]["generation"] != before["metadata"]["generation"],
        "requested" => {
            !text(object, REQUESTED).is_empty()
                && text(object, REQUESTED) != text(before, REQUESTED)
        }
        "resumed" => object["spec"]["suspend"] != true,
        _ => true,
    }
}
