//! `tree`: what an object has brought into the cluster.

use clap::{Args, Subcommand};

use super::context::Context;
use super::fleet::{self, FleetArgs, Gathered};
use super::fleet_report::{ClusterReport, ReportList, blocks};
use super::output::LenientFormArgs;
use crate::api::Kind;
use crate::cluster::{Address, Resource};
use crate::error::Failure;
use crate::ops::{self, Breadth, Grown, Tree};
use crate::report::{Format, Output, Ui};

/// Of which kind the root of the tree is.
#[derive(Subcommand)]
#[command(after_help = "Example: gitops tree kustomization flux-system")]
pub enum TreeCommand {
    #[command(alias = "kustomizations", visible_alias = "ks")]
    Kustomization(KustomizationArgs),
    /// The kinds of artifact
    #[command(subcommand)]
    Artifact(ArtifactCommand),
}

/// The kinds below `tree artifact`.
#[derive(Subcommand)]
pub enum ArtifactCommand {
    Generator(GeneratorArgs),
}

/// Show what a Kustomization has applied, and what that has applied in turn
#[derive(Args)]
#[command(after_help = "Example: gitops tree kustomization flux-system --compact")]
pub struct KustomizationArgs {
    /// Name of the Kustomization
    names: Vec<String>,

    /// Show Flux objects only
    #[arg(long)]
    compact: bool,

    #[command(flatten)]
    output: LenientFormArgs,

    #[command(flatten)]
    fleet: FleetArgs,
}

/// Show the artifacts that an `ArtifactGenerator` has made
#[derive(Args)]
#[command(after_help = "Example: gitops tree artifact generator my-generator")]
pub struct GeneratorArgs {
    /// Name of the `ArtifactGenerator`
    name: String,

    #[command(flatten)]
    output: LenientFormArgs,

    #[command(flatten)]
    fleet: FleetArgs,
}

/// Prints the tree, or that of each cluster.
pub async fn run(context: &Context, command: &TreeCommand) -> Result<(), Failure> {
    match command {
        TreeCommand::Kustomization(args) => {
            let Some(name) = args.names.first() else {
                return Err(Failure::usage("kustomization name is required"));
            };
            let breadth = if args.compact {
                Breadth::OnlyFlux
            } else {
                Breadth::All
            };
            let grow = async |context: &Context| {
                let address = address(context, "Kustomization", name);
                ops::kustomization_tree(context.cluster().await?, &address, breadth).await
            };
            let gathered = fleet::gather(context, &args.fleet, grow).await?;
            show(context, gathered, args.output.output())
        }
        TreeCommand::Artifact(ArtifactCommand::Generator(args)) => {
            let grow = async |context: &Context| {
                let address = address(context, "ArtifactGenerator", &args.name);
                ops::generator_tree(context.cluster().await?, &address).await
            };
            let gathered = fleet::gather(context, &args.fleet, grow).await?;
            show(context, gathered, args.output.output())
        }
    }
}

fn address(context: &Context, kind: &str, name: &str) -> Address {
    let kind = Kind::named(kind).expect("it is one of the table");
    Resource::from(kind).at(&context.namespace, name)
}

/// Prints what was found, and fails where that is not all.
fn show(context: &Context, gathered: Gathered<Grown>, output: Output<'_>) -> Result<(), Failure> {
    match gathered.only() {
        Some(grown) => print(context, &grown.tree, output)?,
        None => print_all(context, &gathered, output)?,
    }
    gathered.end_with(context, |ui, grown| incomplete(ui, &grown))
}

impl ClusterReport for Tree {
    const LIST: &'static str = "TreeList";
}

/// Prints the tree of each cluster.
fn print_all(
    context: &Context,
    gathered: &Gathered<Grown>,
    output: Output<'_>,
) -> Result<(), Failure> {
    let trees = || gathered.named().map(|(name, grown)| (name, &grown.tree));
    if *output.format == Format::Name {
        let names = trees().map(|(_, tree)| tree.names());
        return Ok(context.ui.data(names.collect::<String>())?);
    }
    let drawn = || blocks(trees().map(|(name, tree)| (name, tree.drawn())));
    Ok(context.ui.print(output, &ReportList::new(trees()), drawn)?)
}

fn print(context: &Context, tree: &Tree, output: Output<'_>) -> Result<(), Failure> {
    match output.format {
        // Flux indents its trees otherwise than kubectl its objects, and ends them with an empty line.
        Format::Json => context.ui.data(in_json(tree)?)?,
        Format::Yaml => {
            context.ui.print(output, tree, || "")?;
            context.ui.data("\n")?;
        }
        Format::Name => context.ui.data(tree.names())?,
        _ => context.ui.print(output, tree, || tree.drawn() + "\n")?,
    }
    Ok(())
}

/// Tells what a tree lacks, and returns the failure that this is.
fn incomplete(ui: &Ui, grown: &Grown) -> Option<Failure> {
    for gap in &grown.gaps {
        ui.warning(gap);
    }
    (!grown.gaps.is_empty()).then(|| {
        Failure::new("the tree is not complete")
            .with_hint("ask for the right to read what is missing")
    })
}

fn in_json(tree: &Tree) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(tree)
        .map_err(|error| Failure::new(format!("cannot write the tree: {error}")))?;
    Ok(text + "\n")
}
