//! `deps`: what waits for what, and what is made from what, as text, for graph programs, or as JSON.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::context::Context;
use super::graph_form::Form;
use crate::api::{Kind, Relation};
use crate::error::Failure;
use crate::manifest::ObjectId;
use crate::ops::{self, DepsRequest, Graph, Origin, Presence};
use crate::report::Output;

/// Which objects, from where, and how they are drawn.
#[derive(Args)]
#[command(after_help = "Example: gitops deps --path clusters/production -o mermaid")]
pub struct DepsArgs {
    /// Objects to begin with, as KIND/NAME [default: all of the namespace]
    #[arg(value_name = "KIND/NAME")]
    objects: Vec<String>,

    /// Begin with the objects of all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,

    /// Read the YAML files of a folder in place of a cluster
    #[arg(long, value_name = "PATH")]
    path: Option<PathBuf>,

    /// Form of the answer: text, dot, mermaid, json, yaml, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,…
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Form,
}

impl DepsArgs {
    /// Says whether no cluster is asked.
    pub const fn is_local(&self) -> bool {
        self.path.is_some()
    }
}

/// Prints the graph; what is wrong with it is a failure in the end.
pub async fn run(context: &Context, args: &DepsArgs) -> Result<(), Failure> {
    let starts = starts(context, args)?;
    let origin = match &args.path {
        Some(path) => Origin::Files(path),
        None => Origin::Cluster(context.cluster().await?),
    };
    // Files are of one repository, whose objects belong together whatever their namespaces.
    let everywhere = args.all_namespaces || args.path.is_some() || !starts.is_empty();
    let request = DepsRequest {
        origin,
        namespace: if everywhere { "" } else { &context.namespace },
        default_namespace: &context.namespace,
    };
    let mut graph = ops::dependencies(&context.ui, &request).await?;
    if !starts.is_empty() {
        graph = narrowed(&graph, &starts)?;
    }
    let ui = &context.ui;
    match &args.output {
        Form::Text => ui.data(text(&graph))?,
        Form::Dot => ui.data(dot(&graph))?,
        Form::Mermaid => ui.data(mermaid(&graph))?,
        Form::Document(format) => {
            let output = Output {
                format,
                header: true,
            };
            ui.print(output, &DependencyGraph::new(&graph), || "")?;
        }
    }
    verdict(&graph)
}

/// Returns the objects that are named on the command line.
fn starts(context: &Context, args: &DepsArgs) -> Result<Vec<ObjectId>, Failure> {
    let start = |object: &String| {
        let unknown = || {
            Failure::usage(format!("`{object}` is no KIND/NAME of Flux"))
                .with_hint("name an object as `kustomization/apps`")
        };
        let (word, name) = object.split_once('/').ok_or_else(unknown)?;
        let kind = Kind::meant_by(word).ok_or_else(unknown)?;
        Ok(ObjectId {
            group: kind.group.into(),
            kind: kind.name.into(),
            namespace: context.namespace.clone(),
            name: name.into(),
        })
    };
    args.objects.iter().map(start).collect()
}

fn narrowed(graph: &Graph, starts: &[ObjectId]) -> Result<Graph, Failure> {
    let is_present = |start: &&ObjectId| {
        let mut nodes = graph.nodes.iter();
        !nodes.any(|node| node.id == **start && node.presence == Presence::Present)
    };
    match starts.iter().find(is_present) {
        Some(start) => Err(Failure::new(format!("there is no {start}"))),
        None => Ok(graph.reached_from(|id| starts.contains(id))),
    }
}

/// Says what is wrong with the graph, as a failure.
fn verdict(graph: &Graph) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    let (cycles, missing) = (graph.cycles().len(), graph.missing().len());
    let counted = |count: usize, one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    };
    if cycles > 0 {
        wrong.push(counted(cycles, "cycle", "cycles"));
    }
    if missing > 0 {
        wrong.push(counted(
            missing,
            "reference to what is not there",
            "references to what is not there",
        ));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Failure::new(wrong.join(" and ")))
}

/// How deep a tree is drawn: a chain of thousands would be drawn thousands of columns wide.
const DEPTH: usize = 40;

const fn verb(relation: Relation) -> &'static str {
    match relation {
        Relation::DependsOn => "waits for",
        Relation::Source => "is made from",
    }
}

/// Writes a tree for each object that nothing refers to, then the critical path and what is wrong.
fn text(graph: &Graph) -> String {
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

fn label(graph: &Graph, place: usize) -> String {
    let node = &graph.nodes[place];
    match (node.presence, node.state.as_str()) {
        (Presence::Missing, _) => format!("{} (missing)", node.id),
        (Presence::Unknown, _) => format!("{} (not read)", node.id),
        (Presence::Present, "") => node.id.to_string(),
        (Presence::Present, state) => format!("{} ({state})", node.id),
    }
}

/// Writes a Graphviz graph.
fn dot(graph: &Graph) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut text = String::from("digraph flux {\n  rankdir=LR;\n  node [shape=box];\n");
    for (place, node) in graph.nodes.iter().enumerate() {
        let style = match node.presence {
            Presence::Missing => ", style=dashed, color=red",
            Presence::Unknown => ", style=dashed",
            Presence::Present => "",
        };
        let _ = writeln!(
            text,
            "  n{place} [label={}{style}];",
            quoted(&label(graph, place))
        );
    }
    for edge in &graph.edges {
        let style = match edge.relation {
            Relation::DependsOn => "",
            Relation::Source => " [style=dotted]",
        };
        let _ = writeln!(text, "  n{} -> n{}{style};", edge.from, edge.to);
    }
    text.push_str("}\n");
    text
}

/// Writes a Mermaid flowchart. Its labels take HTML, so nothing of a name may be read as such.
fn mermaid(graph: &Graph) -> String {
    let escaped = |text: &str| {
        let escape = |letter: char| match letter {
            '"' | '<' | '>' | '&' | '#' | '`' | '\\' => format!("#{};", u32::from(letter)),
            letter if letter.is_control() => " ".into(),
            letter => letter.to_string(),
        };
        text.chars().map(escape).collect::<String>()
    };
    let mut text = String::from("flowchart LR\n");
    for (place, node) in graph.nodes.iter().enumerate() {
        let class = match node.presence {
            Presence::Missing => ":::missing",
            Presence::Unknown | Presence::Present => "",
        };
        let _ = writeln!(
            text,
            "  n{place}[\"{}\"]{class}",
            escaped(&label(graph, place))
        );
    }
    for edge in &graph.edges {
        let arrow = match edge.relation {
            Relation::DependsOn => "-->",
            Relation::Source => "-.->",
        };
        let _ = writeln!(text, "  n{} {arrow} n{}", edge.from, edge.to);
    }
    if graph
        .nodes
        .iter()
        .any(|node| node.presence == Presence::Missing)
    {
        text.push_str("  classDef missing stroke:#d33,stroke-dasharray:4\n");
    }
    text
}

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

impl DependencyGraph {
    fn new(graph: &Graph) -> Self {
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
