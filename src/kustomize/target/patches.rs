//! Patches of a directory: the three fields for them, and the three transformers that are resources.

use serde::Deserialize;

use super::super::file::{Patch, Selector};
use super::super::patch::{PatchError, PatchStep};
use super::super::resource::{Resource, ResourceList};
use super::directory::Directory;
use super::plugin::configuration;
use super::problem::BuildError;
use super::step::Transform;

/// The kind of transformer behind `patches`.
pub const PATCH: &str = "PatchTransformer";

/// The kind of transformer behind `patchesStrategicMerge`.
pub const STRATEGIC: &str = "PatchStrategicMergeTransformer";

/// The kind of transformer behind `patchesJson6902`.
pub const JSON: &str = "PatchJson6902Transformer";

/// Returns what the entries of `patchesStrategicMerge` do, if there are any.
///
/// # Errors
///
/// Fails where one cannot be read.
pub fn strategic<'dir>(
    directory: &'dir Directory<'_>,
) -> Result<Option<Transform<'dir>>, BuildError> {
    let paths = directory.kustomization.patches_strategic_merge.as_deref();
    let Some(paths) = paths.filter(|paths| !paths.is_empty()) else {
        return Ok(None);
    };
    let schemas = directory.state.schemas();
    let step = PatchStep::old_strategic(paths, "", &directory.loader, &schemas);
    runs(directory, STRATEGIC, step).map(Some)
}

/// Returns what the entries of `patches` do.
///
/// # Errors
///
/// Fails where one cannot be read.
pub fn patches<'dir>(directory: &'dir Directory<'_>) -> Result<Vec<Transform<'dir>>, BuildError> {
    let entries = directory.kustomization.patches.iter().flatten();
    entries
        .map(|entry| {
            let schemas = directory.state.schemas();
            let step = PatchStep::new(entry, &directory.loader, &schemas);
            runs(directory, PATCH, step)
        })
        .collect()
}

/// Returns what the entries of `patchesJson6902` do.
///
/// # Errors
///
/// Fails where one cannot be read.
pub fn json<'dir>(directory: &'dir Directory<'_>) -> Result<Vec<Transform<'dir>>, BuildError> {
    let entries = directory.kustomization.patches_json6902.iter().flatten();
    entries
        .map(|entry| {
            let target = entry.target.as_ref();
            let step = PatchStep::old_json(target, &entry.path, &entry.patch, &directory.loader);
            runs(directory, JSON, step)
        })
        .collect()
}

/// The fields of a `PatchStrategicMergeTransformer`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Strategic {
    paths: Vec<String>,
    patches: String,
}

/// The fields of a `PatchJson6902Transformer`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Json {
    target: Option<Selector>,
    path: String,
    #[serde(rename = "jsonOp")]
    operations: String,
}

/// Returns what one of the three transformers does; `None` for any other kind.
///
/// # Errors
///
/// Fails where its configuration or its patch cannot be read.
pub fn of_plugin<'dir>(
    directory: &'dir Directory<'_>,
    plugin: &Resource,
) -> Result<Option<Transform<'dir>>, BuildError> {
    let (schemas, loader) = (directory.state.schemas(), &directory.loader);
    let (kind, step) = match plugin.kind() {
        PATCH => {
            let own: Patch = configuration(plugin)?;
            (PATCH, PatchStep::new(&own, loader, &schemas))
        }
        STRATEGIC => {
            let own: Strategic = configuration(plugin)?;
            let step = PatchStep::old_strategic(&own.paths, &own.patches, loader, &schemas);
            (STRATEGIC, step)
        }
        JSON => {
            let own: Json = configuration(plugin)?;
            let step = PatchStep::old_json(own.target.as_ref(), &own.path, &own.operations, loader);
            (JSON, step)
        }
        _ => return Ok(None),
    };
    runs(directory, kind, step).map(Some)
}

fn runs<'dir>(
    directory: &'dir Directory<'_>,
    kind: &'static str,
    step: Result<PatchStep, PatchError>,
) -> Result<Transform<'dir>, BuildError> {
    let step = step
        .map_err(|error| BuildError::step(format!("trouble configuring builtin {kind}"), error))?;
    Ok(Box::new(move |resources: &mut ResourceList| {
        step.apply(resources, &directory.state.schemas())
            .map_err(|error| BuildError::step(format!("running {kind}"), error))
    }))
}
