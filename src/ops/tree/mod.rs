//! What an object has brought into the cluster, as a tree: inventories below inventories.

mod grow;
mod node;
mod rows;

pub use grow::{Breadth, Grown, generator_tree, kustomization_tree};
pub use node::Tree;
