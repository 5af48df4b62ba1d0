//! Reading the logs of all controllers to their ends.

use futures::future::join_all;

use super::controller::{Controller, idle};
use super::entry::{CUT, LogFilter, Told, told_by};
use crate::cluster::{Cluster, ClusterError, Log, LogOptions};
use crate::error::Failure;

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
        let previous = match &pod.crash {
            Some(_) => Some(pod.open_previous(cluster, options).await),
            None => None,
        };
        let log = pod.open(cluster, options).await;
        Ok::<_, ClusterError>(Some((pod, previous, log)))
    }))
    .await;
    let (mut pods, mut failed) = (0, 0);
    for opened in opened {
        let Some((pod, previous, log)) = opened? else {
            continue;
        };
        pods += 1;
        if let (Some(crash), Some(previous)) = (&pod.crash, previous) {
            let read = match previous {
                Ok(log) => {
                    tell(pod.crashed(crash, Ok(())))?;
                    read_log(log, filter, &mut tell).await?
                }
                Err(error) => Err(error),
            };
            if let Err(error) = read {
                tell(pod.crashed(crash, Err(error)))?;
            }
        }
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
