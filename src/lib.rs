//! gitops: the map of the house.
//!
//! Seven floors, and arrows only downwards (`docs/architecture.md`):
//! `cli` parses and shows; `ops` does work that spans rooms; `cluster`, `hosting` and `install` each know one thing
//! of the world; `api`, `git`, `report` and `secrets` are what they are made of; `http` and `manifest` carry data;
//! `error` and `env` are the ground.

mod api;
mod cli;
mod cluster;
mod env;
mod error;
mod git;
mod hosting;
mod http;
mod install;
mod manifest;
mod ops;
mod report;
mod secrets;

/// Runs the program with the arguments of the process, and returns its exit status.
pub fn run() -> std::process::ExitCode {
    // `ssh` asks this very program for a passphrase; such a call has nothing else to do.
    if let Some(code) = git::answer_askpass() {
        return code;
    }
    let arguments: Vec<_> = std::env::args_os().collect();
    cli::run(&arguments)
}
