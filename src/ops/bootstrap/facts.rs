//! What a bootstrap finds: at the Git host, in the repository, in the cluster. Nothing is written.

use futures::future::try_join;
use tempfile::TempDir;

use super::blocking::blocking;
use super::request::{Hosted, Place, Request};
use super::server::{Trusted, trust};
use crate::api::Kind;
use crate::cluster::{Access, Cluster, ClusterError, Installation, Resource};
use crate::env::GIT_PASSWORD;
use crate::error::Failure;
use crate::git::{
    Credentials, GitError, GitUrl, HostTrust, LocalClone, Remote, Scheme, Settings, TransportError,
};
use crate::hosting::{Branch, Grant, Identity, OwnerState, Repository};
use crate::manifest::Object;
use crate::report::Ui;

/// A copy of the branch's newest commit, in a folder that goes with it.
#[derive(Debug)]
pub struct Copy {
    /// The clone.
    pub clone: LocalClone,
    /// The folder that it is in.
    _folder: TempDir,
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
}

/// What a bootstrap finds.
#[derive(Debug)]
pub struct Facts {
    /// At the Git host.
    pub host: HostFacts,
    /// In the repository; `None` where that is still to be created.
    pub copy: Option<Copy>,
    /// Of the SSH server that this program talks to; `None` where it talks HTTPS.
    pub trusted: Option<Trusted>,
    /// Of the SSH server that the cluster will talk to; `None` where it needs no key, or the server is not known yet.
    pub pinned: Option<Trusted>,
    /// In the cluster.
    pub cluster: ClusterFacts,
}

/// Reads everything, side by side where nothing depends on the other.
pub async fn read(request: &Request, cluster: &Cluster, ui: &Ui) -> Result<Facts, Failure> {
    let (git, cluster) = try_join(read_git(request, ui), read_cluster(request, cluster)).await?;
    let (host, copy, trusted) = git;
    Ok(Facts {
        host,
        copy,
        trusted,
        pinned: None,
        cluster,
    })
}

type GitFacts = (HostFacts, Option<Copy>, Option<Trusted>);

async fn read_git(request: &Request, ui: &Ui) -> Result<GitFacts, Failure> {
    match &request.place {
        Place::Hosted(hosted) => {
            ui.action(format_args!("connecting to {}", hosted.host.address()));
            let host = read_host(request, hosted).await?;
            let copy = match &host.repository {
                Some(repository) => {
                    Some(clone(request, repository.https_url.parse()?, None, ui).await?)
                }
                None => None,
            };
            Ok((host, copy, None))
        }
        Place::Plain { url, .. } => {
            let trusted = match url.scheme() {
                Scheme::Ssh => Some(trust(url, ui).await?),
                Scheme::Http | Scheme::Https => None,
            };
            let copy = clone(request, url.clone(), trusted.as_ref(), ui).await?;
            Ok((HostFacts::default(), Some(copy), trusted))
        }
    }
}

async fn read_host(request: &Request, hosted: &Hosted) -> Result<HostFacts, Failure> {
    let host = hosted.host.as_ref();
    let identity = host.identity().await?;
    let (owner, repository) = try_join(host.owner(), host.repository()).await?;
    let mut facts = HostFacts {
        identity: Some(identity),
        owner: Some(owner),
        repository,
        ..HostFacts::default()
    };
    if facts
        .repository
        .as_ref()
        .is_some_and(|repository| !repository.empty)
    {
        facts.branch = host.branch(&request.branch).await?;
    }
    if facts.repository.is_some() && !hosted.teams.is_empty() {
        facts.grants = host.grants().await?;
    }
    Ok(facts)
}

