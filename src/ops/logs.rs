//! What the controllers write to their logs about Flux objects.

use std::collections::HashSet;
use std::time::Duration;

use futures::future::join_all;
use futures::stream::{BoxStream, SelectAll};
use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::inventory::deployments;
use crate::cluster::{Cluster, ClusterError, Log, LogOptions, Resource, Selection};
use crate::error::Failure;
use crate::manifest::Object;

/// The container of a controller, where its pod has several.
const CONTAINER: &str = "manager";

/// How long to wait until a log that has ended is looked for again.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a followed log may be silent until it is opened again.
const SILENCE: Duration = Duration::from_mins(1);

/// Lines as long as this were cut on their way.
const CUT: usize = 1 << 20;

/// Which entries are meant; what is empty means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// The level.
    pub level: String,
    /// The kind of the object, in any case of letters.
    pub kind: String,
    /// The name of the object, in any case of letters.
    pub name: String,
    /// The namespace of the object.
    pub namespace: String,
}

/// One line of a controller's log; what is not text is shown as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LogEntry {
    /// When.
    #[serde(rename = "ts", deserialize_with = "as_text")]
    pub time: String,
    /// How bad.
    #[serde(deserialize_with = "as_text")]
    pub level: String,
    /// What.
    #[serde(rename = "msg", deserialize_with = "as_text")]
    pub message: String,
    /// What went wrong.
    #[serde(deserialize_with = "as_text")]
    pub error: String,
    /// The kind of the object, as older controllers name it.
    #[serde(rename = "reconciler kind", deserialize_with = "as_text")]
    pub reconciler_kind: String,
    /// The kind of the object.
    #[serde(rename = "controllerKind", deserialize_with = "as_text")]
    pub controller_kind: String,
    /// The name of the object.
    #[serde(deserialize_with = "as_text")]
    pub name: String,
    /// The namespace of the object.
    #[serde(deserialize_with = "as_text")]
    pub namespace: String,
}

fn as_text<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    })
}

impl LogFilter {
    /// Says whether an entry is meant.
    fn takes(&self, entry: &LogEntry) -> bool {
        let is = |wanted: &str, found: &str| wanted.eq_ignore_ascii_case(found);
        let of_kind =
            is(&self.kind, &entry.reconciler_kind) || is(&self.kind, &entry.controller_kind);
        (self.level.is_empty() || self.level == entry.level)
            && (self.kind.is_empty() || of_kind)
            && (self.name.is_empty() || is(&self.name, &entry.name))
            && (self.namespace.is_empty() || self.namespace == entry.namespace)
    }
}

/// Shown as flux shows it: time, level, object, message, error.
impl std::fmt::Display for LogEntry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.reconciler_kind.as_str() {
            "" => &self.controller_kind,
            kind => kind,
        };
        write!(formatter, "{} {} {kind}", self.time, self.level)?;
        if !self.name.is_empty() {
            write!(formatter, "/{}.{}", self.name, self.namespace)?;
        }
        write!(formatter, " - {} {}", self.message, self.error)
    }
}

/// A controller, and how its pods are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controller {
    namespace: String,
    /// The name of its Deployment.
    pub name: String,
    selector: String,
}

/// What comes out of a log.
#[derive(Debug)]
pub enum Told {
    /// An entry that is meant, and its line as it is.
    Entry(Box<LogEntry>, String),
    /// A line that is no entry; the text says where and why.
    Malformed(String),
    /// A log that can't be read (now); the text says which and why.
    Unreadable(String),
}

/// Finds the controllers of an installation, by name.
///
/// # Errors
///
/// Fails where the Deployments may not be listed.
pub async fn controllers(
    cluster: &Cluster,
    namespace: &str,
) -> Result<Vec<Controller>, ClusterError> {
    let deployments = deployments(cluster, namespace).await?;
    let controller = |deployment: &Object| Controller {
        namespace: deployment.namespace().into(),
        name: deployment.name().into(),
        selector: selector(deployment.get("/spec/selector")),
    };
    Ok(deployments.iter().map(controller).collect())
}

/// Reads the logs of the controllers one after the other, and tells what is meant.
///
/// The end of a log, or a line that is no entry, leads to the next log.
///
/// # Errors
///
/// Fails where no controller has a pod, and where a log could not be read once all others were.
pub async fn read_logs(
    cluster: &Cluster,
    controllers: &[Controller],
    options: &LogOptions,
    filter: &LogFilter,
    mut tell: impl FnMut(Told) -> Result<(), Failure>,
) -> Result<(), Failure> {
    // All are asked for at once, then read in their order.
    let opened = join_all(controllers.iter().map(|controller| async {
        let Some(pod) = controller.pod(cluster).await? else {
            return Ok(None);
        };
        let log = pod.open(cluster, options).await;
        Ok::<_, ClusterError>(Some((pod, log)))
    }))
    .await;
    let (mut pods, mut failed) = (0, 0);
    for opened in opened {
        let Some((pod, log)) = opened? else { continue };
        pods += 1;
        let read = match log {
            Ok(log) => read_log(log, filter, &mut tell).await?,
            Err(error) => Err(error),
        };
        if let Err(error) = read {
            failed += 1;
            tell(pod.unreadable(error))?;
        }
    }
    match (pods, failed) {
        (0, _) => Err(idle(controllers)),
        (_, 0) => Ok(()),
        _ => Err(Failure::new("failed to collect logs from all Flux pods")),
    }
}

