//! What a bootstrap finds: at the Git host, in the repository, in the cluster.

use tempfile::TempDir;

use super::server::Trusted;
use crate::cluster::{Access, Applied, Installation};
use crate::git::LocalClone;
use crate::hosting::{Branch, Grant, Identity, OpenRequest, OwnerState, RegisteredKey, Repository};
use crate::manifest::Object;

/// A copy of a branch's newest commit, in a folder that goes with it or that stays.
#[derive(Debug)]
pub struct Copy {
    /// The clone.
    pub clone: LocalClone,
    /// The folder that goes with it; `None` where it stays.
    pub passing: Option<TempDir>,
}

/// A merge or pull request of an earlier run that nobody has merged yet.
#[derive(Debug)]
pub struct Review {
    /// The request.
    pub request: OpenRequest,
    /// Its branch.
    pub copy: Copy,
}

/// What is known of the repository and its host.
#[derive(Debug, Default)]
pub struct HostFacts {
    /// Who the token is.
    pub identity: Option<Identity>,
    /// The owner.
    pub owner: Option<OwnerState>,
    /// The repository, if it is there.
    pub repository: Option<Repository>,
    /// The branch, if it is there.
    pub branch: Option<Branch>,
    /// Who has access.
    pub grants: Vec<Grant>,
    /// The deploy keys; `None` where nobody asked, or the token may not see them.
    pub keys: Option<Vec<RegisteredKey>>,
}

/// What is known of the cluster.
#[derive(Debug, Default)]
pub struct ClusterFacts {
    /// The version of its API server, such as `v1.36.3`.
    pub version: String,
    /// What Flux it runs.
    pub installation: Option<Installation>,
    /// The Kustomization that a bootstrap makes, if it is there.
    pub kustomization: Option<Object>,
    /// The Secret with the credentials of the repository, if it is there.
    pub secret: Option<Object>,
    /// What we may not do and would have to.
    pub denied: Vec<Access>,
    /// What applying every object would do, in the order of the work; `None` where nobody asked.
    pub preview: Option<Vec<Applied>>,
}

/// What a bootstrap finds.
#[derive(Debug, Default)]
pub struct Facts {
    /// At the Git host.
    pub host: HostFacts,
    /// In the repository; `None` where that is still to be created.
    pub copy: Option<Copy>,
    /// At the Git host: the request that asks for the files, where one is open.
    pub review: Option<Review>,
    /// Of the SSH server that this program talks to; `None` where it talks HTTPS.
    pub trusted: Option<Trusted>,
    /// Of the SSH server that the cluster will talk to; `None` where it needs no key, or the server is not known yet.
    pub pinned: Option<Trusted>,
    /// In the cluster.
    pub cluster: ClusterFacts,
}
