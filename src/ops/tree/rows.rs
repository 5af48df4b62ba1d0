//! The few fields of objects that lead further down a tree.

use serde::Deserialize;
use serde_json::Value;

/// The few fields of a Kustomization that lead further.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct KustomizationRow {
    pub spec: KustomizationSpec,
    pub status: KustomizationStatus,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct KustomizationSpec {
    pub kube_config: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct KustomizationStatus {
    pub inventory: Option<Inventory>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Inventory {
    pub entries: Vec<InventoryEntry>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct InventoryEntry {
    pub id: String,
}

/// The few fields of a `HelmRelease` that lead further.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ReleaseRow {
    pub spec: ReleaseSpec,
    pub status: ReleaseStatus,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ReleaseSpec {
    pub kube_config: Option<Value>,
    pub install: Option<ReleaseAction>,
    pub upgrade: Option<ReleaseAction>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ReleaseAction {
    pub crds: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ReleaseStatus {
    pub storage_namespace: String,
    pub history: Vec<ReleaseRecord>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ReleaseRecord {
    pub name: String,
    pub namespace: String,
    pub version: i64,
}

/// The few fields of an `ArtifactGenerator` that lead further.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct GeneratorRow {
    pub status: GeneratorStatus,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct GeneratorStatus {
    pub inventory: Vec<GeneratorEntry>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct GeneratorEntry {
    pub namespace: String,
    pub name: String,
}

/// Only the name of an object.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct NameRow {
    pub metadata: NameMetadata,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct NameMetadata {
    pub name: String,
}

impl ReleaseSpec {
    /// Says whether it was told to install or replace definitions.
    pub fn brings_definitions(&self) -> bool {
        let told = |action: &Option<ReleaseAction>| {
            action
                .as_ref()
                .is_some_and(|action| !matches!(action.crds.as_str(), "" | "Skip"))
        };
        told(&self.install) || told(&self.upgrade)
    }
}
