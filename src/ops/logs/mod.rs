//! What the controllers write to their logs about Flux objects.

mod controller;
mod entry;
mod follow;
mod newest;
mod read;

pub use controller::{controllers, no_pods};
pub use entry::{LogFilter, Told};
pub use follow::follow_logs;
pub use read::read_logs;
