//! Why there is no kustomization to build.

use crate::error::Explain;
use crate::kustomize::load::ReadError;
use crate::manifest::YamlError;

/// Why there is no kustomization to build.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// A directory or file can't be read.
    #[error("failed to read {path}")]
    Read {
        /// Its path.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file of the directory holds something else than objects.
    #[error(
        "failed to generate kustomization.yaml: failed to decode Kubernetes YAML from {path}: {source}"
    )]
    NotObjects {
        /// Its path.
        path: String,
        /// What is wrong with it; told in the message.
        source: ReadError,
    },
    /// The kustomization is no YAML.
    #[error("failed to read {path}")]
    Malformed {
        /// Its path.
        path: String,
        /// What is wrong with it.
        source: Box<YamlError>,
    },
    /// The kustomization, or a list in it, has another form.
    #[error("`{field}` of {path} is not {wanted}")]
    Shape {
        /// Its path.
        path: String,
        /// The field.
        field: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// A component is not in the same source.
    #[error("component path '{0}' must be local and relative")]
    Component(String),
}

impl Explain for GenerateError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NotObjects { .. } => Some(
                "put a kustomization.yaml into the directory, or leave the file out with a `.sourceignore` or `--ignore-paths`".into(),
            ),
            _ => None,
        }
    }
}
