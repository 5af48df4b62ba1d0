//! `test`: passes and failures, for pipelines.

mod cluster;

use clap::{Args, Subcommand};

use super::context::Context;
use crate::error::Failure;

/// What is tested.
#[derive(Args)]
#[command(after_help = "Example: gitops test cluster clusters/production -o junit > report.xml")]
pub struct TestArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Cluster(cluster::ClusterArgs),
}

impl TestArgs {
    /// Says whether neither a runtime nor a client is needed.
    pub const fn is_local(&self) -> bool {
        match &self.what {
            What::Cluster(args) => args.is_local(),
        }
    }
}

/// Tests.
pub fn run(context: &Context, args: &TestArgs) -> Result<(), Failure> {
    match &args.what {
        What::Cluster(args) => cluster::run(context, args),
    }
}
