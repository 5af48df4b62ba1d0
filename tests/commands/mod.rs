//! Commands, driven as people drive them: what recordings of flux do not show.

mod check;
mod choice;
mod complete;
mod deps;
mod diff;
mod diff_proof;
mod diff_trouble;
mod explain;
mod fleet;
mod fleet_logs;
mod fleet_reading;
mod fleet_why;
mod follow;
mod freeze;
mod get;
mod install;
mod live;
mod output;
pub mod release;
mod schemas;
mod steer;
mod stream;
pub mod why;
mod why_unnamed;
mod write;
