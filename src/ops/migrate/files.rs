//! Manifests in files: which of them hold old versions, and the new ones written into them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::target::Target;
use super::text::{Upgrade, rewritten, upgrades};
use crate::error::{Explain, Failure};

/// Why files can't be migrated.
#[derive(Debug, thiserror::Error)]
enum FilesError {
    /// The path is not there.
    #[error("cannot find {path}")]
    Missing {
        /// The path as given.
        path: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The path leads out of the working folder.
    #[error("{path} is not below the working folder")]
    Outside {
        /// The path as given.
        path: String,
    },
    /// It is no file of its own, such as a link.
    #[error("file {path} is irregular")]
    Irregular {
        /// The path as given.
        path: String,
    },
    /// It can't be read.
    #[error("cannot read {path}")]
    Read {
        /// The path.
        path: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It can't be written.
    #[error("cannot write {path}")]
    Write {
        /// The path.
        path: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

impl Explain for FilesError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Outside { .. } => Some("go to the folder of the repository first".into()),
            Self::Irregular { .. } => Some("name the file that it stands for".into()),
            _ => None,
        }
    }
}

/// A file that holds other versions than those of the release.
pub struct Upgraded {
    /// Its path, relative to the working folder.
    pub path: PathBuf,
    /// What is to be changed in it.
    pub upgrades: Vec<Upgrade>,
    /// What is newer than the release knows, and is left alone.
    pub newer: Vec<Upgrade>,
    text: String,
}

impl Upgraded {
    /// Writes the new versions; the mode of the file stays.
    pub fn write(&self) -> Result<(), Failure> {
        fs::write(&self.path, rewritten(&self.text, &self.upgrades)).map_err(|source| {
            let path = self.path.display().to_string();
            FilesError::Write { path, source }.into()
        })
    }
}

/// What is to be migrated below a path.
#[derive(Default)]
pub struct Migration {
    /// The files that hold other versions, by path.
    pub files: Vec<Upgraded>,
    /// What is no file of its own, such as links: left alone.
    pub irregular: Vec<PathBuf>,
}

impl Migration {
    /// Looks for other versions in a file, or in the files of a folder whose names end in one of `extensions`.
    ///
    /// # Errors
    ///
    /// Fails where the path leads out of `root`, the working folder, or can't be read.
    pub fn find(
        root: &Path,
        path: &Path,
        extensions: &[String],
        target: Target,
    ) -> Result<Self, Failure> {
        let shown = || path.display().to_string();
        let begin = relative(root, path)?;
        let found =
            fs::symlink_metadata(root.join(&begin)).map_err(|source| FilesError::Missing {
                path: shown(),
                source,
            })?;
        let mut migration = Self::default();
        if found.is_dir() {
            migration.walk(root, &begin, extensions, target)?;
        } else if found.is_file() {
            migration.look_into(root, begin, target)?;
        } else {
            return Err(FilesError::Irregular { path: shown() }.into());
        }
        Ok(migration)
    }

    fn walk(
        &mut self,
        root: &Path,
        folder: &Path,
        extensions: &[String],
        target: Target,
    ) -> Result<(), Failure> {
        let unreadable = |source| FilesError::Read {
            path: folder.display().to_string(),
            source,
        };
        let mut entries = fs::read_dir(root.join(folder))
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(unreadable)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = folder.join(entry.file_name());
            let sort = entry.file_type().map_err(unreadable)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if sort.is_dir() {
                // What Git keeps for itself is no manifest.
                if name != ".git" {
                    self.walk(root, &path, extensions, target)?;
                }
            } else if extensions
                .iter()
                .any(|extension| name.ends_with(extension.as_str()))
            {
                if sort.is_file() {
                    self.look_into(root, path, target)?;
                } else {
                    self.irregular.push(path);
                }
            }
        }
        Ok(())
    }

    fn look_into(&mut self, root: &Path, path: PathBuf, target: Target) -> Result<(), Failure> {
        let bytes = fs::read(root.join(&path)).map_err(|source| FilesError::Read {
            path: path.display().to_string(),
            source,
        })?;
        // What is no text holds no manifest.
        let Ok(text) = String::from_utf8(bytes) else {
            return Ok(());
        };
        let (newer, upgrades) = upgrades(&text, target)
            .into_iter()
            .partition(Upgrade::is_downwards);
        let file = Upgraded {
            path,
            upgrades,
            newer,
            text,
        };
        if !(file.upgrades.is_empty() && file.newer.is_empty()) {
            self.files.push(file);
        }
        Ok(())
    }
}

/// Returns a path relative to the working folder that it must not leave, links on the way included.
fn relative(root: &Path, path: &Path) -> Result<PathBuf, Failure> {
    let shown = || path.display().to_string();
    let missing = |source| FilesError::Missing {
        path: shown(),
        source,
    };
    let root = root.canonicalize().map_err(missing)?;
    // The last part may itself be a link, which is told as such; what leads to it is followed.
    let full = root.join(path);
    let (parent, name) = match (full.parent(), full.file_name()) {
        (Some(parent), Some(name)) if path.file_name().is_some() => (parent, Some(name)),
        _ => (full.as_path(), None),
    };
    let parent = parent.canonicalize().map_err(missing)?;
    let inside = parent
        .strip_prefix(&root)
        .map_err(|_| FilesError::Outside { path: shown() })?;
    Ok(name.map_or_else(|| inside.to_owned(), |name| inside.join(name)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const OLD: &str = "apiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: GitRepository\n";

    fn find(root: &Path, path: &str) -> Result<Migration, String> {
        let extensions = [".yaml".to_owned(), ".yml".to_owned()];
        Migration::find(root, Path::new(path), &extensions, Target::default())
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn walks_the_folder_and_leaves_links_and_others_alone() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("deep/.git")).unwrap();
        for name in [
            "b.yaml",
            "a.yml",
            "deep/c.yaml",
            "deep/.git/d.yaml",
            "e.tpl",
        ] {
            fs::write(root.join(name), OLD).unwrap();
        }
        fs::write(root.join("f.yaml"), [0xff, 0xfe]).unwrap();
        symlink("b.yaml", root.join("link.yaml")).unwrap();
        let migration = find(root, ".").unwrap();
        let paths: Vec<_> = migration
            .files
            .iter()
            .map(|file| file.path.clone())
            .collect();
        assert_eq!(paths, ["a.yml", "b.yaml", "deep/c.yaml"].map(PathBuf::from));
        assert_eq!(migration.irregular, [PathBuf::from("link.yaml")]);
        assert_eq!(find(root, "deep").unwrap().files.len(), 1);
        assert_eq!(find(root, "e.tpl").unwrap().files.len(), 1);
    }

    #[test]
    fn stays_inside_the_working_folder() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("work");
        fs::create_dir_all(&root).unwrap();
        fs::write(folder.path().join("a.yaml"), OLD).unwrap();
        symlink("..", root.join("up")).unwrap();
        symlink("../a.yaml", root.join("link.yaml")).unwrap();
        for outside in ["..", "../a.yaml", "/etc", "up/a.yaml"] {
            let message = find(&root, outside).err().unwrap();
            assert!(
                message.ends_with("is not below the working folder"),
                "{outside}: {message}"
            );
        }
        assert_eq!(
            find(&root, "link.yaml").err().unwrap(),
            "file link.yaml is irregular"
        );
        assert_eq!(find(&root, "missing").err().unwrap(), "cannot find missing");
    }
}
