//! What the types of all kinds have in common: conditions, references, durations, changes to rendered objects.

mod condition;
mod customize;
mod duration;
mod reference;
mod resource;
mod time;
mod words;

pub use condition::*;
pub use customize::*;
pub use duration::*;
pub use reference::*;
pub use resource::*;
pub use time::*;
pub(super) use words::words;
