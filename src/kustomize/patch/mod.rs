//! Patches: strategic merge, JSON 6902, and what they are for.

mod apply;
mod described;
mod directive;
mod error;
mod json6902;
mod list;
mod merge;
mod step;

pub use error::{PatchError, PatchSource};
pub use json6902::{ApplyError, JsonPatchError};
pub use merge::{Fate, MergeError, merge};
pub use step::PatchStep;
