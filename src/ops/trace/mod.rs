//! From an object back to where it came from: who applies it, from which source, at which revision.

mod applier;
mod link;
mod source;

pub use applier::trace;
pub use link::{Label, Link, Trace, Traced};
