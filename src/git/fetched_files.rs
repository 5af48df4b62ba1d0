//! The files of a commit, written into a folder, and the other repositories that it has in it.

use std::path::Path;

use git2::build::CheckoutBuilder;
use git2::{ObjectType, TreeWalkMode, TreeWalkResult};

use super::commit_id::CommitId;
use super::git_error::{GitError, object};
use super::revision::Fetched;

/// What may be read of a file by whom: by its owner.
const FILE_MODE: i32 = 0o600;
const FOLDER_MODE: i32 = 0o700;

/// A commit of another repository, at a place in this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submodule {
    /// Where it belongs.
    pub path: String,
    /// Its address as `.gitmodules` has it, perhaps beside that of the repository; `None` where none is given.
    pub url: Option<String>,
    /// The commit.
    pub commit: CommitId,
}

/// More files than any repository of manifests has.
const MOST_ENTRIES: usize = 250_000;

/// More bytes than any repository of manifests has, without its history.
const MOST_BYTES: usize = 2 << 30;

impl Fetched {
    /// Writes all files into a folder, byte for byte as they are in the repository; only their owner may read them.
    ///
    /// # Errors
    ///
    /// Fails where the folder can't be written, or a path in the repository leads out of it.
    pub fn check_out(&self, folder: &Path) -> Result<(), GitError> {
        let tree = self.tree()?;
        let mut options = CheckoutBuilder::new();
        options
            .target_dir(folder)
            .force()
            .update_index(false)
            .disable_filters(true)
            .file_perm(FILE_MODE)
            .dir_perm(FOLDER_MODE);
        let written = self
            .repository
            .checkout_tree(tree.as_object(), Some(&mut options));
        written.map_err(|source| GitError::Local {
            folder: folder.to_owned(),
            source: std::io::Error::other(source),
        })
    }

    /// Looks through the commit before anything of it is written; returns the other repositories in it.
    ///
    /// # Errors
    ///
    /// Fails where the commit can't be read, or holds more than can be meant.
    pub fn submodules(&self) -> Result<Vec<Submodule>, GitError> {
        let tree = self.tree()?;
        let database = self
            .repository
            .odb()
            .map_err(object("open the objects of the fetched commit"))?;
        let (mut entries, mut bytes) = (0, 0);
        let mut found = Vec::new();
        let walked = tree.walk(TreeWalkMode::PreOrder, |folder, entry| {
            entries += 1;
            match (entry.kind(), entry.name()) {
                (Some(ObjectType::Commit), Ok(name)) => {
                    found.push((format!("{folder}{name}"), CommitId(entry.id())));
                }
                (Some(ObjectType::Blob), _) => {
                    let size = database.read_header(entry.id()).map_or(0, |(size, _)| size);
                    bytes = size.saturating_add(bytes);
                }
                _ => {}
            }
            if entries > MOST_ENTRIES || bytes > MOST_BYTES {
                TreeWalkResult::Abort
            } else {
                TreeWalkResult::Ok
            }
        });
        if entries > MOST_ENTRIES || bytes > MOST_BYTES {
            return Err(GitError::TooLarge {
                commit: self.commit(),
            });
        }
        walked.map_err(object("read the tree of the fetched commit"))?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let list = tree
            .get_name(".gitmodules")
            .and_then(|entry| self.repository.find_blob(entry.id()).ok())
            .map(|blob| String::from_utf8_lossy(blob.content()).into_owned())
            .unwrap_or_default();
        let addresses = addresses(&list);
        let submodule = |(path, commit): (String, CommitId)| {
            let url = addresses.iter().find(|(place, _)| *place == path);
            Submodule {
                url: url.map(|(_, url)| url.clone()),
                path,
                commit,
            }
        };
        Ok(found.into_iter().map(submodule).collect())
    }
}

/// Reads path and address of each section of a `.gitmodules` file.
fn addresses(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut path, mut url) = (None, None);
    let mut end = |path: &mut Option<String>, url: &mut Option<String>| {
        if let (Some(path), Some(url)) = (path.take(), url.take()) {
            found.push((path, url));
        }
    };
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            end(&mut path, &mut url);
            (path, url) = (None, None);
        } else if let Some((key, value)) = line.split_once('=') {
            let value = value.trim().trim_matches('"').to_owned();
            match key.trim().to_ascii_lowercase().as_str() {
                "path" => path = Some(value.trim_end_matches('/').to_owned()),
                "url" => url = Some(value),
                _ => {}
            }
        }
    }
    end(&mut path, &mut url);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_list_of_submodules() {
        let text = "# ours\n[submodule \"a\"]\n\tpath = lib/a/\n\turl = ../a.git\n[submodule \"b\"]\n\turl = \"https://host/b\"\n\tpath=b\n[submodule \"c\"]\n\tpath = c\n";
        let pair = |path: &str, url: &str| (path.to_owned(), url.to_owned());
        assert_eq!(
            addresses(text),
            [pair("lib/a", "../a.git"), pair("b", "https://host/b")]
        );
    }
}
