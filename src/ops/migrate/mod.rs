//! Bring custom resources to the API versions of a release: those stored in a cluster, or manifests in files.

mod files;
mod stored;
mod target;
mod text;

pub use files::Migration;
pub use stored::{Write, migrate_stored};
pub use target::Target;
