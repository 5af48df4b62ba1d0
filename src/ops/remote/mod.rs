//! Remote resources: files over HTTP, directories of Git repositories, artifacts of registries, with a cache.

mod address;
mod artifact;
mod cache;
mod chart;
mod error;
mod file;
mod login;
mod range;
mod registry;
mod repository;
mod sources;

pub use artifact::{ArtifactUrl, Layer, Version};
pub use chart::ChartUrl;
pub use sources::{Network, RemoteSources};
