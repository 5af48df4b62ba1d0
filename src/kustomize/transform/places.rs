//! The field specs of a transformer, ready to be asked for each kind once.

use std::collections::HashMap;

use super::error::TransformError;
use super::path::{self, Blank, FieldPath};
use super::write::WriteError;
use crate::kustomize::file::FieldSpec;
use crate::kustomize::resource::{Gvk, Resource};
use crate::manifest::Node;

/// A field spec whose path is taken apart.
#[derive(Clone, Debug)]
pub struct Place {
    /// The path as it is written.
    pub path: String,
    /// Its steps.
    pub steps: FieldPath,
    /// Whether missing parts are made.
    pub create: bool,
}

/// Field specs by the kinds that they are for.
#[derive(Debug)]
pub struct Places<'specs> {
    specs: &'specs [FieldSpec],
    all: Vec<Place>,
    by_kind: HashMap<Gvk, Vec<usize>>,
}

impl<'specs> Places<'specs> {
    /// Takes the paths of field specs apart.
    pub fn new(specs: &'specs [FieldSpec]) -> Self {
        let all = specs.iter().map(Place::new).collect();
        Self {
            specs,
            all,
            by_kind: HashMap::new(),
        }
    }

    /// Returns the places that are for a kind, in their order.
    pub fn of<'places>(
        &'places mut self,
        gvk: &Gvk,
    ) -> impl Iterator<Item = &'places Place> + Clone + use<'places, 'specs> {
        if !self.by_kind.contains_key(gvk) {
            let specs = self.specs.iter().enumerate();
            let own = specs.filter(|(_, spec)| spec.is_for(gvk));
            let own = own.map(|(index, _)| index).collect();
            self.by_kind.insert(gvk.clone(), own);
        }
        let own = self.by_kind.get(gvk).map_or(&[][..], Vec::as_slice);
        own.iter().map(|index| &self.all[*index])
    }
}

impl Place {
    /// Takes the path of a field spec apart.
    pub fn new(spec: &FieldSpec) -> Self {
        Self {
            path: spec.path.clone(),
            steps: FieldPath::new(&spec.path),
            create: spec.create,
        }
    }

    /// Calls `set` on each field of a resource at this place; `blank` is what is put where nothing is.
    ///
    /// # Errors
    ///
    /// Fails where something else stands in the way, and as `set` does.
    pub fn write(
        &self,
        resource: &mut Resource,
        blank: Option<Blank>,
        set: &mut dyn FnMut(&mut Node) -> Result<(), WriteError>,
    ) -> Result<(), TransformError> {
        let blank = blank.filter(|_| self.create);
        path::walk(resource.root_mut(), self.steps.steps(), blank, set)
            .map_err(|source| TransformError::field(&self.path, resource.id(), source))
    }
}
