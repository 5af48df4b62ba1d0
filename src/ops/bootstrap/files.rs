//! The files that bootstrap keeps in the repository, and the address that is in them.

use super::super::install::Generated;
use super::folder::Folder;
use super::request::{Access, Place, Request};
use crate::error::Failure;
use crate::git::{Change, GitUrl, LocalClone};
use crate::hosting::Repository;
use crate::install::{COMPONENTS_FILE, SYNC_FILE, Sync};

/// The files that bootstrap keeps in the repository, and the address that the cluster follows.
#[derive(Clone, Debug)]
pub struct Files {
    /// The components.
    pub components: Change,
    /// The objects that follow the repository.
    pub sync: Change,
    /// The address in them.
    pub url: String,
}

impl Files {
    /// Makes the files; `repository` is `None` where it is still to be created.
    pub fn new(
        request: &Request,
        generated: &Generated,
        repository: Option<&Repository>,
    ) -> Result<Self, Failure> {
        let url = sync_url(request, repository)?;
        let sync = Sync {
            namespace: request.namespace.clone(),
            url: url.clone(),
            branch: request.branch.clone(),
            interval: request.interval,
            secret: request.secret.clone(),
            path: request.path.relative().to_owned(),
            submodules: request.submodules,
            provider: request.provider().map(str::to_owned),
            sparse_checkout: request.sparse_checkout.clone(),
        };
        Ok(Self {
            components: Change::write(request.file(COMPONENTS_FILE), generated.text.clone()),
            sync: Change::write(request.file(SYNC_FILE), sync.render()),
            url,
        })
    }

    /// Returns what the second commit holds: the sync file, and the kustomization where there is none.
    pub fn sync_changes(
        &self,
        folder: &str,
        clone: &LocalClone,
    ) -> Result<Vec<Change>, crate::git::GitError> {
        // Both files are there by then; a plan is made before the first is.
        let files = [self.components.clone(), self.sync.clone()];
        let kustomization =
            Folder::new(clone, folder.to_owned(), &files).missing_kustomization()?;
        Ok(std::iter::once(self.sync.clone())
            .chain(kustomization)
            .collect())
    }
}

/// Returns the address that the cluster follows.
fn sync_url(request: &Request, repository: Option<&Repository>) -> Result<String, Failure> {
    let hosted = match &request.place {
        Place::Plain { sync_url, .. } => return Ok(sync_url.to_string()),
        Place::Hosted(hosted) => hosted,
    };
    if !matches!(request.access, Access::Key(_)) {
        let predicted = || format!("https://{}/{}.git", hosted.host.address(), hosted.name);
        return Ok(repository.map_or_else(predicted, |repository| repository.https_url.clone()));
    }
    // The service writes its own form, often `git@host:owner/name.git`; flux writes `ssh://git@host/owner/name`.
    let host = hosted.host.address().split(':').next().unwrap_or_default();
    let predicted = || format!("ssh://git@{host}/{}", hosted.name);
    let told = repository.map_or_else(predicted, |repository| repository.ssh_url.clone());
    let mut url: GitUrl = told.parse::<GitUrl>()?.for_ssh_sync("git");
    if let Some(server) = &request.ssh_server {
        url = url.with_server(server)?;
    }
    let url = url.to_string();
    Ok(url.strip_suffix(".git").unwrap_or(&url).to_owned())
}
