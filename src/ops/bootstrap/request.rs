//! What was asked of a bootstrap.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::super::install::{Manifests, PullSecret};
use crate::git::{Algorithm, Credentials, GitUrl, PrivateKeyFile, Secret, Signer};
use crate::hosting::{Host, KeyAccess, Team, Visibility};
use crate::install::Submodules;

/// A folder of the repository: relative, below the root whatever dots it holds, with `./` before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafePath(String);

impl SafePath {
    /// Returns it without the `./`; empty for the root.
    pub fn relative(&self) -> &str {
        self.0.trim_start_matches("./")
    }

    /// Says whether another spelling, such as that of a Kustomization, means the same folder.
    pub fn is(&self, other: &str) -> bool {
        other.parse::<Self>().is_ok_and(|other| other == *self)
    }
}

impl fmt::Display for SafePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for SafePath {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut segments: Vec<&str> = Vec::new();
        for segment in text.split(['/', '\\']) {
            match segment {
                "" | "." => {}
                ".." => drop(segments.pop()),
                segment => segments.push(segment),
            }
        }
        Ok(Self(format!("./{}", segments.join("/"))))
    }
}

/// How the cluster gets at the repository.
#[derive(Clone, Debug)]
pub enum Access {
    /// Over HTTPS, with a user and a token.
    Token {
        /// The user.
        username: String,
        /// The token.
        password: Secret,
    },
    /// Over HTTPS, with a token in the `Authorization: Bearer` header.
    Bearer(Secret),
    /// Over HTTPS, with a token of the cluster's own that can only read.
    DeployToken,
    /// Over SSH, with a key.
    Key(KeySource),
}

/// Where an SSH key comes from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// It is made, unless the cluster has one already.
    Generate(Algorithm),
    /// It is given.
    File(PrivateKeyFile),
}

/// A service that hosts the repository, and what is asked of it.
pub struct Hosted {
    /// The service.
    pub host: Box<dyn Host>,
    /// The repository, as owner and name.
    pub name: String,
    /// Who may see a repository that is created.
    pub visibility: Visibility,
    /// Who gets access.
    pub teams: Vec<Team>,
    /// What the cluster's key may do.
    pub key_access: KeyAccess,
    /// Whether the settings of an existing repository are brought in line.
    pub reconcile: bool,
}

/// Where the repository is.
pub enum Place {
    /// On a service with an API.
    Hosted(Hosted),
    /// Somewhere that Git reaches.
    Plain {
        /// Where this program reaches it.
        url: GitUrl,
        /// Where the cluster reaches it.
        sync_url: GitUrl,
        /// The cloud service that authenticates the cluster, where it does so itself.
        provider: Option<String>,
        /// Whether nobody is asked if the key has access.
        silent: bool,
    },
}

impl Place {
    /// Returns the name of the repository: the last part of its address.
    pub fn repository_name(&self) -> &str {
        let path = match self {
            Self::Hosted(hosted) => hosted.name.as_str(),
            Self::Plain { url, .. } => url.path(),
        };
        let path = path.trim_end_matches('/');
        let name = path.rsplit('/').next().unwrap_or(path);
        name.strip_suffix(".git").unwrap_or(name)
    }
}

/// Who commits, and how.
pub struct Commits {
    /// The name of author and committer.
    pub name: String,
    /// Their address.
    pub email: String,
    /// What follows the messages after a blank line.
    pub appendix: Option<String>,
    /// What signs them.
    pub signer: Option<Signer>,
}

/// How far a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Only say what would be done.
    Plan,
    /// Do it.
    Act,
}

/// What is done about a merge or pull request that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// The run ends; the next one goes on after the merge.
    Left,
    /// The run waits for it.
    Awaited,
}

/// How the commits get into the branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// They are pushed to it.
    Push,
    /// They are pushed to a branch of their own, and a merge or pull request asks for them.
    Review(Merge),
    /// They stay in a clone on this machine, in this folder, from where somebody else pushes them.
    Keep(PathBuf),
}

