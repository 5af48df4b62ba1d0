//! Tells when the terminal has got another size.

use std::future::pending;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The changes of the terminal's size; none where the system does not tell of them.
pub struct Resizes {
    #[cfg(unix)]
    signal: Option<Signal>,
}

impl Resizes {
    /// Begins to listen.
    pub fn listen() -> Self {
        Self {
            #[cfg(unix)]
            signal: signal(SignalKind::window_change()).ok(),
        }
    }

    /// Waits for the next change.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        pending::<()>().await;
    }
}
