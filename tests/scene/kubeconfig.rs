//! Users of the API server, and kubeconfig files for them.

use std::fs;
use std::path::{Path, PathBuf};

/// Who talks to the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// May do everything; the user of most tests.
    Admin,
    /// May do nothing; RBAC refuses her.
    Jane,
    /// The controllers: everything, and kept apart so that their writes are not taken for those of the program.
    Component,
    /// The harness itself: everything.
    Scene,
}

impl User {
    /// All users.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Jane, Self::Component, Self::Scene];

    /// Returns the name that the server knows the user by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Jane => "jane",
            Self::Component => "component",
            Self::Scene => "scene",
        }
    }

    /// Returns the user's bearer token.
    pub const fn token(self) -> &'static str {
        match self {
            Self::Admin => "admintoken",
            Self::Jane => "usertoken",
            Self::Component => "componenttoken",
            Self::Scene => "scenetoken",
        }
    }

    const fn group(self) -> &'static str {
        match self {
            Self::Jane => "dev",
            Self::Admin | Self::Component | Self::Scene => "system:masters",
        }
    }
}

/// Returns the server's token file.
pub fn token_file() -> String {
    let line = |user: User| {
        format!(
            "{},{name},{name}-uid,\"{}\"\n",
            user.token(),
            user.group(),
            name = user.name()
        )
    };
    User::ALL.into_iter().map(line).collect()
}

/// Writes the kubeconfig of a user, readable by its owner only, and returns its path.
pub fn write(folder: &Path, user: User, server: &str, authority: &Path) -> PathBuf {
    let path = folder.join(format!("kubeconfig-{}", user.name()));
    let text = format!(
        "apiVersion: v1
kind: Config
clusters: [{{name: scene, cluster: {{server: \"{server}\", certificate-authority: {authority}}}}}]
users: [{{name: {user}, user: {{token: {token}}}}}]
contexts: [{{name: scene, context: {{cluster: scene, user: {user}}}}}]
current-context: scene
",
        authority = authority.display(),
        user = user.name(),
        token = user.token(),
    );
    write_private(&path, &text);
    path
}

/// Writes a file that only its owner may read.
pub fn write_private(path: &Path, text: &str) {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;

    let file = fs::OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
