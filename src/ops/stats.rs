//! How many Flux objects there are, how they are, and how much they keep.

use futures::future::join_all;
use schemars::JsonSchema;
use serde::Serialize;

use crate::api::{Kind, Row};
use crate::cluster::{Cluster, ClusterError, Resource, Selection};
use crate::error::Failure;

/// The kinds of the report, in its order.
const REPORTED: &[&str] = &[
    "GitRepository",
    "OCIRepository",
    "HelmRepository",
    "HelmChart",
    "Bucket",
    "Kustomization",
    "HelmRelease",
    "Alert",
    "Provider",
    "Receiver",
    "ImageUpdateAutomation",
    "ImagePolicy",
    "ImageRepository",
];

/// What there is of Flux in a cluster; a document of `cli.gitops/v1`.
#[derive(Clone, Debug, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    #[schemars(extend("const" = "cli.gitops/v1"))]
    api_version: &'static str,
    #[schemars(extend("const" = "Stats"))]
    kind: &'static str,
    /// The kubeconfig context of the cluster, where several were counted in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The namespace that was counted in; empty for all of them.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The counts, a kind each.
    pub reconcilers: Vec<Count>,
}

/// What there is of Flux in several clusters; a document of `cli.gitops/v1`.
#[derive(Clone, Debug, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatsList {
    #[schemars(extend("const" = "cli.gitops/v1"))]
    api_version: &'static str,
    #[schemars(extend("const" = "StatsList"))]
    kind: &'static str,
    /// The counts, in the order of the contexts; clusters that could not be asked are left out.
    pub items: Vec<Stats>,
}

impl StatsList {
    /// Makes one document of several.
    pub fn new(items: Vec<Stats>) -> Self {
        Self {
            api_version: "cli.gitops/v1",
            kind: "StatsList",
            items,
        }
    }
}

/// The counts of one kind.
#[derive(Clone, Debug, Default, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// The kind.
    pub kind: &'static str,
    /// How many are not suspended.
    pub running: usize,
    /// How many are not ready.
    pub failing: usize,
    /// How many are suspended.
    pub suspended: usize,
    /// How many bytes their artifacts have.
    pub storage_bytes: i64,
    /// Why nothing could be counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncounted: Option<Uncounted>,
}

/// Why a kind could not be counted.
#[derive(Clone, Copy, Debug, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Uncounted {
    /// The cluster does not serve the kind.
    NotServed,
    /// We may not list it.
    NotAllowed,
}

/// Counts the Flux objects of a namespace, or of all of them where it is empty; all kinds side by side.
///
/// # Errors
///
/// Fails where the cluster can't be asked. A kind that is not served or may not be listed is no failure.
pub async fn stats(cluster: &Cluster, namespace: &str) -> Result<Stats, Failure> {
    let kinds = REPORTED.iter().filter_map(|name| Kind::named(name));
    let counts = join_all(kinds.map(|kind| count(cluster, kind, namespace))).await;
    Ok(Stats {
        api_version: "cli.gitops/v1",
        kind: "Stats",
        cluster: None,
        namespace: namespace.into(),
        reconcilers: counts.into_iter().collect::<Result<_, _>>()?,
    })
}

async fn count(
    cluster: &Cluster,
    kind: &'static Kind,
    namespace: &str,
) -> Result<Count, ClusterError> {
    let selection = Selection::of_namespace(namespace);
    let listed: Result<Vec<Row>, _> = cluster.list(&Resource::from(kind), &selection).await;
    let uncounted = match listed {
        Ok(rows) => return Ok(Count::of(kind, &rows)),
        Err(ClusterError::Forbidden { .. }) => Uncounted::NotAllowed,
        Err(error) if error.is_not_found() => Uncounted::NotServed,
        Err(error) => return Err(error),
    };
    Ok(Count {
        kind: kind.name,
        uncounted: Some(uncounted),
        ..Count::default()
    })
}

impl Count {
    fn of(kind: &'static Kind, rows: &[Row]) -> Self {
        let suspended = rows.iter().filter(|row| (kind.suspended)(row)).count();
        let is_failing = |row: &&Row| {
            row.condition("Ready")
                .is_some_and(|ready| ready.status == "False")
        };
        Self {
            kind: kind.name,
            running: rows.len() - suspended,
            failing: rows.iter().filter(is_failing).count(),
            suspended,
            storage_bytes: rows.iter().map(|row| row.status.artifact.size).sum(),
            uncounted: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::row_of;

    #[test]
    fn objects_are_counted_by_how_they_are() {
        let object = |suspend: bool, ready: &str, size: u64| {
            row_of(&json!({"spec": {"suspend": suspend}, "status": {
                "conditions": [{"type": "Ready", "status": ready}], "artifact": {"size": size}}}))
        };
        let rows = [
            object(false, "True", 10),
            object(true, "False", 5),
            object(false, "Unknown", 0),
        ];
        let count = Count::of(Kind::named("Bucket").unwrap(), &rows);
        assert_eq!((count.running, count.failing, count.suspended), (2, 1, 1));
        assert_eq!(count.storage_bytes, 15);
    }

    #[test]
    fn every_reported_kind_is_in_the_table() {
        for name in REPORTED {
            assert!(Kind::named(name).is_some(), "{name}");
        }
    }
}
