//! The room against the real thing: `git http-backend`, `sshd`, `ssh-agent` and `gpg` on loopback.

mod http_server;
mod over_http;
mod over_ssh;
mod revisions;
mod scene;
mod signing;
mod snapshots;
mod ssh_server;

pub(super) use scene::askpass_program;
