//! The kinds of `image.toolkit.fluxcd.io`: from new tags to commits.

mod policy;
mod repository;
mod update;

pub use policy::*;
pub use repository::*;
pub use update::*;
