//! The harness itself: what it starts gets ready, does what the real thing does, and does not outlive the run.

mod cluster;
mod faults;
mod git;
mod hosts;
mod leftovers;
mod runs;
