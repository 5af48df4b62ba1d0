//! Is the cluster fit for Flux, and is Flux well in it?

mod readiness;
mod report;
mod run;
mod versions;

pub use readiness::{Readiness, judge_deployment, ready_deployments};
pub use report::{CheckReport, CheckReportList, Outcome};
pub use run::{CheckRequest, check};
pub use versions::{kubernetes, versions};
