//! The build engine: what `kustomize build` makes of a directory, byte for byte; no network, no clock.

pub mod file;
pub mod generate;
mod label_selector;
pub mod load;
pub mod patch;
mod pattern;
pub mod reference;
pub mod resource;
mod resource_selector;
pub mod schema;
mod substitute;
mod target;
pub mod transform;

pub(crate) use label_selector::LabelSelector;
pub(crate) use pattern::Pattern;
pub use substitute::{SubstituteError, Unset, substitute, substitute_seen};
pub use target::{
    BuildError, Built, FILE_NAMES, Options, Order, RootFields, SchemaMode, build, build_all,
    build_each, read_kustomization,
};
