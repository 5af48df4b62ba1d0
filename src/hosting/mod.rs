//! The services that host Git repositories: what they can tell and do, behind one trait.

mod body;
mod error;
mod gitea;
mod github;
mod gitlab;
mod host;
mod key;
mod name;
mod session;
mod settings;

#[cfg(test)]
mod contract;

pub use gitea::Gitea;
pub use github::{latest_release, release_exists};
pub use gitlab::GitLab;
pub use host::{
    AccountKind, Branch, Change, Grant, Host, Identity, NewRepository, OwnerState, Permission,
    Repository,
};
pub use key::{DeployKey, KeyAccess, PublicKey};
pub use name::{NameError, Team, Visibility};
pub use settings::{Settings, Token};
