//! Following the logs of all controllers, through restarts and lost connections.

use std::time::Duration;

use futures::future::join_all;
use futures::stream::{self, BoxStream, SelectAll, StreamExt as _};
use tokio::time::{sleep, timeout};

use super::controller::{Controller, Pod, idle};
use super::entry::{LogFilter, Told, told_by};
use super::newest::Newest;
use crate::cluster::{Cluster, ClusterError, Log, LogOptions};
use crate::error::Failure;

/// How long to wait until a log that has ended is looked for again.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a followed log may be silent until it is opened again.
const SILENCE: Duration = Duration::from_mins(1);

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
            known_crash: None,
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
    /// The crash whose log was read: the container, and how often it was started anew.
    known_crash: Option<(String, String, i64)>,
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
            Ok(Some(pod)) if self.is_news(&pod) => return Ok(self.open_previous(pod).await),
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

    /// Says whether the container of a pod has crashed since its log was read.
    fn is_news(&self, pod: &Pod) -> bool {
        let crash = pod.crash.as_ref();
        crash.is_some_and(|crash| self.known_crash.as_ref() != Some(&crash.of))
    }

    /// Opens what a container wrote before its crash, as far as it was not read yet; the log of the one that runs now
    /// is opened once that has ended.
    async fn open_previous(&mut self, pod: Pod) -> Option<Told> {
        let crash = pod.crash.clone()?;
        let options = self.newest.continued(&self.options);
        let (outcome, log) = match pod.open_previous(&self.cluster, &options).await {
            Ok(log) => (Ok(()), Some(log)),
            Err(error) => (Err(error), None),
        };
        let told = pod.crashed(&crash, outcome);
        self.known_crash = Some(crash.of);
        self.log = log.map(|log| (pod, log));
        Some(told)
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
