//! Kubernetes objects as data: their identity, their YAML, the order to apply them in.

mod builder;
mod emit;
mod events;
mod form;
mod id;
mod key_order;
mod node;
mod number;
mod object;
mod order;
mod parse;
mod problem;
#[cfg(test)]
mod proof;
mod scalar;
mod timestamp;
mod value;
mod writer;
mod yaml;

pub use emit::{emit, emit_into};
pub use id::ObjectId;
pub use object::{Object, ObjectError};
pub use order::{Stage, sort_for_apply, stage};
pub use problem::YamlError;
pub use scalar::Dialect;
pub use yaml::{read, read_as};
