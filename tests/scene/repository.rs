//! Bare Git repositories: what a test commits, and what the program pushed.

use std::fs;
use std::path::{Path, PathBuf};

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, ObjectType, Oid, Signature};

/// A bare repository on disk.
pub struct Repository {
    path: PathBuf,
    git: git2::Repository,
}

/// Who every commit of a test is by, and the second it is from: the same content gives the same hash.
const AUTHOR: (&str, &str) = ("Scene", "scene@example.com");
const COMMITTED: i64 = 1_760_000_000;

impl Repository {
    /// Makes an empty bare repository at `path`, whose default branch is `main` and that may be pushed to over HTTP.
    pub fn create(path: &Path) -> Self {
        let mut options = git2::RepositoryInitOptions::new();
        let git =
            git2::Repository::init_opts(path, options.bare(true).mkpath(true).initial_head("main"));
        let git = git.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut config = git.config().expect("a new repository has a configuration");
        config
            .set_bool("http.receivepack", true)
            .expect("a new repository's configuration can be written");
        Self {
            path: path.into(),
            git,
        }
    }

    /// Opens a bare repository that a server made.
    pub fn open(path: &Path) -> Self {
        let git = git2::Repository::open_bare(path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self {
            path: path.into(),
            git,
        }
    }

    /// Returns the folder of the bare repository.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Commits files to `main`; see [`Self::commit_to`].
    pub fn commit(&self, message: &str, files: &[(&str, &str)]) -> String {
        let files: Vec<_> = files
            .iter()
            .map(|(path, text)| (*path, Some(*text)))
            .collect();
        self.commit_to("main", message, &files)
    }

    /// Commits files, on top of what the branch holds, and returns the hash; a file without text is removed.
    pub fn commit_to(&self, branch: &str, message: &str, files: &[(&str, Option<&str>)]) -> String {
        let reference = format!("refs/heads/{branch}");
        let parent = self
            .git
            .find_reference(&reference)
            .ok()
            .map(|found| found.peel_to_commit().expect("a branch is a commit"));
        let mut update = TreeUpdateBuilder::new();
        for (path, text) in files {
            match text {
                Some(text) => update.upsert(*path, self.blob(text), FileMode::Blob),
                None => update.remove(*path),
            };
        }
        let base = parent
            .as_ref()
            .map_or_else(|| self.empty_tree(), git2::Commit::tree_id);
        let base = self
            .git
            .find_tree(base)
            .expect("the tree of a commit is there");
        let tree = update
            .create_updated(&self.git, &base)
            .unwrap_or_else(|error| panic!("{message}: {error}"));
        let tree = self.git.find_tree(tree).expect("it was made just now");
        let author = Signature::new(AUTHOR.0, AUTHOR.1, &git2::Time::new(COMMITTED, 0))
            .expect("the name is plain");
        let parents: Vec<_> = parent.iter().collect();
        let commit = self
            .git
            .commit(Some(&reference), &author, &author, message, &tree, &parents);
        commit
            .unwrap_or_else(|error| panic!("{message}: {error}"))
            .to_string()
    }

    fn blob(&self, text: &str) -> Oid {
        self.git
            .blob(text.as_bytes())
            .expect("the repository can be written")
    }

    fn empty_tree(&self) -> Oid {
        self.git
            .treebuilder(None)
            .and_then(|builder| builder.write())
            .expect("the repository can be written")
    }

    /// Returns the hash that a branch stands at, if there is such a branch.
    pub fn head(&self, branch: &str) -> Option<String> {
        let reference = self
            .git
            .find_reference(&format!("refs/heads/{branch}"))
            .ok()?;
        Some(reference.peel_to_commit().ok()?.id().to_string())
    }

    /// Returns the text of a file on a branch, if it is there.
    pub fn file(&self, branch: &str, path: &str) -> Option<String> {
        let reference = self
            .git
            .find_reference(&format!("refs/heads/{branch}"))
            .ok()?;
        let entry = reference
            .peel_to_tree()
            .ok()?
            .get_path(Path::new(path))
            .ok()?;
        let blob = entry.to_object(&self.git).ok()?.into_blob().ok()?;
        Some(String::from_utf8_lossy(blob.content()).into_owned())
    }

    /// Returns the paths of all files on a branch, sorted.
    pub fn files(&self, branch: &str) -> Vec<String> {
        let Ok(reference) = self.git.find_reference(&format!("refs/heads/{branch}")) else {
            return Vec::new();
        };
        let mut files = Vec::new();
        let tree = reference.peel_to_tree().expect("a branch is a commit");
        let walked = tree.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
            if entry.kind() == Some(ObjectType::Blob) {
                files.push(format!("{folder}{}", entry.name().unwrap_or_default()));
            }
            git2::TreeWalkResult::Ok
        });
        walked.expect("the tree is whole");
        files.sort();
        files
    }

    /// Returns the subjects of a branch's commits, newest first.
    pub fn subjects(&self, branch: &str) -> Vec<String> {
        let mut walk = self.git.revwalk().expect("the repository is whole");
        if walk.push_ref(&format!("refs/heads/{branch}")).is_err() {
            return Vec::new();
        }
        let commit = |id: Oid| self.git.find_commit(id).expect("the history is whole");
        let subject = |id: Oid| {
            commit(id)
                .summary()
                .ok()
                .flatten()
                .unwrap_or_default()
                .to_owned()
        };
        walk.flatten().map(subject).collect()
    }

    /// Makes Git run a script before it takes a push; the script refuses by failing, and its words reach the client.
    pub fn refuse_pushes_by(&self, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;

        let hook = self.path.join("hooks/pre-receive");
        fs::create_dir_all(self.path.join("hooks")).expect("the repository can be written");
        fs::write(&hook, script).expect("the repository can be written");
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("we own the hook");
    }
}
