//! What a Kustomization says about its work.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::meta::{Condition, Inventory, Time};

/// What a Kustomization has applied.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct KustomizationStatus {
    /// The state of the object, statement by statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Vec<Condition>>,
    /// The last request for a reconciliation that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The last revision that was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_applied_revision: Option<String>,
    /// The origin of that revision, where the artifact names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_applied_origin_revision: Option<String>,
    /// The last revision that was tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_attempted_revision: Option<String>,
    /// The objects that were applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inventory: Option<Inventory>,
    /// The last reconciliations, newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<Vec<ReconciliationRecord>>,
}

/// A run of equal reconciliations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReconciliationRecord {
    /// Checksum of what was applied.
    pub digest: String,
    /// When it was first applied.
    pub first_reconciled: Time,
    /// When it was last applied.
    pub last_reconciled: Time,
    /// How long the last one took.
    pub last_reconciled_duration: String,
    /// The reason of the Ready condition after the last one.
    pub last_reconciled_status: String,
    /// How often it was applied.
    pub total_reconciliations: i64,
    /// Notes, such as the revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
}
