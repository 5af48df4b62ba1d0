//! Waiting until objects are as they should be, or time is up.

use std::time::Duration;

use futures::StreamExt as _;
use tokio::time::{Instant, interval_at, sleep_until};

use super::board::Board;
use super::client::Cluster;
use super::error::ClusterError;
use super::lane::lanes;
use super::resource::Address;
use super::verdict::{Events, Step, Verdict, Waited};
use crate::manifest::Object;

/// How much longer than the wait its watches last, so that their own time-out never shows.
const SPARE: Duration = Duration::from_secs(2);

/// The limit where none is given: a hundred years.
const NO_LIMIT: Duration = Duration::from_hours(24 * 365 * 100);

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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::body::Body;
    use axum::response::Response;
    use futures::stream::{self, pending};
    use serde_json::{Value, json};

    use super::super::double::{Double, answer};
    use super::super::resource::Resource;
    use super::super::verdict::Outcome;
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
