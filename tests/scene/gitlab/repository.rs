//! The bare repository of a project, by way of `git`.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::protection::Protection;

/// Refuses what protection forbids, in GitLab's words. It finds the role or the key of who pushes in its environment.
const PRE_RECEIVE: &str = include_str!("pre_receive.sh");

/// A bare repository.
#[derive(Clone, Debug)]
pub struct Repository {
    path: PathBuf,
}

/// A commit.
#[derive(Clone, Debug)]
pub struct Commit {
    /// Its name.
    pub id: String,
    /// Those before it.
    pub parents: Vec<String>,
    /// Who wrote it.
    pub author: String,
    /// Their address.
    pub email: String,
    /// When.
    pub date: String,
    /// What it says.
    pub message: String,
}

impl Repository {
    /// Makes an empty one whose first branch will have this name.
    pub fn create(path: &Path, branch: &str) -> Self {
        fs::create_dir_all(path).expect("the folder of the double can be written");
        let repository = Self {
            path: path.to_owned(),
        };
        repository.run(&["init", "--quiet", "--bare", "--template=", "."]);
        repository.set_head(branch);
        repository.run(&["config", "http.receivepack", "true"]);
        repository.run(&["config", "http.uploadpack", "true"]);
        let hook = path.join("hooks").join("pre-receive");
        fs::create_dir_all(path.join("hooks")).expect("the repository can be written");
        // Written beside and moved: a script must not be open for writing when it is started.
        let draft = path.join("hooks").join("draft");
        fs::write(&draft, PRE_RECEIVE).expect("the repository can be written");
        make_executable(&draft);
        fs::rename(&draft, hook).expect("the repository can be written");
        repository
    }

    /// Returns its folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes what the hook reads.
    pub fn write_protections(&self, protections: &[Protection]) {
        let mut lines = String::new();
        for known in protections {
            let keys: Vec<String> = known.keys.iter().map(ToString::to_string).collect();
            let (force, keys) = (u8::from(known.force), keys.join(","));
            writeln!(lines, "{} {} {force} ,{keys},", known.name, known.push)
                .expect("memory can be written");
        }
        fs::write(self.path.join("protected"), lines).expect("the repository can be written");
    }

    /// Says whether nothing was ever pushed.
    pub fn is_empty(&self) -> bool {
        self.branches().is_empty()
    }

    /// Returns the names of its branches.
    pub fn branches(&self) -> Vec<String> {
        let names = self.run(&["for-each-ref", "--format=%(refname)", "refs/heads"]);
        let names = names
            .lines()
            .filter_map(|name| name.strip_prefix("refs/heads/"));
        names.map(ToOwned::to_owned).collect()
    }

    /// Says whether it has a branch.
    pub fn has_branch(&self, name: &str) -> bool {
        self.head(name).is_some()
    }

    /// Returns the commit at the end of a branch.
    pub fn head(&self, branch: &str) -> Option<String> {
        let name = format!("refs/heads/{branch}");
        self.try_run(&["rev-parse", "--verify", "--quiet", &name])
    }

    /// Makes another branch the first that a clone sees.
    pub fn set_head(&self, branch: &str) {
        self.run(&["symbolic-ref", "HEAD", &format!("refs/heads/{branch}")]);
    }

    /// Makes a branch at a branch, tag or commit; says whether that was there.
    pub fn make_branch(&self, name: &str, at: &str) -> bool {
        let commit = format!("{at}^{{commit}}");
        let Some(commit) = self.try_run(&["rev-parse", "--verify", "--quiet", &commit]) else {
            return false;
        };
        self.try_run(&["update-ref", &format!("refs/heads/{name}"), &commit])
            .is_some()
    }

    /// Drops a branch.
    pub fn remove_branch(&self, name: &str) {
        self.run(&["update-ref", "-d", &format!("refs/heads/{name}")]);
    }

    /// Returns the newest commits of a branch, tag or commit.
    pub fn commits(&self, reference: &str, most: usize) -> Vec<Commit> {
        let format = "--format=%H%x1f%P%x1f%an%x1f%ae%x1f%aI%x1f%B%x1e";
        let most = format!("--max-count={most}");
        let text = self
            .try_run(&["log", &most, format, reference, "--"])
            .unwrap_or_default();
        text.split('\u{1e}')
            .filter_map(|record| Commit::parse(record.trim_start()))
            .collect()
    }

    /// Returns a file of a branch.
    pub fn file(&self, branch: &str, path: &str) -> Option<String> {
        self.try_run(&["cat-file", "blob", &format!("refs/heads/{branch}:{path}")])
    }

