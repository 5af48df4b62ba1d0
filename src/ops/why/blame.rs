//! Where the cause of an object's state is to be looked for: a pure function of what the object says.

use super::chain::CauseKind;
use super::message::classify;
use crate::api::{Kind, Row, RowCondition};

/// Where to look next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toward {
    /// It is as it should be; something else may keep news from it.
    Healthy,
    /// At what it waits for.
    Dependencies,
    /// At what it is made from.
    Source,
    /// At what it has brought.
    Leaves,
    /// Nowhere else: it says itself what is wrong.
    Own(CauseKind),
    /// At everything: its controller has not said anything yet.
    Unseen,
}

/// The reasons for which an object waits for its source.
///
/// From `api/v1` of helm-controller, kustomize-controller, source-controller and image-reflector-controller.
const SOURCE_REASONS: &[&str] = &[
    "ArtifactFailed",
    "SourceNotReady",
    "SourceUnavailable",
    "NoSourceArtifact",
    "HelmChartNotReady",
];

/// Says where to look for the cause of how an object is.
pub fn toward(kind: &Kind, row: &Row) -> Toward {
    if (kind.fixed)(row).is_some() {
        return Toward::Healthy;
    }
    let Some(ready) = row.condition("Ready") else {
        return Toward::Unseen;
    };
    if is_ready(kind, row) {
        return Toward::Healthy;
    }
    if ready.status == "True" && !is_current(row) {
        return Toward::Unseen;
    }
    let told = telling(row, ready);
    let own = classify(kind.name, &told.reason, &told.message);
    match told.reason.as_str() {
        "DependencyNotReady" if row.spec.depends_on.is_empty() => Toward::Source,
        "DependencyNotReady" => Toward::Dependencies,
        _ if own == CauseKind::Path => Toward::Own(own),
        reason if SOURCE_REASONS.contains(&reason) => Toward::Source,
        _ if waits_for_source(&told.message) => Toward::Source,
        _ if own == CauseKind::Health => Toward::Leaves,
        "Progressing" | "ProgressingWithRetry" if is_about_health(&told.message) => Toward::Leaves,
        "Progressing" => Toward::Unseen,
        _ => Toward::Own(own),
    }
}

/// Returns the condition that tells most: what failed goes before the news that it is tried again or was undone.
fn telling<'a>(row: &'a Row, ready: &'a RowCondition) -> &'a RowCondition {
    if ready.status == "False" {
        return undone(row, ready).unwrap_or(ready);
    }
    // A release that is tried again says so in Ready, and keeps what failed in Released.
    let failed = ["Released", "Healthy", "FetchFailed"]
        .into_iter()
        .find_map(|kind| {
            let condition = row.condition(kind)?;
            let bad = if kind == "FetchFailed" {
                "True"
            } else {
                "False"
            };
            (condition.status == bad && !condition.message.is_empty()).then_some(condition)
        });
    failed
        .filter(|condition| condition.reason != "Progressing")
        .or_else(|| {
            row.condition("Reconciling")
                .filter(|_| ready.message.is_empty())
        })
        .unwrap_or(ready)
}

/// Returns what failed, where Ready only says that it was undone: helm-controller takes over into Ready what it says
/// of a rollback or an uninstallation, and the reason for that stands in `Released` or `TestSuccess`.
fn undone<'a>(row: &'a Row, ready: &RowCondition) -> Option<&'a RowCondition> {
    let remediated = row.condition("Remediated")?;
    if remediated.reason != ready.reason || remediated.message != ready.message {
        return None;
    }
    let mut failed = ["Released", "TestSuccess"]
        .into_iter()
        .filter_map(|kind| row.condition(kind));
    failed.find(|condition| condition.status == "False")
}

fn waits_for_source(message: &str) -> bool {
    [
        "ource artifact not found",
        "ource is not ready",
        "referenced git repository does not exist",
        "for include '",
        "HelmChart '",
    ]
    .iter()
    .any(|words| message.contains(words))
        && !message.contains("path not found")
}

fn is_about_health(message: &str) -> bool {
    message.to_lowercase().contains("health check")
}

/// Returns the words of an object about its state, and the reason behind them.
pub fn told(row: &Row) -> (&str, &str) {
    row.condition("Ready").map_or(("", ""), |ready| {
        let told = telling(row, ready);
        (told.reason.as_str(), told.message.as_str())
    })
}

/// Says whether an object is ready as it is now.
pub fn is_ready(kind: &Kind, row: &Row) -> bool {
    (kind.fixed)(row).is_some()
        || (row
            .condition("Ready")
            .is_some_and(|ready| ready.status == "True")
            && is_current(row))
}

