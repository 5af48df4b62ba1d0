//! What a Flux object would apply: the kustomization that Flux makes or completes, built and put into shape.

mod cache;
mod files;
mod generate;
mod kustomization;
mod mask;
mod overlay;
mod recipe;
pub mod repository;
mod rules;
#[cfg(test)]
mod tests;
mod variables;

pub use cache::Cache;
pub use files::{Layer, Revision};
pub use kustomization::{Place, RenderError, finish};
pub use mask::mask;
pub use overlay::build_overlay;
pub use recipe::Recipe;
pub use variables::{Variables, takes_variables};
