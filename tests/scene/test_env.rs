//! The program under test in a clean place: a home of its own, an empty environment, a fixed clock.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::invocation::Invocation;
use super::kubeconfig::{self, User};
use super::output::CommandOutput;
use super::program;
use super::run::new_folder;
use super::stage::Scene;

/// The time that the program believes it is.
pub const CLOCK: &str = "2026-11-21T12:00:00Z";

/// An address where nobody answers.
const NOWHERE: &str = "http://127.0.0.1:1";

/// The programs of the system that ours may start.
const ON_PATH: &[&str] = &["git", "ssh", "ssh-keyscan", "sh"];

/// A place to run the program in.
pub struct TestEnv {
    root: PathBuf,
    variables: BTreeMap<String, String>,
    redactions: Vec<(String, String)>,
    scene: Option<Scene>,
}

impl TestEnv {
    /// Makes an empty place, with no cluster.
    pub fn new() -> Self {
        let root = new_folder("env");
        for folder in ["home", "work", "bin", "tmp"] {
            fs::create_dir_all(root.join(folder)).expect("the folder of the run can be written");
        }
        let path = |name: &str| root.join(name).display().to_string();
        let variables = BTreeMap::from([
            ("HOME".to_owned(), path("home")),
            ("PATH".to_owned(), path("bin")),
            ("TMPDIR".to_owned(), path("tmp")),
            ("TZ".to_owned(), "UTC".to_owned()),
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ("NO_COLOR".to_owned(), "1".to_owned()),
            ("COLUMNS".to_owned(), "100".to_owned()),
            ("GITOPS_CLOCK".to_owned(), CLOCK.to_owned()),
            // No test depends on what is published today.
            ("GITOPS_RELEASE_URL".to_owned(), NOWHERE.to_owned()),
            ("GIT_CONFIG_NOSYSTEM".to_owned(), "1".to_owned()),
        ]);
        let redactions = vec![
            (path("work"), "[WORK]".to_owned()),
            (path("home"), "[HOME]".to_owned()),
        ];
        let env = Self {
            root,
            variables,
            redactions,
            scene: None,
        };
        ON_PATH.iter().fold(env, |env, name| env.with_program(name))
    }

    /// Makes a place whose kubeconfig and default namespace are those of a scene.
    ///
    /// Where controllers run, the clock is the real one: they tell requests apart by their time.
    pub fn in_scene(scene: Scene) -> Self {
        let mut env = Self::new()
            .variable(
                "KUBECONFIG",
                &scene.kubeconfig(User::Admin).display().to_string(),
            )
            .variable("FLUX_SYSTEM_NAMESPACE", scene.namespace())
            .redacting(scene.namespace(), "[NAMESPACE]")
            .redacting(scene.address().trim_start_matches("https://"), "[HOST]");
        if scene.cluster().is_some() {
            env.variables.remove("GITOPS_CLOCK");
        }
        env.scene = Some(scene);
        env
    }

    /// Makes a place beside an API server, without controllers, whose namespace is filled from a file of `fixtures/cluster`.
    pub fn with_cluster(fixture: &str) -> Option<Self> {
        let scene = Scene::server()?;
        scene.fill(fixture);
        Some(Self::in_scene(scene))
    }

    /// Returns the scene of this place.
    pub fn scene(&self) -> &Scene {
        self.scene.as_ref().expect("this place was made in a scene")
    }

    /// Lets the program find one more program of the system on its path.
    #[must_use]
    pub fn with_program(self, name: &str) -> Self {
        if let Some(path) = program::installed(name) {
            // It may have been linked before.
            drop(symlink(path, self.root.join("bin").join(name)));
        }
        self
    }

    /// Lets shells find the program beside those of the system.
    #[must_use]
    pub fn with_ours(self) -> Self {
        let bin = self.root.join("bin");
        // It may have been linked before.
        drop(symlink(env!("CARGO_BIN_EXE_gitops"), bin.join("gitops")));
        self.variable("PATH", &format!("{}:/usr/bin:/bin", bin.display()))
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Takes an environment variable away.
    #[must_use]
    pub fn without_variable(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    /// Puts a placeholder in the place of a text, in what is shown.
    #[must_use]
    pub fn redacting(mut self, text: &str, placeholder: &str) -> Self {
        self.redactions.push((text.into(), placeholder.into()));
        self
    }

    /// Acts as another user of the scene.
    #[must_use]
    pub fn acting_as(self, user: User) -> Self {
        let kubeconfig = self.scene().kubeconfig(user).display().to_string();
        self.variable("KUBECONFIG", &kubeconfig)
    }

    /// Reaches the scene's API server through a proxy at `server`; `authority` is the file that vouches for it,
    /// where it is not the server's own.
    #[must_use]
    pub fn through(self, server: &str, authority: Option<&Path>) -> Self {
        let own = self.scene().authority();
        let authority = authority.unwrap_or(&own);
        let kubeconfig = kubeconfig::write(&self.root, User::Admin, server, authority);
        let host = server.trim_start_matches("https://").to_owned();
        self.variable("KUBECONFIG", &kubeconfig.display().to_string())
            .redacting(&host, "[HOST]")
    }

    /// Writes a kubeconfig whose one cluster, in the context `c`, answers nobody.
    pub fn kubeconfig_to_nowhere(&self) -> PathBuf {
        self.file(
            "kubeconfig",
            "apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: 'http://127.0.0.1:9'}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
",
        )
    }

    /// Returns the environment that programs run in here.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// Returns the folder that the program works in.
    pub fn folder(&self) -> PathBuf {
        self.root.join("work")
    }

    /// Returns the program's home.
    pub fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// Writes a file below the working folder and returns its path.
    pub fn file(&self, path: &str, text: &str) -> PathBuf {
        let path = self.folder().join(path);
        fs::create_dir_all(path.parent().expect("it is below a folder"))
            .expect("the folder of the run can be written");
        fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        path
    }

    /// Runs the program to its end.
    pub fn run<S: Into<String>>(&self, arguments: impl IntoIterator<Item = S>) -> CommandOutput {
        self.command(arguments).run()
    }

    /// Prepares a run that needs more than arguments.
    pub fn command<S: Into<String>>(&self, arguments: impl IntoIterator<Item = S>) -> Invocation {
        self.other_command(Path::new(env!("CARGO_BIN_EXE_gitops")), arguments)
    }

    /// Prepares a run of another program in the same place.
    pub fn other_command<S: Into<String>>(
        &self,
        program: &Path,
        arguments: impl IntoIterator<Item = S>,
    ) -> Invocation {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Invocation::new(program, arguments, &self.folder())
            .environment(self.variables.clone())
            .redactions(self.redactions.clone())
    }
}
