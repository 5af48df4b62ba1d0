//! Kubernetes objects as data: their identity, their YAML, the order to apply them in.

mod base64;
mod builder;
mod edit;
mod emit;
mod events;
mod form;
mod id;
mod json_text;
mod key_order;
mod node;
mod notes;
mod number;
mod object;
mod order;
mod parse;
mod problem;
#[cfg(test)]
mod proof;
mod quick;
mod quick_cursor;
mod quick_scalar;
mod rewrite;
mod scalar;
mod styled;
mod through_json;
mod timestamp;
mod tree;
mod value;
mod writer;
mod yaml;

pub use base64::decode_base64;
pub use emit::{emit, emit_into, emit_node_into};
pub(crate) use form::{Form, Look, is_printable};
pub use id::{InventoryError, ObjectId};
pub(crate) use json_text::quote_json;
pub(crate) use key_order::sort as sort_keys;
pub use node::{Content, Entry, Node, Style, Tag};
pub use number::of_float as number_of_float;
pub(crate) use number::write as write_number;
pub use object::{Object, ObjectError};
pub use order::{Stage, sort_for_apply, stage};
pub use problem::{Place, YamlError};
pub use scalar::Dialect;
pub(crate) use scalar::{Scalar, resolve};
pub use yaml::{read, read_as, read_objects};
