//! A repository without a cluster: opened at a revision, rendered cluster by cluster.

mod fetch;
mod open;
mod test;

pub use open::{Opened, OpenRequest, Side, objects_in, open, session};
pub use test::{ClusterTest, Verdict, verdicts};
