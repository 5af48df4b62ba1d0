//! Why a directory cannot be built; each layer says what was tried, as the reference words it.

use std::error::Error;

use super::super::file::{DecodeError, FieldSpecConflict};
use super::super::generate::{ChartError, GenerateError, HashError};
use super::super::load::{LoadError, ReadError};
use super::super::resource::{AbsorbError, Id, ListError};
use super::super::schema::SchemaError;
use crate::error::Explain;
use crate::manifest::YamlError;

/// What a step fails with.
pub type StepError = Box<dyn Error + Send + Sync>;

/// Why a directory cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A part of the work failed.
    #[error("{doing}")]
    During {
        /// What was being done.
        doing: String,
        /// Why it failed.
        source: Box<Self>,
    },
    /// An entry of `resources` is neither a file of resources nor a directory.
    #[error("accumulation err='{}'", file.in_one_line())]
    Neither {
        /// Why it is no file of resources.
        file: Box<Self>,
        /// Why it is no directory.
        source: Box<Self>,
    },
    /// Something remote that a kustomization file names cannot be had.
    #[error("{place}")]
    Named {
        /// The file and the line that name it.
        place: String,
        /// Why it cannot be had.
        source: Box<Self>,
    },
    /// A step failed.
    #[error("{doing}")]
    Step {
        /// What was being done.
        doing: String,
        /// Why it failed.
        source: StepError,
    },
    /// No kustomization file.
    #[error(
        "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '{directory}'"
    )]
    NoKustomization {
        /// The directory.
        directory: String,
    },
    /// More than one kustomization file.
    #[error("Found multiple kustomization files under: {directory}")]
    ManyKustomizations {
        /// The directory.
        directory: String,
    },
    /// The kustomization file is no YAML.
    #[error("invalid Kustomization: {source}")]
    Syntax {
        /// What is wrong with it.
        source: ReadError,
    },
    /// The kustomization file says something that it cannot.
    #[error("invalid Kustomization")]
    Fields(#[source] DecodeError),
    /// The kustomization file says nothing.
    #[error("kustomization.yaml is empty")]
    Empty,
    /// The kustomization file is of another kind or version.
    #[error("Failed to read kustomization file under {directory}:\n{}", .problems.join("\n"))]
    Type {
        /// The directory.
        directory: String,
        /// What should be otherwise.
        problems: Vec<String>,
    },
    /// A component was expected.
    #[error("expected kind 'Component' for path '{directory}' but got '{kind}'")]
    NoComponent {
        /// The directory.
        directory: String,
        /// The kind that it has.
        kind: String,
    },
    /// A component stands where none may.
    #[error("expected kind != 'Component' for path '{directory}'")]
    Component {
        /// The directory.
        directory: String,
    },
    /// A generator or transformer is not built in.
    #[error("external plugins disabled; unable to load external plugin '{kind}'")]
    ExternalPlugin {
        /// Its kind.
        kind: String,
    },
    /// A generator or transformer is said to be built in, but is not.
    #[error("unable to load builtin {gvk}")]
    UnknownPlugin {
        /// Its kind.
        gvk: String,
    },
    /// A resource under `generators` generates nothing, or one under `transformers` does.
    #[error("plugin {id} not a {wanted}")]
    WrongPlugin {
        /// The resource.
        id: Box<Id>,
        /// `generator` or `transformer`.
        wanted: &'static str,
    },
    /// A policy for a cloud that is not known.
    #[error("cloud provider {cloud} not supported yet")]
    Cloud {
        /// Its name.
        cloud: String,
    },
    /// A chart is to be rendered, which was not allowed.
    #[error("must specify --enable-helm")]
    HelmDisabled,
    /// A validator changed something.
    #[error("validator shouldn't modify the resource map: {what}")]
    Changed {
        /// What it changed.
        what: String,
    },
    /// A variable is defined twice.
    #[error("var '{name}' already encountered")]
    RepeatedVariable {
        /// Its name.
        name: String,
    },
    /// A variable may mean several resources.
    #[error("found {found} resId matches for var {name} (unable to disambiguate)")]
    AmbiguousVariable {
        /// Its name.
        name: String,
        /// How many there are.
        found: usize,
    },
    /// The order of the output is not as it can be.
    #[error("{message}")]
    Order {
        /// What is wrong.
        message: String,
    },
    /// A resource cannot be written.
    #[error("cannot write {id}: {source}")]
    Output {
        /// The resource.
        id: Box<Id>,
        /// What is wrong with it.
        source: Box<YamlError>,
    },
    /// A resource holds a text of several lines that begins with a tab.
    #[error(
        "cannot write {id}: yaml: found a tab character where an indentation space is expected"
    )]
    Tab {
        /// The resource.
        id: Box<Id>,
    },
    /// A resource holds a character that YAML forbids.
    #[error("cannot write {id}: yaml: control characters are not allowed: {character:?}")]
    Forbidden {
        /// The resource.
        id: Box<Id>,
        /// The character.
        character: char,
    },
    /// A file or directory cannot be used.
    #[error(transparent)]
    Load(Box<LoadError>),
    /// A resource cannot be added.
    #[error(transparent)]
    List(#[from] ListError),
    /// A generated resource finds no place.
    #[error(transparent)]
    Absorb(#[from] AbsorbError),
    /// A generator fails.
    #[error(transparent)]
    Generate(Box<GenerateError>),
    /// A chart cannot be rendered.
    #[error(transparent)]
    Chart(Box<ChartError>),
    /// A resource has no hash.
    #[error(transparent)]
    Hash(Box<HashError>),
    /// Places of transformers disagree.
    #[error(transparent)]
    Conflict(#[from] FieldSpecConflict),
    /// A schema cannot be used.
    #[error(transparent)]
    Schema(Box<SchemaError>),
}

impl Explain for BuildError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::During { source, .. } | Self::Named { source, .. } => return source.hint(),
            Self::Load(error) if error.hint().is_some() => return error.hint(),
            Self::Neither { file, source } => return file.hint().or_else(|| source.hint()),
            Self::HelmDisabled => {
                "`build overlay --enable-helm` renders charts with the `helm` program"
            }
            Self::ExternalPlugin { .. } => {
                "only generators and transformers with `apiVersion: builtin` can be used"
            }
            Self::Load(error) if matches!(**error, LoadError::Outside { .. }) => {
                "`--load-restrictor none` allows files of other directories"
            }
            _ => return None,
        };
        Some(hint.into())
    }
}

