//! Flux's rules of decryption: which files and which objects are opened, and in which format.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zeroize::Zeroizing;

use super::files::Layer;
use super::generate::Completed;
use super::recipe::Recipe;
use super::secrets::Secrets;
use super::sources::{Found, Source, find};
use crate::error::Explain;
use crate::kustomize::load::Files;
use crate::manifest::{Object, ObjectError};
use crate::sops::{self, Format, Integrity, KeyError, Keyring, Origin, SopsError};

/// The annotation of objects that stay encrypted.
const SWITCH: &str = "kustomize.toolkit.fluxcd.io/decrypt";

/// The largest file that kustomize-controller decrypts, in bytes.
const SIZE_LIMIT: usize = 5 << 20;

/// Why something that is encrypted can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum DecryptError {
    /// A file can't be opened.
    #[error("cannot decrypt {path}")]
    File {
        /// Its path.
        path: String,
        /// Why.
        source: Box<SopsError>,
    },
    /// A file is too large.
    #[error("cannot decrypt {path}: it has {size} bytes, and Flux takes {SIZE_LIMIT} at most")]
    Size {
        /// Its path.
        path: String,
        /// Its size in bytes.
        size: usize,
    },
    /// An object can't be opened.
    #[error("cannot decrypt {object}")]
    Object {
        /// Which one.
        object: String,
        /// Why.
        source: Box<SopsError>,
    },
    /// A value of a Secret can't be opened.
    #[error("cannot decrypt the value of `{key}` in {object}")]
    Entry {
        /// Which Secret.
        object: String,
        /// The key of the value.
        key: String,
        /// Why.
        source: Box<SopsError>,
    },
    /// What was decrypted is no object.
    #[error("what was decrypted of {object} is no Kubernetes object")]
    NoObject {
        /// Which one.
        object: String,
        /// Why.
        source: ObjectError,
    },
}

impl Explain for DecryptError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::File { source, .. }
            | Self::Object { source, .. }
            | Self::Entry { source, .. } => source.hint(),
            Self::Size { .. } | Self::NoObject { .. } => None,
        }
    }
}

/// Opens what is encrypted on the way of a build, and remembers what of it must not be shown.
#[derive(Default)]
pub struct Decryptor {
    /// The keys at hand; without any, everything stays as it is.
    keyring: Arc<Keyring>,
    /// What must not be shown.
    pub secrets: Secrets,
    /// What stays encrypted because no usual key opens it.
    left: BTreeSet<String>,
    /// How much was opened.
    opened: usize,
    /// What is odd about what was opened.
    warnings: Vec<String>,
}

/// A file in the clear, by its path without links.
type ClearFile = (PathBuf, Zeroizing<Vec<u8>>);

impl Decryptor {
    /// Takes the keys at hand.
    pub fn new(keyring: Keyring) -> Self {
        Self {
            keyring: Arc::new(keyring),
            ..Self::default()
        }
    }

    /// Makes another one with the same keys, for a build at the same time.
    pub(super) fn beside(&self) -> Self {
        Self {
            keyring: Arc::clone(&self.keyring),
            ..Self::default()
        }
    }

    /// Takes over what another one has found in a tree whose root is `/`.
    pub(super) fn absorb(&mut self, other: Self) {
        let left = other.left.iter();
        self.left
            .extend(left.map(|what| what.trim_start_matches('/').to_owned()));
        self.opened += other.opened;
        self.warnings.extend(other.warnings);
        for secret in other.secrets.texts() {
            self.secrets.add(secret);
        }
    }

    /// Adds an entry of the Secret that a Kustomization names, as [`Keyring::add_entry`] does.
    ///
    /// # Errors
    ///
    /// Fails where it should hold a key and does not.
    pub fn add_entry(&mut self, secret: &str, key: &str, content: &[u8]) -> Result<(), KeyError> {
        let keyring = Arc::get_mut(&mut self.keyring);
        let keyring = keyring.expect("keys are added before builds share them");
        keyring.add_entry(secret, key, content).map(drop)
    }

    /// Returns what stays encrypted because no key at hand opens it.
    pub fn left(&self) -> impl Iterator<Item = &str> {
        self.left.iter().map(String::as_str)
    }

    /// Returns what is odd about what was opened.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Says whether anything was opened, so that values have to be hidden.
    pub const fn has_opened(&self) -> bool {
        self.opened > 0
    }

    /// Says whether there is anything to do for a Kustomization.
    pub(super) fn acts_for(&self, recipe: &Recipe) -> bool {
        recipe.is_decrypted() && !self.keyring.is_empty()
    }

    /// Notes what could not be opened; an error only where somebody has named a key, or something else is wrong.
    fn pass_over(&mut self, what: &str, error: SopsError) -> Result<(), Box<SopsError>> {
        if error.is_missing_key() && self.keyring.origin() == Origin::Usual {
            self.left.insert(what.to_owned());
            return Ok(());
        }
        Err(Box::new(error))
    }

    fn note(&mut self, secrets: &[Zeroizing<String>]) {
        self.opened += 1;
        for secret in secrets {
            self.secrets.add(secret);
        }
    }

