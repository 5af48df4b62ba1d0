//! The doors of the engine: one root, or many with shared caches.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::super::load::{Files, Loader, Session};
use super::super::resource::{Resource, ResourceList};
use super::accumulated::Accumulated;
use super::build_state::BuildState;
use super::directory::Directory;
use super::finish;
use super::options::Options;
use super::output;
use super::problem::BuildError;
use crate::manifest::Object;
use crate::threads;

/// Below this many resources, threads cost more than they save.
const WORTH_THREADS: usize = 256;

/// What a root was built to.
#[derive(Debug)]
pub struct Built {
    resources: ResourceList,
    /// The files that were read for it.
    pub files_read: BTreeSet<PathBuf>,
    /// What is to be told about it: lines as kustomize prints them.
    pub warnings: Vec<String>,
}

impl Built {
    /// Returns the resources in their order.
    pub fn resources(&self) -> &[Resource] {
        self.resources.as_slice()
    }

    /// Returns the text, byte for byte as kustomize prints it.
    ///
    /// # Errors
    ///
    /// Fails where a resource holds what cannot be written.
    pub fn text(&self) -> Result<String, BuildError> {
        output::text(self.resources.as_slice())
    }

    /// Turns into the text, see [`Self::text`]; written, and freed, on as many threads as are asked for.
    ///
    /// # Errors
    ///
    /// Fails where a resource holds what cannot be written.
    pub fn into_text(self, threads: usize) -> Result<String, BuildError> {
        if threads < 2 || self.resources.len() < WORTH_THREADS {
            return self.text();
        }
        // More pieces than threads, for not all resources are of one size.
        let size = self.resources.len().div_ceil(threads * 8);
        let mut resources = self.resources.into_vec().into_iter().peekable();
        let mut pieces = Vec::new();
        while resources.peek().is_some() {
            let piece: Vec<_> = resources.by_ref().take(size).collect();
            pieces.push(Mutex::new(piece));
        }
        let texts = threads::each(&pieces, threads, |piece| {
            let mut piece = piece.lock().unwrap_or_else(PoisonError::into_inner);
            output::text(&std::mem::take(&mut *piece))
        });
        Ok(texts
            .into_iter()
            .collect::<Result<Vec<_>, _>>()?
            .join("---\n"))
    }

    /// Returns the resources as objects.
    ///
    /// # Errors
    ///
    /// Fails where a resource holds what JSON cannot say, or is no object.
    pub fn objects(&self) -> Result<Vec<Object>, BuildError> {
        let objects = self.resources.iter().map(|resource| {
            Object::new(output::value(resource)?)
                .map_err(|error| BuildError::step(format!("reading {}", resource.id()), error))
        });
        objects.collect()
    }
}

/// Builds one root.
///
/// # Errors
///
/// Fails where the reference does.
pub fn build(files: &dyn Files, root: &str, options: &Options<'_>) -> Result<Built, BuildError> {
    let session = Session::new(files, options.remote, options.restriction)
        .with_helm(options.helm)
        .for_one_root(threads::count());
    build_in(&session, root, options)
}

/// Builds many roots, each file read and parsed once, on as many threads as are asked for.
///
/// The results stand in the order of the roots.
pub fn build_all(
    files: &dyn Files,
    roots: &[String],
    options: &Options<'_>,
    threads: usize,
) -> Vec<Result<Built, BuildError>> {
    build_each(files, roots, options, threads, |built| built)
}

/// Builds many roots as [`build_all`] does, and makes something of each on the thread that built it.
///
/// The results stand in the order of the roots.
pub fn build_each<T: Send>(
    files: &dyn Files,
    roots: &[String],
    options: &Options<'_>,
    threads: usize,
    finish: impl Fn(Result<Built, BuildError>) -> T + Sync,
) -> Vec<T> {
    let session = Session::new(files, options.remote, options.restriction).with_helm(options.helm);
    let session = match roots {
        [_] => session.for_one_root(threads),
        _ => session,
    };
    threads::each(roots, threads, |root| {
        finish(build_in(&session, root, options))
    })
}

fn build_in(session: &Session<'_>, root: &str, options: &Options<'_>) -> Result<Built, BuildError> {
    let state = BuildState::new(options.schema);
    let loader = Loader::new(session, root)?;
    let directory = Directory::root(loader.clone(), &state, options.root_fields)?;
    let sum = directory.accumulate(Accumulated::default())?;
    let resources = finish::finish(sum, &directory.kustomization, &state, options)?;
    drop(directory);
    Ok(Built {
        resources,
        files_read: loader.files_read(),
        warnings: state.into_warnings(),
    })
}
