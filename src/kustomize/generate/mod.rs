//! Makes resources: config maps and secrets of files and literals, the hashes that end their names, Helm charts.

mod chart;
mod data;
pub mod go_json;
pub mod hash;
mod pairs;

pub use chart::{Chart, ChartError};
pub use data::{GenerateError, config_map, secret};
pub use hash::HashError;
pub use pairs::PairError;
