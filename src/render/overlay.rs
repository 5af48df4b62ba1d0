//! A folder that is built as it stands, by the rules that Flux builds with.

use std::path::Path;

use crate::kustomize::load::{Files, Remote, Restriction};
use crate::kustomize::{BuildError, Built, Options, Order, SchemaMode, build};

/// Builds the folder of a kustomization by the rules of Flux: files from everywhere in the tree, the order of
/// accumulation, and schemas that add to the built-in one. Without a way to them, remote resources are refused.
///
/// # Errors
///
/// Fails where the folder has no kustomization, or it can't be built.
pub fn build_overlay(
    files: &dyn Files,
    folder: &Path,
    remote: Option<&dyn Remote>,
) -> Result<Built, BuildError> {
    build(files, &folder.to_string_lossy(), &options(remote))
}

/// Returns the rules of Flux.
pub(super) fn options(remote: Option<&dyn Remote>) -> Options<'_> {
    Options {
        restriction: Restriction::None,
        order: Order::Accumulated,
        schema: SchemaMode::Extend,
        remote,
        ..Options::default()
    }
}
