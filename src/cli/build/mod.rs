//! `build`: what would be applied, as YAML.

mod cluster;
pub(super) mod kustomization;
mod overlay;

use clap::{Args, Subcommand};

use super::context::Context;
use crate::error::Failure;

/// What to build.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  gitops build kustomization apps --path ./apps\n  gitops build overlay overlays/production\n  gitops build cluster clusters/production"
)]
pub struct BuildArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Cluster(cluster::ClusterArgs),
    #[command(visible_alias = "ks")]
    Kustomization(kustomization::KustomizationArgs),
    Overlay(overlay::OverlayArgs),
}

impl BuildArgs {
    /// Says whether neither a runtime nor a client is needed.
    pub const fn is_local(&self) -> bool {
        match &self.what {
            What::Cluster(args) => args.is_local(),
            What::Kustomization(args) => args.is_local(),
            What::Overlay(_) => true,
        }
    }
}

/// Builds.
pub async fn run(context: &Context, args: &BuildArgs) -> Result<(), Failure> {
    match &args.what {
        What::Cluster(args) => cluster::run(context, args),
        What::Kustomization(args) => kustomization::run(context, args).await,
        What::Overlay(args) => overlay::run(context, args),
    }
}
