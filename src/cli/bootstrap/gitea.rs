//! `bootstrap gitea`: the flags of Gitea and Forgejo.

use clap::Args;

use super::super::context::Context;
use super::args::{HostedArgs, SharedArgs};
use super::run::{self, HostedBootstrap};
use crate::env;
use crate::error::Failure;
use crate::hosting::{Gitea, Visibility};

/// Bootstrap from a repository on Gitea or Forgejo
///
/// The token is read from `GITEA_TOKEN`, or asked for. It needs the scopes `write:repository` and `read:user`, and
/// `write:organization` to give teams access.
#[derive(Args)]
#[command(
    after_help = "Example: gitops bootstrap gitea --hostname=git.example.com --owner=fleet --repository=infra --path=clusters/production --token-auth"
)]
pub struct GiteaArgs {
    #[command(flatten)]
    hosted: HostedArgs,

    /// Make a created repository private
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set, help_heading = "Repository")]
    private: bool,

    /// Address of Gitea: a host, with a port or a path if need be
    #[arg(
        long,
        value_name = "HOST",
        default_value = "gitea.com",
        help_heading = "Repository"
    )]
    hostname: String,

    #[command(flatten)]
    shared: SharedArgs,
}

/// Bootstraps from Gitea.
pub async fn run(context: &Context, args: &GiteaArgs) -> Result<(), Failure> {
    let token = run::token(
        &env::GITEA_TOKEN,
        "Please enter your Gitea personal access token (PAT)",
    )?;
    let asked = HostedBootstrap {
        hosted: &args.hosted,
        shared: &args.shared,
        hostname: &args.hostname,
        token: &token,
        visibility: if args.private {
            Visibility::Private
        } else {
            Visibility::Public
        },
        access: None,
        reuse_key: false,
    };
    let settings = asked.settings(context)?;
    let host = Gitea::new(&settings)?;
    asked.run(context, Box::new(host)).await
}
