//! The graph of Flux objects, and what is wrong with it (pure).

use std::collections::{BTreeMap, BTreeSet};

use crate::api::{Kind, Relation, links, row_of};
use crate::manifest::{Object, ObjectId};

/// What is known of an object that others refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It was read.
    Present,
    /// It was looked for and is not there.
    Missing,
    /// Nobody could look.
    Unknown,
}

/// One object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Who it is.
    pub id: ObjectId,
    /// Whether it is there.
    pub presence: Presence,
    /// How it is, such as `ready`; empty for what has no state: what is in a file, or is not there.
    pub state: String,
}

/// One reference from an object to another; both are places in the list of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// The object that refers.
    pub from: usize,
    /// The object that is referred to.
    pub to: usize,
    /// Why.
    pub relation: Relation,
}

/// Objects and what they refer to. Nodes are in the order of their names, edges in that of their nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// The objects.
    pub nodes: Vec<Node>,
    /// The references.
    pub edges: Vec<Edge>,
}

impl Graph {
    /// Makes the graph of objects. What they refer to and what is not among them is missing, unless `is_read`
    /// says of an identity that nobody could look for it.
    pub fn of(objects: &[Object], is_read: impl Fn(&ObjectId) -> bool) -> Self {
        let mut nodes: BTreeMap<ObjectId, Node> = BTreeMap::new();
        let mut references: BTreeSet<(ObjectId, ObjectId, Relation)> = BTreeSet::new();
        for object in objects {
            let Some(kind) = Kind::of(object.group(), object.kind()) else {
                continue;
            };
            let id = object.id();
            for link in links(kind, object) {
                references.insert((id.clone(), link.target, link.relation));
            }
            let node = Node {
                id: id.clone(),
                presence: Presence::Present,
                state: state(kind, object),
            };
            nodes.insert(id, node);
        }
        for (_, target, _) in &references {
            nodes.entry(target.clone()).or_insert_with(|| Node {
                id: target.clone(),
                presence: if is_read(target) {
                    Presence::Missing
                } else {
                    Presence::Unknown
                },
                state: String::new(),
            });
        }
        let places: BTreeMap<ObjectId, usize> = nodes.keys().cloned().zip(0..).collect();
        let edge = |(from, to, relation): &(ObjectId, ObjectId, Relation)| {
            let (from, to) = (*places.get(from)?, *places.get(to)?);
            Some(Edge {
                from,
                to,
                relation: *relation,
            })
        };
        let mut edges: Vec<Edge> = references.iter().filter_map(edge).collect();
        edges.sort_unstable();
        Self {
            nodes: nodes.into_values().collect(),
            edges,
        }
    }

    /// Keeps what `is_start` chooses, and all that this leads to.
    #[must_use]
    pub fn reached_from(&self, is_start: impl Fn(&ObjectId) -> bool) -> Self {
        let starts = (0..self.nodes.len()).filter(|place| is_start(&self.nodes[*place].id));
        let mut open: Vec<usize> = starts.collect();
        let mut reached: BTreeSet<usize> = open.iter().copied().collect();
        while let Some(place) = open.pop() {
            let next = self.edges_of(place).map(|edge| edge.to);
            open.extend(next.filter(|to| reached.insert(*to)));
        }
        let places: BTreeMap<usize, usize> = reached.iter().copied().zip(0..).collect();
        let edge = |edge: &Edge| {
            Some(Edge {
                from: *places.get(&edge.from)?,
                to: *places.get(&edge.to)?,
                relation: edge.relation,
            })
        };
        Self {
            nodes: reached
                .iter()
                .map(|place| self.nodes[*place].clone())
                .collect(),
            edges: self.edges.iter().filter_map(edge).collect(),
        }
    }

    /// Returns the references of one object.
    pub fn edges_of(&self, place: usize) -> impl Iterator<Item = &Edge> {
        let first = self.edges.partition_point(|edge| edge.from < place);
        self.edges[first..]
            .iter()
            .take_while(move |edge| edge.from == place)
    }

    /// Returns the objects that nothing refers to, and one of each cycle that would be left out otherwise.
    pub fn roots(&self) -> Vec<usize> {
        let referred: BTreeSet<usize> = self.edges.iter().map(|edge| edge.to).collect();
        let mut roots: Vec<usize> = (0..self.nodes.len())
            .filter(|place| !referred.contains(place))
            .collect();
        let mut seen = BTreeSet::new();
        for root in &roots {
            self.mark(*root, &mut seen);
        }
        for place in 0..self.nodes.len() {
            if !seen.contains(&place) {
                roots.push(place);
                self.mark(place, &mut seen);
            }
        }
        roots.sort_unstable();
        roots
    }

