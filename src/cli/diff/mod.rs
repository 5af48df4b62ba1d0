//! `diff`: what applying would change in a cluster, before it is done.

mod branch;

use clap::{Args, Subcommand};

use super::context::Context;
use crate::error::Failure;

/// Show what applying would change
///
/// Exits with 0 where nothing would change, with 1 where something would, and with 2 where that can't be found out.
#[derive(Args)]
#[command(after_help = "Example: gitops diff branch --base origin/main")]
pub struct DiffArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Branch(branch::BranchArgs),
}

impl DiffArgs {
    /// Says whether neither a runtime nor a client is needed.
    pub const fn is_local(&self) -> bool {
        match &self.what {
            What::Branch(args) => args.is_local(),
        }
    }
}

/// Compares.
pub async fn run(context: &Context, args: &DiffArgs) -> Result<(), Failure> {
    match &args.what {
        What::Branch(args) => branch::run(context, args).await,
    }
}
