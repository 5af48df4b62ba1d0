//! Waiting until objects are as they should be, or time is up.

use std::collections::HashMap;
use std::time::Duration;

use futures::StreamExt as _;
use serde_json::Value;
use tokio::time::{Instant, interval_at, sleep_until, timeout};

use super::call::Deed;
use super::client::{Cluster, object};
use super::error::ClusterError;
use super::event::Event;
use super::lane::{Scope, lanes};
use super::list::named;
use super::resource::{Address, Resource};
use super::watch::Change;
use crate::manifest::Object;

/// How long the newest event of an object may take to be read while others are waited for.
const EVENT_LIMIT: Duration = Duration::from_secs(2);

/// How much longer than the wait its watches last, so that their own time-out never shows.
const SPARE: Duration = Duration::from_secs(2);

/// The limit where none is given: a hundred years.
const NO_LIMIT: Duration = Duration::from_hours(24 * 365 * 100);

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

/// How to wait.
#[derive(Clone, Debug)]
pub struct WaitOptions {
    /// For how long; `None` for as long as the cluster's own time limit.
    pub limit: Option<Duration>,
    /// How often to tell a step even if nothing changes.
    pub tick: Duration,
    /// Whether to look for events.
    pub events: Events,
}

impl Default for WaitOptions {
    fn default() -> Self {
        Self {
            limit: None,
            tick: Duration::from_secs(5),
            events: Events::Newest,
        }
    }
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

impl Cluster {
    /// Waits until `judge` is content with each object, or has given it up, or time is up.
    ///
    /// The first look comes at once, the later ones whenever something changes; broken connections
    /// and restarts of the API server are waited out. The ends come in the order of the addresses.
    pub async fn wait(
        &self,
        addresses: &[Address],
        options: &WaitOptions,
        judge: impl FnMut(&Address, Option<&Object>) -> Verdict,
        on_step: impl FnMut(&Step<'_>),
    ) -> Result<Vec<Waited>, ClusterError> {
        let start = Instant::now();
        let limit = start + options.limit.unwrap_or(NO_LIMIT);
        let end = self
            .deadline()
            .map_or(limit, |deadline| deadline.min(limit));
        let cluster = self.limited_to(Some(end.saturating_duration_since(start) + SPARE));
        let mut board = Board::new(addresses, start, judge, on_step);
        let mut lanes = lanes(&cluster, addresses);
        let mut ticks = interval_at(start + options.tick, options.tick);
        let mut events = options.events;
        while board.open() > 0 {
            tokio::select! {
                biased;
                () = sleep_until(end) => break,
                Some((scope, change)) = lanes.next() => match change {
                    Ok(change) => board.take(&scope, change)?,
                    Err(error) if error.is_passing() => board.trouble(&scope, &error),
                    Err(error) => return Err(error),
                },
                _ = ticks.tick() => {
                    if events == Events::Newest {
                        events = board.look_for_event(&cluster).await;
                    }
                    board.tick();
                }
            }
        }
        Ok(board.finish())
    }
}

/// What is known about all objects.
struct Board<J, S> {
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
    fn new(addresses: &[Address], start: Instant, judge: J, on_step: S) -> Self {
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
    fn open(&self) -> usize {
        self.entries.iter().filter(|entry| entry.is_open()).count()
    }

    /// Takes in what a lane has seen.
    fn take(&mut self, scope: &Scope, change: Change<Value>) -> Result<(), ClusterError> {
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

    fn see(&mut self, scope: &Scope, value: Value) -> Result<(), ClusterError> {
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
    fn judge(&mut self, place: usize, object: Option<Object>) {
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
    fn trouble(&mut self, scope: &Scope, error: &ClusterError) {
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
    async fn look_for_event(&mut self, cluster: &Cluster) -> Events {
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
    fn tick(&mut self) {
        if let Some(place) = self.entries.iter().position(Entry::is_open) {
            self.tell(place);
        }
    }

    fn tell(&mut self, place: usize) {
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

    fn finish(self) -> Vec<Waited> {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::body::Body;
    use axum::response::Response;
    use futures::stream::{self, pending};
    use serde_json::json;

    use super::super::traps::{Double, answer};
    use super::*;

    fn pod(name: &str, phase: &str) -> Value {
        json!({"metadata": {"name": name, "namespace": "a"}, "status": {"phase": phase}})
    }

    fn list(items: &[Value]) -> Response {
        answer(
            200,
            &json!({"metadata": {"resourceVersion": "1"}, "items": items}),
        )
    }

    /// Answers a watch with some lines, and keeps it open.
    fn lines(lines: &[Value]) -> Response {
        let text: String = lines
            .iter()
            .flat_map(|line| [line.to_string(), "\n".into()])
            .collect();
        let first = stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from(text))]);
        Response::new(Body::from_stream(first.chain(pending())))
    }

    fn by_phase(_: &Address, object: Option<&Object>) -> Verdict {
        match object.map(|object| object.text("/status/phase")) {
            Some("Good") => Verdict::Done("good".into()),
            Some("Bad") => Verdict::Failed("bad".into()),
            Some(phase) => Verdict::Waiting(phase.into()),
            None => Verdict::Waiting("missing".into()),
        }
    }

    fn options(limit: u64) -> WaitOptions {
        WaitOptions {
            limit: Some(Duration::from_millis(limit)),
            tick: Duration::from_millis(40),
            events: Events::Newest,
        }
    }

    #[tokio::test]
    async fn each_object_ends_by_itself_and_the_blocking_one_is_named() {
        let double = Double::start(|seen| match seen.line.as_str() {
            line if line.contains("/events?") => answer(
                200,
                &json!({"items": [{"message": "pulling", "involvedObject": {"apiVersion": "v1"}}]}),
            ),
            line if line.contains("watch=true") && line.contains("name%3Done") => {
                lines(&[json!({"type": "MODIFIED", "object": pod("one", "Good")})])
            }
            line if line.contains("watch=true") => lines(&[]),
            line if line.contains("name%3Done") => list(&[pod("one", "Slow")]),
            line if line.contains("name%3Dtwo") => list(&[pod("two", "Slow")]),
            line if line.contains("name%3Dbad") => list(&[pod("bad", "Bad")]),
            _ => list(&[]),
        })
        .await;
        let addresses = ["one", "two", "bad", "gone"].map(|name| Resource::POD.at("a", name));
        let mut steps = Vec::new();
        let step = |step: &Step<'_>| {
            let event = step.event.map(|event| event.message.clone());
            steps.push((step.address.name.clone(), step.verdict.clone(), event));
        };
        let cluster = double.connect().await;
        let waited = cluster
            .wait(&addresses, &options(400), by_phase, step)
            .await
            .unwrap();
        let outcomes: Vec<Outcome> = waited.iter().map(|waited| waited.outcome.clone()).collect();
        assert_eq!(
            outcomes,
            [
                Outcome::Done("good".into()),
                Outcome::TimedOut("Slow".into()),
                Outcome::Failed("bad".into()),
                Outcome::TimedOut("missing".into()),
            ]
        );
        assert_eq!(
            waited[0].object.as_ref().unwrap().id().to_string(),
            "Pod/a/one"
        );
        assert_eq!(waited[1].event.as_ref().unwrap().message, "pulling");
        let told = |name: &str, verdict: Verdict, event: Option<&str>| {
            steps.contains(&(name.into(), verdict, event.map(str::to_owned)))
        };
        assert!(
            told("one", Verdict::Waiting("Slow".into()), None),
            "{steps:?}"
        );
        assert!(
            told("two", Verdict::Waiting("Slow".into()), Some("pulling")),
            "{steps:?}"
        );
    }

    #[tokio::test]
    async fn what_is_ready_is_not_waited_for() {
        let double = Double::start(|_| list(&[pod("one", "Good")])).await;
        let start = Instant::now();
        let addresses = [Resource::POD.at("a", "one")];
        let cluster = double.connect().await;
        cluster
            .wait(&addresses, &WaitOptions::default(), by_phase, |_| {})
            .await
            .unwrap();
        assert!(start.elapsed() < Duration::from_secs(1));
        assert_eq!(double.lines().len(), 1, "one look is enough");
        assert!(
            cluster
                .wait(&[], &WaitOptions::default(), by_phase, |_| {})
                .await
                .unwrap()
                .is_empty()
        );
    }

    #[tokio::test]
    async fn a_restart_of_the_server_is_waited_out() {
        let turn = Arc::new(AtomicUsize::new(0));
        let double = Double::start(move |_| match turn.fetch_add(1, Ordering::SeqCst) {
            0 => answer(500, &json!({"message": "etcd is away"})),
            1 => list(&[pod("one", "Slow")]),
            2 => Response::new(Body::empty()),
            3 => answer(410, &json!({"reason": "Expired"})),
            _ => list(&[pod("one", "Good")]),
        })
        .await;
        let addresses = [Resource::POD.at("a", "one")];
        let mut told = Vec::new();
        let step = |step: &Step<'_>| told.push(step.verdict.clone());
        let options = WaitOptions {
            events: Events::Ignored,
            ..options(5000)
        };
        let waited = double
            .connect()
            .await
            .wait(&addresses, &options, by_phase, step)
            .await
            .unwrap();
        assert_eq!(waited[0].outcome, Outcome::Done("good".into()));
        let Verdict::Waiting(first) = &told[0] else {
            panic!("{told:?}")
        };
        assert_eq!(first, "cannot list pods in namespace `a`");
    }

    #[tokio::test]
    async fn who_may_only_read_polls_and_who_may_not_is_told() {
        let double = Double::start(|seen| {
            if seen.line.contains("fieldSelector") || seen.line.ends_with("/two") {
                return answer(403, &json!({"reason": "Forbidden", "message": "no"}));
            }
            answer(200, &pod("one", "Good"))
        })
        .await;
        let cluster = double.connect().await;
        let waited = cluster
            .wait(
                &[Resource::POD.at("a", "one")],
                &options(3000),
                by_phase,
                |_| {},
            )
            .await;
        assert_eq!(waited.unwrap()[0].outcome, Outcome::Done("good".into()));
        let refused = cluster
            .wait(
                &[Resource::POD.at("a", "two")],
                &options(3000),
                by_phase,
                |_| {},
            )
            .await;
        assert_eq!(
            refused.unwrap_err().to_string(),
            "not allowed to get pods `two` in namespace `a`"
        );
    }

    #[tokio::test]
    async fn many_objects_share_one_watch() {
        let items: Vec<Value> = (0..20).map(|n| pod(&format!("p{n}"), "Good")).collect();
        let double = Double::start(move |_| list(&items)).await;
        let addresses: Vec<Address> = (0..20)
            .map(|n| Resource::POD.at("a", &format!("p{n}")))
            .collect();
        let waited = double
            .connect()
            .await
            .wait(&addresses, &options(3000), by_phase, |_| {})
            .await
            .unwrap();
        assert!(
            waited
                .iter()
                .all(|waited| waited.outcome == Outcome::Done("good".into()))
        );
        assert_eq!(double.lines(), ["GET /api/v1/namespaces/a/pods"]);
    }
}
