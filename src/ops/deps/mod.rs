//! What waits for what, and what is made from what: the graph of Flux objects, in a cluster or in files.

mod graph;
mod read;
mod ways;

pub use graph::{Edge, Graph, Node, Presence};
pub use read::{DepsRequest, Origin, dependencies};
