//! What a Flux object would apply: the kustomization that Flux makes or completes, built and put into shape.

mod cache;
mod decrypt;
mod files;
mod generate;
mod generate_error;
mod kustomization;
mod losses;
mod mask;
mod merge;
mod overlay;
mod recipe;
pub mod repository;
mod rules;
mod search;
mod secrets;
mod sources;
#[cfg(test)]
mod tests;
mod typed;
mod variables;

pub use cache::Cache;
pub use decrypt::Decryptor;
pub use files::{Layer, Revision};
pub use kustomization::{Place, RenderError, finish};
pub use mask::mask;
pub use overlay::build_overlay;
pub use recipe::Recipe;
pub use secrets::Secrets;
pub use typed::read_spec;
pub use variables::{Variables, takes_variables};
