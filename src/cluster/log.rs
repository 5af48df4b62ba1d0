//! Logs of pods, line by line.

use std::time::Duration;

use futures::AsyncBufReadExt as _;
use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use super::call::{Call, Deed};
use super::client::Cluster;
use super::error::{ClusterError, Reason};
use super::link::Reader;
use super::resource::Resource;

/// Lines longer than this are cut: one container must not fill the memory.
const LONGEST_LINE: usize = 1 << 20;

/// Which part of a log is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogOptions {
    /// The container; empty for the only one.
    pub container: String,
    /// How many of the last lines; `None` for all.
    pub tail: Option<u64>,
    /// Only what is younger.
    pub since: Option<Duration>,
    /// Only what came after.
    pub since_time: Option<Timestamp>,
    /// Whether to go on as the log grows.
    pub follow: bool,
    /// Whether the log of the container is wanted that ran before the one that runs now.
    pub previous: bool,
}

/// A log that is read line by line.
pub struct Log {
    reader: Reader,
    server: String,
    deadline: Option<Instant>,
    deed: Deed,
}

impl Cluster {
    /// Opens the log of a pod. A followed one ends only with the pod, or with the time limit of the
    /// cluster: see [`Cluster::limited_to`].
    pub async fn log(
        &self,
        namespace: &str,
        pod: &str,
        options: &LogOptions,
    ) -> Result<Log, ClusterError> {
        let address = Resource::POD.at(namespace, pod);
        let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
        let since = options.since.map(|since| since.as_secs().max(1));
        let time = options
            .since_time
            .map(|time| time.to_string())
            .unwrap_or_default();
        let call = Call::get(Deed::on("get", &address), address.part("log"))
            .with("container", &options.container)
            .with("tailLines", &number(options.tail))
            .with("sinceSeconds", &number(since))
            .with("sinceTime", &time)
            .with("follow", if options.follow { "true" } else { "" })
            .with("previous", if options.previous { "true" } else { "" })
            .accepting("*/*")
            .uncompressed();
        Ok(Log {
            reader: self.open(&call).await?,
            server: self.server().into(),
            deadline: self.deadline(),
            deed: call.deed,
        })
    }
}

impl Log {
    /// Returns the next line without its end; `None` at the end of the log.
    pub async fn line(&mut self) -> Result<Option<String>, ClusterError> {
        let mut line = Vec::new();
        loop {
            let more = self.reader.fill_buf();
            let bytes = match self.deadline {
                Some(deadline) => {
                    timeout_at(deadline, more)
                        .await
                        .map_err(|_| ClusterError::TimedOut {
                            deed: Box::new(self.deed.clone()),
                        })?
                }
                None => more.await,
            };
            let bytes = bytes.map_err(|error| ClusterError::Unreachable {
                server: self.server.clone(),
                source: Reason(format!("the log broke off: {error}")),
            })?;
            if bytes.is_empty() {
                let text = String::from_utf8_lossy(&line).into_owned();
                return Ok((!text.is_empty()).then_some(text));
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let part = &bytes[..end.unwrap_or(bytes.len())];
            let room = LONGEST_LINE - line.len();
            line.extend_from_slice(&part[..part.len().min(room)]);
            let length = part.len() + usize::from(end.is_some());
            self.reader.consume_unpin(length);
            if end.is_some() {
                return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::response::Response;

    use super::super::double::Double;
    use super::*;

    #[tokio::test]
    async fn lines_come_one_by_one_and_too_long_ones_are_cut() {
        let endless = "x".repeat(LONGEST_LINE + 7);
        let text = format!("first\n\n{endless}\nlast");
        let double = Double::start(move |_| Response::new(Body::from(text.clone()))).await;
        let options = LogOptions {
            container: "manager".into(),
            tail: Some(5),
            since: Some(Duration::from_millis(10)),
            ..LogOptions::default()
        };
        let mut log = double
            .connect()
            .await
            .log("flux-system", "p", &options)
            .await
            .unwrap();
        let mut lengths = Vec::new();
        while let Some(line) = log.line().await.unwrap() {
            lengths.push(line.len());
        }
        assert_eq!(lengths, [5, 0, LONGEST_LINE, 4]);
        let path = "/api/v1/namespaces/flux-system/pods/p/log";
        assert_eq!(
            double.lines(),
            [format!(
                "GET {path}?container=manager&tailLines=5&sinceSeconds=1"
            )]
        );
    }
}
