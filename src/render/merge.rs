//! What a Flux Kustomization says about a kustomization file, put into it.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::generate_error::GenerateError;
use super::recipe::Recipe;
use crate::kustomize::load::{self, Files};

/// A kustomization file on its way to what is built.
pub(super) struct File {
    /// Its path.
    pub path: PathBuf,
    /// What it says.
    pub fields: Map<String, Value>,
}

impl File {
    /// Merges what the Flux Kustomization says.
    ///
    /// # Errors
    ///
    /// Fails where a list is none, or a component is not in the same source.
    pub fn merge(
        &mut self,
        recipe: &Recipe,
        files: &dyn Files,
        directory: &Path,
    ) -> Result<(), GenerateError> {
        let spec = &recipe.spec;
        for (field, text) in [
            ("namespace", &spec.target_namespace),
            ("namePrefix", &spec.name_prefix),
            ("nameSuffix", &spec.name_suffix),
        ] {
            if !text.is_empty() {
                self.fields.insert(field.into(), text.as_str().into());
            }
        }
        self.append("patches", spec.patches.clone())?;
        let mut components = Vec::new();
        for component in &spec.components {
            if !is_local(component) {
                return Err(GenerateError::Component(component.clone()));
            }
            let is_there = || files.is_directory(&load::join(directory, component));
            if !spec.ignore_missing_components || is_there() {
                components.push(Value::from(component.as_str()));
            }
        }
        self.append("components", components)?;
        let text = |value: &Value| match value {
            Value::String(text) => Value::from(text.as_str()),
            value => Value::from(value.to_string()),
        };
        let merges = spec.patches_strategic_merge.iter().map(text).collect();
        self.append("patchesStrategicMerge", merges)?;
        let in_text = |patch: &Value| {
            let mut patch = patch.clone();
            if let Some(operations) = patch.get_mut("patch") {
                *operations = text(operations);
            }
            patch
        };
        let patches = spec.patches_json6902.iter().map(in_text).collect();
        self.append("patchesJson6902", patches)?;
        self.merge_images(recipe)?;
        if !spec.build_metadata.is_empty() {
            let notes = spec.build_metadata.as_slice().into();
            self.fields.insert("buildMetadata".into(), notes);
        }
        Ok(())
    }

    /// Returns a list of the file, made if it is not there.
    fn list(&mut self, field: &str) -> Result<&mut Vec<Value>, GenerateError> {
        let list = self.fields.entry(field).or_insert_with(|| json!([]));
        if list.is_null() {
            *list = json!([]);
        }
        list.as_array_mut().ok_or_else(|| GenerateError::Shape {
            path: self.path.display().to_string(),
            field: field.into(),
            wanted: "a list",
        })
    }

    fn append(&mut self, field: &str, entries: Vec<Value>) -> Result<(), GenerateError> {
        if !entries.is_empty() {
            self.list(field)?.extend(entries);
        }
        Ok(())
    }

    /// Merges images by name: a new name alone keeps the tag, tag and digest replace each other.
    fn merge_images(&mut self, recipe: &Recipe) -> Result<(), GenerateError> {
        for image in &recipe.spec.images {
            let list = self.list("images")?;
            let place = list
                .iter()
                .position(|present| present.get("name").is_some_and(|name| *name == image.name));
            let place = place.unwrap_or_else(|| {
                list.push(json!({"name": image.name}));
                list.len() - 1
            });
            let Some(present) = list.get_mut(place).and_then(Value::as_object_mut) else {
                continue;
            };
            let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
            if let Some(name) = given(&image.new_name) {
                present.insert("newName".into(), name.into());
            }
            let (tag, digest) = (given(&image.new_tag), given(&image.digest));
            if tag.is_some() || digest.is_some() {
                for (field, text) in [("newTag", tag), ("digest", digest)] {
                    match text {
                        Some(text) => present.insert(field.into(), text.into()),
                        None => present.remove(field),
                    };
                }
            }
        }
        Ok(())
    }

    /// Takes entries out of a list.
    pub fn take_out(&mut self, field: &str, is_ignored: impl Fn(&str) -> bool) {
        if let Some(list) = self.fields.get_mut(field).and_then(Value::as_array_mut) {
            list.retain(|entry| !entry.as_str().is_some_and(&is_ignored));
            // A list of nothing is none: Flux writes no such field, and refuses a file that says nothing else.
            if list.is_empty() {
                self.fields.remove(field);
            }
        }
    }
}

/// Says whether a path is one in the same source.
fn is_local(path: &str) -> bool {
    !path.is_empty() && !path.starts_with('/') && !path.contains("://") && !path.contains('@')
}
