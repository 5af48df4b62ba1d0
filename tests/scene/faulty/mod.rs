//! Proxies that stand before a real server and do what bad networks and bad days do.

mod gate;
mod wire;

pub use gate::{Fault, Gate, Rule};
pub use wire::{Wire, WireFault};
