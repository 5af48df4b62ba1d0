//! What a Flux Kustomization makes of a directory: generate, build, and mark as its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::decrypt::{DecryptError, Decryptor};
use super::files::Layer;
use super::generate::{Completed, complete};
use super::generate_error::GenerateError;
use super::mask::{MaskError, mask};
use super::overlay;
use super::recipe::Recipe;
use super::rules::Ignored;
use crate::error::Explain;
use crate::kustomize::load::{Files, Remote};
use crate::kustomize::{self, BuildError, Built, Options, RootFields};
use crate::manifest::Object;

/// Why a Kustomization can't be built.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// There is no such directory.
    #[error("invalid resource path \"{path}\"")]
    Directory {
        /// Its path.
        path: String,
    },
    /// There is no kustomization to build.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// The kustomization can't be built.
    #[error("kustomize build failed")]
    Build(#[from] Box<BuildError>),
    /// A Secret is not as it must be.
    #[error(transparent)]
    Mask(#[from] MaskError),
    /// What is encrypted can't be opened.
    #[error(transparent)]
    Decrypt(#[from] DecryptError),
}

impl Explain for RenderError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Directory { .. } => None,
            Self::Generate(error) => error.hint(),
            Self::Build(error) => error.hint(),
            Self::Mask(error) => error.hint(),
            Self::Decrypt(error) => error.hint(),
        }
    }
}

/// Where a Kustomization is built.
#[derive(Clone, Copy)]
pub struct Place<'call> {
    /// The tree of files.
    pub files: &'call dyn Files,
    /// The directory in it.
    pub directory: &'call Path,
    /// The way to remote resources; without one they are refused.
    pub remote: Option<&'call dyn Remote>,
}

impl Place<'_> {
    /// Builds the directory for a Flux Kustomization, in memory; what is there stays as it is.
    ///
    /// What generators and patches read is put there in the clear, as far as there are keys.
    ///
    /// # Errors
    ///
    /// Fails where there is no such directory, it can't be built, or a file in it can't be decrypted.
    pub fn build(
        &self,
        recipe: &Recipe,
        patterns: &[String],
        decryptor: &mut Decryptor,
    ) -> Result<Built, RenderError> {
        let directory = self.real_directory()?;
        let ignored = Ignored::at(self.files, &directory, patterns);
        self.build_with(recipe, &ignored, decryptor)
    }

    /// Builds the directory with rules that were read before.
    pub(super) fn build_with(
        &self,
        recipe: &Recipe,
        ignored: &Ignored,
        decryptor: &mut Decryptor,
    ) -> Result<Built, RenderError> {
        let directory = self.real_directory()?;
        let completed = complete(self.files, &directory, recipe, ignored)?;
        let mut files = Layer::new(self.files);
        if decryptor.acts_for(recipe) {
            decryptor.open_sources(&mut files, &directory, &completed)?;
        }
        self.build_completed(files, &directory, completed)
    }

    fn build_completed(
        &self,
        mut files: Layer<'_>,
        directory: &Path,
        completed: Completed,
    ) -> Result<Built, RenderError> {
        files.put(completed.path, Some(completed.text.into_bytes()));
        // What Flux completes, it has read and written before, and so lost what it did not know.
        let options = Options {
            root_fields: RootFields::Lenient,
            ..overlay::options(self.remote)
        };
        Ok(kustomize::build(&files, &directory.to_string_lossy(), &options).map_err(Box::new)?)
    }

    fn real_directory(&self) -> Result<PathBuf, RenderError> {
        let real = self.files.real_path(self.directory).ok();
        real.filter(|real| self.files.is_directory(real))
            .ok_or_else(|| RenderError::Directory {
                path: self.directory.display().to_string(),
            })
    }
}

/// Marks objects as those of a Kustomization, masks what is encrypted, and gives them the labels and annotations
/// that all of them get.
///
/// # Errors
///
/// Fails where a Secret is not as it must be.
pub fn finish(objects: &mut [Object], recipe: &Recipe) -> Result<(), RenderError> {
    let owner = |field: &str| format!("{}/{field}", Recipe::GROUP);
    let owners = BTreeMap::from([
        (owner("name"), recipe.name.clone()),
        (owner("namespace"), recipe.namespace.clone()),
    ]);
    let all = &recipe.spec.common_metadata;
    for object in objects {
        set(object, "labels", &owners);
        mask(object)?;
        if let Some(labels) = &all.labels {
            set_common(object, "labels", labels);
        }
        if let Some(annotations) = &all.annotations {
            set_common(object, "annotations", annotations);
        }
    }
    Ok(())
}

/// Sets labels or annotations of everything. Where one that is there is no text, Flux reads none of them, and so
/// writes only its own.
fn set_common(object: &mut Object, part: &str, pairs: &BTreeMap<String, String>) {
    let known = object.metadata_mut().get(part).and_then(Value::as_object);
    let is_lost = known.is_some_and(|known| !known.values().all(Value::is_string));
    if is_lost && !pairs.is_empty() {
        object.metadata_mut().remove(part);
    }
    set(object, part, pairs);
}

/// Sets labels or annotations; the others stay as they are, whatever they are: only the server refuses a number.
pub(super) fn set(object: &mut Object, part: &str, pairs: &BTreeMap<String, String>) {
    if pairs.is_empty() {
        return;
    }
    let part = object.metadata_mut().entry(part).or_insert(Value::Null);
    if !part.is_object() {
        *part = Value::Object(Map::new());
    }
    let Some(map) = part.as_object_mut() else {
        return;
    };
    for (key, value) in pairs {
        map.insert(key.clone(), value.as_str().into());
    }
}
