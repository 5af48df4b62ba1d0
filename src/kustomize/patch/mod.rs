//! Patches: strategic merge, JSON 6902, and what they are for.

mod apply;
mod described;
mod directive;
mod error;
mod fields;
mod json6902;
mod json_error;
mod list;
mod list_pool;
mod merge;
mod merge_error;
mod overwrite;
mod pointer;
mod step;
#[cfg(test)]
mod tests;

pub use error::{PatchError, PatchSource};
pub use json_error::{ApplyError, JsonPatchError};
pub use merge::{Fate, merge};
pub use merge_error::MergeError;
pub use step::PatchStep;
