//! Makes commits without a work tree: the new tree is the old one with a few files changed.

use std::fmt::Write as _;

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, ObjectType, Oid};

use super::commit_id::CommitId;
use super::git_error::{GitError, object};
use super::repository::{HEADS, LocalClone};
use super::sign::Signer;
use super::tree::{EXECUTABLE, mode, resolve};

/// Who made a commit, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The name.
    pub name: String,
    /// The address; may be empty.
    pub email: String,
    /// When, in seconds since 1970.
    pub seconds: i64,
}

impl Author {
    /// Writes the line as Git has it, without what would break it.
    fn line(&self) -> String {
        let clean = |text: &str| {
            let kept = text
                .chars()
                .filter(|character| !character.is_control() && !"<>".contains(*character));
            kept.collect::<String>().trim().to_owned()
        };
        format!(
            "{} <{}> {} +0000",
            clean(&self.name),
            clean(&self.email),
            self.seconds
        )
    }
}

/// One file to write or to remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it is, from the root; `..` and links never lead out of the repository.
    pub path: String,
    /// What it is to hold; `None` removes it.
    pub content: Option<Vec<u8>>,
}

impl Change {
    /// Writes a file.
    pub fn write(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            content: Some(content.into()),
        }
    }

    /// Removes a file, if it is there.
    #[cfg(test)]
    pub fn remove(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            content: None,
        }
    }
}

impl LocalClone {
    /// Says whether the changes would change anything.
    pub fn would_change(&self, changes: &[Change]) -> Result<bool, GitError> {
        let old = self.tree()?.map(|tree| tree.id());
        let new = self.edited(changes)?;
        Ok(is_change(old, new))
    }

    /// Commits the changes on top of the newest commit; `None` where they change nothing.
    pub fn commit(
        &mut self,
        changes: &[Change],
        author: &Author,
        message: &str,
        signer: Option<&Signer>,
    ) -> Result<Option<CommitId>, GitError> {
        let old = self.tree()?.map(|tree| tree.id());
        let new = self.edited(changes)?;
        if !is_change(old, new) {
            return Ok(None);
        }
        self.commit_tree(new, author, message, signer).map(Some)
    }

    /// Makes the first commit of an empty repository, which holds nothing yet.
    pub fn commit_nothing(
        &mut self,
        author: &Author,
        message: &str,
        signer: Option<&Signer>,
    ) -> Result<CommitId, GitError> {
        let tree = self.edited(&[])?;
        self.commit_tree(tree, author, message, signer)
    }

    fn commit_tree(
        &mut self,
        new: Oid,
        author: &Author,
        message: &str,
        signer: Option<&Signer>,
    ) -> Result<CommitId, GitError> {
        let mut header = format!("tree {new}\n");
        if let Some(parent) = self.head {
            // Writing to a String can't fail.
            let _written = writeln!(header, "parent {parent}");
        }
        let line = author.line();
        let _written = write!(header, "author {line}\ncommitter {line}\n");
        let message = message.replace('\0', "");
        let unsigned = format!("{header}\n{message}");
        let text = match signer {
            Some(signer) => {
                let signature = signer.sign(unsigned.as_bytes()).map_err(GitError::Sign)?;
                format!("{header}{}\n{message}", signature_header(&signature))
            }
            None => unsigned,
        };
        let written = self
            .repository
            .odb()
            .and_then(|store| store.write(ObjectType::Commit, text.as_bytes()));
        let commit = written.map_err(object("write the commit"))?;
        let name = format!("{HEADS}{}", self.branch);
        self.repository
            .reference(&name, commit, true, "commit")
            .map_err(object("move the local branch"))?;
        self.head = Some(CommitId(commit));
        Ok(CommitId(commit))
    }

    /// Writes the tree that the changes lead to.
    fn edited(&self, changes: &[Change]) -> Result<Oid, GitError> {
        let repository = &self.repository;
        let tree = self.tree()?;
        let mut builder = TreeUpdateBuilder::new();
        for change in changes {
            let path = resolve(repository, tree.as_ref(), &change.path)?;
            if path.is_empty() {
                return Err(GitError::Path {
                    path: change.path.clone(),
                    problem: "it is the root",
                });
            }
            let old_mode = mode(tree.as_ref(), &path)?;
            match &change.content {
                Some(content) => {
                    let blob = repository
                        .blob(content)
                        .map_err(object("write a file into the repository"))?;
                    let kept = if old_mode == Some(EXECUTABLE) {
                        FileMode::BlobExecutable
                    } else {
                        FileMode::Blob
                    };
                    builder.upsert(path, blob, kept);
                }
                None if old_mode.is_some() => {
                    builder.remove(path);
                }
                None => {}
            }
        }
        let base = match tree {
            Some(tree) => Ok(tree),
            None => repository
                .treebuilder(None)
                .and_then(|empty| repository.find_tree(empty.write()?)),
        };
        let base = base.map_err(object("make an empty tree"))?;
        builder
            .create_updated(repository, &base)
            .map_err(object("write the new tree"))
    }
}

/// Says whether the new tree differs; an empty tree differs from none at all in nothing.
fn is_change(old: Option<Oid>, new: Oid) -> bool {
    const EMPTY: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    old.map_or_else(|| new.to_string() != EMPTY, |old| old != new)
}

/// Writes a signature as a header of a commit, whose further lines begin with a blank.
fn signature_header(signature: &str) -> String {
    let lines: Vec<&str> = signature.trim_end().lines().map(str::trim_end).collect();
    format!("gpgsig {}\n", lines.join("\n "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_fits_on_a_line() {
        let author = Author {
            name: "Flux\n<x>".into(),
            email: String::new(),
            seconds: 7,
        };
        assert_eq!(author.line(), "Fluxx <> 7 +0000");
    }

    #[test]
    fn a_signature_is_one_header() {
        assert_eq!(
            signature_header("-----A\n\nb\n-----\n"),
            "gpgsig -----A\n \n b\n -----\n"
        );
    }
}
