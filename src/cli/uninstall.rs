//! `uninstall`: take Flux out of the cluster.

use clap::Args;

use super::context::Context;
use super::output::OutputArgs;
use crate::error::Failure;
use crate::ops;
use crate::report::Question;

/// How much is taken away, and whether it is asked first.
#[derive(Args)]
#[command(after_help = "Example: gitops uninstall --dry-run")]
pub struct UninstallArgs {
    /// Keep the namespace, and what else is in it
    #[arg(long)]
    keep_namespace: bool,

    /// Only ask the server whether it would work
    #[arg(long)]
    dry_run: bool,

    /// Do not ask
    #[arg(short, long, visible_alias = "yes")]
    silent: bool,

    #[command(flatten)]
    output: OutputArgs,
}

/// Asks, then uninstalls.
pub async fn run(context: &Context, args: &UninstallArgs) -> Result<(), Failure> {
    let cluster = context.cluster().await?;
    if !args.silent && !args.dry_run {
        let installation = cluster.installation().await?;
        let manager = installation
            .and_then(|installation| installation.manager)
            .filter(|manager| manager != "flux");
        let words = match manager {
            Some(manager) => format!(
                "Flux is managed by {manager}! Are you sure you want to delete Flux and its CRDs using Flux CLI"
            ),
            None => {
                "Are you sure you want to delete Flux and its custom resource definitions".into()
            }
        };
        Question {
            words: &words,
            answered_by: "`--silent`",
        }
        .confirm()?;
    }
    let request = ops::UninstallRequest {
        namespace: &context.namespace,
        dry_run: args.dry_run,
        keep_namespace: args.keep_namespace,
    };
    let report = ops::uninstall(cluster, &context.ui, request).await;
    context.ui.print(args.output.output(), &report, || "")?;
    report.end()?;
    context.ui.success("uninstall finished");
    Ok(())
}
