//! The few fields of an object that tables, selectors and verbs read, whatever its kind.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer};

use super::lenient::{first, lenient, optional_part, part, parts};

/// An object as one row of a table: read straight from JSON, without all that is not shown.
///
/// What is absent, or of another type than it should be, is empty: a row never fails.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Who it is.
    pub metadata: RowMetadata,
    /// What is wanted.
    pub spec: RowSpec,
    /// What is.
    pub status: RowStatus,
}

/// Who an object is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RowMetadata {
    /// Name.
    #[serde(deserialize_with = "lenient")]
    pub name: String,
    /// Namespace.
    #[serde(deserialize_with = "lenient")]
    pub namespace: String,
    /// How often the specification was changed.
    #[serde(deserialize_with = "lenient")]
    pub generation: i64,
    /// When it was made.
    #[serde(deserialize_with = "lenient")]
    pub creation_timestamp: String,
    /// When somebody asked for its deletion.
    #[serde(deserialize_with = "lenient")]
    pub deletion_timestamp: String,
    /// The annotations that count.
    #[serde(deserialize_with = "part")]
    pub annotations: RowAnnotations,
}

/// The annotations that count.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct RowAnnotations {
    /// The last request for a reconciliation.
    #[serde(
        rename = "reconcile.fluxcd.io/requestedAt",
        deserialize_with = "lenient"
    )]
    pub requested_at: String,
    /// `disabled` on a generator that is to hold still.
    #[serde(
        rename = "source.extensions.fluxcd.io/reconcile",
        deserialize_with = "lenient"
    )]
    pub generator_reconcile: String,
    /// Why somebody has suspended it.
    #[serde(rename = "cli.gitops/suspend-reason", deserialize_with = "lenient")]
    pub suspend_reason: String,
    /// Until when it is to be suspended.
    #[serde(rename = "cli.gitops/suspend-until", deserialize_with = "lenient")]
    pub suspend_until: String,
}

/// What is wanted of an object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RowSpec {
    /// Whether it is to hold still.
    #[serde(deserialize_with = "lenient")]
    pub suspend: bool,
    /// Its type, where the kind has several.
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub type_: String,
    /// What it is made from.
    #[serde(deserialize_with = "optional_part")]
    pub source_ref: Option<RowReference>,
    /// The packaged chart of a release.
    #[serde(deserialize_with = "optional_part")]
    pub chart_ref: Option<RowReference>,
    /// The chart that is packaged for a release.
    #[serde(deserialize_with = "part")]
    pub chart: RowChart,
    /// The others of its kind that have to be ready first.
    #[serde(deserialize_with = "parts")]
    pub depends_on: Vec<RowReference>,
}

/// The chart that is packaged for a release.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct RowChart {
    /// What to package.
    #[serde(deserialize_with = "part")]
    pub spec: RowChartSpec,
}

/// What to package for a release.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RowChartSpec {
    /// Where the chart is found.
    #[serde(deserialize_with = "optional_part")]
    pub source_ref: Option<RowReference>,
}

/// A reference, exactly as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RowReference {
    /// API group and version.
    #[serde(deserialize_with = "lenient")]
    pub api_version: String,
    /// Kind.
    #[serde(deserialize_with = "lenient")]
    pub kind: String,
    /// Namespace.
    #[serde(deserialize_with = "lenient")]
    pub namespace: String,
    /// Name.
    #[serde(deserialize_with = "lenient")]
    pub name: String,
}

/// What is known of an object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RowStatus {
    /// Its state, statement by statement.
    #[serde(deserialize_with = "parts")]
    pub conditions: Vec<RowCondition>,
    /// The generation that the status is about.
    #[serde(deserialize_with = "lenient")]
    pub observed_generation: i64,
    /// The last request for a reconciliation that was answered.
    #[serde(deserialize_with = "lenient")]
    pub last_handled_reconcile_at: String,
    /// What a source has produced.
    #[serde(deserialize_with = "part")]
    pub artifact: RowArtifact,
    /// The revision that was last applied.
    #[serde(deserialize_with = "lenient")]
    pub last_applied_revision: String,
    /// The revision that was last tried.
    #[serde(deserialize_with = "lenient")]
    pub last_attempted_revision: String,
    /// The newest release.
    #[serde(rename = "history", deserialize_with = "first")]
    pub newest_release: Option<RowRelease>,
    /// The last scan of an image.
    #[serde(deserialize_with = "part")]
    pub last_scan_result: RowScan,
    /// The image that a policy has chosen.
    #[serde(deserialize_with = "part")]
    pub latest_ref: RowImage,
    /// When an automation last ran.
    #[serde(deserialize_with = "lenient")]
    pub last_automation_run_time: String,
    /// Path of a webhook.
    #[serde(deserialize_with = "lenient")]
    pub webhook_path: String,
}

