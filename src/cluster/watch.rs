//! Watches: objects as they are now, and then each change, whatever happens to the connection.

use std::marker::PhantomData;
use std::time::Duration;

use futures::AsyncBufReadExt as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout_at};

use super::call::Deed;
use super::client::{Cluster, misread};
use super::error::{ClusterError, Reason};
use super::link::Reader;
use super::list::Selection;
use super::resource::Resource;

/// How long the server keeps one watch open: short enough to notice a connection that died in silence.
const PERIOD: Duration = Duration::from_secs(50);

/// How long after that a watch that is still open counts as dead.
const GRACE: Duration = Duration::from_secs(10);

/// The pause after a first failure; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The time between two lists where watching is not allowed.
const POLL: Duration = Duration::from_secs(2);

/// What a watch reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<T> {
    /// All there is. It comes first, and again whenever changes may have been missed.
    All(Vec<T>),
    /// An object is new or changed.
    Put(T),
    /// An object is gone; this is its last state.
    Gone(T),
}

/// A watch over the objects of a selection.
pub struct Watch<T> {
    cluster: Cluster,
    resource: Resource,
    selection: Selection,
    version: Option<String>,
    reader: Option<Reader>,
    /// When the open watch must have ended.
    until: Instant,
    line: Vec<u8>,
    pause: Duration,
    polling: bool,
    row: PhantomData<fn() -> T>,
}

/// The parts of a line of a watch that are not the row.
#[derive(Deserialize)]
struct Line {
    r#type: String,
    #[serde(default)]
    object: Told,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    metadata: Metadata,
    code: u16,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    resource_version: String,
}

/// The row in a line of a watch.
#[derive(Deserialize)]
struct Row<T> {
    object: T,
}

impl Cluster {
    /// Watches the objects of a selection, each read into a row of the caller's.
    pub fn watch<T: DeserializeOwned>(
        &self,
        resource: &Resource,
        selection: &Selection,
    ) -> Watch<T> {
        Watch {
            cluster: self.clone(),
            resource: resource.clone(),
            selection: selection.clone(),
            version: None,
            reader: None,
            until: Instant::now(),
            line: Vec::new(),
            pause: Duration::ZERO,
            polling: false,
            row: PhantomData,
        }
    }
}

