//! What a Flux object would apply: the kustomization that Flux makes or completes, built and put into shape.

mod decrypt;
mod files;
mod generate;
mod kustomization;
mod mask;
mod overlay;
mod recipe;
mod rules;
mod search;
mod secrets;
mod sources;
#[cfg(test)]
mod tests;
mod variables;

pub use decrypt::Decryptor;
pub use files::{Layer, Revision};
pub use kustomization::{Place, finish};
pub use overlay::build_overlay;
pub use recipe::Recipe;
pub use secrets::Secrets;
pub use variables::{Variables, takes_variables};
