//! `diff`: what applying would change in a cluster, before it is done.

mod compare_args;
mod kustomization;
mod outcome;

use clap::{Args, Subcommand};

use super::context::Context;
use crate::error::Failure;

/// What is compared.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  gitops diff kustomization apps --path ./apps\n  gitops diff overlay overlays/production"
)]
pub struct DiffArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    #[command(visible_alias = "ks")]
    Kustomization(kustomization::KustomizationArgs),
}

/// Compares.
pub async fn run(context: &Context, args: &DiffArgs) -> Result<(), Failure> {
    match &args.what {
        What::Kustomization(args) => kustomization::run(context, args).await,
    }
}
