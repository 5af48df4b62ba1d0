//! Names in one resource that mean another: which fields hold them, whom they mean, and what it is called now.

mod paths;
mod table;
mod target;
mod update;

pub use table::default_references;
pub use update::update_references;
