//! From an empty repository and an empty cluster to a cluster that follows Git: read, plan, act, confirm.

mod act;
mod blocking;
mod confirm;
mod facts;
mod folder;
mod journal;
mod plan;
mod planning;
mod request;
mod run;
mod secret;
mod server;

pub use request::{Access, Commits, Hosted, KeySource, Mode, Place, Request, SafePath};
pub use run::bootstrap;
