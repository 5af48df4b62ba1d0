//! `diff kustomization`: what a Flux Kustomization would change if it were built from a local directory.

use std::path::{Path, PathBuf};

use clap::Args;

use super::super::build::kustomization::{is_given, sources};
use super::super::context::Context;
use super::super::decryption::{Asking, KeyArgs};
use super::super::flag::{self, Csv};
use super::super::fleet;
use super::compare_args::CompareArgs;
use super::outcome::show_all;
use crate::error::Failure;
use crate::kustomize::Unset;
use crate::manifest::ObjectId;
use crate::ops::{self, Absence, BuildRequest, DiffRequest, Entry, Keys, RemoteSources};

/// Show what a Flux Kustomization would change if it were built from a local directory
///
/// The server rehearses the change, as the controller would make it; nothing is written. Values of Secrets are hidden.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  gitops diff kustomization apps --path ./apps\n  gitops diff kustomization apps --path ./apps --recursive --local-sources GitRepository/flux-system/apps=."
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct KustomizationArgs {
    /// Name of the Kustomization
    name: Option<String>,

    /// More names; they are passed over
    #[arg(hide = true)]
    surplus: Vec<String>,

    /// Directory to build, in place of the path in the source
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,

    /// File with the Kustomization; its spec counts in place of the one in the cluster
    #[arg(long, value_name = "FILE", value_parser = flag::path())]
    kustomization_file: Option<PathBuf>,

    /// Files to leave out, in the syntax of `.gitignore`
    #[arg(long, value_name = "PATTERNS")]
    ignore_paths: Vec<Csv>,

    /// Fail on a variable that is not set and has no default
    #[arg(long)]
    strict_substitute: bool,

    /// Compare what the Kustomizations among the objects would change too
    #[arg(short, long)]
    recursive: bool,

    /// Folders of the sources of Kustomizations among the objects
    #[arg(long, value_name = "KIND/NAMESPACE/NAME=DIR")]
    local_sources: Vec<Csv>,

    /// File with config maps and Secrets that count in place of those of the cluster; may be given several times
    #[arg(long, value_name = "FILE")]
    set_object: Vec<PathBuf>,

    /// Build in memory; this is always done
    #[arg(long)]
    in_memory_build: bool,

    /// Show that something is being done, on a terminal
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
    progress_bar: bool,

    /// Take a Kustomization that the cluster does not have for a new one; needs `--kustomization-file`
    #[arg(long)]
    ignore_not_found: bool,

    #[command(flatten)]
    keys: KeyArgs,

    #[command(flatten)]
    compare: CompareArgs,
}

/// Compares, and prints what would change.
pub async fn run(context: &Context, args: &KustomizationArgs) -> Result<(), Failure> {
    let name = args.name.as_deref();
    let name = name.ok_or_else(|| Failure::new("kustomization name is required"))?;
    if name.is_empty() {
        return Err(Failure::new("the name of a Kustomization is not empty").undecided());
    }
    if let Some(file) = args.kustomization_file.as_deref()
        && is_given(file)
        && (file.is_dir() || !file.exists())
    {
        let file = file.display();
        return Err(Failure::new(format!(
            "invalid kustomization file \"{file}\""
        )));
    }
    let fleet = args.compare.fleet();
    let one = async |context: &Context| compared(context, args, name).await;
    let gathered = fleet::gather(context, fleet, one).await;
    let gathered = gathered.map_err(Failure::undecided)?;
    let owner = ObjectId {
        group: "kustomize.toolkit.fluxcd.io".into(),
        kind: "Kustomization".into(),
        namespace: context.namespace.clone(),
        name: name.to_owned(),
    };
    show_all(context, &args.compare, &owner, &gathered)
}

/// Compares a Kustomization with one cluster.
async fn compared(
    context: &Context,
    args: &KustomizationArgs,
    name: &str,
) -> Result<Vec<Entry>, Failure> {
    let path = args.path.as_deref().unwrap_or(Path::new(""));
    if !path.is_dir() {
        let path = path.display();
        return Err(Failure::new(format!("invalid resource path \"{path}\""))
            .with_hint("name the directory to build with `--path`"));
    }
    let file = args.kustomization_file.as_deref();
    let file = file.filter(|file| is_given(file));
    if args.ignore_not_found && file.is_none() {
        return Err(Failure::new(
            "kustomization file is required when assuming new kustomizations",
        )
        .with_hint("name it with `--kustomization-file`"));
    }
    let options = args.compare.options(context)?;
    let ignore = Csv::join(&args.ignore_paths);
    let sources = sources(&Csv::join(&args.local_sources))?;
    let given = ops::read_given(&args.set_object)?;
    let cluster = context.cluster().await?;
    let progress = args.progress_bar.then(|| context.ui.progress());
    let remote = RemoteSources::default();
    let mut decryptor = args.keys.decryptor(false, Asking::Allowed)?;
    let request = DiffRequest {
        build: BuildRequest {
            name,
            namespace: &context.namespace,
            path,
            file,
            cluster: Some(cluster),
            unset: if args.strict_substitute {
                Unset::Refused
            } else {
                Unset::Empty
            },
            ignore: &ignore,
            sources: args.recursive.then_some(&sources),
            remote: &remote,
            given: &given,
            absence: if args.ignore_not_found {
                Absence::Allowed
            } else {
                Absence::Refused
            },
        },
        cluster,
        options,
    };
    if let Some(progress) = &progress {
        progress.show(&format!("comparing {name} with the cluster"));
    }
    let keys = Keys {
        decryptor: &mut decryptor,
        cluster: args.keys.cluster_keys(),
    };
    let entries = ops::diff_kustomization(&context.ui, &request, keys).await?;
    args.keys.tell(&context.ui, &decryptor);
    Ok(entries)
}
