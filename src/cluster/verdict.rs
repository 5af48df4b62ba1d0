//! How objects that are waited for are judged, and how the wait for them ends.

use std::time::Duration;

use super::event::Event;
use super::resource::Address;
use crate::manifest::Object;

/// What somebody thinks of an object as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it should be, in words.
    Done(String),
    /// It is not yet, and this is why.
    Waiting(String),
    /// It will never be, and this is why.
    Failed(String),
}

/// Whether to look for the newest event of what is waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Events {
    /// Look from time to time.
    #[default]
    Newest,
    /// Leave it.
    Ignored,
}

/// What is known about one object while others or itself are waited for.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// The object.
    pub address: &'a Address,
    /// What is thought of it.
    pub verdict: &'a Verdict,
    /// What was said about it last.
    pub event: Option<&'a Event>,
    /// How long it has taken so far.
    pub elapsed: Duration,
}

/// How the wait for one object ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is as it should be.
    Done(String),
    /// It will never be.
    Failed(String),
    /// It was not when time was up; this is what it waits for.
    TimedOut(String),
}

/// The end of the wait for one object.
#[derive(Clone, Debug)]
pub struct Waited {
    /// The object that was waited for.
    pub address: Address,
    /// How it ended.
    pub outcome: Outcome,
    /// The object as it was last seen; `None` where it was not there.
    pub object: Option<Object>,
    /// What was said about it last, if somebody looked.
    pub event: Option<Event>,
}
