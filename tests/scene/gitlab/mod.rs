//! A double of GitLab: its REST API, its Git over HTTP and SSH, and its ways to fail.
//!
//! Every request passes the gate of the vendor's published contract before a handler sees it: what GitLab would
//! not understand, the double does not take, and the test that sent it fails.

mod access;
mod answer;
mod branch;
mod call;
mod certificate;
mod contract;
mod creation;
mod deliver;
mod deploy_token;
mod door;
mod fault;
mod gate;
mod git;
mod group;
mod hook;
mod journal;
mod key;
mod limit;
mod merge_request;
mod note;
mod page;
mod project;
mod protection;
mod repository;
mod route;
mod schema;
mod serve;
mod server;
mod settings;
mod share;
mod ssh;
mod state;
mod token;
mod user;

pub use access::Role;
pub use contract::reference_folder;
pub use fault::Fault;
pub use journal::Entry;
pub use key::Push;
pub use server::GitLab;
pub use settings::{Gate, TakenShape, Tls};
pub use state::State;
pub use token::Token;
