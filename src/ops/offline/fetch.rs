//! Fetches the sources that a repository names and does not hold.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;

use crate::git::{Checkout, Credentials, GitUrl, Remote, Settings};
use crate::manifest::Object;
use crate::render::repository::{Fetch, Tree, Walled};

/// A repository by its URL, and a branch of it.
type Branch = (String, String);

/// The files of a branch, or why they can't be had.
type Fetched = Result<Arc<dyn Tree>, String>;

/// Fetches Git repositories, each branch once, with what the user's own Git would show the server.
#[derive(Default)]
pub struct FetchGit {
    fetched: Mutex<HashMap<Branch, Fetched>>,
    folders: Mutex<Vec<TempDir>>,
}

impl Fetch for FetchGit {
    fn fetch(&self, source: &Object) -> Result<Arc<dyn Tree>, String> {
        if source.kind() != "GitRepository" {
            let kind = source.kind();
            return Err(format!("a {kind} is not fetched, only a GitRepository is"));
        }
        let pinned = ["tag", "semver", "commit", "name"];
        let is_given = |field: &&str| !source.text(&format!("/spec/ref/{field}")).is_empty();
        if let Some(field) = pinned.iter().find(|field| is_given(field)) {
            return Err(format!(
                "its `spec.ref.{field}` is not fetched, only a branch is"
            ));
        }
        let branch = match source.text("/spec/ref/branch") {
            "" => "master",
            branch => branch,
        };
        let key = (source.text("/spec/url").to_owned(), branch.to_owned());
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = fetched.get(&key) {
            return known.clone();
        }
        let tree = self.tree(&key.0, &key.1);
        fetched.insert(key, tree.clone());
        tree
    }
}

impl FetchGit {
    fn tree(&self, url: &str, branch: &str) -> Result<Arc<dyn Tree>, String> {
        let in_line = |failure: crate::error::Failure| failure.in_one_line();
        let url: GitUrl = url
            .parse()
            .map_err(|error: crate::git::GitUrlError| error.to_string())?;
        let folder = TempDir::with_prefix("gitops-").map_err(|error| error.to_string())?;
        let remote = Remote::new(url, Credentials::Ambient, Settings::default());
        let clone = remote.fetch(branch, folder.path());
        let head = clone.map_err(|error| in_line(error.into()))?.head();
        let head = head.ok_or("it is empty")?;
        let checkout = Checkout::around(folder.path()).map_err(|error| in_line(error.into()))?;
        let checkout = checkout.ok_or("its clone is gone")?;
        let snapshot = checkout
            .snapshot(head)
            .map_err(|error| in_line(error.into()))?;
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        folders.push(folder);
        Ok(Arc::new(Walled::new(snapshot)))
    }
}