    fn mark(&self, place: usize, seen: &mut BTreeSet<usize>) {
        let mut open = vec![place];
        while let Some(place) = open.pop() {
            if seen.insert(place) {
                open.extend(self.edges_of(place).map(|edge| edge.to));
            }
        }
    }

    /// Returns the references to objects that are not there.
    pub fn missing(&self) -> Vec<&Edge> {
        let is_missing = |edge: &&Edge| self.nodes[edge.to].presence == Presence::Missing;
        self.edges.iter().filter(is_missing).collect()
    }
}

/// Says how an object is; nothing of one that no controller has seen, such as one in a file.
fn state(kind: &Kind, object: &Object) -> String {
    let row = row_of(object.value());
    let state = if (kind.suspended)(&row) {
        "suspended"
    } else if (kind.fixed)(&row).is_some() {
        "ready"
    } else {
        match row.condition("Ready").map(|ready| ready.status.as_str()) {
            Some("True") => "ready",
            Some("False") => "not ready",
            Some(_) => "in progress",
            None => "",
        }
    };
    state.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kustomization(name: &str, depends: &[&str]) -> Object {
        let depends: Vec<_> = depends.iter().map(|name| json!({ "name": name })).collect();
        Object::new(json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "metadata": {"name": name, "namespace": "a"},
            "spec": {"dependsOn": depends, "sourceRef": {"kind": "GitRepository", "name": "repo"}},
        }))
        .unwrap()
    }

    fn graph(objects: &[(&str, &[&str])]) -> Graph {
        let objects: Vec<Object> = objects
            .iter()
            .map(|(name, depends)| kustomization(name, depends))
            .collect();
        Graph::of(&objects, |_| true)
    }

    fn names(graph: &Graph, places: &[usize]) -> Vec<String> {
        let name = |place: &usize| graph.nodes[*place].id.name.clone();
        places.iter().map(name).collect()
    }

    #[test]
    fn the_longest_chain_is_the_critical_path() {
        let graph = graph(&[
            ("app", &["db", "cache"]),
            ("db", &["infra"]),
            ("cache", &[]),
            ("infra", &[]),
            ("other", &["infra"]),
        ]);
        let path = graph.critical_path();
        assert_eq!(names(&graph, &path), ["infra", "db", "app"]);
        assert_eq!(names(&graph, &graph.roots()), ["app", "other"]);
        assert!(graph.cycles().is_empty());
    }

    #[test]
    fn cycles_are_shown_once_and_have_no_critical_path() {
        let graph = graph(&[
            ("a", &["b"]),
            ("b", &["c"]),
            ("c", &["a"]),
            ("d", &["a"]),
            ("e", &["e"]),
        ]);
        let rounds: Vec<_> = graph
            .cycles()
            .iter()
            .map(|round| names(&graph, round))
            .collect();
        assert_eq!(rounds, [vec!["a", "b", "c", "a"], vec!["e", "e"]]);
        assert!(graph.critical_path().is_empty());
        assert_eq!(names(&graph, &graph.roots()), ["d", "e"]);
    }

    #[test]
    fn what_is_not_there_is_missing_and_what_nobody_read_is_unknown() {
        let objects = [kustomization("app", &["gone"])];
        let graph = Graph::of(&objects, |id| id.kind == "Kustomization");
        let missing: Vec<_> = graph
            .missing()
            .iter()
            .map(|edge| graph.nodes[edge.to].id.to_string())
            .collect();
        assert_eq!(missing, ["Kustomization/a/gone"]);
        let source = graph
            .nodes
            .iter()
            .find(|node| node.id.name == "repo")
            .unwrap();
        assert_eq!(source.presence, Presence::Unknown);
    }

    #[test]
    fn a_part_keeps_what_it_leads_to() {
        let graph = graph(&[("app", &["db"]), ("db", &[]), ("other", &[])]);
        let part = graph.reached_from(|id| id.name == "app");
        let nodes: Vec<_> = part
            .nodes
            .iter()
            .map(|node| node.id.name.as_str())
            .collect();
        assert_eq!(nodes, ["app", "db", "repo"]);
        assert_eq!(part.edges.len(), 3);
    }

    #[test]
    fn a_chain_of_thousands_is_no_deep_recursion() {
        let names: Vec<String> = (0..20_000).map(|number| format!("n{number:05}")).collect();
        let objects: Vec<Object> = names
            .windows(2)
            .map(|pair| kustomization(&pair[0], &[&pair[1]]))
            .collect();
        let graph = Graph::of(&objects, |_| true);
        assert_eq!(graph.critical_path().len(), 20_000);
    }
}
