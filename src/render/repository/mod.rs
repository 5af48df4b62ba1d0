//! A whole repository, offline: every cluster of it, from its entry path through all that this leads to.
//!
//! Nothing is read outside of the trees that are given, no program is run, and nothing is fetched unless the caller
//! hands in a way to do it.

mod artifact;
mod chart;
mod chart_dependencies;
mod entry;
mod explore;
mod finding;
mod follow_releases;
mod holder;
mod include;
mod key;
mod nothing;
mod one;
mod outcome;
mod place;
mod reach;
mod ready;
mod redact;
mod release;
mod root;
mod session;
mod settle;
mod shelves;
mod source;
mod task;
mod tree;
mod unfollowed;
mod verdict;
mod watched;

pub use chart::{Chart, ChartCall, ChartRender, Charts};
pub use entry::written_paths;
pub use explore::Depth;
pub use finding::{Finding, Owner, Severity};
pub use key::Key;
pub use outcome::{ClusterRender, Outcome, OwnerRender};
pub use session::Session;
pub use shelves::Folder;
pub use source::{Fetch, Repository};
pub use tree::{Tree, Walled};
