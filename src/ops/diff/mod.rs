//! What applying objects would do to a cluster, before it is done.

mod against;
mod apply;
mod compared;
mod document;
mod found;
mod gone;
mod kustomization;
mod marks;
mod merge;
mod overlay;
mod owned;
mod record;
mod text;
mod undeclared;

pub use against::{CompareOptions, Generation, Method};
pub use apply::apply_overlay;
pub use compared::{Entry, Tally};
pub use document::document;
pub use kustomization::{DiffRequest, diff_kustomization};
pub use overlay::{OverlayDiff, OverlayRequest, diff_overlay};
pub use text::{refusals, report, rows, warnings};
