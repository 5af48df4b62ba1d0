//! `build overlay`: directories with a kustomization file, built as kustomize builds them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use clap::{Args, ValueEnum};

use super::super::context::Context;
use super::super::flag::Csv;
use crate::error::{Blame, Failure};
use crate::kustomize::load::{Disk, HelmOptions, Restriction};
use crate::kustomize::{self, BuildError, Built, Options, Order};
use crate::ops::{HelmProgram, Network, RemoteSources};
use crate::threads;

/// Build directories with a kustomization file, byte for byte as kustomize does
///
/// The resources of several directories are printed one after the other; files that they share are read once.
#[derive(Args)]
#[command(after_help = "Example: gitops build overlay overlays/production | kubectl apply -f -")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct OverlayArgs {
    /// Directories to build
    #[arg(value_name = "DIR", default_value = ".")]
    directories: Vec<String>,

    /// Order of the resources; without it, by kind, unless the kustomization has `sortOptions`
    #[arg(long, value_enum, value_name = "ORDER")]
    reorder: Option<Reorder>,

    /// Files that a kustomization may name
    #[arg(long, value_enum, value_name = "WHICH", default_value = "root-only")]
    load_restrictor: LoadRestrictor,

    /// Fetch nothing; remote bases come from the cache, if they name a commit or tag that is there
    #[arg(long)]
    offline: bool,

    /// Label every resource with who built it
    #[arg(long)]
    enable_managedby_label: bool,

    /// Render Helm charts with the `helm` program
    #[arg(long)]
    enable_helm: bool,

    /// The `helm` program
    #[arg(long, value_name = "PATH", default_value = "helm")]
    helm_command: String,

    /// API versions that charts see, if they name none themselves
    #[arg(long, value_name = "VERSIONS")]
    helm_api_versions: Vec<Csv>,

    /// Kubernetes version that charts see, if they name none themselves
    #[arg(
        long,
        value_name = "VERSION",
        default_value = "",
        hide_default_value = true
    )]
    helm_kube_version: String,

    /// Let Helm say more when it fails
    #[arg(long)]
    helm_debug: bool,

    /// Write one file for each directory, below this one
    #[arg(long, value_name = "DIR")]
    output_dir: Option<PathBuf>,
}

/// The order of the resources.
#[derive(Clone, Copy, ValueEnum)]
enum Reorder {
    /// As they were accumulated
    None,
    /// By kind: namespaces first, webhooks last
    Legacy,
}

/// Which files a kustomization may name.
#[derive(Clone, Copy, ValueEnum)]
enum LoadRestrictor {
    /// Those in or below its own directory
    #[value(alias = "LoadRestrictionsRootOnly")]
    RootOnly,
    /// All
    #[value(alias = "LoadRestrictionsNone")]
    None,
}

/// Builds the directories; prints all of them, or writes those that can be built.
pub fn run(context: &Context, args: &OverlayArgs) -> Result<(), Failure> {
    let helm = HelmProgram::new(&args.helm_command);
    let api_versions = Csv::join(&args.helm_api_versions);
    let remote = RemoteSources::new(Network::unless(args.offline));
    let options = Options {
        restriction: match args.load_restrictor {
            LoadRestrictor::RootOnly => Restriction::RootOnly,
            LoadRestrictor::None => Restriction::None,
        },
        order: match args.reorder {
            Some(Reorder::None) => Order::Accumulated,
            Some(Reorder::Legacy) | None => Order::ByKind,
        },
        managed_by_label: args.enable_managedby_label,
        remote: Some(&remote),
        helm: args.enable_helm.then_some(HelmOptions {
            program: &helm,
            api_versions: &api_versions,
            kube_version: &args.helm_kube_version,
            debug: args.helm_debug,
        }),
        ..Options::default()
    };
    let files = args
        .output_dir
        .as_deref()
        .map(|folder| output_files(folder, &args.directories))
        .transpose()?;
    let threads = threads::count();
    let for_text = if args.directories.len() == 1 {
        threads
    } else {
        1
    };
    let written = kustomize::build_each(&Disk, &args.directories, &options, threads, |built| {
        Written::of(built, for_text)
    });
    let texts = written.into_iter().map(|written| written.text(context));
    match files {
        None => print(context, texts),
        Some(files) => write(context, &files, &args.directories, texts),
    }
}

