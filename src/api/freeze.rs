//! Why and until when an object is suspended, as annotations on it.

use jiff::Timestamp;

use super::flux::Kind;
use super::row::Row;

/// The annotation that says why an object is suspended.
pub const SUSPEND_REASON: &str = "cli.gitops/suspend-reason";

/// The annotation that says until when an object is to be suspended, in RFC 3339. No controller reads it: somebody
/// has to resume the object.
pub const SUSPEND_UNTIL: &str = "cli.gitops/suspend-until";

impl Row {
    /// Says whether it was written down why or until when the object is suspended.
    pub const fn tells_of_suspension(&self) -> bool {
        let annotations = &self.metadata.annotations;
        !annotations.suspend_reason.is_empty() || !annotations.suspend_until.is_empty()
    }
}

impl Kind {
    /// Says whether an object is still suspended though the time has come to resume it. A time that cannot be read
    /// has come: somebody has to look.
    pub fn is_overdue(&self, row: &Row, now: Timestamp) -> bool {
        let until = &row.metadata.annotations.suspend_until;
        let has_come = || {
            until
                .parse::<Timestamp>()
                .map_or(true, |until| until <= now)
        };
        (self.suspended)(row) && !until.is_empty() && has_come()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::row::row_of;
    use super::*;

    #[test]
    fn only_the_suspended_are_overdue() {
        let kind = Kind::named("Kustomization").unwrap();
        let now: Timestamp = "2030-01-02T00:00:00Z".parse().unwrap();
        let overdue = |suspend: bool, until: &str| {
            let row = row_of(&json!({
                "metadata": {"annotations": {SUSPEND_UNTIL: until}},
                "spec": {"suspend": suspend},
            }));
            kind.is_overdue(&row, now)
        };
        assert!(overdue(true, "2030-01-01T23:59:59Z"));
        assert!(overdue(true, "2030-01-02T01:00:00+01:00"));
        assert!(overdue(true, "tomorrow"));
        assert!(!overdue(true, "2030-01-02T00:00:01Z"));
        assert!(!overdue(true, ""));
        assert!(!overdue(false, "2030-01-01T00:00:00Z"));
    }
}