    /// Puts the files that the generators and patches of a kustomization read over the tree, in the clear.
    ///
    /// So the names of what is generated have the hashes of the true contents.
    ///
    /// # Errors
    ///
    /// Fails on a file that is damaged, or that no key opens although one was named.
    pub(super) fn open_sources(
        &mut self,
        layer: &mut Layer<'_>,
        directory: &Path,
        completed: &Completed,
    ) -> Result<(), DecryptError> {
        let Found { sources, resources } = find(layer, directory, completed.text.as_bytes());
        for path in resources {
            self.check_resource(layer, &path);
        }
        let mut clear: Vec<ClearFile> = Vec::new();
        let mut seen = BTreeSet::new();
        for Source { path, format } in sources {
            let Ok(path) = layer.real_path(&path) else {
                continue;
            };
            // What is not there is told by the build.
            let Ok(content) = layer.read(&path) else {
                continue;
            };
            if !seen.insert(path.clone()) || !format.marks(&content) {
                continue;
            }
            if let Some(content) = self.open_file(&path, &content, format)? {
                clear.push((path, content));
            }
        }
        for (path, content) in clear {
            layer.put(path, Some(content.to_vec()));
        }
        Ok(())
    }

    /// Looks whether a file of objects has the checksum that SOPS gave it, which nobody can see after the build.
    ///
    /// kustomize-controller does not look, and applies it: so it is a warning.
    fn check_resource(&mut self, files: &dyn Files, path: &Path) {
        let format = Format::of(&path.to_string_lossy());
        let Ok(content) = files.read(path) else {
            return;
        };
        if !format.marks(&content) {
            return;
        }
        let opened = sops::open(
            &content,
            (format, format),
            &self.keyring,
            Integrity::Checked,
        );
        if let Err(error @ (SopsError::Integrity | SopsError::Checksum)) = opened {
            let path = path.display();
            self.warnings.push(format!(
                "{path}: {error}; kustomize-controller does not check it"
            ));
        }
    }

    fn open_file(
        &mut self,
        path: &Path,
        content: &[u8],
        format: Format,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, DecryptError> {
        let path = path.display().to_string();
        if content.len() > SIZE_LIMIT {
            let size = content.len();
            return Err(DecryptError::Size { path, size });
        }
        match sops::open(content, (format, format), &self.keyring, Integrity::Checked) {
            Ok(opened) => {
                self.note(&opened.secrets);
                if let Ok(text) = std::str::from_utf8(&opened.content) {
                    self.secrets.add(text);
                }
                Ok(Some(opened.content))
            }
            Err(error) => self
                .pass_over(&path, error)
                .map(|()| None)
                .map_err(|source| DecryptError::File { path, source }),
        }
    }

    /// Opens the objects that are encrypted as a whole, and the encrypted files in the data of Secrets.
    ///
    /// # Errors
    ///
    /// Fails on what is damaged, or what no key opens although one was named.
    pub fn open_objects(
        &mut self,
        objects: &mut [Object],
        recipe: &Recipe,
    ) -> Result<(), DecryptError> {
        if !self.acts_for(recipe) {
            if recipe.is_decrypted() {
                let encrypted = objects.iter().filter(|object| is_encrypted(object));
                self.left
                    .extend(encrypted.map(|object| object.id().to_string()));
            }
            return Ok(());
        }
        for object in objects.iter_mut().filter(|object| !stays_encrypted(object)) {
            if is_encrypted(object) {
                self.open_object(object)?;
            } else if object.kind() == "Secret" {
                self.open_entries(object)?;
            }
        }
        Ok(())
    }

    fn open_object(&mut self, object: &mut Object) -> Result<(), DecryptError> {
        let name = object.id().to_string();
        let text = object.value().to_string();
        let format = (Format::Json, Format::Json);
        // The build has sorted the object and may have changed what is not encrypted.
        let opened = sops::open(text.as_bytes(), format, &self.keyring, Integrity::Unchecked);
        let opened = match opened {
            Ok(opened) => opened,
            Err(error) => {
                return self
                    .pass_over(&name, error)
                    .map_err(|source| DecryptError::Object {
                        object: name,
                        source,
                    });
            }
        };
        self.note(&opened.secrets);
        let value = serde_json::from_slice(&opened.content).unwrap_or_default();
        *object = Object::new(value).map_err(|source| DecryptError::NoObject {
            object: name,
            source,
        })?;
        Ok(())
    }

    fn open_entries(&mut self, object: &mut Object) -> Result<(), DecryptError> {
        let name = object.id().to_string();
        let Some(data) = object
            .value_mut()
            .get_mut("data")
            .and_then(Value::as_object_mut)
        else {
            return Ok(());
        };
        for (key, value) in data {
            let Some(content) = value.as_str().and_then(decoded) else {
                continue;
            };
            let Some(format) = Format::of_content(&content) else {
                continue;
            };
            let formats = (format, Format::of(key));
            match sops::open(&content, formats, &self.keyring, Integrity::Checked) {
                Ok(opened) => {
                    self.note(&opened.secrets);
                    *value = STANDARD.encode(&opened.content).into();
                }
                Err(error) => {
                    let what = format!("{name}: {key}");
                    self.pass_over(&what, error)
                        .map_err(|source| DecryptError::Entry {
                            object: name.clone(),
                            key: key.clone(),
                            source,
                        })?;
                }
            }
        }
        Ok(())
    }
}

/// Says whether an object is encrypted as a whole; of whatever kind it is.
fn is_encrypted(object: &Object) -> bool {
    let mac = object.get("/sops/mac");
    mac.is_some_and(|mac| !mac.is_null() && mac != "")
}

fn stays_encrypted(object: &Object) -> bool {
    let switch = object
        .get("/metadata/annotations")
        .and_then(|annotations| annotations.get(SWITCH));
    let switch = switch.and_then(Value::as_str);
    switch.is_some_and(|switch| switch.eq_ignore_ascii_case("disabled"))
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    STANDARD.decode(text).ok()
}