/// One statement about the state of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RowCondition {
    /// What it is about.
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub type_: String,
    /// `True`, `False` or `Unknown`.
    #[serde(deserialize_with = "lenient")]
    pub status: String,
    /// Why, as a word.
    #[serde(deserialize_with = "lenient")]
    pub reason: String,
    /// Why, as a sentence.
    #[serde(deserialize_with = "lenient")]
    pub message: String,
    /// The generation that it is about.
    #[serde(deserialize_with = "lenient")]
    pub observed_generation: i64,
    /// When the status last changed.
    #[serde(deserialize_with = "lenient")]
    pub last_transition_time: String,
}

/// What a source has produced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RowArtifact {
    /// The version that it holds.
    #[serde(deserialize_with = "lenient")]
    pub revision: String,
    /// How many bytes it has.
    #[serde(deserialize_with = "lenient")]
    pub size: i64,
}

/// A release of a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RowRelease {
    /// Version of the chart.
    #[serde(deserialize_with = "lenient")]
    pub chart_version: String,
}

/// A scan of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RowScan {
    /// When it was made.
    #[serde(deserialize_with = "lenient")]
    pub scan_time: String,
    /// How many tags it found.
    #[serde(deserialize_with = "lenient")]
    pub tag_count: i64,
}

/// An image in a registry; shown as `name:tag`, with the digest behind it if there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RowImage {
    /// Name.
    #[serde(deserialize_with = "lenient")]
    pub name: String,
    /// Tag.
    #[serde(deserialize_with = "lenient")]
    pub tag: String,
    /// Digest.
    #[serde(deserialize_with = "lenient")]
    pub digest: String,
}

impl fmt::Display for RowImage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.name, self.tag)?;
        match self.digest.as_str() {
            "" => Ok(()),
            digest => write!(formatter, "@{digest}"),
        }
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Parts {
            metadata,
            spec,
            status,
        } = part(deserializer)?;
        Ok(Self {
            metadata,
            spec,
            status,
        })
    }
}

/// The parts of a [`Row`], to be read if the object is a mapping at all.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Parts {
    #[serde(deserialize_with = "part")]
    metadata: RowMetadata,
    #[serde(deserialize_with = "part")]
    spec: RowSpec,
    #[serde(deserialize_with = "part")]
    status: RowStatus,
}

impl Row {
    /// Returns the condition of that type.
    pub fn condition(&self, type_: &str) -> Option<&RowCondition> {
        self.status
            .conditions
            .iter()
            .find(|condition| condition.type_ == type_)
    }

    /// Says whether a generator is to hold still.
    pub fn is_disabled(&self) -> bool {
        self.metadata
            .annotations
            .generator_reconcile
            .eq_ignore_ascii_case("disabled")
    }
}

/// Reads a row from an object that is held as a value.
pub fn row_of(object: &serde_json::Value) -> Row {
    read(object).unwrap_or_default()
}

/// Reads a value; a value that was parsed once cannot fail.
fn read<T: DeserializeOwned>(object: &serde_json::Value) -> Option<T> {
    T::deserialize(object).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_what_is_there() {
        let row = row_of(&json!({
            "metadata": {"name": "web", "namespace": "apps", "generation": 3, "managedFields": [{"a": 1}]},
            "spec": {"suspend": true, "chart": {"spec": {"sourceRef": {"kind": "HelmRepository", "name": "charts", "namespace": "flux-system"}}}},
            "status": {"history": [{"chartVersion": "1.2.3"}, {"chartVersion": 7}], "lastAttemptedRevision": "1.3.0"},
        }));
        assert!(row.spec.suspend);
        assert_eq!(row.metadata.generation, 3);
        assert_eq!(row.status.newest_release.unwrap().chart_version, "1.2.3");
    }

    #[test]
    fn takes_a_value_of_another_type_for_absent() {
        let text = r#"{
            "metadata": {"name": 5, "namespace": ["x"], "generation": "3", "annotations": null},
            "spec": {"suspend": "yes", "type": {"a": 1}, "sourceRef": "x", "chart": "./web"},
            "status": {"conditions": [7, {"type": "Ready", "status": true, "message": [1, [2]]}, null],
                "history": {"a": []}, "artifact": [], "lastScanResult": {"tagCount": 1e3}, "observedGeneration": 18446744073709551615}
        }"#;
        let row: Row = serde_json::from_str(text).unwrap();
        let ready = RowCondition {
            type_: "Ready".into(),
            ..RowCondition::default()
        };
        let status = RowStatus {
            conditions: vec![ready],
            ..RowStatus::default()
        };
        assert_eq!(
            row,
            Row {
                status,
                ..Row::default()
            }
        );
        assert_eq!(
            serde_json::from_str::<Row>("[1, {}]").unwrap(),
            Row::default()
        );
    }
}
