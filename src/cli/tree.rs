//! `tree`: what an object has brought into the cluster.

use clap::{Args, Subcommand};

use super::context::Context;
use super::document::Format;
use crate::api::Kind;
use crate::cluster::{Address, Resource};
use crate::error::Failure;
use crate::ops::{self, Breadth, Grown};

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

    /// Form of the answer: json or yaml; anything else draws the tree
    #[arg(short, long, value_name = "FORMAT")]
    output: Option<String>,
}

/// Show the artifacts that an `ArtifactGenerator` has made
#[derive(Args)]
#[command(after_help = "Example: gitops tree artifact generator my-generator")]
pub struct GeneratorArgs {
    /// Name of the `ArtifactGenerator`
    name: String,

    /// Form of the answer: json or yaml; anything else draws the tree
    #[arg(short, long, value_name = "FORMAT")]
    output: Option<String>,
}

/// Prints the tree.
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
            let address = address(context, "Kustomization", name);
            let grown =
                ops::kustomization_tree(context.cluster().await?, &address, breadth).await?;
            print(context, &grown, args.output.as_deref())
        }
        TreeCommand::Artifact(ArtifactCommand::Generator(args)) => {
            let address = address(context, "ArtifactGenerator", &args.name);
            let grown = ops::generator_tree(context.cluster().await?, &address).await?;
            print(context, &grown, args.output.as_deref())
        }
    }
}

fn address(context: &Context, kind: &str, name: &str) -> Address {
    let kind = Kind::named(kind).expect("it is one of the table");
    Resource::from(kind).at(&context.namespace, name)
}

/// Prints what was found, and fails where that is not all.
fn print(context: &Context, grown: &Grown, output: Option<&str>) -> Result<(), Failure> {
    match output {
        Some("json") => Format::Json.print(context, &grown.tree)?,
        Some("yaml") => {
            Format::Yaml.print(context, &grown.tree)?;
            context.ui.data("\n")?;
        }
        _ => context.ui.data(format_args!("{}\n", grown.tree.drawn()))?,
    }
    if grown.gaps.is_empty() {
        return Ok(());
    }
    for gap in &grown.gaps {
        context.ui.warning(gap);
    }
    Err(Failure::new("the tree is not complete")
        .with_hint("ask for the right to read what is missing"))
}
