//! A repository without a cluster: opened at a revision, rendered cluster by cluster.

mod branch;
mod fetch;
mod open;
mod test;
mod text;

pub use branch::{BranchChange, BranchRequest, branch_change, paths_in};
pub use open::{OpenRequest, Opened, Side, objects_in, open, session};
pub use test::{ClusterTest, Verdict, verdicts};
pub use text::branch_text;
