//! What Flux itself is made of: its controllers, the options of an installation, the sync objects.

mod archive;
mod base;
mod component;
mod components;
mod controller;
mod document;
mod download;
mod generate;
mod listing;
#[cfg(test)]
mod reference;
mod release;
mod sameness;
mod shared;
mod sync;
mod tailor;

pub use base::Base;
pub use component::RELEASE;
pub use components::{ComponentError, Components};
pub use generate::{NetworkPolicies, Options, WatchScope, generate, render};
pub use listing::listed;
pub use release::Wanted;
pub use sameness::says_the_same;
pub use sync::{
    COMPONENTS_FILE, KUSTOMIZATION_FILE, SYNC_FILE, Submodules, Sync, file_path,
    render_kustomization,
};
