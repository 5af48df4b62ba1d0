//! The graphs of `deps` in the languages of programs that draw them.

use std::fmt::Write as _;

use super::deps_text::label;
use crate::api::Relation;
use crate::ops::{Graph, Presence};

/// The graphs to draw: the only one by itself, or those of several clusters, each in a frame with its name.
pub enum Drawing<'a> {
    /// One graph.
    One(&'a Graph),
    /// Several, each with the name of its cluster.
    Framed(Vec<(&'a str, &'a Graph)>),
}

/// Writes a Graphviz graph.
pub fn dot(drawing: &Drawing<'_>) -> String {
    let mut text = String::from("digraph flux {\n  rankdir=LR;\n  node [shape=box];\n");
    match drawing {
        Drawing::One(graph) => dot_body(graph, ("  ", "n"), &mut text),
        Drawing::Framed(graphs) => {
            for (index, (cluster, graph)) in graphs.iter().enumerate() {
                // Graphviz frames a subgraph by the beginning of its name.
                let _ = writeln!(text, "  subgraph cluster_{index} {{");
                let _ = writeln!(text, "    label={};", dot_quoted(cluster));
                let prefix = format!("c{index}n");
                dot_body(graph, ("    ", &prefix), &mut text);
                text.push_str("  }\n");
            }
        }
    }
    text.push_str("}\n");
    text
}

fn dot_quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Writes nodes and edges behind an indent; the names of the nodes begin with a prefix.
fn dot_body(graph: &Graph, (indent, prefix): (&str, &str), text: &mut String) {
    for (place, node) in graph.nodes.iter().enumerate() {
        let style = match node.presence {
            Presence::Missing => ", style=dashed, color=red",
            Presence::Unknown => ", style=dashed",
            Presence::Present => "",
        };
        let label = dot_quoted(&label(graph, place));
        let _ = writeln!(text, "{indent}{prefix}{place} [label={label}{style}];");
    }
    for edge in &graph.edges {
        let style = match edge.relation {
            Relation::DependsOn => "",
            Relation::Source => " [style=dotted]",
        };
        let (from, to) = (edge.from, edge.to);
        let _ = writeln!(text, "{indent}{prefix}{from} -> {prefix}{to}{style};");
    }
}

/// Writes a Mermaid flowchart.
pub fn mermaid(drawing: &Drawing<'_>) -> String {
    let mut text = String::from("flowchart LR\n");
    let graphs = match drawing {
        Drawing::One(graph) => {
            mermaid_body(graph, ("  ", "n"), &mut text);
            vec![*graph]
        }
        Drawing::Framed(graphs) => {
            for (index, (cluster, graph)) in graphs.iter().enumerate() {
                let _ = writeln!(
                    text,
                    "  subgraph c{index}[\"{}\"]",
                    mermaid_escaped(cluster)
                );
                let prefix = format!("c{index}n");
                mermaid_body(graph, ("    ", &prefix), &mut text);
                text.push_str("  end\n");
            }
            graphs.iter().map(|(_, graph)| *graph).collect()
        }
    };
    let mut nodes = graphs.iter().flat_map(|graph| &graph.nodes);
    if nodes.any(|node| node.presence == Presence::Missing) {
        text.push_str("  classDef missing stroke:#d33,stroke-dasharray:4\n");
    }
    text
}

/// Writes a text for a label. Labels take HTML, so nothing of a name may be read as such.
fn mermaid_escaped(text: &str) -> String {
    let escape = |letter: char| match letter {
        '"' | '<' | '>' | '&' | '#' | '`' | '\\' => format!("#{};", u32::from(letter)),
        letter if letter.is_control() => " ".into(),
        letter => letter.to_string(),
    };
    text.chars().map(escape).collect()
}

/// Writes nodes and edges behind an indent; the names of the nodes begin with a prefix.
fn mermaid_body(graph: &Graph, (indent, prefix): (&str, &str), text: &mut String) {
    for (place, node) in graph.nodes.iter().enumerate() {
        let class = match node.presence {
            Presence::Missing => ":::missing",
            Presence::Unknown | Presence::Present => "",
        };
        let label = mermaid_escaped(&label(graph, place));
        let _ = writeln!(text, "{indent}{prefix}{place}[\"{label}\"]{class}");
    }
    for edge in &graph.edges {
        let arrow = match edge.relation {
            Relation::DependsOn => "-->",
            Relation::Source => "-.->",
        };
        let (from, to) = (edge.from, edge.to);
        let _ = writeln!(text, "{indent}{prefix}{from} {arrow} {prefix}{to}");
    }
}
