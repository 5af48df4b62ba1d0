//! How long each reconciliation took, told in one line at the end.

use std::time::{Duration, Instant};

use crate::cluster::Address;
use crate::report::Ui;

/// The reconciliations of one command, and when it began.
pub struct Timing {
    begin: Instant,
    steps: Vec<(String, Duration)>,
}

impl Timing {
    /// Begins now.
    pub fn begin() -> Self {
        Self {
            begin: Instant::now(),
            steps: Vec::new(),
        }
    }

    /// Notes that a reconciliation which began then is over.
    pub fn note(&mut self, address: &Address, begin: Instant) {
        self.steps.push((address.id().to_string(), begin.elapsed()));
    }

    /// Tells how long it all took, and each step where there are several; nothing where nothing was asked.
    pub fn tell(&self, ui: &Ui) {
        if !self.steps.is_empty() {
            ui.action(line(self.begin.elapsed(), &self.steps));
        }
    }
}

fn line(total: Duration, steps: &[(String, Duration)]) -> String {
    let seconds = |length: &Duration| format!("{:.1} s", length.as_secs_f64());
    let mut line = format!("took {}", seconds(&total));
    if steps.len() > 1 {
        let each = steps
            .iter()
            .map(|(name, length)| format!("{name} {}", seconds(length)));
        line = format!("{line} ({})", each.collect::<Vec<_>>().join(", "));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_steps_where_there_are_several() {
        let step = |name: &str, millis| (name.to_owned(), Duration::from_millis(millis));
        let one = [step("Kustomization/a/b", 1_240)];
        assert_eq!(line(Duration::from_millis(1_300), &one), "took 1.3 s");
        let two = [
            step("GitRepository/a/b", 900),
            step("Kustomization/a/b", 1_240),
        ];
        assert_eq!(
            line(Duration::from_secs(2), &two),
            "took 2.0 s (GitRepository/a/b 0.9 s, Kustomization/a/b 1.2 s)"
        );
    }
}
