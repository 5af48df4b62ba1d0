//! The three transformers that patch resources: `patches`, `patchesStrategicMerge` and `patchesJson6902`.

use std::sync::Arc;

use super::super::file::{Patch, PatchOptions, Selector};
use super::super::load::{self, Loader};
use super::super::resource::{Id, ListError, Resource, ResourceList};
use super::super::resource_selector::ResourceSelector;
use super::super::schema::Schemas;
use super::apply;
use super::error::{PatchError, PatchSource};
use super::json6902::{self, Operation};
use crate::manifest::Node;

/// An entry of `patches`, or of one of the two older lists, ready to be applied.
#[derive(Debug)]
pub struct PatchStep {
    action: Action,
}

#[derive(Debug)]
enum Action {
    /// Nothing: the patch holds only comments.
    Nothing,
    /// Each document is for the resource that it names.
    ByName {
        documents: Vec<Document>,
        options: PatchOptions,
    },
    /// Each document is for the resource that it names, in the manner of the old list.
    ByNameOfOld(Vec<Document>),
    /// A document is for all resources that are selected.
    ByTarget {
        patch: Node,
        target: Box<ResourceSelector>,
        options: PatchOptions,
    },
    /// A JSON patch is for all resources that are selected.
    Json {
        operations: Vec<Operation>,
        target: Box<ResourceSelector>,
        memory: Memory,
    },
}

/// Whether a JSON patch makes resources remember who they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Memory {
    Kept,
    Untouched,
}

/// A strategic merge patch and the identity that it gives.
#[derive(Debug)]
struct Document {
    root: Arc<Node>,
    id: Id,
}

impl PatchStep {
    /// Reads an entry of `patches`, or the configuration of a `PatchTransformer`.
    ///
    /// # Errors
    ///
    /// Fails where the patch cannot be had, is of neither sort, or needs another target.
    pub fn new(entry: &Patch, loader: &Loader<'_>, schemas: &Schemas) -> Result<Self, PatchError> {
        let inline = entry.patch.trim();
        let (content, source) = match (inline, entry.path.as_str()) {
            ("", "") => return Err(PatchError::Neither),
            ("", path) => {
                let content = loader.read(path).map_err(|source| PatchError::Load {
                    path: path.into(),
                    source: Box::new(source),
                })?;
                (content, PatchSource::Path(path.into()))
            }
            (text, "") => (
                Arc::from(text.as_bytes()),
                PatchSource::Text(text.to_owned()),
            ),
            _ => return Err(PatchError::Both),
        };
        let target = entry.target.as_ref();
        let action = match load::read(&content) {
            Ok(roots) => {
                let options = entry.options.unwrap_or_default();
                strategic(roots, target, options, source, schemas)?
            }
            Err(strategic) => match json6902::read(&String::from_utf8_lossy(&content)) {
                Ok(operations) => json(operations, target, Memory::Kept, source)?,
                Err(json) => {
                    return Err(PatchError::Unreadable {
                        patch: source,
                        strategic: Box::new(strategic),
                        json: Box::new(json),
                    });
                }
            },
        };
        Ok(Self { action })
    }

    /// Reads the entries of `patchesStrategicMerge`, or the configuration of a `PatchStrategicMergeTransformer`.
    ///
    /// Each of `paths` is tried as a patch first, then as a path; `patches` holds patches.
    ///
    /// # Errors
    ///
    /// Fails where there is nothing, or something is no patch.
    pub fn old_strategic(
        paths: &[String],
        patches: &str,
        loader: &Loader<'_>,
        schemas: &Schemas,
    ) -> Result<Self, PatchError> {
        if paths.is_empty() && patches.is_empty() {
            return Err(PatchError::NoContent);
        }
        let mut found = Vec::new();
        for path in paths {
            if let Ok(roots) = load::read(path.as_bytes()) {
                found.extend(roots);
            } else {
                let roots = loader.resources(path).map_err(|source| PatchError::Load {
                    path: path.clone(),
                    source: Box::new(source),
                })?;
                found.extend(roots.iter().cloned());
            }
        }
        found.extend(load::read(patches.as_bytes())?);
        if found.is_empty() {
            let patch = match paths {
                [] => PatchSource::Text(patches.into()),
                paths => PatchSource::Path(paths.join(" ")),
            };
            return Err(PatchError::Empty { patch });
        }
        let documents = found
            .into_iter()
            .map(|root| Document::new(root, schemas))
            .collect();
        Ok(Self {
            action: Action::ByNameOfOld(documents),
        })
    }

    /// Reads an entry of `patchesJson6902`, or the configuration of a `PatchJson6902Transformer`.
    ///
    /// # Errors
    ///
    /// Fails where the target has no name, or the patch cannot be had or holds nothing.
    pub fn old_json(
        target: Option<&Selector>,
        path: &str,
        inline: &str,
        loader: &Loader<'_>,
    ) -> Result<Self, PatchError> {
        let target = target.filter(|target| !target.name.is_empty());
        let target = target.ok_or(PatchError::NoTargetName)?;
        let (content, source) = match (path, inline) {
            ("", "") => return Err(PatchError::NoContent),
            (path, "") => {
                let content = loader.read(path).map_err(|source| PatchError::Load {
                    path: path.into(),
                    source: Box::new(source),
                })?;
                (content, PatchSource::Path(path.into()))
            }
            ("", text) => (Arc::from(text.as_bytes()), PatchSource::Text(text.into())),
            _ => return Err(PatchError::BothOfJson),
        };
        let operations = json6902::read(&String::from_utf8_lossy(&content)).map_err(|error| {
            PatchError::Json {
                patch: source.clone(),
                source: Box::new(error),
            }
        })?;
        if operations.is_empty() {
            return Err(PatchError::Empty { patch: source });
        }
        Ok(Self {
            action: json(operations, Some(target), Memory::Untouched, source)?,
        })
    }