    /// Commits files on top of a branch, which is made where it is missing; returns the commit.
    pub fn commit(&self, branch: &str, message: &str, files: &[(&str, &str)]) -> String {
        let parent = self.head(branch);
        let index = self.path.join("index-of-the-double");
        let index = index.to_str().expect("temporary folders have plain names");
        let environment = [("GIT_INDEX_FILE", index)];
        let start = parent.as_deref().unwrap_or("--empty");
        self.run_with(&["read-tree", start], &environment, "");
        for (path, content) in files {
            let blob = self.run_with(&["hash-object", "-w", "--stdin"], &[], content);
            let entry = format!("100644,{blob},{path}");
            self.run_with(
                &["update-index", "--add", "--cacheinfo", &entry],
                &environment,
                "",
            );
        }
        let tree = self.run_with(&["write-tree"], &environment, "");
        let parents: Vec<&str> = parent.iter().map(String::as_str).collect();
        self.commit_tree(branch, message, (&tree, &parents))
    }

    fn commit_tree(&self, branch: &str, message: &str, (tree, parents): (&str, &[&str])) -> String {
        let mut arguments = vec!["commit-tree", tree];
        for parent in parents {
            arguments.extend(["-p", parent]);
        }
        let commit = self.run_with(&arguments, &[], message);
        self.run(&["update-ref", &format!("refs/heads/{branch}"), &commit]);
        commit
    }

    /// Says whether one commit is part of the history of another.
    pub fn is_ancestor(&self, one: &str, other: &str) -> bool {
        self.try_run(&["merge-base", "--is-ancestor", one, other])
            .is_some()
    }

    /// Returns the tree that merging two commits gives; nothing where they conflict.
    pub fn merged_tree(&self, ours: &str, theirs: &str) -> Option<String> {
        self.try_run(&[
            "merge-tree",
            "--write-tree",
            "--allow-unrelated-histories",
            ours,
            theirs,
        ])
    }

    /// Merges a branch into another; returns the commit.
    pub fn merge(&self, source: &str, target: &str, message: &str) -> Option<String> {
        let (theirs, ours) = (self.head(source)?, self.head(target)?);
        let tree = self.merged_tree(&ours, &theirs)?;
        Some(self.commit_tree(target, message, (&tree, &[&ours, &theirs])))
    }

    fn run(&self, arguments: &[&str]) -> String {
        self.run_with(arguments, &[], "")
    }

    fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)], input: &str) -> String {
        let (is_good, output) = self.output(arguments, environment, input);
        assert!(
            is_good,
            "git {arguments:?} failed in {}: {output}",
            self.path.display()
        );
        output
    }

    fn try_run(&self, arguments: &[&str]) -> Option<String> {
        let (is_good, output) = self.output(arguments, &[], "");
        is_good.then_some(output)
    }

    fn output(
        &self,
        arguments: &[&str],
        environment: &[(&str, &str)],
        input: &str,
    ) -> (bool, String) {
        let mut command = git(&self.path);
        command
            .current_dir(&self.path)
            .env("GIT_DIR", &self.path)
            .args(arguments);
        command.envs(environment.iter().copied());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("git is installed");
        let mut pipe = child.stdin.take().expect("the input is piped");
        // A git that fails early does not read; its status says so.
        drop(pipe.write_all(input.as_bytes()));
        drop(pipe);
        let output = child.wait_with_output().expect("git can be waited for");
        let text = if output.status.success() {
            &output.stdout
        } else {
            &output.stderr
        };
        let text = String::from_utf8_lossy(text).trim_end().to_owned();
        (output.status.success(), text)
    }
}

impl Commit {
    fn parse(record: &str) -> Option<Self> {
        let mut fields = record.split('\u{1f}').map(ToOwned::to_owned);
        Some(Self {
            id: fields.next().filter(|id| !id.is_empty())?,
            parents: fields
                .next()?
                .split_whitespace()
                .map(ToOwned::to_owned)
                .collect(),
            author: fields.next()?,
            email: fields.next()?,
            date: fields.next()?,
            message: fields.next()?,
        })
    }
}

/// Returns `git` with nothing of the machine's own settings.
pub fn git(home: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .env_clear()
        .env("PATH", search_path())
        .env("HOME", home)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "Another Person")
        .env("GIT_AUTHOR_EMAIL", "other@example.com")
        .env("GIT_COMMITTER_NAME", "Another Person")
        .env("GIT_COMMITTER_EMAIL", "other@example.com");
    command
}

/// Says where programs are looked for.
#[expect(
    clippy::disallowed_methods,
    reason = "the program's own variables are not the test run's"
)]
pub fn search_path() -> String {
    std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".into())
}

/// Lets a file be started.
pub fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;

    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .expect("the file was just written");
}
