//! The graph of `deps` as a document for programs.

use schemars::JsonSchema;
use serde::Serialize;

use super::fleet_report::ClusterReport;
use crate::api::Relation;
use crate::ops::{self, Graph, Presence};

/// What waits for what; a document of `cli.gitops/v1`.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DependencyGraph {
    #[schemars(extend("const" = "cli.gitops/v1"))]
    api_version: &'static str,
    #[schemars(extend("const" = "DependencyGraph"))]
    kind: &'static str,
    /// The objects.
    nodes: Vec<NodeReport>,
    /// What they need.
    edges: Vec<EdgeReport>,
    /// The longest chain of objects that wait for each other, as ids.
    critical_path: Vec<String>,
    /// Objects that wait for each other in a circle, as ids.
    cycles: Vec<Vec<String>>,
    /// The edges that lead to what is not there.
    missing: Vec<EdgeReport>,
}

/// An object of the graph.
#[derive(JsonSchema, Serialize)]
struct NodeReport {
    /// Kind, namespace and name.
    id: String,
    /// API group.
    group: String,
    /// Kind.
    kind: String,
    /// Namespace.
    namespace: String,
    /// Name.
    name: String,
    /// Whether it is there: `present`, `missing` or `unknown`.
    presence: &'static str,
    /// How it is; empty where that is not known.
    state: String,
}

/// What an object needs.
#[derive(JsonSchema, Serialize)]
struct EdgeReport {
    /// The object, by its id.
    from: String,
    /// What it needs, by its id.
    to: String,
    /// Why: `dependsOn` or `source`.
    relation: &'static str,
}

impl ClusterReport for DependencyGraph {
    const LIST: &'static str = "DependencyGraphList";
}

impl DependencyGraph {
    /// Makes the document of a graph.
    pub fn new(graph: &Graph) -> Self {
        let id = |place: usize| graph.nodes[place].id.to_string();
        let ids = |places: &[usize]| places.iter().map(|place| id(*place)).collect();
        let edge = |edge: &ops::Edge| EdgeReport {
            from: id(edge.from),
            to: id(edge.to),
            relation: match edge.relation {
                Relation::DependsOn => "dependsOn",
                Relation::Source => "source",
            },
        };
        Self {
            api_version: "cli.gitops/v1",
            kind: "DependencyGraph",
            nodes: graph.nodes.iter().map(NodeReport::new).collect(),
            edges: graph.edges.iter().map(edge).collect(),
            critical_path: ids(&graph.critical_path()),
            cycles: graph.cycles().iter().map(|cycle| ids(cycle)).collect(),
            missing: graph.missing().into_iter().map(edge).collect(),
        }
    }
}

impl NodeReport {
    fn new(node: &ops::Node) -> Self {
        Self {
            id: node.id.to_string(),
            group: node.id.group.clone(),
            kind: node.id.kind.clone(),
            namespace: node.id.namespace.clone(),
            name: node.id.name.clone(),
            presence: match node.presence {
                Presence::Present => "present",
                Presence::Missing => "missing",
                Presence::Unknown => "unknown",
            },
            state: node.state.clone(),
        }
    }
}
