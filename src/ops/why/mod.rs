//! `why`: one chain from an object down to the first cause of how it is, and what to do next.

mod around;
mod blame;
mod chain;
mod container;
mod drift;
mod excerpt;
mod facts;
mod lacking;
mod leaf;
mod message;
mod next;
mod verdict;
mod walk;

pub use chain::{Chain, ChainLink};
pub use walk::{WhyRequest, why};
