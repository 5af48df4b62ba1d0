//! A clone of a project, worked on by the real `git`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::scene::gitlab::GitLab;

/// The project that the tests push to.
pub const FLUX: &str = "mycompany/flux";

/// A clone of a project, and how to speak to its remote.
pub struct Clone<'a> {
    gitlab: &'a GitLab,
    /// Where it lies.
    pub folder: PathBuf,
    settings: Vec<String>,
}

impl<'a> Clone<'a> {
    /// Makes an empty clone whose remote is asked with this user and secret.
    pub fn new(gitlab: &'a GitLab, user: &str, secret: &str) -> Self {
        let url = gitlab
            .clone_url(FLUX)
            .replacen("://", &format!("://{user}:{secret}@"), 1);
        let settings = vec![format!("http.sslCAInfo={}", gitlab.ca_file().display())];
        Self::of(gitlab, &url, settings)
    }

    /// Makes an empty clone of an address, with settings of git.
    pub fn of(gitlab: &'a GitLab, url: &str, settings: Vec<String>) -> Self {
        let folder = gitlab.folder(&format!("clone-{}", gitlab.journal().len()));
        let clone = Self {
            gitlab,
            folder,
            settings,
        };
        clone.good(&["init", "--quiet", "--initial-branch", "main"]);
        clone.good(&["remote", "add", "origin", url]);
        clone
    }

    /// Runs git; returns its exit status and what it printed.
    pub fn run(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new("git");
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        let output = command
            .args([
                "-c",
                "user.name=Alice",
                "-c",
                "user.email=alice@example.com",
            ])
            .args(arguments)
            .current_dir(&self.folder)
            .env_remove("GIT_DIR")
            .env_remove("GIT_SSL_CAINFO")
            .env("NO_PROXY", "127.0.0.1")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("HOME", self.gitlab.folder("home"))
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8_lossy(&text).into_owned(),
        )
    }

    /// Runs git, which must succeed; returns what it printed.
    pub fn good(&self, arguments: &[&str]) -> String {
        let (status, text) = self.run(arguments);
        assert_eq!(status, 0, "git {arguments:?}: {text}");
        text
    }

    /// Commits a file.
    pub fn commit(&self, file: &str, content: &[u8]) {
        fs::write(self.folder.join(file), content).unwrap();
        self.good(&["add", "--all"]);
        self.good(&["commit", "--quiet", "--message", file]);
    }

    /// Pushes the branch `main`.
    pub fn push(&self) -> (i32, String) {
        self.run(&["push", "origin", "main"])
    }
}
