//! The files of a commit, written into a folder, and the other repositories that it has in it.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use git2::{ObjectType, Repository, Tree, TreeWalkMode, TreeWalkResult};

use super::commit_id::CommitId;
use super::git_error::{GitError, object};
use super::revision::Fetched;
use super::tree::{EXECUTABLE, LINK};

/// What may be read of a file by whom: by its owner.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// Deeper than the folders of any repository.
const MOST_DEPTH: usize = 128;

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
    /// Writes all files into a new folder, byte for byte as they are in the repository; only their owner may read them.
    ///
    /// # Errors
    ///
    /// Fails where the folder can't be written, or a name in the repository is none that a file may have.
    pub fn check_out(&self, folder: &Path) -> Result<(), GitError> {
        let writing = Writing {
            repository: &self.repository,
        };
        writing.tree(&self.tree()?, folder, 0)
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

/// The writing of one commit.
///
/// Everything is made anew, so that nothing is ever written through a link, whatever a tree holds twice.
struct Writing<'repository> {
    repository: &'repository Repository,
}

impl Writing<'_> {
    fn tree(&self, tree: &Tree<'_>, folder: &Path, depth: usize) -> Result<(), GitError> {
        let failed = |source| GitError::Local {
            folder: folder.to_owned(),
            source,
        };
        if depth > MOST_DEPTH {
            return Err(failed(io::Error::other(
                "folders lie too deep in each other",
            )));
        }
        if depth > 0 || !folder.exists() {
            make_folder(folder).map_err(failed)?;
        }
        for entry in tree {
            let name = entry.name().ok().filter(|name| may_be_file(name));
            let name = name.ok_or_else(|| GitError::Path {
                path: String::from_utf8_lossy(entry.name_bytes())
                    .escape_debug()
                    .to_string(),
                problem: "no file may have this name",
            })?;
            let path = folder.join(name);
            match entry.kind() {
                Some(ObjectType::Tree) => {
                    let below = self.repository.find_tree(entry.id());
                    let below = below.map_err(object("read a folder of the fetched commit"))?;
                    self.tree(&below, &path, depth + 1)?;
                }
                Some(ObjectType::Blob) => {
                    let blob = self.repository.find_blob(entry.id());
                    let blob = blob.map_err(object("read a file of the fetched commit"))?;
                    write(&path, blob.content(), entry.filemode()).map_err(failed)?;
                }
                // The place of a submodule.
                _ => make_folder(&path).map_err(failed)?,
            }
        }
        Ok(())
    }
}

/// Says whether a name is one of a file, and not of Git's own.
fn may_be_file(name: &str) -> bool {
    !matches!(name, "" | "." | "..")
        && !name.eq_ignore_ascii_case(".git")
        && !name.contains(['/', '\\', '\0'])
}

fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, FOLDER_MODE);
    builder.create(path)
}

/// Writes a file or a link.
fn write(path: &Path, content: &[u8], mode: i32) -> io::Result<()> {
    #[cfg(unix)]
    if mode == LINK {
        let target = std::os::unix::ffi::OsStrExt::from_bytes(content);
        let target: &std::ffi::OsStr = target;
        return std::os::unix::fs::symlink(target, path);
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(
        &mut options,
        if mode == EXECUTABLE {
            FOLDER_MODE
        } else {
            FILE_MODE
        },
    );
    options.open(path)?.write_all(content)
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
    fn knows_the_names_of_files() {
        for name in ["", ".", "..", ".git", ".GIT", "a/b", "a\\b"] {
            assert!(!may_be_file(name), "{name}");
        }
        for name in ["a", ".gitignore", "..a", "-x"] {
            assert!(may_be_file(name), "{name}");
        }
    }

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