/// Returns what to say where there is nothing to read.
pub fn no_pods(namespace: &str) -> Failure {
    Failure::new(format!("no Flux pods found in namespace \"{namespace}\""))
        .with_hint("name the namespace of the controllers with `--flux-namespace`")
}

/// Returns what to say where the controllers have no pods.
fn idle(controllers: &[Controller]) -> Failure {
    let namespace = controllers.first().map(|first| first.namespace.as_str());
    no_pods(namespace.unwrap_or_default())
}

/// Reads one log to its end, or to a line that is no entry.
async fn read_log(
    mut log: Log,
    filter: &LogFilter,
    tell: &mut impl FnMut(Told) -> Result<(), Failure>,
) -> Result<Result<(), ClusterError>, Failure> {
    loop {
        match log.line().await {
            Ok(None) => return Ok(Ok(())),
            Ok(Some(line)) => match told_by(&line, filter) {
                Some(Told::Malformed(why)) if line.len() < CUT => {
                    tell(Told::Malformed(why))?;
                    return Ok(Ok(()));
                }
                Some(told) => tell(told)?,
                None => {}
            },
            Err(error) => return Ok(Err(error)),
        }
    }
}

/// Reads a line; `None` where it is not meant, or not from a controller's logger.
fn told_by(line: &str, filter: &LogFilter) -> Option<Told> {
    if !line.starts_with('{') {
        return None;
    }
    match serde_json::from_str::<LogEntry>(line) {
        Ok(entry) => filter
            .takes(&entry)
            .then(|| Told::Entry(Box::new(entry), line.into())),
        Err(_) if line.len() >= CUT => {
            Some(Told::Malformed("a line is too long to be read".into()))
        }
        Err(error) => Some(Told::Malformed(format!("parse error: {error}"))),
    }
}

/// Follows the logs of all controllers at once, through restarts, new pods and lost connections.
///
/// It never ends by itself; the time limit of the cluster ends it with an error.
///
/// # Errors
///
/// Fails where no controller has a pod to begin with, and where a log may not be read.
pub async fn follow_logs(
    cluster: &Cluster,
    controllers: &[Controller],
    options: &LogOptions,
    filter: &LogFilter,
    mut tell: impl FnMut(Told) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let pods = join_all(controllers.iter().map(|controller| controller.pod(cluster))).await;
    let found = pods.into_iter().collect::<Result<Vec<_>, _>>()?;
    if found.iter().all(Option::is_none) {
        return Err(idle(controllers));
    }
    let followers = controllers.iter().map(|controller| {
        let follower = Follower {
            cluster: cluster.clone(),
            controller: controller.clone(),
            options: options.clone(),
            filter: filter.clone(),
            log: None,
            newest: Newest::default(),
            told_of: String::new(),
        };
        let told = stream::unfold(follower, |mut follower| async {
            Some((follower.next().await, follower))
        });
        told.boxed()
    });
    let mut all: SelectAll<BoxStream<'static, Result<Told, ClusterError>>> = followers.collect();
    while let Some(told) = all.next().await {
        tell(told?)?;
    }
    Ok(())
}

/// One controller's log, followed from pod to pod.
struct Follower {
    cluster: Cluster,
    controller: Controller,
    options: LogOptions,
    filter: LogFilter,
    log: Option<(Pod, Log)>,
    newest: Newest,
    /// The trouble that was told last, so that it is told once.
    told_of: String,
}

impl Follower {
    /// Waits for the next thing to tell.
    async fn next(&mut self) -> Result<Told, ClusterError> {
        loop {
            if self.log.is_none()
                && let Some(told) = self.open().await?
            {
                return Ok(told);
            }
            let Some((pod, log)) = &mut self.log else {
                sleep(PAUSE).await;
                continue;
            };
            let Ok(read) = timeout(SILENCE, log.line()).await else {
                // The connection may be dead, or the file rotated away: nobody would say so.
                self.log = None;
                self.newest.resume();
                continue;
            };
            match read {
                Ok(Some(line)) if self.newest.is_news(&line) => {
                    if let Some(told) = told_by(&line, &self.filter) {
                        return Ok(told);
                    }
                }
                Ok(Some(_)) => {}
                // A restart, a rotated file or a lost connection: it goes on where it was.
                Ok(None) => self.end().await,
                Err(error) if self.cluster.is_out_of_time() => return Err(error),
                Err(error) => {
                    let told = pod.unreadable(error);
                    self.end().await;
                    if let Some(told) = self.once(told) {
                        return Ok(told);
                    }
                }
            }
        }
    }

