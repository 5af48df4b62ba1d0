//! What is known about the objects that are waited for.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, timeout};

use super::call::Deed;
use super::client::{Cluster, object};
use super::error::ClusterError;
use super::event::Event;
use super::lane::Scope;
use super::list::named;
use super::resource::{Address, Resource};
use super::verdict::{Events, Outcome, Step, Verdict, Waited};
use super::watch::Change;
use crate::manifest::Object;

/// How long the newest event of an object may take to be read while others are waited for.
const EVENT_LIMIT: Duration = Duration::from_secs(2);

/// What is known about all objects.
pub(super) struct Board<J, S> {
    entries: Vec<Entry>,
    places: HashMap<(Resource, String, String), Vec<usize>>,
    start: Instant,
    judge: J,
    on_step: S,
}

/// What is known about one object.
struct Entry {
    address: Address,
    verdict: Verdict,
    object: Option<Object>,
    event: Option<Event>,
}

impl Entry {
    fn is_open(&self) -> bool {
        matches!(self.verdict, Verdict::Waiting(_))
    }
}

impl<J, S> Board<J, S>
where
    J: FnMut(&Address, Option<&Object>) -> Verdict,
    S: FnMut(&Step<'_>),
{
    pub(super) fn new(addresses: &[Address], start: Instant, judge: J, on_step: S) -> Self {
        let entry = |address: &Address| Entry {
            address: address.clone(),
            verdict: Verdict::Waiting("not looked at yet".into()),
            object: None,
            event: None,
        };
        let mut places: HashMap<_, Vec<usize>> = HashMap::new();
        for (place, address) in addresses.iter().enumerate() {
            let Address {
                resource,
                namespace,
                name,
            } = address.clone();
            places
                .entry((resource, namespace, name))
                .or_default()
                .push(place);
        }
        let entries = addresses.iter().map(entry).collect();
        Self {
            entries,
            places,
            start,
            judge,
            on_step,
        }
    }

    /// Counts the objects that are still waited for.
    pub(super) fn open(&self) -> usize {
        self.entries.iter().filter(|entry| entry.is_open()).count()
    }

    /// Takes in what a lane has seen.
    pub(super) fn take(
        &mut self,
        scope: &Scope,
        change: Change<Value>,
    ) -> Result<(), ClusterError> {
        match change {
            Change::Put(value) => self.see(scope, value),
            Change::Gone(value) => {
                for place in self.places_of(scope, &value) {
                    self.judge(place, None);
                }
                Ok(())
            }
            Change::All(values) => {
                let mut missing = self.places_in(scope);
                for value in values {
                    let seen = self.places_of(scope, &value);
                    missing.retain(|place| !seen.contains(place));
                    self.see(scope, value)?;
                }
                for place in missing {
                    self.judge(place, None);
                }
                Ok(())
            }
        }
    }

    pub(super) fn see(&mut self, scope: &Scope, value: Value) -> Result<(), ClusterError> {
        let places = self.places_of(scope, &value);
        let Some(first) = places.first() else {
            return Ok(());
        };
        let deed = Deed::on("watch", &self.entries[*first].address);
        let seen = object(named(value, &scope.resource), &deed)?;
        for place in places {
            self.judge(place, Some(seen.clone()));
        }
        Ok(())
    }

    /// Judges an object as it is now, and tells about it if that is news.
    pub(super) fn judge(&mut self, place: usize, object: Option<Object>) {
        let entry = &mut self.entries[place];
        if !entry.is_open() {
            return;
        }
        let verdict = (self.judge)(&entry.address, object.as_ref());
        entry.object = object;
        if verdict != entry.verdict {
            entry.verdict = verdict;
            self.tell(place);
        }
    }

    /// Notes that the cluster can't be asked at the moment.
    pub(super) fn trouble(&mut self, scope: &Scope, error: &ClusterError) {
        for place in self.places_in(scope) {
            let verdict = Verdict::Waiting(error.to_string());
            if self.entries[place].is_open() && self.entries[place].verdict != verdict {
                self.entries[place].verdict = verdict;
                self.tell(place);
            }
        }
    }

    /// Reads the newest event of the first object that is waited for. Whoever may not read events
    /// is not made to try again.
    pub(super) async fn look_for_event(&mut self, cluster: &Cluster) -> Events {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.is_open()) else {
            return Events::Newest;
        };
        match timeout(EVENT_LIMIT, cluster.newest_event(&entry.address)).await {
            Ok(Ok(event)) => entry.event = event,
            Ok(Err(ClusterError::Forbidden { .. })) => return Events::Ignored,
            Ok(Err(_)) | Err(_) => {}
        }
        Events::Newest
    }

    /// Tells about the first object that is waited for, though nothing happened.
    pub(super) fn tick(&mut self) {
        if let Some(place) = self.entries.iter().position(Entry::is_open) {
            self.tell(place);
        }
    }

    pub(super) fn tell(&mut self, place: usize) {
        let entry = &self.entries[place];
        (self.on_step)(&Step {
            address: &entry.address,
            verdict: &entry.verdict,
            event: entry.event.as_ref(),
            elapsed: self.start.elapsed(),
        });
    }

    fn places_of(&self, scope: &Scope, value: &Value) -> Vec<usize> {
        let name = value
            .pointer("/metadata/name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let key = (
            scope.resource.clone(),
            scope.namespace.clone(),
            name.to_owned(),
        );
        self.places.get(&key).cloned().unwrap_or_default()
    }

    fn places_in(&self, scope: &Scope) -> Vec<usize> {
        let inside = |address: &Address| {
            address.resource == scope.resource
                && address.namespace == scope.namespace
                && scope.name.as_ref().is_none_or(|name| *name == address.name)
        };
        let places = self.entries.iter().enumerate();
        places
            .filter(|(_, entry)| inside(&entry.address))
            .map(|(place, _)| place)
            .collect()
    }

    pub(super) fn finish(self) -> Vec<Waited> {
        let ended = |entry: Entry| Waited {
            outcome: match entry.verdict {
                Verdict::Done(message) => Outcome::Done(message),
                Verdict::Failed(message) => Outcome::Failed(message),
                Verdict::Waiting(message) => Outcome::TimedOut(message),
            },
            address: entry.address,
            object: entry.object,
            event: entry.event,
        };
        self.entries.into_iter().map(ended).collect()
    }
}
