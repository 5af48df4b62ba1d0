//! A repository without a cluster: opened at a revision, rendered cluster by cluster.

mod addressee;
mod branch;
mod charts;
mod fetch;
mod open;
mod sides;
mod test;

pub use addressee::{Addressee, Clues, Pipeline, Provider, addressee};
pub use branch::{BranchChange, BranchRequest, branch_change, paths_in};
pub use charts::HelmCharts;
pub use open::{OpenRequest, Opened, Side, open, session};
pub use sides::{branch_diff, new_findings};
pub use test::{ClusterTest, Verdict, verdicts};