    /// Applies the patch.
    ///
    /// # Errors
    ///
    /// Fails where a resource that is named is not there, or the patch does not fit.
    pub fn apply(&self, resources: &mut ResourceList, schemas: &Schemas) -> Result<(), PatchError> {
        match &self.action {
            Action::Nothing => Ok(()),
            Action::ByName { documents, options } => {
                for document in documents {
                    let place = named(resources, &document.id)?;
                    let mut patch = Node::clone(&document.root);
                    if options.allow_name_change || options.allow_kind_change {
                        apply::prepare_for_options(&mut patch);
                    }
                    merge(resources, place, patch, *options, schemas)?;
                }
                Ok(())
            }
            Action::ByNameOfOld(documents) => {
                for document in documents {
                    let id = &document.id;
                    let place = resources.only(id)?;
                    let mut patch = Node::clone(&document.root);
                    apply::prepare_for_targets(&mut patch);
                    merge(resources, place, patch, PatchOptions::default(), schemas)?;
                }
                Ok(())
            }
            Action::ByTarget {
                patch,
                target,
                options,
            } => {
                for place in select(resources, target) {
                    let before = resources.at(place).id().clone();
                    merge(resources, place, patch.clone(), *options, schemas)?;
                    refuse_clash(resources, place, &before)?;
                }
                Ok(())
            }
            Action::Json {
                operations,
                target,
                memory,
            } => {
                for place in select(resources, target) {
                    resources.edit(place, |resource| {
                        if *memory == Memory::Kept {
                            resource.remember();
                        }
                        let id = Box::new(resource.id().clone());
                        apply::json(resource, operations, schemas).map_err(|error| {
                            PatchError::Apply {
                                id,
                                source: Box::new(error),
                            }
                        })
                    })?;
                }
                Ok(())
            }
        }
    }
}

impl Document {
    fn new(root: Arc<Node>, schemas: &Schemas) -> Self {
        let resource = Resource::new(root, |gvk| schemas.scope(gvk));
        Self {
            root: Arc::clone(resource.shared_root()),
            id: resource.id().clone(),
        }
    }
}

fn strategic(
    mut roots: Vec<Arc<Node>>,
    target: Option<&Selector>,
    options: PatchOptions,
    source: PatchSource,
    schemas: &Schemas,
) -> Result<Action, PatchError> {
    let Some(target) = target else {
        let documents: Vec<Document> = roots
            .into_iter()
            .map(|root| Document::new(root, schemas))
            .collect();
        return Ok(match documents.as_slice() {
            [] => Action::Nothing,
            _ => Action::ByName { documents, options },
        });
    };
    match (roots.pop(), roots.as_slice()) {
        (None, _) => Ok(Action::Nothing),
        (Some(root), []) => {
            let mut patch = Arc::unwrap_or_clone(root);
            apply::prepare_for_targets(&mut patch);
            let target = Box::new(ResourceSelector::new(target)?);
            Ok(Action::ByTarget {
                patch,
                target,
                options,
            })
        }
        (Some(_), _) => Err(PatchError::ManyForTarget { patch: source }),
    }
}

fn json(
    operations: Vec<Operation>,
    target: Option<&Selector>,
    memory: Memory,
    source: PatchSource,
) -> Result<Action, PatchError> {
    if operations.is_empty() {
        return Ok(Action::Nothing);
    }
    let target = target.ok_or(PatchError::NoTarget { patch: source })?;
    Ok(Action::Json {
        operations,
        target: Box::new(ResourceSelector::new(target)?),
        memory,
    })
}

fn merge(
    resources: &mut ResourceList,
    place: usize,
    patch: Node,
    options: PatchOptions,
    schemas: &Schemas,
) -> Result<(), PatchError> {
    resources.edit(place, |resource| {
        let id = Box::new(resource.id().clone());
        apply::strategic(resource, patch, options, schemas).map_err(|error| PatchError::Merge {
            id,
            source: Box::new(error),
        })
    })
}

/// Finds the resource that a patch names.
fn named(resources: &ResourceList, id: &Id) -> Result<usize, PatchError> {
    resources.only(id).map_err(|source| PatchError::NoMatch {
        id: Box::new(id.clone()),
        source: Box::new(source),
    })
}

/// Finds the resources that a selector takes; by their name where there is just one.
fn select(resources: &ResourceList, target: &ResourceSelector) -> Vec<usize> {
    let takes = |place: &usize| {
        let resource = resources.at(*place);
        !resource.is_empty() && target.takes(resource)
    };
    match target.only_name() {
        Some(name) => resources.ever_named(name).filter(takes).collect(),
        None => (0..resources.len()).filter(takes).collect(),
    }
}

/// Refuses that a resource that was renamed is now the same as another.
fn refuse_clash(resources: &ResourceList, place: usize, before: &Id) -> Result<(), PatchError> {
    let resource = resources.at(place);
    let id = resource.id();
    if id == before || resource.is_empty() || resources.current(id).count() == 1 {
        return Ok(());
    }
    let id = Box::new(id.clone());
    Err(ListError::Registered { id }.into())
}
