//! `bootstrap gitlab`: the flags of GitLab.

use clap::Args;

use super::super::context::Context;
use super::args::{HostedArgs, SharedArgs};
use super::run::{self, HostedBootstrap};
use crate::env;
use crate::error::Failure;
use crate::hosting::{GitLab, Visibility};
use crate::ops::Access;

/// Bootstrap from a repository on GitLab
///
/// The token is read from `GITLAB_TOKEN`, or asked for. It needs the scope `api`.
#[derive(Args)]
#[command(
    after_help = "Example: gitops bootstrap gitlab --owner=mygroup/subgroup --repository=fleet --path=clusters/production --token-auth"
)]
pub struct GitlabArgs {
    #[command(flatten)]
    hosted: HostedArgs,

    /// Who may see a repository that is created: public, internal or private
    #[arg(long, value_name = "LEVEL", default_value = "private", value_parser = visibility, help_heading = "Repository")]
    visibility: Visibility,

    /// Make a created repository private (deprecated: use --visibility)
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set, hide = true)]
    private: bool,

    /// Address of GitLab: a host, with a port or a path if need be
    #[arg(
        long,
        value_name = "HOST",
        default_value = "gitlab.com",
        help_heading = "Repository"
    )]
    hostname: String,

    /// Let the cluster read the repository with a deploy token of its own
    #[arg(long, help_heading = "Access")]
    deploy_token_auth: bool,

    /// Sign the commits with the key of --private-key-file
    #[arg(long, help_heading = "Commits")]
    ssh_signing_reuse_private_key: bool,

    #[command(flatten)]
    shared: SharedArgs,
}

/// Reads a visibility; an empty one is private, as flux has it.
fn visibility(text: &str) -> Result<Visibility, String> {
    let text = if text.is_empty() { "private" } else { text };
    text.parse()
        .map_err(|error: crate::hosting::NameError| error.to_string())
}

/// Bootstraps from GitLab.
pub async fn run(context: &Context, args: &GitlabArgs) -> Result<(), Failure> {
    if args.deploy_token_auth && args.shared.access.token_auth {
        return Err(Failure::usage(
            "--token-auth and --deploy-token-auth cannot be set both",
        ));
    }
    let token = run::token(
        &env::GITLAB_TOKEN,
        "Please enter your GitLab personal access token (PAT)",
    )?;
    let mut visibility = args.visibility;
    if !args.private {
        context.ui.action(
            "using visibility public as --private=false is deprecated: use --visibility=public",
        );
        visibility = Visibility::Public;
    }
    let asked = HostedBootstrap {
        hosted: &args.hosted,
        shared: &args.shared,
        hostname: &args.hostname,
        token: &token,
        visibility,
        access: args.deploy_token_auth.then_some(Access::DeployToken),
        reuse_key: args.ssh_signing_reuse_private_key,
    };
    let settings = asked.settings(context)?;
    let host = GitLab::new(&settings)?;
    asked.run(context, Box::new(host)).await
}