impl<T: DeserializeOwned> Watch<T> {
    /// Waits for the next change.
    ///
    /// After an error it may be called again: it pauses, then goes on where it was, or from the
    /// start. Only the time limit of the cluster ends it ([`Cluster::limited_to`]).
    pub async fn next(&mut self) -> Result<Change<T>, ClusterError> {
        let result = self.advance().await;
        if result.is_ok() {
            self.pause = Duration::ZERO;
        } else {
            self.reader = None;
            self.pause = (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        }
        result
    }

    async fn advance(&mut self) -> Result<Change<T>, ClusterError> {
        loop {
            if self.reader.is_none() && !self.pause.is_zero() {
                self.sleep(self.pause).await?;
            }
            if self.version.is_none() {
                return self.list().await;
            }
            if self.polling {
                self.sleep(POLL).await?;
                return self.list().await;
            }
            if self.reader.is_none() && !self.open().await? {
                continue;
            }
            match self.line().await? {
                None => self.reader = None,
                Some(line) => {
                    if let Some(change) = self.read(&line)? {
                        return Ok(change);
                    }
                }
            }
        }
    }

    async fn list(&mut self) -> Result<Change<T>, ClusterError> {
        let mut rows = Vec::new();
        let version = self
            .cluster
            .list_into(&self.resource, &self.selection, &mut rows)
            .await?;
        self.version = Some(version);
        Ok(Change::All(rows))
    }

    /// Starts to watch where the last change was. It is not to be where that is too long ago, or
    /// where watching is not allowed: then all is listed again.
    async fn open(&mut self) -> Result<bool, ClusterError> {
        let call = self
            .selection
            .call("watch", &self.resource)
            .with("watch", "true")
            .with("allowWatchBookmarks", "true")
            .with("timeoutSeconds", &PERIOD.as_secs().to_string())
            .with(
                "resourceVersion",
                self.version.as_deref().unwrap_or_default(),
            )
            .uncompressed();
        self.line.clear();
        match self.cluster.open(&call).await {
            Ok(reader) => {
                self.until = Instant::now() + PERIOD + GRACE;
                self.reader = Some(reader);
                Ok(true)
            }
            Err(ClusterError::Rejected { code: 410, .. }) => {
                self.version = None;
                Ok(false)
            }
            Err(ClusterError::Forbidden { .. } | ClusterError::Rejected { code: 405, .. }) => {
                self.polling = true;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Waits for the next line; `None` where the watch ended.
    async fn line(&mut self) -> Result<Option<Vec<u8>>, ClusterError> {
        let Some(reader) = &mut self.reader else {
            return Ok(None);
        };
        let deadline = self.cluster.deadline();
        let end = deadline.map_or(self.until, |deadline| deadline.min(self.until));
        loop {
            let bytes = match timeout_at(end, reader.fill_buf()).await {
                // However it ended: the next watch goes on after the last change.
                Ok(Err(_) | Ok([])) => return Ok(None),
                Ok(Ok(bytes)) => bytes,
                Err(_) if deadline.is_some_and(|deadline| deadline <= end) => {
                    return Err(self.late());
                }
                Err(_) => return Ok(None),
            };
            let newline = bytes.iter().position(|byte| *byte == b'\n');
            self.line
                .extend_from_slice(&bytes[..newline.unwrap_or(bytes.len())]);
            let length = newline.map_or(bytes.len(), |newline| newline + 1);
            reader.consume_unpin(length);
            if newline.is_some() && !self.line.is_empty() {
                return Ok(Some(std::mem::take(&mut self.line)));
            }
        }
    }

    /// Reads a line; `None` where it holds no change.
    fn read(&mut self, line: &[u8]) -> Result<Option<Change<T>>, ClusterError> {
        let deed = || self.selection.call("watch", &self.resource).deed;
        let told: Line = serde_json::from_slice(line).map_err(|error| misread(&error, &deed()))?;
        if told.r#type == "ERROR" {
            let code = told.object.code;
            self.version = None;
            self.reader = None;
            if code == 410 {
                return Ok(None);
            }
            let deed = Box::new(self.selection.call("watch", &self.resource).deed);
            let source = Reason("the server ended the watch".into());
            return Err(ClusterError::Rejected { deed, code, source });
        }
        let row = || serde_json::from_slice::<Row<T>>(line).map(|row| row.object);
        let change = match told.r#type.as_str() {
            "ADDED" | "MODIFIED" => Some(row().map(Change::Put)),
            "DELETED" => Some(row().map(Change::Gone)),
            _ => None,
        };
        let change = change
            .transpose()
            .map_err(|error| misread(&error, &deed()))?;
        if !told.object.metadata.resource_version.is_empty() {
            self.version = Some(told.object.metadata.resource_version);
        }
        Ok(change)
    }

    async fn sleep(&mut self, pause: Duration) -> Result<(), ClusterError> {
        let end = Instant::now() + pause;
        match self.cluster.deadline() {
            Some(deadline) if deadline <= end => {
                tokio::time::sleep_until(deadline).await;
                Err(self.late())
            }
            _ => {
                sleep(pause).await;
                Ok(())
            }
        }
    }

    fn late(&self) -> ClusterError {
        let deed: Deed = self.selection.call("watch", &self.resource).deed;
        ClusterError::TimedOut {
            deed: Box::new(deed),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::body::Body;
    use axum::response::Response;
    use serde_json::{Value, json};

    use super::super::double::{Double, answer};
    use super::*;

    fn lines(lines: &[Value]) -> Response {
        let text: String = lines
            .iter()
            .flat_map(|line| [line.to_string(), "\n".into()])
            .collect();
        Response::new(Body::from(text))
    }

    fn list(version: &str, names: &[&str]) -> Response {
        let items: Vec<Value> = names.iter().map(|name| json!({"n": name})).collect();
        answer(
            200,
            &json!({"metadata": {"resourceVersion": version}, "items": items}),
        )
    }

    fn row(name: &str, version: &str) -> Value {
        json!({"n": name, "metadata": {"resourceVersion": version}})
    }

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct N {
        n: String,
    }

    fn n(name: &str) -> N {
        N { n: name.into() }
    }

    #[tokio::test]
    async fn a_watch_goes_on_after_breaks_and_starts_over_when_it_is_too_old() {
        let turn = Arc::new(AtomicUsize::new(0));
        let double = Double::start(move |_| match turn.fetch_add(1, Ordering::SeqCst) {
            0 => list("1", &["a"]),
            1 => lines(&[
                json!({"type": "ADDED", "object": row("b", "2")}),
                json!({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "5"}}}),
            ]),
            2 => answer(500, &json!({"message": "starting"})),
            3 => lines(&[json!({"type": "DELETED", "object": row("a", "6")})]),
            4 => lines(&[json!({"type": "ERROR", "object": {"kind": "Status", "code": 410}})]),
            _ => list("9", &["c"]),
        })
        .await;
        let mut watch: Watch<N> = double
            .connect()
            .await
            .watch(&Resource::POD, &Selection::default());
        assert_eq!(watch.next().await.unwrap(), Change::All(vec![n("a")]));
        assert_eq!(watch.next().await.unwrap(), Change::Put(n("b")));
        assert!(watch.next().await.unwrap_err().is_passing());
        assert_eq!(watch.next().await.unwrap(), Change::Gone(n("a")));
        assert_eq!(watch.next().await.unwrap(), Change::All(vec![n("c")]));
        let seen = double.lines();
        assert!(seen[1].ends_with("resourceVersion=1"), "{seen:?}");
        assert!(
            seen[3].ends_with("resourceVersion=5"),
            "the bookmark counts: {seen:?}"
        );
        assert!(seen[4].ends_with("resourceVersion=6"), "{seen:?}");
        assert_eq!(seen[5], "GET /api/v1/pods");
    }

    #[tokio::test]
    async fn where_watching_is_forbidden_lists_must_do() {
        let double = Double::start(|seen| {
            if seen.line.contains("watch=true") {
                return answer(
                    403,
                    &json!({"kind": "Status", "code": 403, "reason": "Forbidden"}),
                );
            }
            list("1", &["a"])
        })
        .await;
        let mut watch: Watch<N> = double
            .connect()
            .await
            .watch(&Resource::POD, &Selection::default());
        assert_eq!(watch.next().await.unwrap(), Change::All(vec![n("a")]));
        assert_eq!(watch.next().await.unwrap(), Change::All(vec![n("a")]));
        assert_eq!(double.lines().len(), 3);
    }

    #[tokio::test]
    async fn the_time_limit_ends_a_silent_watch() {
        let double = Double::start(|seen| {
            if seen.line.contains("watch=true") {
                let silent = futures::stream::pending::<Result<bytes::Bytes, std::io::Error>>();
                return Response::new(Body::from_stream(silent));
            }
            list("1", &[])
        })
        .await;
        let cluster = double
            .connect()
            .await
            .limited_to(Some(Duration::from_millis(300)));
        let mut watch: Watch<N> = cluster.watch(&Resource::POD, &Selection::of_namespace("a"));
        assert_eq!(watch.next().await.unwrap(), Change::All(Vec::new()));
        let error = watch.next().await.unwrap_err();
        assert_eq!(error.to_string(), "timed out: watch pods in namespace `a`");
    }
}
