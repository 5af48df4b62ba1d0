//! What the engine knows of kinds: which lists merge by which keys, and which kinds live outside all namespaces.

mod custom;
mod definitions;
mod part;
mod scope;
mod shape;
mod sound;
mod table;

pub use custom::SchemaError;
pub use definitions::{DefinitionsError, places as places_of_definitions};
pub use scope::of as scope_of;
pub use shape::{Schemas, Shape};
