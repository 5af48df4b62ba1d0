//! Opens the repository that a path belongs to, at a revision or as it lies there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf, absolute};
use std::sync::Arc;

use super::super::remote::{Network, RemoteSources};
use super::fetch::FetchSources;
use crate::error::Failure;
use crate::git::Checkout;
use crate::kustomize::Unset;
use crate::kustomize::load::join;
use crate::manifest::Object;
use crate::render::repository::{Fetch, Folder, Repository, Session, Tree, Walled, written_paths};
use crate::render::{Cache, Decryptor};

/// What is opened, and what may be used beside it.
#[derive(Clone, Copy)]
pub struct OpenRequest<'a> {
    /// The path of a cluster, or of any folder of the repository.
    pub path: &'a Path,
    /// The folders of other sources, as `Kind/namespace/name`.
    pub sources: &'a BTreeMap<String, PathBuf>,
    /// Whether sources and bases that are not at hand may be fetched; `None` to look for none.
    pub fetch: Option<Network>,
}

/// A repository that was opened.
pub struct Opened {
    checkout: Option<Checkout>,
    /// The folder that its paths begin in.
    pub root: PathBuf,
    /// The path that was asked for, from the root of the repository.
    pub entry: String,
    given: BTreeMap<String, Arc<dyn Tree>>,
    remote: Option<Arc<RemoteSources>>,
}

/// Which state of a repository is meant.
#[derive(Clone, Copy, Debug)]
pub enum Side<'a> {
    /// The files as they lie there.
    Folder,
    /// A commit, by any name that Git knows for it.
    Revision(&'a str),
}

/// Opens the repository that a path belongs to.
///
/// # Errors
///
/// Fails where the path belongs to no folder, or a folder of another source is not there.
pub fn open(request: &OpenRequest<'_>) -> Result<Opened, Failure> {
    let shown = request.path.display();
    let path = absolute(request.path)
        .map_err(|error| Failure::new(format!("cannot find {shown}: {error}")))?;
    let path = join(&path, "");
    // At another revision there may be folders that are not here now.
    let near = path.ancestors().find(|path| path.is_dir());
    let near = near.ok_or_else(|| Failure::new(format!("there is no folder {shown}")))?;
    let real = near
        .canonicalize()
        .map_err(|error| Failure::new(format!("cannot find {shown}: {error}")))?;
    let rest = path.strip_prefix(near).unwrap_or(Path::new(""));
    let checkout = Checkout::around(&real)?;
    let root = match &checkout {
        Some(checkout) => checkout.root().unwrap_or_else(|| real.clone()),
        None => root_without_git(&real),
    };
    let below = real.strip_prefix(&root).unwrap_or(Path::new("")).join(rest);
    let given = request.sources.iter().map(|(source, folder)| {
        let tree = folder_tree(folder)?;
        Ok((source.clone(), tree))
    });
    let remote = request
        .fetch
        .map(|network| Arc::new(RemoteSources::new(network).without_folders()));
    Ok(Opened {
        checkout,
        entry: below.to_string_lossy().into_owned(),
        root,
        given: given.collect::<Result<_, Failure>>()?,
        remote,
    })
}

impl Opened {
    /// Returns the Git repository.
    ///
    /// # Errors
    ///
    /// Fails where the folder belongs to none.
    pub fn checkout(&self) -> Result<&Checkout, Failure> {
        self.checkout.as_ref().ok_or_else(|| {
            let root = self.root.display();
            Failure::new(format!("{root} is in no Git repository"))
        })
    }

    /// Returns one state of the repository.
    ///
    /// # Errors
    ///
    /// Fails where the revision is not there.
    pub fn side(&self, side: Side<'_>) -> Result<Repository, Failure> {
        let tree: Arc<dyn Tree> = match side {
            Side::Folder => {
                let index = self.checkout.as_ref().and_then(Checkout::index);
                let folder = Folder::new(self.root.clone()).with_index(index);
                Arc::new(Walled::new(folder))
            }
            Side::Revision(revision) => {
                let checkout = self.checkout()?;
                let snapshot = checkout.snapshot(checkout.commit(revision)?)?;
                Arc::new(Walled::new(snapshot))
            }
        };
        let addresses = self.checkout.as_ref().map(Checkout::remotes);
        Ok(Repository {
            tree,
            addresses: addresses.unwrap_or_default(),
            given: self.given.clone(),
            fetch: self.remote.clone().map(|remote| {
                let fetch: Arc<dyn Fetch> = Arc::new(FetchSources(remote));
                fetch
            }),
        })
    }
}

/// Starts a run whose renders are kept for the next one.
pub fn session(
    opened: &Opened,
    unset: Unset,
    objects: Vec<Object>,
    decryptor: Decryptor,
) -> Session {
    let session = Session::new(Cache::of(&opened.root), unset, objects, decryptor);
    match &opened.remote {
        Some(remote) => session.with_remote(Arc::<RemoteSources>::clone(remote)),
        None => session,
    }
}

fn folder_tree(folder: &Path) -> Result<Arc<dyn Tree>, Failure> {
    let real = folder.canonicalize().ok().filter(|real| real.is_dir());
    let real = real.ok_or_else(|| {
        let folder = folder.display();
        Failure::new(format!("there is no folder {folder}"))
    })?;
    Ok(Arc::new(Walled::new(Folder::new(real))))
}

/// Works out where a repository begins that Git knows nothing of: where the path of the cluster, as a Kustomization
/// in it writes it, fits the end of its folder; or else in the working folder, or in the folder itself.
fn root_without_git(folder: &Path) -> PathBuf {
    let tree = Walled::new(Folder::new(folder.to_owned()));
    let written = written_paths(&tree);
    let candidates = folder.ancestors().skip(1).filter(|above| {
        let below = folder.strip_prefix(above).unwrap_or(Path::new(""));
        written.iter().any(|path| Path::new(path) == below)
    });
    if let Some(root) = candidates.last() {
        return root.to_owned();
    }
    let working = std::env::current_dir().and_then(|folder| folder.canonicalize());
    match working {
        Ok(working) if folder.starts_with(&working) => working,
        _ => folder.to_owned(),
    }
}
