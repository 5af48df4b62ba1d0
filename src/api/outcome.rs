//! What a finished reconciliation has brought.

use super::row::Row;

impl Row {
    /// Returns the chart version of the newest release, or of the last try.
    pub fn release_revision(&self) -> &str {
        match &self.status.newest_release {
            Some(release) => &release.chart_version,
            None => &self.status.last_attempted_revision,
        }
    }

    /// Says what a source has fetched.
    pub fn fetched(&self) -> String {
        format!("fetched revision {}", self.status.artifact.revision)
    }

    /// Says what an automation has done.
    pub fn automated(&self) -> String {
        let run = self.status.last_automation_run_time.as_str();
        match (self.condition("Ready"), run) {
            (Some(ready), _) => ready.message.clone(),
            (None, "") => "automation not yet run".into(),
            (None, run) => format!("last run {run}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::api::flux::Kind;
    use crate::api::row::row_of;

    fn outcome(kind: &str, object: &Value) -> Option<String> {
        (Kind::named(kind).unwrap().outcome)(&row_of(object))
    }

    #[test]
    fn names_what_came_of_it() {
        let image = json!({"name": "r.example.com/web", "tag": "1.2", "digest": "sha256:ab"});
        for (kind, status, text) in [
            (
                "Kustomization",
                json!({"lastAppliedRevision": "main@sha1:ab"}),
                "applied revision main@sha1:ab",
            ),
            (
                "HelmRelease",
                json!({"history": [{"chartVersion": "1.2.3"}]}),
                "applied revision 1.2.3",
            ),
            (
                "HelmRelease",
                json!({"lastAttemptedRevision": "1.3.0"}),
                "applied revision 1.3.0",
            ),
            (
                "Bucket",
                json!({"artifact": {"revision": "sha256:cd"}}),
                "fetched revision sha256:cd",
            ),
            (
                "ImageRepository",
                json!({"lastScanResult": {"tagCount": 7}}),
                "scan fetched 7 tags",
            ),
            (
                "ImagePolicy",
                json!({"latestRef": image}),
                "selected ref r.example.com/web:1.2@sha256:ab",
            ),
            ("ImageUpdateAutomation", json!({}), "automation not yet run"),
            (
                "ImageUpdateAutomation",
                json!({"lastAutomationRunTime": "2026-01-01T00:00:00Z"}),
                "last run 2026-01-01T00:00:00Z",
            ),
            (
                "ImageUpdateAutomation",
                json!({"conditions": [{"type": "Ready", "message": "done"}]}),
                "done",
            ),
            ("Receiver", json!({}), "Receiver reconciliation completed"),
        ] {
            assert_eq!(
                outcome(kind, &json!({ "status": status })).as_deref(),
                Some(text)
            );
        }
    }

    #[test]
    fn says_nothing_of_a_registry() {
        assert_eq!(
            outcome("HelmRepository", &json!({"spec": {"type": "oci"}})),
            None
        );
        let indexed =
            json!({"spec": {"type": "default"}, "status": {"artifact": {"revision": "r"}}});
        assert_eq!(
            outcome("HelmRepository", &indexed).as_deref(),
            Some("fetched revision r")
        );
    }
}