/// Says where a password came from that the Git server does not take; a key is named by its flag already.
fn refused_password(error: GitError, request: &Request) -> Failure {
    let is_refused = matches!(
        &error,
        GitError::Fetch {
            source: TransportError::Unauthorized { .. },
            ..
        }
    );
    let failure = Failure::from(error);
    match (&request.place, &request.credentials) {
        (Place::Plain { .. }, Credentials::Basic { .. } | Credentials::Bearer(_)) if is_refused => {
            failure.with_hint(format!(
                "the password is the one of `--password`, or in {}",
                GIT_PASSWORD.name
            ))
        }
        _ => failure,
    }
}

/// Clones the newest commit of the branch.
pub async fn clone(
    request: &Request,
    url: GitUrl,
    trusted: Option<&Trusted>,
    ui: &Ui,
) -> Result<Copy, Failure> {
    ui.action(format_args!(
        "cloning branch \"{}\" from Git repository \"{url}\"",
        request.branch
    ));
    let settings = Settings {
        authorities: request.authorities.clone(),
        trust: trusted.map_or(HostTrust::User, |trusted| {
            HostTrust::Keys(trusted.keys.keys.clone())
        }),
        host_key_algorithms: request.host_key_algorithms.clone(),
        limit: request.timeout,
    };
    let folder = tempfile::tempdir().map_err(|error| {
        Failure::new(format!(
            "cannot make a temporary folder for the clone: {error}"
        ))
        .with_hint("free some space, or name another folder with TMPDIR")
    })?;
    let remote = Remote::new(url, request.credentials.clone(), settings);
    let (branch, path) = (request.branch.clone(), folder.path().to_owned());
    let clone = blocking(move || remote.fetch(&branch, &path))
        .await?
        .map_err(|error| refused_password(error, request))?;
    ui.success("cloned repository");
    Ok(Copy {
        clone,
        _folder: folder,
    })
}

async fn read_cluster(request: &Request, cluster: &Cluster) -> Result<ClusterFacts, Failure> {
    let namespace = request.namespace.as_str();
    let version = cluster.version().await?.git_version;
    let installation = absent(cluster.installation().await)?;
    let kustomization = match Kind::named("Kustomization") {
        Some(kind) => absent(
            cluster
                .get(&Resource::from(kind).at(namespace, namespace))
                .await,
        )?,
        None => None,
    };
    let secret = absent(
        cluster
            .get(&Resource::SECRET.at(namespace, &request.secret))
            .await,
    )?;
    let needed = needed_rights(namespace);
    let allowed = cluster.allowed(&needed).await?;
    let denied = needed
        .into_iter()
        .zip(allowed)
        .filter(|(_, allowed)| !allowed)
        .map(|(access, _)| access);
    Ok(ClusterFacts {
        version,
        installation,
        kustomization,
        secret,
        denied: denied.collect(),
    })
}

/// Takes a kind that the cluster does not serve for an object that is not there, and what we may not read
/// for what the rights will tell.
fn absent<T>(read: Result<Option<T>, ClusterError>) -> Result<Option<T>, ClusterError> {
    match read {
        Err(error) if error.is_not_found() => Ok(None),
        Err(ClusterError::Forbidden { .. }) => Ok(None),
        other => other,
    }
}

/// Returns what a bootstrap has to be allowed to do.
fn needed_rights(namespace: &str) -> Vec<Access> {
    let cluster_wide = [
        Resource::CUSTOM_RESOURCE_DEFINITION,
        Resource::NAMESPACE,
        Resource::CLUSTER_ROLE,
        Resource::CLUSTER_ROLE_BINDING,
    ];
    let namespaced = [
        Resource::SERVICE_ACCOUNT,
        Resource::SERVICE,
        Resource::DEPLOYMENT,
        Resource::NETWORK_POLICY,
        Resource::SECRET,
    ];
    let patch = |resource: Resource, namespace: &str| Access {
        verb: "patch".into(),
        resource,
        namespace: namespace.into(),
    };
    let cluster_wide = cluster_wide.into_iter().map(|resource| patch(resource, ""));
    cluster_wide
        .chain(
            namespaced
                .into_iter()
                .map(|resource| patch(resource, namespace)),
        )
        .collect()
}
