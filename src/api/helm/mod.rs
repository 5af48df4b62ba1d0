//! The kind of `helm.toolkit.fluxcd.io`, its values, and what Helm records of a release.

mod action;
mod release;
mod set;
mod status;
mod storage;
mod values;

pub use release::*;
pub use storage::StoredRelease;
pub use values::{Values, ValuesPart};
