//! Wait for objects while telling what they wait for themselves.

use std::time::Duration;

use crate::cluster::{Address, Cluster, Outcome, Step, Verdict, WaitOptions, Waited};
use crate::error::{Blame, Failure};
use crate::manifest::Object;
use crate::report::{Mark, Progress, Ui};

/// How often an unchanged wait is looked at and told.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How often to look for what is new about it; changes themselves are seen at once.
    pub look: Duration,
    /// The longest time that passes without a word where no spinner turns.
    pub silence: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            look: WaitOptions::default().tick,
            silence: Duration::from_secs(9),
        }
    }
}

impl Pace {
    /// The shortest time between two looks.
    const SHORTEST: Duration = Duration::from_millis(100);

    /// Looks and tells this often.
    pub fn every(time: Duration) -> Self {
        let time = time.max(Self::SHORTEST);
        Self {
            look: time,
            // Looks are not to the millisecond, and none is to pass in silence.
            silence: time / 2,
        }
    }
}

/// Tells the steps of a wait: a spinner on a terminal, else a line for each change.
struct Teller<'a> {
    ui: &'a Ui,
    progress: Progress,
    told: String,
    at: Duration,
    silence: Duration,
}

impl<'a> Teller<'a> {
    fn new(ui: &'a Ui, pace: Pace) -> Self {
        Self {
            ui,
            progress: ui.progress(),
            told: String::new(),
            at: Duration::ZERO,
            silence: pace.silence,
        }
    }

    fn tell(&mut self, step: &Step<'_>) {
        let Verdict::Waiting(why) = step.verdict else {
            return;
        };
        let id = step.address.id().to_string();
        let event = step
            .event
            .map(|event| format!(" (newest event: {})", event.message))
            .unwrap_or_default();
        let message = format!("{id}: {why}{event}");
        if self.progress.is_visible() {
            self.progress
                .show(&format!("{message} [{} s]", step.elapsed.as_secs()));
            return;
        }
        // What ends at once needs no word; later a line a change, and one now and then.
        let since = step.elapsed.saturating_sub(self.at);
        let is_news = message != self.told && since >= Duration::from_secs(2);
        if is_news || since >= self.silence {
            self.ui.say_about(Mark::Waiting, &id, &message);
            self.told = message;
            self.at = step.elapsed;
        }
    }
}

/// Waits for all of the objects side by side; the ends come in the order of the addresses.
pub async fn wait_all(
    cluster: &Cluster,
    ui: &Ui,
    addresses: &[Address],
    judge: impl FnMut(&Address, Option<&Object>) -> Verdict,
) -> Result<Vec<Waited>, Failure> {
    wait_all_at(Pace::default(), cluster, ui, addresses, judge).await
}

/// Waits as [`wait_all`] does, at a pace of its own.
pub async fn wait_all_at(
    pace: Pace,
    cluster: &Cluster,
    ui: &Ui,
    addresses: &[Address],
    judge: impl FnMut(&Address, Option<&Object>) -> Verdict,
) -> Result<Vec<Waited>, Failure> {
    let mut teller = Teller::new(ui, pace);
    let options = WaitOptions {
        tick: pace.look,
        ..WaitOptions::default()
    };
    let waited = cluster
        .wait(addresses, &options, judge, |step| teller.tell(step))
        .await?;
    Ok(waited)
}

/// Takes the end of a wait for its object, or for the failure that it is.
pub fn finished(waited: Waited) -> Result<Object, Failure> {
    let gone = || Failure::new(format!("{} is gone", waited.address.id()));
    match waited.outcome {
        Outcome::Done(_) => waited.object.ok_or_else(gone),
        Outcome::Failed(why) => Err(Failure::new(why)),
        Outcome::TimedOut(why) => {
            let failure = Failure::blaming(
                Blame::Timeout,
                format!("timed out waiting for {}: {why}", waited.address.id()),
            );
            Err(match waited.event {
                Some(event) => {
                    failure.with_hint(format!("its newest event says: {}", event.message))
                }
                None => failure,
            })
        }
    }
}
