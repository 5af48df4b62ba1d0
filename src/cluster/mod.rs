//! One Kubernetes cluster: how to reach it, read it, change it, and wait for it.

mod apply;
mod call;
mod catalogue;
mod client;
mod connect;
mod credential;
mod discovery;
mod error;
mod event;
mod installation;
mod items;
mod kubeconfig;
mod lane;
mod link;
mod list;
mod log;
mod normalise;
mod promise;
mod recipe;
mod refusal;
mod resource;
mod settle;
mod state;
mod status;
mod transport;
#[cfg(test)]
mod traps;
mod wait;
mod watch;
mod workload;

pub use apply::{Action, Applied, ApplyOptions};
pub use client::{Cluster, Deletion};
pub use connect::{ConnectOptions, Impersonation, TlsOptions};
pub use discovery::Access;
pub use error::ClusterError;
pub use event::{Event, sort_events};
pub use installation::Installation;
pub use kubeconfig::{Choice, ContextEntry, contexts, namespace_of_context};
pub use list::Selection;
pub use log::{Log, LogOptions};
pub use resource::{Address, Resource};
pub use state::{State, Status};
pub use status::{reconciled, status, status_of};
pub use wait::{Outcome, Step, Verdict, WaitOptions, Waited};
pub use watch::{Change, Watch};
