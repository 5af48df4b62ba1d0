//! The words in which the state of an object is told, and the conditions that it is read from (pure).

use std::fmt;

use serde_json::Value;

use crate::manifest::Object;

/// How far an object has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It is as its specification says.
    Current,
    /// It is on its way there.
    InProgress,
    /// It is stuck, and will not come there by itself.
    Failed,
    /// It is being deleted.
    Terminating,
    /// It is not there.
    NotFound,
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Current => "Current",
            Self::InProgress => "InProgress",
            Self::Failed => "Failed",
            Self::Terminating => "Terminating",
            Self::NotFound => "NotFound",
        })
    }
}

/// The state of an object and what there is to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// How far it has come.
    pub state: State,
    /// Why, in words.
    pub message: String,
}

impl Status {
    pub(super) fn new(state: State, message: impl Into<String>) -> Self {
        Self {
            state,
            message: message.into(),
        }
    }

    pub(super) fn current(message: impl Into<String>) -> Self {
        Self::new(State::Current, message)
    }

    pub(super) fn progressing(message: impl Into<String>) -> Self {
        Self::new(State::InProgress, message)
    }

    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self::new(State::Failed, message)
    }
}

/// One condition of an object.
#[derive(Clone, Copy)]
pub(super) struct Condition<'a> {
    pub kind: &'a str,
    pub status: &'a str,
    pub reason: &'a str,
    pub message: &'a str,
    pub value: &'a Value,
}

impl Condition<'_> {
    pub(super) fn is_true(&self) -> bool {
        self.status == "True"
    }
}

/// Goes through the conditions of an object.
pub(super) fn conditions(object: &Object) -> impl Iterator<Item = Condition<'_>> {
    let list = object.get("/status/conditions").and_then(Value::as_array);
    list.into_iter().flatten().map(|value| {
        let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
        Condition {
            kind: text("type"),
            status: text("status"),
            reason: text("reason"),
            message: text("message"),
            value,
        }
    })
}

/// Finds a condition of an object by its type.
pub(super) fn condition<'a>(object: &'a Object, kind: &str) -> Option<Condition<'a>> {
    conditions(object).find(|condition| condition.kind == kind)
}

/// Returns a number of an object.
pub(super) fn number(object: &Object, pointer: &str) -> Option<i64> {
    object.get(pointer).and_then(Value::as_i64)
}
