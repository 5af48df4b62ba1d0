//! Ends a command that cannot be stopped from within: one that works, fetches or reads an answer without a pause.

use std::process;
use std::time::Duration;

use tokio::sync::oneshot::Receiver;

use super::GRACE;
use super::context::Context;
use crate::error::{Blame, Failure};

/// How long a command may take to stop by itself.
const PATIENCE: Duration = Duration::from_millis(500);

/// Waits for the end of the command, and ends the program where the command should have come to one and has not.
///
/// A command that waits for something is stopped by the loop that drives it, which never gets its turn while one is at
/// work. `end` closes with the command.
pub fn watch(context: &Context, end: Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    // Without it, everything is as it would be without this.
    let Ok(runtime) = runtime else { return };
    let overdue = runtime.block_on(async {
        tokio::select! {
            _ = end => None,
            overdue = overdue(context) => Some(overdue),
        }
    });
    if let Some(failure) = overdue {
        context.ui.fail(&failure);
        #[expect(
            clippy::exit,
            reason = "the thread that would return the status does not come back"
        )]
        process::exit(failure.blame().status().into());
    }
}

/// Waits until somebody has stopped the command, or its time is up, and its patience too.
async fn overdue(context: &Context) -> Failure {
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {
            tokio::time::sleep(PATIENCE).await;
            context.stopped(Blame::Interrupted, "interrupted")
        }
        () = async {
            context.time_is_up().await;
            tokio::time::sleep(GRACE + PATIENCE).await;
        } => context.timed_out(),
    }
}
