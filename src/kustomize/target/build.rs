//! The doors of the engine: one root, or many with shared caches.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
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
        let mut text = String::new();
        for (place, resource) in self.resources.iter().enumerate() {
            if place > 0 {
                text.push_str("---\n");
            }
            output::write(resource, &mut text)?;
        }
        Ok(text)
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
        .for_one_root();
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
    let session = Session::new(files, options.remote, options.restriction).with_helm(options.helm);
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(roots.len()));
    let work = || {
        while let Some((place, root)) = {
            let place = next.fetch_add(1, Ordering::Relaxed);
            roots.get(place).map(|root| (place, root))
        } {
            let built = build_in(&session, root, options);
            done.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((place, built));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.clamp(1, roots.len().max(1)) {
            scope.spawn(work);
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, built)| built).collect()
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
