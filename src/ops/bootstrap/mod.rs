//! From an empty repository and an empty cluster to a cluster that follows Git: read, plan, act, confirm.

mod act;
mod blocking;
mod commit;
mod commit_plan;
mod confirm;
mod deploy_key;
mod facts;
mod files;
mod folder;
mod journal;
mod local;
mod objects;
mod plan;
mod planning;
mod problem;
mod reading;
mod request;
mod review;
mod run;
mod secret;
mod server;

pub use plan::Plan;
pub use request::{
    Access, Commits, Delivery, Hosted, KeySource, Merge, Mode, Place, Request, SafePath,
};
pub use run::{Outcome, bootstrap};
