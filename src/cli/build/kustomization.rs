//! `build kustomization`: what a Flux Kustomization would apply, from a local directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use super::super::context::Context;
use super::super::decryption::DecryptionArgs;
use super::super::flag::{self, Csv};
use crate::error::Failure;
use crate::kustomize::Unset;
use crate::manifest;
use crate::ops::{self, Absence, BuildRequest, Keys, Network, RemoteSources};

/// Build what a Flux Kustomization would apply, from a local directory
///
/// The build happens in memory: no file is written. Secrets that SOPS has encrypted are masked; where a key for them is
/// at hand, they are decrypted, and all that is secret is shown as a digest.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  gitops build kustomization apps --path ./apps\n  gitops build kustomization apps --path ./apps --kustomization-file ./apps.yaml --dry-run\n  gitops build kustomization apps --path ./apps --decryption-key ./age.agekey"
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct KustomizationArgs {
    /// Name of the Kustomization
    name: Option<String>,

    /// Directory to build, in place of the path in the source
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,

    /// File with the Kustomization; its spec counts in place of the one in the cluster
    #[arg(long, value_name = "FILE", value_parser = flag::path())]
    kustomization_file: Option<PathBuf>,

    /// Files to leave out, in the syntax of `.gitignore`
    #[arg(long, value_name = "PATTERNS")]
    ignore_paths: Vec<Csv>,

    /// Build without a cluster; config maps and Secrets with variables are passed over
    #[arg(long)]
    dry_run: bool,

    /// Fail on a variable that is not set and has no default
    #[arg(long)]
    strict_substitute: bool,

    /// Build the Kustomizations in the output too
    #[arg(short, long)]
    recursive: bool,

    /// Folders of the sources of Kustomizations in the output
    #[arg(long, value_name = "KIND/NAMESPACE/NAME=DIR")]
    local_sources: Vec<Csv>,

    /// Fetch nothing; remote bases come from the cache, if they name a commit or tag that is there
    #[arg(long)]
    offline: bool,

    /// File with config maps and Secrets that count in place of those of the cluster; may be given several times
    #[arg(long, value_name = "FILE")]
    set_object: Vec<PathBuf>,

    /// Build in memory; this is always done
    #[arg(long)]
    in_memory_build: bool,

    #[command(flatten)]
    decryption: DecryptionArgs,
}

impl KustomizationArgs {
    /// Says whether no cluster is asked.
    pub const fn is_local(&self) -> bool {
        self.dry_run
    }
}

/// Prints the objects, each followed by a line that ends its document.
pub async fn run(context: &Context, args: &KustomizationArgs) -> Result<(), Failure> {
    let name = args.name.as_deref().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Failure::new("kustomization name is required"))?;
    let path = directory(args)?;
    let ignore = Csv::join(&args.ignore_paths);
    let sources = sources(&Csv::join(&args.local_sources))?;
    let given = ops::read_given(&args.set_object)?;
    let remote = RemoteSources::new(Network::unless(args.offline));
    let mut decryptor = args.decryption.decryptor(args.dry_run)?;
    let request = BuildRequest {
        name,
        namespace: &context.namespace,
        path,
        file: args
            .kustomization_file
            .as_deref()
            .filter(|file| is_given(file)),
        cluster: if args.dry_run {
            None
        } else {
            Some(context.cluster().await?)
        },
        unset: if args.strict_substitute {
            Unset::Refused
        } else {
            Unset::Empty
        },
        ignore: &ignore,
        sources: args.recursive.then_some(&sources),
        remote: &remote,
        given: &given,
        absence: Absence::Refused,
    };
    let keys = Keys {
        decryptor: &mut decryptor,
        cluster: args.decryption.keys.cluster_keys(),
    };
    let mut objects = ops::build(&context.ui, &request, keys).await?;
    args.decryption.hide(&context.ui, &decryptor, &mut objects);
    let mut text = String::new();
    for object in &objects {
        manifest::emit_into(object.value(), &mut text);
        text.push_str("---\n");
    }
    Ok(context.ui.data(text)?)
}

/// Says whether a path names anything.
pub fn is_given(path: &Path) -> bool {
    !path.as_os_str().is_empty()
}

/// Returns the directory to build, and refuses paths that lead nowhere before any cluster is asked.
fn directory(args: &KustomizationArgs) -> Result<&Path, Failure> {
    let path = args.path.as_deref().unwrap_or(Path::new(""));
    if !path.is_dir() {
        let path = path.display();
        return Err(Failure::new(format!("invalid resource path \"{path}\""))
            .with_hint("name the directory to build with `--path`"));
    }
    if args.dry_run && args.kustomization_file.is_none() {
        return Err(Failure::new("dry-run mode requires a kustomization file")
            .with_hint("name one with `--kustomization-file`"));
    }
    Ok(path)
}

/// Reads the folders of sources, each written as `Kind/namespace/name=DIR`.
pub fn sources(pairs: &[String]) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let pair = |pair: &String| {
        let (source, folder) = pair.split_once('=').ok_or_else(|| {
            Failure::usage(format!("`{pair}` is no local source"))
                .with_hint("write it as `GitRepository/flux-system/apps=./apps`")
        })?;
        Ok((source.to_owned(), PathBuf::from(folder)))
    };
    pairs.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_folders_of_sources() {
        let pairs = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
            sources(&texts).map_err(|failure| failure.to_string())
        };
        let read = pairs(&["Bucket/a/b=./c=d"]).unwrap();
        assert_eq!(read["Bucket/a/b"], Path::new("./c=d"));
        assert_eq!(pairs(&["a"]).unwrap_err(), "`a` is no local source");
    }
}
