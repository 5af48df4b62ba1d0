//! Whole builds: the steps of one directory in their order, and the recursion over bases and components.

mod accumulated;
mod build;
mod build_state;
mod configuration;
mod directory;
mod fields;
mod finish;
mod found;
mod internal;
mod options;
mod order;
mod origin;
mod output;
mod patches;
mod plugin;
mod plugin_transformer;
mod problem;
mod step;
mod validate;

pub use build::{Built, build, build_all, build_each};
pub use found::{FILE_NAMES, read as read_kustomization};
pub use options::{Options, Order, RootFields, SchemaMode};
pub use problem::BuildError;
