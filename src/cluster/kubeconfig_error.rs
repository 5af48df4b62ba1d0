//! Why the kubeconfig gives no cluster.

use std::io;
use std::path::PathBuf;

use crate::error::Explain;

/// Why the kubeconfig gives no cluster.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No file, no cluster around us and no `--server`.
    #[error("no kubeconfig found (looked at {})", list(looked_at))]
    None {
        /// The files that were looked for.
        looked_at: Vec<PathBuf>,
    },
    /// A file that was named is not there, or can't be read.
    #[error("cannot read the kubeconfig {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is no kubeconfig. Its text is never quoted, since it may hold keys.
    #[error("{} is not a kubeconfig{at}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where it stops being one, such as ` (line 3, column 5)`; may be empty.
        at: String,
    },
    /// Two files of the list can't be one.
    #[error("the kubeconfig {} does not fit the ones before it: its kind or API version differs", path.display())]
    Merge {
        /// The later file.
        path: PathBuf,
    },
    /// No context is chosen.
    #[error("the kubeconfig has no current context")]
    NoContext {
        /// The contexts that there are.
        contexts: Vec<String>,
    },
    /// The context is not there.
    #[error("the kubeconfig has no context `{name}`")]
    UnknownContext {
        /// The one that was asked for.
        name: String,
        /// The contexts that there are.
        contexts: Vec<String>,
    },
    /// The cluster of the context, or of `--cluster`, is not there.
    #[error("the kubeconfig has no cluster `{name}`")]
    UnknownCluster {
        /// The one that was asked for.
        name: String,
        /// The clusters that there are.
        clusters: Vec<String>,
    },
    /// The user of `--user` is not there.
    #[error("the kubeconfig has no user `{name}`")]
    UnknownUser {
        /// The one that was asked for.
        name: String,
        /// The users that there are.
        users: Vec<String>,
    },
}

impl Explain for ConfigError {
    fn hint(&self) -> Option<String> {
        let (what, names) = match self {
            Self::None { .. } => {
                return Some("set KUBECONFIG, or name the file with `--kubeconfig`".into());
            }
            Self::NoContext { contexts } => ("choose one with `--context`", contexts),
            Self::UnknownContext { contexts, .. } => ("the contexts are", contexts),
            Self::UnknownCluster { clusters, .. } => ("the clusters are", clusters),
            Self::UnknownUser { users, .. } => ("the users are", users),
            Self::Read { .. } | Self::Parse { .. } | Self::Merge { .. } => return None,
        };
        Some(if names.is_empty() {
            "it has none".into()
        } else {
            format!("{what}: {}", names.join(", "))
        })
    }
}

fn list(paths: &[PathBuf]) -> String {
    if paths.is_empty() {
        return "nothing: HOME is not set".into();
    }
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(", ")
}
