//! `deps`: what waits for what, and what is made from what, as text, for graph programs, or as JSON.

use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use super::deps_drawn::{Drawing, dot, mermaid};
use super::deps_report::DependencyGraph;
use super::deps_text::text;
use super::fleet::{self, FleetArgs, Gathered};
use super::fleet_report::{ReportList, blocks};
use super::graph_form::Form;
use crate::api::Kind;
use crate::error::Failure;
use crate::manifest::ObjectId;
use crate::ops::{self, DepsRequest, Graph, Origin, Presence};
use crate::report::{Format, Output};

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

    #[command(flatten)]
    fleet: FleetArgs,
}

impl DepsArgs {
    /// Says whether no cluster is asked.
    pub const fn is_local(&self) -> bool {
        self.path.is_some()
    }
}

/// Prints the graph; what is wrong with it is a failure in the end.
pub async fn run(context: &Context, args: &DepsArgs) -> Result<(), Failure> {
    if args.path.is_some() {
        args.fleet.refuse("--path")?;
    }
    starts(context, args)?;
    let read = async |context: &Context| read(context, args).await;
    let gathered = fleet::gather(context, &args.fleet, read).await?;
    match gathered.only() {
        Some(graph) => print(context, args, graph)?,
        None => print_all(context, args, &gathered)?,
    }
    gathered.end_with(context, |_, graph| verdict(&graph))
}

/// Reads the graph from where it is meant to come.
async fn read(context: &Context, args: &DepsArgs) -> Result<Graph, Failure> {
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
    let graph = ops::dependencies(&context.ui, &request).await?;
    if starts.is_empty() {
        return Ok(graph);
    }
    narrowed(&graph, &starts)
}

fn print(context: &Context, args: &DepsArgs, graph: &Graph) -> Result<(), Failure> {
    let ui = &context.ui;
    match &args.output {
        Form::Text => ui.data(text(graph))?,
        Form::Dot => ui.data(dot(&Drawing::One(graph)))?,
        Form::Mermaid => ui.data(mermaid(&Drawing::One(graph)))?,
        Form::Document(format) => {
            ui.print(output(format), &DependencyGraph::new(graph), || "")?;
        }
    }
    Ok(())
}

/// Prints the graphs of several clusters: text in blocks, a drawing with a frame for each.
fn print_all(
    context: &Context,
    args: &DepsArgs,
    gathered: &Gathered<Graph>,
) -> Result<(), Failure> {
    let (ui, graphs) = (&context.ui, gathered.named());
    match &args.output {
        Form::Text => ui.data(blocks(graphs.map(|(name, graph)| (name, text(graph)))))?,
        Form::Dot => ui.data(dot(&Drawing::Framed(graphs.collect())))?,
        Form::Mermaid => ui.data(mermaid(&Drawing::Framed(graphs.collect())))?,
        Form::Document(format) => {
            let reports: Vec<(&str, DependencyGraph)> = graphs
                .map(|(name, graph)| (name, DependencyGraph::new(graph)))
                .collect();
            let list = ReportList::new(reports.iter().map(|(name, report)| (*name, report)));
            ui.print(output(format), &list, || "")?;
        }
    }
    Ok(())
}

const fn output(format: &Format) -> Output<'_> {
    Output {
        format,
        header: true,
    }
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
fn verdict(graph: &Graph) -> Option<Failure> {
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
    (!wrong.is_empty()).then(|| Failure::new(wrong.join(" and ")))
}