impl From<LoadError> for BuildError {
    fn from(error: LoadError) -> Self {
        Self::Load(Box::new(error))
    }
}

impl From<GenerateError> for BuildError {
    fn from(error: GenerateError) -> Self {
        Self::Generate(Box::new(error))
    }
}

impl From<ChartError> for BuildError {
    fn from(error: ChartError) -> Self {
        Self::Chart(Box::new(error))
    }
}

impl From<HashError> for BuildError {
    fn from(error: HashError) -> Self {
        Self::Hash(Box::new(error))
    }
}

impl From<SchemaError> for BuildError {
    fn from(error: SchemaError) -> Self {
        Self::Schema(Box::new(error))
    }
}

impl BuildError {
    /// Says what was being done when this happened.
    #[must_use]
    pub fn during(self, doing: impl Into<String>) -> Self {
        Self::During {
            doing: doing.into(),
            source: Box::new(self),
        }
    }

    /// Makes the error of a step.
    pub fn step(doing: impl Into<String>, source: impl Into<StepError>) -> Self {
        Self::Step {
            doing: doing.into(),
            source: source.into(),
        }
    }

    /// Says whether a file is no YAML, below all that was being done.
    pub fn is_malformed(&self) -> bool {
        match self {
            Self::During { source, .. } | Self::Named { source, .. } => source.is_malformed(),
            Self::Load(error) => error.is_malformed(),
            _ => false,
        }
    }

    /// Says whether a server refused a file, below all that was being done.
    pub fn is_refused_by_server(&self) -> bool {
        match self {
            Self::During { source, .. } | Self::Named { source, .. } => {
                source.is_refused_by_server()
            }
            Self::Load(error) => error.is_refused_by_server(),
            _ => false,
        }
    }

    /// Returns the address of what is remote and cannot be had, if that is why, and no place is named yet.
    pub fn remote_address(&self) -> Option<String> {
        let mut error: Option<&(dyn Error + 'static)> = Some(self);
        while let Some(current) = error {
            let load = match as_a::<Self>(current) {
                Some(Self::Named { .. }) => return None,
                Some(Self::Load(load)) => Some(load.as_ref()),
                _ => as_a::<LoadError>(current),
            };
            if let Some(load) = load {
                return load.remote_address().map(str::to_owned);
            }
            error = current.source();
        }
        None
    }

    /// Returns all layers on one line.
    pub fn in_one_line(&self) -> String {
        let mut line = self.to_string();
        let mut source = self.source();
        while let Some(error) = source {
            line.push_str(": ");
            line.push_str(&error.to_string());
            source = error.source();
        }
        line
    }
}

/// Returns an error as what it is, in a box or not.
fn as_a<'error, E: Error + 'static>(error: &'error (dyn Error + 'static)) -> Option<&'error E> {
    let boxed = || error.downcast_ref::<Box<E>>().map(AsRef::as_ref);
    error.downcast_ref::<E>().or_else(boxed)
}
