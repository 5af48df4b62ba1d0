//! What one build carries through all its directories: schema, warnings, whether origins are wanted.

use std::cell::{Ref, RefCell};

use super::super::load::Loader;
use super::super::resource::{Gvk, Resource, Scope};
use super::super::schema::Schemas;
use super::options::SchemaMode;
use super::problem::BuildError;
use crate::manifest::Node;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What one build carries through all its directories.
pub struct BuildState {
    schemas: RefCell<Schemas>,
    warnings: RefCell<Vec<String>>,
}

impl BuildState {
    /// Starts a build.
    pub fn new(mode: SchemaMode) -> Self {
        let schemas = match mode {
            SchemaMode::Replace => Schemas::new(),
            SchemaMode::Extend => Schemas::preloaded(),
        };
        Self {
            schemas: RefCell::new(schemas),
            warnings: RefCell::default(),
        }
    }

    /// Returns what is known of kinds.
    pub fn schemas(&self) -> Ref<'_, Schemas> {
        self.schemas.borrow()
    }

    /// Says where a kind lives.
    pub fn scope(&self, gvk: &Gvk) -> Scope {
        self.schemas.borrow().scope(gvk)
    }

    /// Takes a document for a resource.
    pub fn resource(&self, root: &Arc<Node>) -> Resource {
        Resource::new(Arc::clone(root), |gvk| self.scope(gvk))
    }

    /// Takes over the schema of a kustomization, if it has one and none was met before.
    ///
    /// # Errors
    ///
    /// Fails where the schema cannot be read or used.
    pub fn set_schema(
        &self,
        openapi: Option<&BTreeMap<String, String>>,
        loader: &Loader<'_>,
    ) -> Result<(), BuildError> {
        let Some(openapi) = openapi else {
            return Ok(());
        };
        let content = openapi
            .get("path")
            .map(|path| loader.read(path))
            .transpose()?;
        let text = content.as_deref().map(String::from_utf8_lossy);
        let version = openapi.get("version").map(String::as_str);
        self.schemas.borrow_mut().set(version, text.as_deref())?;
        Ok(())
    }

    /// Notes what is to be told.
    pub fn warn(&self, lines: impl IntoIterator<Item = String>) {
        self.warnings.borrow_mut().extend(lines);
    }

    /// Gives away what is to be told.
    pub fn into_warnings(self) -> Vec<String> {
        self.warnings.into_inner()
    }
}
