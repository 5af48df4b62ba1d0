//! A repository without a cluster: opened at a revision, rendered cluster by cluster.

mod branch;
mod fetch;
mod open;
mod test;

pub use branch::{BranchChange, BranchRequest, ClusterChange, branch_change, paths_in};
pub use open::{OpenRequest, Opened, Side, objects_in, open, session};
pub use test::{ClusterTest, Verdict, verdicts};