/// Says whether the controller has seen the object as it is now, by its status or by one of its conditions.
pub fn is_current(row: &Row) -> bool {
    let generation = row.metadata.generation;
    let mut conditions = row.status.conditions.iter();
    row.status.observed_generation == generation
        || conditions.any(|condition| condition.observed_generation == generation && generation > 0)
}

/// Says whether somebody asked for a reconciliation that has not been made.
pub fn is_asked(row: &Row) -> bool {
    let requested = &row.metadata.annotations.requested_at;
    !requested.is_empty() && *requested != row.status.last_handled_reconcile_at
}

/// Says whether a failure of a parent keeps it from applying what Git says of its children.
pub const fn keeps_from_applying(toward: Toward) -> bool {
    matches!(
        toward,
        Toward::Dependencies
            | Toward::Source
            | Toward::Own(
                CauseKind::Path
                    | CauseKind::Url
                    | CauseKind::Build
                    | CauseKind::Decryption
                    | CauseKind::Reference
                    | CauseKind::Forbidden
                    | CauseKind::Immutable
                    | CauseKind::Apply
                    | CauseKind::KindMissing
                    | CauseKind::Values
                    | CauseKind::Release
            )
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::row_of;

    fn of(kind: &str, status: &str, reason: &str, message: &str) -> Toward {
        with(
            kind,
            &json!([{"type": "Ready", "status": status, "reason": reason, "message": message, "observedGeneration": 1}]),
        )
    }

    fn with(kind: &str, conditions: &Value) -> Toward {
        let object = json!({
            "metadata": {"generation": 1},
            "spec": {"dependsOn": [{"name": "other"}]},
            "status": {"conditions": conditions},
        });
        toward(Kind::named(kind).unwrap(), &row_of(&object))
    }

    #[test]
    fn reasons_point_the_way() {
        let ks = |reason, message| of("Kustomization", "False", reason, message);
        assert_eq!(
            ks("DependencyNotReady", "dependency 'a/b' is not ready"),
            Toward::Dependencies
        );
        assert_eq!(
            ks("ArtifactFailed", "Source artifact not found, retrying"),
            Toward::Source
        );
        assert_eq!(
            ks("ArtifactFailed", "kustomization path not found: stat x"),
            Toward::Own(CauseKind::Path)
        );
        assert_eq!(
            ks("HealthCheckFailed", "health check failed after 1s"),
            Toward::Leaves
        );
        assert_eq!(
            ks("BuildFailed", "no such file"),
            Toward::Own(CauseKind::Build)
        );
        assert_eq!(
            of(
                "Kustomization",
                "True",
                "ReconciliationSucceeded",
                "Applied"
            ),
            Toward::Healthy
        );
        assert_eq!(
            of(
                "Kustomization",
                "Unknown",
                "Progressing",
                "Running health checks for revision x"
            ),
            Toward::Leaves
        );
        assert_eq!(
            of(
                "HelmRelease",
                "False",
                "SourceNotReady",
                "HelmChart 'a/b' is not ready: x"
            ),
            Toward::Source
        );
        assert_eq!(with("Kustomization", &json!([])), Toward::Unseen);
        assert_eq!(of("Alert", "False", "x", "y"), Toward::Healthy);
    }

    #[test]
    fn a_release_that_is_tried_again_keeps_what_failed() {
        let conditions = json!([
            {"type": "Ready", "status": "Unknown", "reason": "Progressing", "message": "Running 'install' action", "observedGeneration": 1},
            {"type": "Released", "status": "False", "reason": "InstallFailed", "message": "Helm install failed: execution error at (x)", "observedGeneration": 1},
        ]);
        assert_eq!(
            with("HelmRelease", &conditions),
            Toward::Own(CauseKind::Values)
        );
    }

    #[test]
    fn what_was_undone_has_failed_before() {
        let conditions = |message: &str| {
            json!([
                {"type": "Ready", "status": "False", "reason": "RollbackSucceeded", "message": "rolled back", "observedGeneration": 1},
                {"type": "Released", "status": "False", "reason": "UpgradeFailed", "message": "field is immutable", "observedGeneration": 1},
                {"type": "Remediated", "status": "True", "reason": "RollbackSucceeded", "message": message, "observedGeneration": 1},
            ])
        };
        assert_eq!(
            with("HelmRelease", &conditions("rolled back")),
            Toward::Own(CauseKind::Immutable)
        );
        assert_eq!(
            with("HelmRelease", &conditions("of another release")),
            Toward::Own(CauseKind::Release),
            "what is undone now was not undone then"
        );
    }

    #[test]
    fn an_old_status_is_no_status() {
        let object = json!({
            "metadata": {"generation": 2},
            "status": {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True", "observedGeneration": 1}]},
        });
        let row = row_of(&object);
        assert_eq!(
            toward(Kind::named("Kustomization").unwrap(), &row),
            Toward::Unseen
        );
        assert!(!is_current(&row));
    }
}
