//! gitops: the map of the house.
//!
//! Seven floors, and arrows only downwards (`docs/architecture.md`):
//! `cli` parses and shows; `ops` does work that spans rooms; `cluster`, `hosting`, `install` and `render` each know one
//! thing of the world; `api`, `git`, `kustomize`, `report`, `secrets` and `sops` are what they are made of; `http` and
//! `manifest` carry data, and `process` runs programs; `error`, `env` and `threads` are the ground.
//!
//! Two doors are open to other programs: `run`, and the build engine with the documents it works on.

mod api;
mod cli;
mod cluster;
mod diff;
mod env;
mod error;
mod git;
mod hosting;
mod http;
mod install;
pub mod kustomize;
pub mod manifest;
mod ops;
mod process;
mod render;
mod report;
mod secrets;
#[cfg(test)]
mod shared;
mod sops;
mod threads;

/// Runs the program with the arguments of the process, and returns its exit status.
pub fn run() -> std::process::ExitCode {
    // `ssh` asks this very program for a passphrase; such a call has nothing else to do.
    if let Some(code) = git::answer_askpass() {
        return code;
    }
    let arguments: Vec<_> = std::env::args_os().collect();
    cli::run(&arguments)
}
