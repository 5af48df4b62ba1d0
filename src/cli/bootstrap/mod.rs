//! `bootstrap`: from an empty repository and an empty cluster to a cluster that follows Git.

mod args;
mod code_commit;
mod git;
mod gitea;
mod gitlab;
mod run;

use clap::{Args, Subcommand};

use super::context::Context;
use crate::error::Failure;

/// Which provider hosts the repository, with what it needs to know.
#[derive(Args)]
#[command(
    after_help = "Example: gitops bootstrap gitlab --owner=mygroup --repository=fleet --path=clusters/production --token-auth"
)]
pub struct BootstrapArgs {
    #[command(subcommand)]
    provider: Provider,
}

#[derive(Subcommand)]
enum Provider {
    Git(git::GitArgs),
    Gitea(gitea::GiteaArgs),
    Gitlab(gitlab::GitlabArgs),
}

/// Runs the bootstrap of the provider that was named.
pub async fn run(context: &Context, args: &BootstrapArgs) -> Result<(), Failure> {
    match &args.provider {
        Provider::Git(args) => git::run(context, args).await,
        Provider::Gitea(args) => gitea::run(context, args).await,
        Provider::Gitlab(args) => gitlab::run(context, args).await,
    }
}