    async fn end(&mut self) {
        self.log = None;
        self.newest.resume();
        sleep(PAUSE).await;
    }

    /// Opens the log of the pod that runs now; returns the trouble that is new, if there is some.
    async fn open(&mut self) -> Result<Option<Told>, ClusterError> {
        let opened = match self.controller.pod(&self.cluster).await {
            Ok(None) => return Ok(None),
            Ok(Some(pod)) => {
                let options = self.newest.continued(&self.options);
                let log = pod.open(&self.cluster, &options).await;
                log.map(|log| (pod, log))
            }
            Err(error) => Err(error),
        };
        match opened {
            Ok(opened) => {
                self.log = Some(opened);
                self.told_of.clear();
                Ok(None)
            }
            Err(error) if self.ends_with(&error) => Err(error),
            Err(error) => {
                let told = Told::Unreadable(format!(
                    "{}: {}",
                    self.controller.name,
                    Failure::from(error).in_one_line()
                ));
                Ok(self.once(told))
            }
        }
    }

    /// Says whether an error is the end, and no trouble that may pass.
    fn ends_with(&self, error: &ClusterError) -> bool {
        self.cluster.is_out_of_time() || matches!(error, ClusterError::Forbidden { .. })
    }

    /// Lets the same trouble through only once, until the log is open again.
    fn once(&mut self, told: Told) -> Option<Told> {
        match &told {
            Told::Unreadable(text) if *text == self.told_of => None,
            Told::Unreadable(text) => {
                self.told_of.clone_from(text);
                Some(told)
            }
            _ => Some(told),
        }
    }
}

/// How far a log was read: its newest time, and the lines of that time.
///
/// A log that is opened again begins with lines that were told before; their own times tell them
/// apart, since the API counts in whole seconds.
#[derive(Default)]
struct Newest {
    time: Option<Timestamp>,
    lines: HashSet<String>,
    /// Whether lines up to that time are to be passed over.
    catching_up: bool,
}

impl Newest {
    /// Takes note of a line; says whether it was not there before.
    fn is_news(&mut self, line: &str) -> bool {
        #[derive(Deserialize)]
        struct Times {
            ts: Timestamp,
        }
        let Ok(Times { ts }) = serde_json::from_str(line) else {
            return !self.catching_up;
        };
        if self.catching_up {
            if self.time.is_some_and(|newest| ts < newest) {
                return false;
            }
            if self.time == Some(ts) && self.lines.contains(line) {
                return false;
            }
        }
        if self.time.is_none_or(|newest| ts > newest) {
            self.time = Some(ts);
            self.lines.clear();
            self.catching_up = false;
        }
        if self.time == Some(ts) {
            self.lines.insert(line.into());
        }
        true
    }

    /// Expects lines that were told before, from now on.
    fn resume(&mut self) {
        self.catching_up = self.time.is_some();
    }

    /// Returns the options that go on after what was read.
    fn continued(&self, options: &LogOptions) -> LogOptions {
        let Some(time) = self.time else {
            return options.clone();
        };
        LogOptions {
            since_time: Some(time),
            since: None,
            tail: None,
            ..options.clone()
        }
    }
}

/// A pod of a controller.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pod {
    namespace: String,
    name: String,
    container: String,
}

