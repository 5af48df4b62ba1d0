//! Gitea and Forgejo: organisations without levels, teams, deploy keys, pull requests.

mod answer;
mod client;
mod host;
mod key;
#[cfg(test)]
mod real;
mod repository;
mod request;
mod team;
#[cfg(test)]
mod tests;

pub use host::Gitea;
