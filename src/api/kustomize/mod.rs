//! The kind of `kustomize.toolkit.fluxcd.io`.

mod kustomization;
mod status;

pub use kustomization::*;
