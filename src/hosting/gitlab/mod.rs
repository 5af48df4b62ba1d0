//! GitLab: groups in groups, projects, deploy keys and tokens, merge requests.

mod answer;
mod client;
mod endpoint;
mod grant;
mod host;
mod key;
mod owner;
mod project;
mod request;
#[cfg(test)]
mod tests;
mod token;

pub use host::GitLab;
