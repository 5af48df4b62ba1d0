//! What a change will do to clusters, as a document for programs and as reports for people (pure).

mod access;
mod between;
mod danger;
mod document;
mod escape;
mod fields;
mod html;
mod image;
mod immutable;
mod markdown;
mod side;
#[cfg(test)]
mod tests;
mod text;

pub use between::between;
pub use document::{ClusterChanges, Diff, Finding, ObjectChange, Outcome, Owner, OwnerChanges};
pub use html::write_html;
pub use markdown::write_markdown;
pub use side::{ClusterSide, SideObject};
pub use text::{TextStyle, write_summary, write_text};
