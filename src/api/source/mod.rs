//! The kinds of `source.toolkit.fluxcd.io`: where manifests and charts come from.

mod artifact;
mod bucket;
mod external_artifact;
mod git;
mod helm_chart;
mod helm_repository;
mod oci;

pub use artifact::*;
pub use bucket::*;
pub use external_artifact::*;
pub use git::*;
pub use helm_chart::*;
pub use helm_repository::*;
pub use oci::*;
