//! What must not be shown.

mod make;

pub use make::{GitCredentials, JsonLayout, RegistryCredentials, git_secret, pull_secret};
