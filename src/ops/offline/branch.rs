//! Both sides of a branch: what its clusters come to before and after, as far as the two differ.

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use super::open::{Opened, Side};
use crate::error::Failure;
use crate::git::Checkout;
use crate::kustomize::load::join;
use crate::render::repository::{ClusterRender, Depth, Repository, Session};

/// What is compared.
#[derive(Clone, Copy)]
pub struct BranchRequest<'a> {
    /// The revision to compare with; without one, where the branch left the one that it is merged into.
    pub base: Option<&'a str>,
    /// The other side.
    pub head: Side<'a>,
    /// The entry paths of clusters, from the root of the repository; all that are found if empty.
    pub paths: &'a [String],
}

/// One cluster on both sides; owners that do not differ may lack their outcome.
#[derive(Clone, Debug, Default)]
pub struct ClusterChange {
    /// The path of its entry, from the root of the repository.
    pub cluster: String,
    /// Before.
    pub base: ClusterRender,
    /// After.
    pub head: ClusterRender,
    /// How many owners do not differ.
    pub same: usize,
}

/// All clusters on both sides.
#[derive(Clone, Debug, Default)]
pub struct BranchChange {
    /// The commit that is compared with.
    pub base: String,
    /// The clusters.
    pub clusters: Vec<ClusterChange>,
}

/// Renders both sides of a branch, as far as they differ, without what is secret in them.
///
/// # Errors
///
/// Fails where a revision is not there, or no cluster is found.
pub fn branch_change(
    opened: &Opened,
    session: &Session,
    request: &BranchRequest<'_>,
) -> Result<BranchChange, Failure> {
    let checkout = opened.checkout()?;
    let base = base_of(checkout, request)?;
    let (before, after) = (
        opened.side(Side::Revision(&base))?,
        opened.side(request.head)?,
    );
    let paths = clusters(session, request.paths, &before, &after)?;
    let change = |path: &String| {
        let (mut base, mut head) = both(
            || side(session, &before, path),
            || side(session, &after, path),
        );
        let same = session.settle(&mut base, &mut head);
        ClusterChange {
            cluster: path.clone(),
            base,
            head,
            same,
        }
    };
    let mut clusters: Vec<ClusterChange> = paths.iter().map(change).collect();
    let renders = clusters.iter_mut();
    session.hide(renders.flat_map(|change| [&mut change.base, &mut change.head]));
    Ok(BranchChange { base, clusters })
}

/// Returns the commit to compare with.
fn base_of(checkout: &Checkout, request: &BranchRequest<'_>) -> Result<String, Failure> {
    if let Some(base) = request.base {
        return Ok(checkout.commit(base)?.to_string());
    }
    let hint = "name the commit to compare with `--base REVISION`";
    let branch = checkout.default_branch().ok_or_else(|| {
        Failure::new("nothing says which branch this one is merged into").with_hint(hint)
    })?;
    let head = match request.head {
        Side::Revision(revision) => checkout.commit(revision)?,
        Side::Folder => checkout.commit("HEAD")?,
    };
    let found = checkout.merge_base(head, checkout.commit(&branch)?)?;
    found.map(|base| base.to_string()).ok_or_else(|| {
        let short = branch.trim_start_matches("refs/").to_owned();
        let failure = Failure::new(format!("this branch and {short} have no commit in common"));
        let failure = if checkout.is_shallow() {
            failure
                .with_hint("the clone is shallow: fetch the history with `git fetch --unshallow`")
        } else {
            failure
        };
        failure.with_hint(hint)
    })
}

/// Returns the clusters to compare: those that are named, or all of both sides.
fn clusters(
    session: &Session,
    named: &[String],
    before: &Repository,
    after: &Repository,
) -> Result<Vec<String>, Failure> {
    let is_there = |path: &String| has(before, path) || has(after, path);
    if let Some(path) = named.iter().find(|path| !is_there(path)) {
        return Err(Failure::new(format!(
            "there is no folder `{path}` on either side"
        )));
    }
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    let (of_before, of_after) = both(
        || session.entries(&*before.tree),
        || session.entries(&*after.tree),
    );
    let found: BTreeSet<String> = of_before.into_iter().chain(of_after).collect();
    if found.is_empty() {
        return Err(Failure::new("no cluster is found in the repository")
            .with_hint("name the entry path of each with `--path`"));
    }
    Ok(found.into_iter().collect())
}

/// Works on both sides at the same time.
fn both<T: Send>(before: impl FnOnce() -> T + Send, after: impl FnOnce() -> T) -> (T, T) {
    thread::scope(|scope| {
        let before = scope.spawn(before);
        let after = after();
        let before = before.join().unwrap_or_else(|panic| resume_unwind(panic));
        (before, after)
    })
}

fn has(side: &Repository, path: &str) -> bool {
    side.tree.is_directory(&join(Path::new("/"), path))
}

/// Renders one side; a cluster that is not there has nothing.
fn side(session: &Session, repository: &Repository, path: &str) -> ClusterRender {
    if has(repository, path) {
        return session.render(repository, path, Depth::Leading);
    }
    ClusterRender {
        cluster: path.to_owned(),
        ..ClusterRender::default()
    }
}

/// Returns paths as they stand from the root of the repository.
///
/// # Errors
///
/// Fails for a path outside of it.
pub fn paths_in(opened: &Opened, paths: &[PathBuf]) -> Result<Vec<String>, Failure> {
    let path = |path: &PathBuf| {
        let full = std::path::absolute(path).map(|path| join(&path, ""));
        let full = full.map_err(|error| Failure::new(error.to_string()))?;
        // The folder itself may be there on the other side only.
        let near = full.ancestors().find_map(|near| {
            let real = near.canonicalize().ok()?;
            Some(real.join(full.strip_prefix(near).ok()?))
        });
        let below = near
            .as_deref()
            .and_then(|near| near.strip_prefix(&opened.root).ok());
        let below = below.ok_or_else(|| {
            let (path, root) = (path.display(), opened.root.display());
            Failure::new(format!("{path} is not in the repository at {root}"))
        })?;
        Ok(below.to_string_lossy().into_owned())
    };
    paths.iter().map(path).collect()
}
