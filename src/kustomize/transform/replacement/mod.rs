//! Copies values from one field to others, within a resource or across.

mod files;
mod path;
mod run;
mod source;
mod structured;
mod target;

pub use files::collect_replacements;
use run::typeless_ids;
pub use run::{ReplacementError, apply_replacements};