/// A directory that was built: its text, and what is to be told about it.
struct Written {
    text: Result<String, BuildError>,
    warnings: Vec<String>,
}

impl Written {
    /// Writes what a directory was built to.
    fn of(built: Result<Built, BuildError>, threads: usize) -> Self {
        match built {
            Ok(mut built) => Self {
                warnings: std::mem::take(&mut built.warnings),
                text: built.into_text(threads),
            },
            Err(error) => Self {
                text: Err(error),
                warnings: Vec::new(),
            },
        }
    }

    /// Returns the text, and says what is to be told.
    fn text(self, context: &Context) -> Result<String, Failure> {
        for warning in &self.warnings {
            context.ui.warning(warning);
        }
        // The words of the reference stand in one line, where scripts look for them.
        self.text.map_err(|error| {
            let failure = Failure::from(error);
            let message = failure.in_one_line();
            let hints = failure.hints().to_vec();
            hints
                .into_iter()
                .fold(Failure::new(message), Failure::with_hint)
        })
    }
}

/// Prints all texts, or none.
fn print(
    context: &Context,
    texts: impl Iterator<Item = Result<String, Failure>>,
) -> Result<(), Failure> {
    let mut all = String::new();
    for text in texts {
        let text = text?;
        if !all.is_empty() && !text.is_empty() {
            all.push_str("---\n");
        }
        all.push_str(&text);
    }
    Ok(context.ui.data(all)?)
}

/// Writes each text into its file; a directory that cannot be built does not keep the others from theirs.
fn write(
    context: &Context,
    files: &[PathBuf],
    directories: &[String],
    texts: impl Iterator<Item = Result<String, Failure>>,
) -> Result<(), Failure> {
    let mut failed = 0;
    for ((file, directory), text) in files.iter().zip(directories).zip(texts) {
        let written = text.and_then(|text| save(file, &text));
        if let Err(failure) = written {
            failed += 1;
            context
                .ui
                .failure(format_args!("{directory}: {}", failure.in_one_line()));
        }
    }
    if failed == 0 {
        return Ok(());
    }
    let message = format!(
        "{failed} of {} directories could not be built",
        directories.len()
    );
    Err(Failure::new(message))
}

fn save(file: &Path, text: &str) -> Result<(), Failure> {
    let saved = file
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(file, text));
    saved.map_err(|error| Failure::new(format!("cannot write {}: {error}", file.display())))
}

/// Names the file of each directory: its path with `.yaml`, below the output folder.
fn output_files(folder: &Path, directories: &[String]) -> Result<Vec<PathBuf>, Failure> {
    let mut owners: BTreeMap<PathBuf, &String> = BTreeMap::new();
    let mut files = Vec::with_capacity(directories.len());
    for directory in directories {
        let mut file = folder.to_owned();
        let parts = Path::new(directory)
            .components()
            .filter_map(|part| match part {
                Component::Normal(part) => Some(part),
                _ => None,
            });
        file.extend(parts);
        if file == folder {
            let own = Path::new(directory).canonicalize().ok();
            let name = own.as_deref().and_then(Path::file_name);
            file.push(name.unwrap_or_else(|| "kustomization".as_ref()));
        }
        let mut name = file.into_os_string();
        name.push(".yaml");
        let file = PathBuf::from(name);
        if let Some(other) = owners.insert(file.clone(), directory) {
            let file = file.display();
            let message = format!("`{other}` and `{directory}` would both be written to {file}");
            return Err(Failure::blaming(Blame::Usage, message));
        }
        files.push(file);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_a_file_for_each_directory() {
        let names = |directories: &[&str]| {
            let directories: Vec<String> = directories.iter().map(ToString::to_string).collect();
            output_files(Path::new("out"), &directories).map_err(|failure| failure.to_string())
        };
        assert_eq!(
            names(&["overlays/a", "../b/"]).unwrap(),
            [Path::new("out/overlays/a.yaml"), Path::new("out/b.yaml")]
        );
        assert_eq!(
            names(&["a", "./a"]).unwrap_err(),
            "`a` and `./a` would both be written to out/a.yaml"
        );
    }
}
