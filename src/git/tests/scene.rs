//! Repositories and keys that the tests work on, and the program that answers ssh for them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::git::askpass::answer_to;
use crate::git::{Author, Change, CommitId, GitError, LocalClone};

/// A folder with a bare repository in it.
pub struct Scene {
    pub folder: tempfile::TempDir,
}

impl Scene {
    /// Makes an empty bare repository, `fleet.git`.
    pub fn empty() -> Self {
        let scene = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        scene.git(
            scene.path(),
            &["init", "-q", "--bare", "-b", "main", "fleet.git"],
        );
        scene.git(&scene.repository(), &["config", "http.receivepack", "true"]);
        scene
    }

    /// Makes a repository with two commits on `main`, a link and an executable file.
    pub fn filled() -> Self {
        let scene = Self::empty();
        let work = scene.path().join("work");
        scene.git(scene.path(), &["clone", "-q", "fleet.git", "work"]);
        std::fs::create_dir_all(work.join("clusters/prod")).unwrap();
        std::fs::write(work.join("README.md"), "one\n").unwrap();
        scene.save(&work, "one");
        std::fs::write(work.join("README.md"), "two\n").unwrap();
        std::fs::write(work.join("clusters/prod/app.yaml"), "kind: A\n").unwrap();
        std::fs::write(work.join("run.sh"), "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(work.join("run.sh"), std::fs::Permissions::from_mode(0o755))
            .unwrap();
        std::os::unix::fs::symlink("clusters/prod", work.join("current")).unwrap();
        std::os::unix::fs::symlink("../../../../etc", work.join("escape")).unwrap();
        scene.save(&work, "two");
        scene
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn repository(&self) -> PathBuf {
        self.path().join("fleet.git")
    }

    /// Commits all of the work tree and pushes it, as somebody else would.
    pub fn save(&self, work: &Path, message: &str) {
        self.git(work, &["add", "-A"]);
        self.git(work, &["commit", "-q", "-m", message]);
        self.git(work, &["push", "-q", "origin", "HEAD:main"]);
    }

    /// Pushes a commit of somebody else.
    pub fn push_foreign(&self, file: &str) {
        let work = self.path().join("work");
        self.git(&work, &["pull", "-q", "--rebase", "origin", "main"]);
        std::fs::write(work.join(file), "foreign\n").unwrap();
        self.save(&work, file);
    }

    /// Puts a hook into the repository.
    pub fn hook(&self, name: &str, script: &str) {
        let path = self.repository().join("hooks").join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs git without anybody's configuration, and returns what it prints.
    pub fn git(&self, folder: &Path, arguments: &[&str]) -> String {
        let output = self
            .command("git")
            .current_dir(folder)
            .args(arguments)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {stderr}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Begins a command with this folder as its home.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("HOME", self.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("LC_ALL", "C");
        for person in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{person}_NAME"), "Other")
                .env(format!("GIT_{person}_EMAIL"), "other@example.com");
        }
        command
    }

    /// Makes an SSH key with `ssh-keygen`.
    pub fn key(&self, name: &str, options: &[&str]) -> PathBuf {
        let path = self.path().join(name);
        let mut command = self.command("ssh-keygen");
        command
            .args(["-q", "-C", "test", "-f"])
            .arg(&path)
            .args(options);
        assert!(
            command.status().unwrap().success(),
            "ssh-keygen {options:?}"
        );
        path
    }

    /// A new place for a clone.
    pub fn place(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }
}

pub fn author() -> Author {
    Author {
        name: "Flux".into(),
        email: String::new(),
        seconds: 1_700_000_000,
    }
}

/// Commits one file.
pub fn commit(
    clone: &mut LocalClone,
    path: &str,
    text: &str,
) -> Result<Option<CommitId>, GitError> {
    clone.commit(
        &[Change::write(path, text)],
        &author(),
        "Add files\n\nAppendix",
        None,
    )
}

/// Says whether a program is there; a test that lacks one says so and passes.
pub fn has(program: &str) -> bool {
    let found = Path::new(program).is_file()
        || Command::new("sh")
            .args(["-c", &format!("command -v {program}")])
            .output()
            .unwrap()
            .status
            .success();
    if !found {
        println!("skipped: `{program}` is not installed");
    }
    found
}

/// Returns a script that does in a test what the program itself does as ssh's askpass program.
pub fn askpass_program() -> PathBuf {
    static SCRIPT: OnceLock<PathBuf> = OnceLock::new();
    let script = SCRIPT.get_or_init(|| {
        let program = std::env::current_exe().unwrap();
        let file = program.with_extension("askpass");
        let text = format!(
            "#!/bin/sh\n'{}' git::tests::scene::answers_for_ssh --exact --nocapture \\\n| sed -n 's/^.*ANSWER=//p' | grep .\n",
            program.display()
        );
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        file
    });
    script.clone()
}

/// No test of its own: it is run by the script above.
#[test]
fn answers_for_ssh() {
    let mut line = b"ANSWER=".to_vec();
    // The prompt's words are of no matter here but for the one that is asked about.
    if let Some(outcome) = answer_to("Enter passphrase for key", &mut line) {
        outcome.unwrap();
        println!("{}", String::from_utf8(line).unwrap());
    }
}
