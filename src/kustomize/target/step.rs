//! Generators and transformers, ready to run.

use std::sync::Arc;

use super::super::resource::{Origin, Resource, ResourceList};
use super::problem::BuildError;

/// What makes resources.
pub type Generate<'call> = Box<dyn FnOnce() -> Result<Vec<Resource>, BuildError> + 'call>;

/// What changes resources.
pub type Transform<'call> = Box<dyn FnOnce(&mut ResourceList) -> Result<(), BuildError> + 'call>;

/// Makes resources.
pub struct Generator<'call> {
    /// What the resources are told to come from, if the build wants to know.
    pub origin: Option<Arc<Origin>>,
    /// Makes them.
    pub run: Generate<'call>,
}

/// Changes resources.
pub struct Transformer<'call> {
    /// What the resources are told to be changed by, if the build wants to know.
    pub origin: Option<Arc<Origin>>,
    /// Changes them.
    pub run: Transform<'call>,
}

impl Generator<'_> {
    /// Makes the resources and brings them to those that are there.
    ///
    /// # Errors
    ///
    /// Fails where they cannot be made, or find no place.
    pub fn generate_into(self, resources: &mut ResourceList) -> Result<(), BuildError> {
        for mut resource in (self.run)()? {
            if resource.origin.is_none() {
                resource.origin.clone_from(&self.origin);
            }
            resources
                .absorb(resource)
                .map_err(|error| BuildError::from(error).during("merging from generator"))?;
        }
        Ok(())
    }
}

impl Transformer<'_> {
    /// Changes the resources, and drops those that became empty.
    ///
    /// # Errors
    ///
    /// Fails where the change does.
    pub fn transform(self, resources: &mut ResourceList) -> Result<(), BuildError> {
        (self.run)(resources)?;
        if let Some(origin) = self.origin {
            resources.edit_each(|resource| {
                // What has no origin was made by the transformer itself.
                match &mut resource.origin {
                    Some(_) => resource.transformations.push(Arc::clone(&origin)),
                    none => *none = Some(Arc::clone(&origin)),
                }
                Ok::<_, BuildError>(())
            })?;
        }
        resources.drop_empty();
        Ok(())
    }
}