/// A pod as a list has it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct PodRow {
    metadata: PodMetadata,
    spec: PodSpec,
    status: PodStatus,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PodMetadata {
    name: String,
    namespace: String,
    deletion_timestamp: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PodSpec {
    containers: Vec<PodContainer>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PodContainer {
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PodStatus {
    phase: String,
}

impl Controller {
    /// Finds its pod: one that runs, and is to go on running, before all others.
    async fn pod(&self, cluster: &Cluster) -> Result<Option<Pod>, ClusterError> {
        let selection = Selection::of_namespace(&self.namespace).with_labels(&self.selector);
        let rows: Vec<PodRow> = cluster.list(&Resource::POD, &selection).await?;
        let rank = |row: &&PodRow| {
            let is_leaving = row.metadata.deletion_timestamp.is_some();
            (row.status.phase != "Running", is_leaving)
        };
        let row = rows.iter().min_by_key(rank);
        Ok(row.map(|row| Pod {
            namespace: row.metadata.namespace.clone(),
            name: row.metadata.name.clone(),
            container: match row.spec.containers.as_slice() {
                [_, _, ..] => CONTAINER.into(),
                _ => String::new(),
            },
        }))
    }
}

impl Pod {
    async fn open(&self, cluster: &Cluster, options: &LogOptions) -> Result<Log, ClusterError> {
        let options = LogOptions {
            container: self.container.clone(),
            ..options.clone()
        };
        cluster.log(&self.namespace, &self.name, &options).await
    }

    fn unreadable(&self, error: ClusterError) -> Told {
        let why = Failure::from(error).in_one_line();
        Told::Unreadable(format!("{}/{}: {why}", self.namespace, self.name))
    }
}

/// Writes a label selector in the form of a query.
fn selector(selector: Option<&Value>) -> String {
    let Some(selector) = selector else {
        return String::new();
    };
    let labels = selector["matchLabels"].as_object().into_iter().flatten();
    let mut terms: Vec<String> = labels
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    let expressions = selector["matchExpressions"].as_array();
    for expression in expressions.into_iter().flatten() {
        let key = expression["key"].as_str().unwrap_or_default();
        let values: Vec<&str> = expression["values"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let values = values.join(",");
        terms.push(match expression["operator"].as_str() {
            Some("In") => format!("{key} in ({values})"),
            Some("NotIn") => format!("{key} notin ({values})"),
            Some("DoesNotExist") => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    terms.join(",")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_are_shown_as_flux_shows_them() {
        let all = LogFilter::default();
        for (line, shown) in [
            (
                r#"{"level":"error","ts":"t","msg":"m","controllerKind":"Bucket","name":"b","namespace":"n","error":"e"}"#,
                "t error Bucket/b.n - m e",
            ),
            (
                r#"{"level":"info","ts":"t","msg":"starting"}"#,
                "t info  - starting ",
            ),
            (
                r#"{"ts":1.5,"msg":null,"reconciler kind":"Old","controllerKind":"New","name":"x"}"#,
                "1.5  Old/x. -  ",
            ),
        ] {
            let Some(Told::Entry(entry, raw)) = told_by(line, &all) else {
                panic!("{line}");
            };
            assert_eq!((entry.to_string().as_str(), raw.as_str()), (shown, line));
        }
        assert!(told_by("I0810 plain text", &all).is_none());
        assert!(matches!(told_by("{broken", &all), Some(Told::Malformed(_))));
    }

    #[test]
    fn filters_take_what_they_name() {
        let entry = LogEntry {
            level: "info".into(),
            controller_kind: "GitRepository".into(),
            name: "web".into(),
            namespace: "apps".into(),
            ..LogEntry::default()
        };
        let filter = |change: fn(&mut LogFilter)| {
            let mut filter = LogFilter::default();
            change(&mut filter);
            filter.takes(&entry)
        };
        assert!(filter(|_| {}));
        assert!(filter(|filter| filter.kind = "gitrepository".into()));
        assert!(filter(|filter| filter.name = "WEB".into()));
        assert!(!filter(|filter| filter.level = "error".into()));
        assert!(!filter(|filter| filter.namespace = "flux-system".into()));
        assert!(!filter(|filter| filter.kind = "Bucket".into()));
    }

    #[test]
    fn a_log_that_is_opened_again_tells_nothing_twice() {
        let line = |time: &str, message: &str| {
            json!({"ts": format!("2030-01-01T00:00:0{time}Z"), "msg": message}).to_string()
        };
        let mut newest = Newest::default();
        for text in [line("1", "a"), line("2", "b"), line("2", "c")] {
            assert!(newest.is_news(&text));
        }
        let options = newest.continued(&LogOptions {
            tail: Some(3),
            follow: true,
            ..LogOptions::default()
        });
        assert_eq!(
            (
                options.tail,
                options.since_time.map(|time| time.to_string())
            ),
            (None, Some("2030-01-01T00:00:02Z".into()))
        );
        newest.resume();
        let again = [
            line("1", "a"),
            "plain text".to_owned(),
            line("2", "b"),
            line("2", "c"),
            line("2", "late"),
            line("3", "d"),
            line("2", "out of order, but new"),
        ];
        let news: Vec<bool> = again.iter().map(|line| newest.is_news(line)).collect();
        assert_eq!(news, [false, false, false, false, true, true, true]);
    }

    #[test]
    fn selectors_are_written_as_queries() {
        let value = json!({"matchLabels": {"app": "x"}, "matchExpressions": [
            {"key": "a", "operator": "In", "values": ["1", "2"]},
            {"key": "b", "operator": "Exists"},
            {"key": "c", "operator": "DoesNotExist"},
            {"key": "d", "operator": "NotIn", "values": ["3"]},
        ]});
        assert_eq!(selector(Some(&value)), "app=x,a in (1,2),b,!c,d notin (3)");
    }
}
