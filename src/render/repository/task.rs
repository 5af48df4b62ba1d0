//! A Kustomization that was found, and what has to be known before it can be built.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::super::recipe::{Recipe, RecipeError};
use super::artifact::Artifact;
use super::finding::Owner;
use super::holder::Referred;
use super::release::ReleaseNeeds;
use crate::kustomize::load::join;
use crate::manifest::Object;

/// A Kustomization that was found.
#[derive(Clone)]
pub struct Task {
    /// Who it is.
    pub owner: Owner,
    /// The object.
    pub object: Object,
    /// What of it decides the build.
    pub recipe: Recipe,
    /// Its place among the owners of the one whose build it was found in; `None` for the entry.
    pub parent: Option<usize>,
    /// What the build needs, once it is known.
    pub needs: Option<Arc<Needs>>,
    /// What the rendering needs, where it is a release.
    pub release: Option<Arc<ReleaseNeeds>>,
}

/// What a build needs beside the Kustomization.
pub struct Needs {
    /// The files of the source.
    pub artifact: Arc<Artifact>,
    /// The variables of references.
    pub referred: Referred,
}

impl std::fmt::Debug for Task {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Task({})", self.owner)
    }
}

impl Task {
    /// Takes a Kustomization; one without a namespace lives in that of the one that it was found in.
    ///
    /// # Errors
    ///
    /// Fails where a field that a build needs has a value of another type.
    pub fn new(mut object: Object, parent: Option<(usize, &str)>) -> Result<Self, RecipeError> {
        if let Some((_, namespace)) = parent
            && object.namespace().is_empty()
        {
            object
                .metadata_mut()
                .insert("namespace".into(), namespace.into());
        }
        Ok(Self {
            owner: Owner::of(&object),
            recipe: Recipe::new(&object)?,
            object,
            parent: parent.map(|(place, _)| place),
            needs: None,
            release: None,
        })
    }

    /// Takes a release; one without a namespace lives in that of the Kustomization that it was found in.
    pub fn of_release(mut object: Object, (place, namespace): (usize, &str)) -> Self {
        if object.namespace().is_empty() {
            let namespace = namespace.into();
            object.metadata_mut().insert("namespace".into(), namespace);
        }
        Self {
            owner: Owner::of(&object),
            recipe: Recipe::default(),
            object,
            parent: Some(place),
            needs: None,
            release: None,
        }
    }

    /// Takes a source, so that something can be told of it.
    pub fn of_source(object: Object, parent: Option<usize>) -> Self {
        Self {
            owner: Owner::of(&object),
            recipe: Recipe::default(),
            object,
            parent,
            needs: None,
            release: None,
        }
    }

    /// Says whether all is known that it needs.
    pub const fn is_ready(&self) -> bool {
        self.needs.is_some() || self.release.is_some()
    }

    /// Returns the directory that is built, from the root of the source.
    pub fn directory(&self) -> PathBuf {
        join(Path::new("/"), &self.recipe.spec.path)
    }

    /// Says whether a switch of the spec is on.
    pub fn is_on(&self, switch: &str) -> bool {
        let value = self.object.get("/spec").and_then(|spec| spec.get(switch));
        value == Some(&Value::Bool(true))
    }

    /// Returns the Kustomizations that have to be ready first.
    pub fn depends_on(&self) -> Vec<Owner> {
        let list = self.object.get("/spec/dependsOn").and_then(Value::as_array);
        let text = |value: &Value, field: &str| {
            let text = value.get(field).and_then(Value::as_str);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let owner = |value: &Value| {
            Some(Owner {
                kind: self.owner.kind.clone(),
                namespace: text(value, "namespace").unwrap_or_else(|| self.owner.namespace.clone()),
                name: text(value, "name")?,
            })
        };
        list.into_iter().flatten().filter_map(owner).collect()
    }
}
