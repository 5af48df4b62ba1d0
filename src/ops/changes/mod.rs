//! What a change will do to clusters, as a document for programs and as reports for people (pure).

mod access;
mod between;
mod counts;
mod danger;
mod document;
mod escape;
mod fields;
mod html;
mod image;
mod immutable;
mod markdown;
mod object_change;
mod side;
#[cfg(test)]
mod tests;
mod text;

pub use between::between;
pub use counts::Outcome;
pub use document::{ClusterChanges, Diff, Finding, Owner, OwnerChanges};
pub use html::write_html;
pub use markdown::write_markdown;
pub use object_change::ObjectChange;
pub use side::{ClusterSide, SideObject};
pub use text::{TextStyle, write_summary, write_text};
