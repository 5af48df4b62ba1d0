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

pub use error::HostError;
pub use gitea::Gitea;
pub use github::{latest_release, release_exists};
pub use gitlab::GitLab;
pub use host::{
    AccountKind, Branch, Change, Grant, Host, Identity, NewRepository, NewRequest, OpenRequest,
    OwnerState, Permission, Repository, RequestState,
};
pub use key::{DeployKey, KeyAccess, PublicKey, RegisteredKey, is_registered};
pub use name::{NameError, Team, Visibility};
pub use settings::{Settings, Token};
