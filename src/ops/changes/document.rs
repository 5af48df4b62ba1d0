//! The document `Diff`: per cluster and owner, what happens to each object.

use schemars::JsonSchema;
use serde::Serialize;

use super::counts::Counts;
use super::object_change::ObjectChange;

/// What a change will do.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    /// `cli.gitops/v1`.
    pub api_version: &'static str,
    /// `Diff`.
    pub kind: &'static str,
    /// What is compared, in words, such as `main → feature`; empty where that is clear.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// How many objects come to which end, over all clusters.
    pub summary: Counts,
    /// The clusters, those without changes too.
    pub clusters: Vec<ClusterChanges>,
}

impl Diff {
    /// Puts clusters into a document and counts.
    pub fn new(title: impl Into<String>, clusters: Vec<ClusterChanges>) -> Self {
        let mut summary = Counts::default();
        for cluster in &clusters {
            summary += cluster.summary;
        }
        Self {
            api_version: "cli.gitops/v1",
            kind: "Diff",
            title: title.into(),
            summary,
            clusters,
        }
    }

    /// Says whether anything happens.
    pub const fn has_changes(&self) -> bool {
        self.summary.has_changes()
    }

    /// Returns every object with the name of its cluster.
    pub fn objects(&self) -> impl Iterator<Item = (&str, &ObjectChange)> {
        self.clusters.iter().flat_map(|cluster| {
            let owners = cluster.owners.iter();
            owners
                .flat_map(|owner| &owner.objects)
                .map(|object| (cluster.cluster.as_str(), object))
        })
    }

    /// Says whether something could not be worked out.
    pub fn has_findings(&self) -> bool {
        let mut clusters = self.clusters.iter();
        self.summary.failed > 0 || clusters.any(|cluster| !cluster.findings.is_empty())
    }
}

/// What happens in one cluster.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterChanges {
    /// Name of the cluster; empty where there is just one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cluster: String,
    /// How many objects come to which end.
    pub summary: Counts,
    /// The owners of objects that change.
    pub owners: Vec<OwnerChanges>,
    /// What could not be worked out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

impl ClusterChanges {
    /// Puts owners into a cluster and counts; those of whose objects none changes are left out.
    pub fn new(
        cluster: impl Into<String>,
        mut owners: Vec<OwnerChanges>,
        findings: Vec<Finding>,
    ) -> Self {
        let mut summary = Counts::default();
        for owner in &owners {
            summary += owner.summary;
        }
        owners.retain(|owner| !owner.objects.is_empty());
        Self {
            cluster: cluster.into(),
            summary,
            owners,
            findings,
        }
    }
}

/// What happens to the objects of one owner.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnerChanges {
    /// The Kustomization or `HelmRelease` that applies the objects; missing for objects that nobody owns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The owner is suspended: nothing of this happens before it is resumed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub suspended: bool,
    /// How many objects come to which end.
    pub summary: Counts,
    /// The objects that change or are skipped, in the order of their owner.
    pub objects: Vec<ObjectChange>,
}

impl OwnerChanges {
    /// Puts objects under their owner and counts; `unchanged` is how many others it has.
    pub fn new(owner: Option<Owner>, objects: Vec<ObjectChange>, unchanged: usize) -> Self {
        let mut summary = Counts {
            unchanged,
            ..Counts::default()
        };
        for object in &objects {
            summary.add(object);
        }
        Self {
            owner,
            suspended: false,
            summary,
            objects,
        }
    }

    /// Marks the owner as suspended: its changes are held back.
    #[must_use]
    pub fn held_back(mut self) -> Self {
        self.suspended = true;
        self.summary.held_back = self.objects.len();
        self
    }
}

/// An object that applies others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// `Kustomization` or `HelmRelease`.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl std::fmt::Display for Owner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}/{}", self.kind, self.namespace, self.name)
    }
}

/// Something that kept part of a render from being worked out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The owner that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The file, relative to the repository; empty if there is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The line, from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}
