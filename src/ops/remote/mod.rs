//! Remote resources of kustomizations: files over HTTP and directories of Git repositories, with a cache.

mod address;
mod cache;
mod error;
mod file;
mod repository;
mod sources;

pub use sources::{Network, RemoteSources};
