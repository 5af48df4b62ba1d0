//! The graph of `deps` as trees for people.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::api::Relation;
use crate::ops::{Graph, Presence};

/// How deep a tree is drawn: a chain of thousands would be drawn thousands of columns wide.
const DEPTH: usize = 40;

const fn verb(relation: Relation) -> &'static str {
    match relation {
        Relation::DependsOn => "waits for",
        Relation::Source => "is made from",
    }
}

/// Writes a tree for each object that nothing refers to, then the critical path and what is wrong.
pub fn text(graph: &Graph) -> String {
    let mut text = String::new();
    let mut shown = BTreeSet::new();
    for root in graph.roots() {
        let _ = writeln!(text, "{}", label(graph, root));
        branches(graph, root, &mut Vec::new(), &mut shown, &mut text);
    }
    let chain = |places: &[usize]| {
        let ids: Vec<String> = places
            .iter()
            .map(|place| graph.nodes[*place].id.to_string())
            .collect();
        ids.join(" → ")
    };
    let path = graph.critical_path();
    if !path.is_empty() {
        let _ = writeln!(
            text,
            "\nCritical path ({} in turn): {}",
            path.len(),
            chain(&path)
        );
    }
    for cycle in graph.cycles() {
        let _ = writeln!(text, "\nCycle: {}", chain(&cycle));
    }
    for edge in graph.missing() {
        let (from, to) = (&graph.nodes[edge.from].id, &graph.nodes[edge.to].id);
        let _ = writeln!(text, "\nMissing: {from} {} {to}", verb(edge.relation));
    }
    text
}

/// Writes what an object needs, each below it; what was written before is not repeated.
fn branches(
    graph: &Graph,
    place: usize,
    indent: &mut Vec<&'static str>,
    shown: &mut BTreeSet<usize>,
    text: &mut String,
) {
    let mut edges = graph.edges_of(place).peekable();
    shown.insert(place);
    while let Some(edge) = edges.next() {
        let (arm, below) = if edges.peek().is_some() {
            ("├── ", "│   ")
        } else {
            ("└── ", "    ")
        };
        let has_more = graph.edges_of(edge.to).next().is_some();
        let note = match (has_more, shown.contains(&edge.to)) {
            (true, true) => " (above)",
            (true, false) if indent.len() >= DEPTH => " …",
            _ => "",
        };
        let (indent_text, verb) = (indent.concat(), verb(edge.relation));
        let _ = writeln!(
            text,
            "{indent_text}{arm}{verb} {}{note}",
            label(graph, edge.to)
        );
        if has_more && note.is_empty() {
            indent.push(below);
            branches(graph, edge.to, indent, shown, text);
            indent.pop();
        }
    }
}

/// Names an object and says how it is.
pub fn label(graph: &Graph, place: usize) -> String {
    let node = &graph.nodes[place];
    match (node.presence, node.state.as_str()) {
        (Presence::Missing, _) => format!("{} (missing)", node.id),
        (Presence::Unknown, _) => format!("{} (not read)", node.id),
        (Presence::Present, "") => node.id.to_string(),
        (Presence::Present, state) => format!("{} ({state})", node.id),
    }
}
