//! The watches of one command, each started anew when it breaks.

use std::time::Duration;

use futures::stream::{self, BoxStream, SelectAll, StreamExt as _};
use tokio::time::{Instant, sleep};

use super::super::listed::Listed;
use crate::api::Kind;
use crate::cluster::{Change, Cluster, ClusterError, Resource, Selection, Watch};
use crate::report::Ui;

/// The pause before a watch that broke is started again; it doubles with each further failure.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Where changes come from: the objects of one kind in one cluster, perhaps only one.
#[derive(Clone)]
pub(super) struct Source {
    pub ui: Ui,
    pub cluster_name: String,
    pub kind: &'static Kind,
    pub cluster: Cluster,
    pub selection: Selection,
    pub deadline: Option<Instant>,
}

/// A source being watched.
struct Lane<T> {
    source: Source,
    watch: Option<Watch<T>>,
    pause: Duration,
    /// Whether anything was ever seen.
    seen: bool,
    over: bool,
}

/// What a source says, and which of them.
pub(super) type Observation<T> = (usize, Result<Change<T>, Broken>);

/// Why a watch broke, and whether the time of the command is up.
pub(super) struct Broken {
    pub error: ClusterError,
    pub is_late: bool,
    /// Whether nothing was ever seen.
    pub is_first: bool,
}

/// Watches all sources at once.
pub(super) fn observe<T: Listed + 'static>(
    sources: &[Source],
) -> SelectAll<BoxStream<'static, Observation<T>>> {
    let lanes = sources.iter().cloned().enumerate().map(|(index, source)| {
        let lane = Lane {
            source,
            watch: None,
            pause: Duration::ZERO,
            seen: false,
            over: false,
        };
        stream::unfold(lane, move |mut lane| async move {
            let observation = lane.next().await?;
            Some(((index, observation), lane))
        })
        .boxed()
    });
    stream::select_all(lanes)
}

impl<T: Listed> Lane<T> {
    /// Waits for the next change; nothing once it can't be watched at all, or not any longer.
    ///
    /// A watch that broke is started anew, so that its first answer tells that it is whole again.
    async fn next(&mut self) -> Option<Result<Change<T>, Broken>> {
        if self.over {
            return None;
        }
        sleep(self.pause).await;
        let source = &self.source;
        let resource = Resource::from(source.kind);
        let watch = self
            .watch
            .get_or_insert_with(|| source.cluster.watch(&resource, &source.selection));
        match watch.next().await {
            Ok(change) => {
                self.seen = true;
                self.pause = Duration::ZERO;
                Some(Ok(change))
            }
            Err(error) => {
                self.watch = None;
                self.pause = (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
                let deadline = self.source.deadline;
                let is_late = deadline.is_some_and(|deadline| deadline <= Instant::now());
                // What never worked is not allowed or not there, and will not be later.
                let is_vain = !self.seen && (error.is_not_found() || error.is_forbidden());
                self.over = is_late || is_vain;
                Some(Err(Broken {
                    error,
                    is_late,
                    is_first: !self.seen,
                }))
            }
        }
    }
}
