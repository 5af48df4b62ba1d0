//! Work that waits for the network or the processor, off the task that everything else runs on.

use crate::error::{Blame, Failure};

/// Runs what waits for the network on a thread that may wait.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        Failure::blaming(Blame::Bug, format!("a thread of ours ended early: {error}"))
    })
}
