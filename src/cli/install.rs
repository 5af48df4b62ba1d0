//! `install`: put Flux into the cluster, or print its manifests.

use clap::Args;

use super::context::Context;
use super::manifest_args::ManifestArgs;
use crate::error::Failure;
use crate::ops;
use crate::report::Question;

/// What is installed, and whether it is only printed.
#[derive(Args)]
#[command(after_help = "Example: gitops install --export > flux.yaml")]
pub struct InstallArgs {
    /// Print the manifests; no cluster is asked
    #[arg(long)]
    export: bool,

    #[command(flatten)]
    manifests: ManifestArgs,
}

impl InstallArgs {
    /// Says whether neither a cluster nor a release server is asked.
    pub fn is_local(&self) -> bool {
        self.export && self.manifests.is_local()
    }
}

/// Prints or installs the manifests.
pub async fn run(context: &Context, args: &InstallArgs) -> Result<(), Failure> {
    let pull_secret = args.manifests.pull_secret()?;
    let manifests = args
        .manifests
        .manifests(&context.namespace, args.manifests.components()?);
    if args.export {
        let generated = manifests.generate().await?;
        return Ok(context.ui.data(generated.text)?);
    }
    context.ui.generate("generating manifests");
    let generated = manifests.generate().await?;
    context.ui.success("manifests build completed");
    if context.verbose {
        context.ui.data(&generated.text)?;
    }
    context.ui.action(format_args!(
        "installing components in {} namespace",
        context.namespace
    ));
    let cluster = context.cluster().await?;
    let installed = ops::foreign_installation(cluster, &context.program).await?;
    if let Some(notice) = installed.filter(|_| !args.manifests.force) {
        context.ui.warning(&notice);
        Question {
            words: "Are you sure you want to continue",
            answered_by: "`--force`",
        }
        .confirm()
        .map_err(|error| Failure::from(error).with_hint("`--force` skips the question"))?;
    }
    let request = ops::InstallRequest {
        namespace: &context.namespace,
        generated: &generated,
        components: &manifests.options.components,
        pull_secret: pull_secret.as_ref(),
        timeout: context.timeout,
    };
    ops::install(cluster, &context.ui, &request).await?;
    context.ui.success("install finished");
    Ok(())
}