/// What was asked of a bootstrap.
pub struct Request {
    /// How far the run goes.
    pub mode: Mode,
    /// Where the repository is.
    pub place: Place,
    /// What this program shows the Git server.
    pub credentials: Credentials,
    /// How the cluster gets at the repository.
    pub access: Access,
    /// PEM certificates of the Git host.
    pub authorities: Option<Vec<u8>>,
    /// The host key algorithms that are accepted; empty for all.
    pub host_key_algorithms: Vec<String>,
    /// The SSH server, where it is not the host of the URL.
    pub ssh_server: Option<String>,
    /// The branch to follow.
    pub branch: String,
    /// The folder to follow.
    pub path: SafePath,
    /// How often the repository is looked at.
    pub interval: Duration,
    /// Whether submodules are cloned.
    pub submodules: Submodules,
    /// The folders to fetch; all where none is named.
    pub sparse_checkout: Vec<String>,
    /// The namespace of Flux.
    pub namespace: String,
    /// The Secret with the credentials of the repository.
    pub secret: String,
    /// What of Flux is installed, and how.
    pub manifests: Manifests,
    /// What the controllers' images are pulled with.
    pub pull_secret: Option<PullSecret>,
    /// Who commits.
    pub commits: Commits,
    /// How the commits get into the branch.
    pub delivery: Delivery,
    /// Whether an installation that another tool manages is taken over without asking.
    pub force: bool,
    /// How long the whole may take.
    pub timeout: Duration,
}

impl Request {
    /// Returns the path in the repository of a file that bootstrap writes.
    pub fn file(&self, name: &str) -> String {
        crate::install::file_path(self.path.relative(), &self.namespace, name)
    }

    /// Returns the folder in the repository that bootstrap writes to.
    pub fn folder(&self) -> String {
        let path = self.file("");
        path.trim_end_matches('/').to_owned()
    }

    /// Returns the title of the deploy key: namespace, branch, secret and path, the empty ones left out.
    pub fn key_title(&self) -> String {
        let path = self.path.to_string();
        let parts = [self.namespace.as_str(), &self.branch, &self.secret, &path];
        parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("-")
    }

    /// Returns the branch that a merge or pull request is made from: always the same one for this branch and folder.
    pub fn review_branch(&self) -> String {
        let what = format!("{} {} {}", self.branch, self.path, self.namespace);
        let digest = Sha256::digest(what.as_bytes());
        let plain = |character: char| {
            if character.is_ascii_alphanumeric() {
                character.to_ascii_lowercase()
            } else {
                '-'
            }
        };
        let path: String = self.path.relative().chars().map(plain).take(40).collect();
        let path = path.trim_matches('-');
        let dash = if path.is_empty() { "" } else { "-" };
        format!(
            "gitops-bootstrap-{path}{dash}{:02x}{:02x}{:02x}",
            digest[0], digest[1], digest[2]
        )
    }

    /// Returns a commit message with what follows it.
    pub fn message(&self, subject: &str) -> String {
        match self
            .commits
            .appendix
            .as_deref()
            .filter(|appendix| !appendix.is_empty())
        {
            Some(appendix) => format!("{subject}\n\n{appendix}"),
            None => subject.to_owned(),
        }
    }

    /// Returns the cloud service whose identity the cluster uses, where it needs no credentials of ours.
    pub fn provider(&self) -> Option<&str> {
        match &self.place {
            Place::Plain { provider, .. } => provider.as_deref(),
            Place::Hosted(_) => None,
        }
    }

    /// Returns the service, where there is one.
    pub const fn hosted(&self) -> Option<&Hosted> {
        match &self.place {
            Place::Hosted(hosted) => Some(hosted),
            Place::Plain { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_root() {
        let safe = |text: &str| text.parse::<SafePath>().unwrap().to_string();
        assert_eq!(safe("clusters/prod"), "./clusters/prod");
        assert_eq!(safe("./clusters//prod/"), "./clusters/prod");
        assert_eq!(safe("../../etc"), "./etc");
        assert_eq!(safe("."), "./");
        assert!(
            "clusters/prod"
                .parse::<SafePath>()
                .unwrap()
                .is("./clusters/prod/")
        );
    }
}
