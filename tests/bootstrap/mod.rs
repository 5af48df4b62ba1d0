//! `bootstrap`, from an empty repository and an empty cluster to a cluster that follows Git.

mod agent;
mod bad_days;
mod code_commit;
mod deploy_key;
mod git_https;
mod git_ssh;
mod gitea;
mod gitlab;
mod host_keys;
mod interruptions;
mod no_push;
mod place;
mod plan_diff;
mod pull_request;
mod refusals;
mod takeover;
mod upgrade;
