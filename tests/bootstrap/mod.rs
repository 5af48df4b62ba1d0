//! `bootstrap`, from an empty repository and an empty cluster to a cluster that follows Git.

mod bad_days;
mod git_https;
mod git_ssh;
mod gitea;
mod gitlab;
mod place;
mod refusals;
