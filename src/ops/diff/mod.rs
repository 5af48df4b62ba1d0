//! What applying objects would do to a cluster, before it is done.

mod against;
mod compared;
mod kustomization;
mod merge;
mod owned;
mod text;

pub use against::{CompareOptions, Generation, Method};
pub use compared::{Compared, Entry, Fate, Tally};
pub use kustomization::{DiffRequest, diff_kustomization};
pub use text::{refusals, report, warnings};
