//! Makes resources: config maps and secrets of files and literals, and the hashes that end their names.

mod data;
pub mod go_json;
pub mod hash;
mod pairs;

pub use data::{GenerateError, config_map, secret};
pub use hash::HashError;
pub use pairs::PairError;
