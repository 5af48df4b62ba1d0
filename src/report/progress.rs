//! A spinner that disappears; without a terminal, one line a step.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle, WeakProgressBar};

/// The spinner that was started last; it steps aside for a question.
static LAST: Mutex<Option<WeakProgressBar>> = Mutex::new(None);

/// Does something that needs the last line of the terminal, without a spinner on it.
pub(super) fn aside<T>(act: impl FnOnce() -> T) -> T {
    let last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let spinner = last.as_ref().and_then(WeakProgressBar::upgrade);
    match spinner {
        Some(spinner) if !spinner.is_finished() => spinner.suspend(act),
        _ => act(),
    }
}

/// The state of something that is being waited for, as long as the value lives.
#[derive(Debug)]
pub struct Progress {
    spinner: Option<ProgressBar>,
}

impl Progress {
    /// Starts a spinner where `terminal` says that one can be seen.
    pub(super) fn start(terminal: bool) -> Self {
        if !terminal {
            return Self { spinner: None };
        }
        let spinner = ProgressBar::new_spinner();
        let style = ProgressStyle::with_template("{spinner} {wide_msg}");
        spinner.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        spinner.enable_steady_tick(Duration::from_millis(120));
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(spinner.downgrade());
        Self {
            spinner: Some(spinner),
        }
    }

    /// Shows what is going on now.
    pub fn show(&self, message: &str) {
        if let Some(spinner) = &self.spinner {
            spinner.set_message(super::style::clean(message).replace('\n', " "));
        }
    }

    /// Says whether a spinner shows the steps, so that they need no lines.
    pub const fn is_visible(&self) -> bool {
        self.spinner.is_some()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}
