//! `diff`: what applying would change in a cluster, before it is done.

mod branch;
mod comment;
mod compare_args;
mod kustomization;
mod outcome;
mod overlay;

use clap::{Args, Subcommand};

use super::context::Context;
use crate::error::Failure;

/// What is compared.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  gitops diff kustomization apps --path ./apps\n  gitops diff overlay overlays/production\n  gitops diff branch --base origin/main"
)]
pub struct DiffArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Branch(branch::BranchArgs),
    #[command(visible_alias = "ks")]
    Kustomization(kustomization::KustomizationArgs),
    Overlay(overlay::OverlayArgs),
}

impl DiffArgs {
    /// Says whether neither a runtime nor a client is needed.
    pub const fn is_local(&self) -> bool {
        match &self.what {
            What::Branch(args) => args.is_local(),
            What::Kustomization(_) | What::Overlay(_) => false,
        }
    }
}

/// Compares.
pub async fn run(context: &Context, args: &DiffArgs) -> Result<(), Failure> {
    match &args.what {
        What::Branch(args) => branch::run(context, args).await,
        What::Kustomization(args) => kustomization::run(context, args).await,
        What::Overlay(args) => overlay::run(context, args).await,
    }
}
