//! What a build is made of: resources, who they are and were, and the list that finds them.

mod absorb;
mod behavior;
mod history;
mod id;
mod list;
mod origin;
mod places;
mod precedence;
pub mod text_map;
mod tracked;

pub use absorb::AbsorbError;
pub use behavior::Behavior;
pub use id::{DEFAULT_NAMESPACE, Gvk, Id, NO_NAMESPACE, Scope};
pub use list::{ListError, ResourceList};
pub use origin::{Configuration, Origin};
pub use precedence::{FIRST_KINDS, LAST_KINDS, rank};
pub use tracked::Resource;
