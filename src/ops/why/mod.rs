//! `why`: one chain from an object down to the first cause of how it is, and what to do next.

mod around;
mod blame;
mod causes;
mod chain;
mod container;
mod drift;
mod excerpt;
mod facts;
mod lacking;
mod leaf;
mod message;
mod next;
mod sight;
mod verdict;
mod walk;

pub use causes::{Causes, CausesRequest, SharedCause, Surveyed, causes};
pub use chain::{Chain, ChainLink, ChainObject};
pub use walk::{WhyRequest, why};
