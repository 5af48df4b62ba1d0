//! Reads what a bootstrap has to know, without writing anything.

use futures::future::try_join;

use super::blocking::blocking;
use super::facts::{ClusterFacts, Copy, Facts, HostFacts, Review};
use super::request::{Access as GitAccess, Delivery, Hosted, Place, Request};
use super::secret::needs_secret;
use super::server::{Trusted, trust, vouch};
use crate::api::Kind;
use crate::cluster::{Access, Cluster, ClusterError, Resource};
use crate::env::GIT_PASSWORD;
use crate::error::Failure;
use crate::git::{
    Credentials, GitError, GitUrl, HostTrust, LocalClone, Remote, Scheme, Settings, TransportError,
    scan,
};
use crate::hosting::HostError;
use crate::report::Ui;

/// Reads everything, side by side where nothing depends on the other.
pub async fn read(request: &Request, cluster: &Cluster, ui: &Ui) -> Result<Facts, Failure> {
    let (mut facts, cluster) =
        try_join(read_git(request, ui), read_cluster(request, cluster)).await?;
    facts.cluster = cluster;
    Ok(facts)
}

/// Reads what is at the Git host and in the repository; what is in the cluster is left open.
async fn read_git(request: &Request, ui: &Ui) -> Result<Facts, Failure> {
    let mut facts = Facts::default();
    match &request.place {
        Place::Hosted(hosted) => {
            ui.action(format_args!("connecting to {}", hosted.host.address()));
            facts.host = read_host(request, hosted).await?;
            if let Some(repository) = &facts.host.repository {
                let url: GitUrl = repository.https_url.parse()?;
                facts.copy = Some(clone(request, url.clone(), None, ui).await?);
                if matches!(request.delivery, Delivery::Review(_)) && !repository.empty {
                    facts.review = read_review(request, hosted, url, ui).await?;
                }
            }
        }
        Place::Plain { url, .. } => {
            if url.scheme() == Scheme::Ssh {
                facts.trusted = Some(trust(url, ui).await?);
            }
            facts.copy = Some(clone(request, url.clone(), facts.trusted.as_ref(), ui).await?);
        }
    }
    Ok(facts)
}

/// Finds the request of an earlier run that is still open, and what it asks for.
async fn read_review(
    request: &Request,
    hosted: &Hosted,
    url: GitUrl,
    ui: &Ui,
) -> Result<Option<Review>, Failure> {
    let branch = request.review_branch();
    let Some(open) = hosted.host.find_request(&branch, &request.branch).await? else {
        return Ok(None);
    };
    ui.action(format_args!(
        "reading {} {} on branch \"{branch}\"",
        hosted.host.request_name(),
        open.url
    ));
    match fetch(remote(request, url, None), branch).await {
        Ok(copy) => Ok(Some(Review {
            request: open,
            copy,
        })),
        // Its branch was deleted: pushing it anew gives the request its content back.
        Err(FetchFailure::Git(GitError::NoBranch { .. })) => Ok(None),
        Err(FetchFailure::Git(error)) => Err(refused_password(error, request)),
        Err(FetchFailure::Other(failure)) => Err(failure),
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
    if facts.repository.is_some() && matches!(request.access, GitAccess::Key(_)) {
        facts.keys = match host.deploy_keys().await {
            Ok(keys) => Some(keys),
            Err(HostError::NotAllowed { .. } | HostError::NotVisible { .. }) => None,
            Err(error) => return Err(error.into()),
        };
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

/// Names the repository, with how to get in.
pub fn remote(request: &Request, url: GitUrl, trusted: Option<&Trusted>) -> Remote {
    let settings = Settings {
        authorities: request.authorities.clone(),
        trust: trusted.map_or(HostTrust::User, |trusted| {
            HostTrust::Keys(trusted.keys.keys.clone())
        }),
        host_key_algorithms: request.host_key_algorithms.clone(),
        limit: request.timeout,
    };
    Remote::new(url, request.credentials.clone(), settings)
}

/// Clones the newest commit of the branch, or opens the clone that an earlier run left.
pub async fn clone(
    request: &Request,
    url: GitUrl,
    trusted: Option<&Trusted>,
    ui: &Ui,
) -> Result<Copy, Failure> {
    let remote = remote(request, url.clone(), trusted);
    if let Some(clone) = open(request, &remote).await? {
        return Ok(Copy {
            clone,
            passing: None,
        });
    }
    ui.action(format_args!(
        "cloning branch \"{}\" from Git repository \"{url}\"",
        request.branch
    ));
    let copy = match fetch(remote, request.branch.clone()).await {
        Ok(copy) => copy,
        Err(FetchFailure::Git(error)) => return Err(refused_password(error, request)),
        Err(FetchFailure::Other(failure)) => return Err(failure),
    };
    ui.success("cloned repository");
    Ok(copy)
}

/// Opens the clone that stays, where there is one already.
async fn open(request: &Request, remote: &Remote) -> Result<Option<LocalClone>, Failure> {
    let Delivery::Keep(folder) = &request.delivery else {
        return Ok(None);
    };
    let (remote, branch) = (remote.clone(), request.branch.clone());
    let (folder, path) = (folder.clone(), request.folder());
    Ok(blocking(move || remote.open(&branch, &folder, &path)).await??)
}

/// Why nothing was fetched.
enum FetchFailure {
    Git(GitError),
    Other(Failure),
}

/// Fetches a branch into a folder that goes with the copy.
async fn fetch(remote: Remote, branch: String) -> Result<Copy, FetchFailure> {
    let folder = tempfile::tempdir().map_err(|error| {
        FetchFailure::Other(
            Failure::new(format!(
                "cannot make a temporary folder for the clone: {error}"
            ))
            .with_hint("free some space, or name another folder with TMPDIR"),
        )
    })?;
    let path = folder.path().to_owned();
    let clone = blocking(move || remote.fetch(&branch, &path))
        .await
        .map_err(FetchFailure::Other)?
        .map_err(FetchFailure::Git)?;
    Ok(Copy {
        clone,
        passing: Some(folder),
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
        preview: None,
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

/// Looks at the server that the cluster will talk to before anything is written: a server that the user knows
/// by another key ends the run here.
///
/// Where the repository is still to be created its server is a guess, and one that does not answer is left for later.
pub async fn look_at_server(
    request: &Request,
    facts: &Facts,
    url: &str,
    ui: &Ui,
) -> Result<Option<Trusted>, Failure> {
    if !matches!(request.access, GitAccess::Key(_))
        || !needs_secret(request, facts.cluster.secret.as_ref())
    {
        return Ok(None);
    }
    let url: GitUrl = url.parse()?;
    if let Some(trusted) = facts.trusted.as_ref().filter(|trusted| trusted.is_of(&url)) {
        return Ok(Some(trusted.clone()));
    }
    let is_sure = matches!(request.place, Place::Plain { .. })
        || facts.host.repository.is_some()
        || request.ssh_server.is_some();
    match blocking(move || scan(&url)).await? {
        Err(_) if !is_sure => Ok(None),
        shown => Ok(Some(vouch(shown?, ui)?)),
    }
}
