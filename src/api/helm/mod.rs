//! The kind of `helm.toolkit.fluxcd.io`.

mod action;
mod release;
mod status;

pub use release::*;
