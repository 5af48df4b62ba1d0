//! The environment variables that steer a test run.

/// One environment variable.
#[derive(Clone, Copy)]
pub struct Setting(pub &'static str);

/// The folder with the programs of the test environment.
pub const PROGRAMS: Setting = Setting("GITOPS_TESTENV");
/// The folder that caches are kept under.
pub const CACHE: Setting = Setting("XDG_CACHE_HOME");
/// The home folder.
pub const HOME: Setting = Setting("HOME");
/// Where programs are looked for.
pub const PATH: Setting = Setting("PATH");
/// Set on build machines: what is missing fails there.
pub const CI: Setting = Setting("CI");
/// The folder of the reference data.
pub const SHARED: Setting = Setting("GITOPS_SHARED");
/// Keeps the files of a run: logs, data folders, repositories.
pub const KEEP_FILES: Setting = Setting("GITOPS_SCENE_KEEP");
/// Prints how long each part took to start.
pub const TRACE: Setting = Setting("GITOPS_SCENE_TRACE");
/// Set by the harness for the process that keeps all others.
pub const KEEPER: Setting = Setting("GITOPS_SCENE_KEEPER");
/// The folder of the run, which the keeper removes.
pub const KEEPER_ROOT: Setting = Setting("GITOPS_SCENE_ROOT");
/// Set by the test that kills a run, for that run: the file to tell in that all is up.
pub const SUB_RUN: Setting = Setting("GITOPS_SCENE_SUB_RUN");
/// Set by `scripts/demo`: the file that the addresses of the demo's environment are written to.
pub const DEMO: Setting = Setting("GITOPS_DEMO_FILE");

/// Set by `scripts/demo --keep`: the environment runs until it is ended, not until its standard input closes.
pub const DEMO_STAYS: Setting = Setting("GITOPS_DEMO_STAYS");
/// Set by `scripts/bench`: our program, as it is shipped.
pub const BENCH: Setting = Setting("GITOPS_BENCH");
/// The one contest that `scripts/bench` was asked for; empty for all of them.
pub const BENCH_ONLY: Setting = Setting("GITOPS_BENCH_ONLY");
/// The seeds of the random kustomizations: the first one, or `SEED:COUNT`.
pub const DIFFER: Setting = Setting("GITOPS_DIFFER");

impl Setting {
    /// Returns its value, unless it is unset or empty.
    #[expect(
        clippy::disallowed_methods,
        reason = "the program's own variables are not the test run's"
    )]
    pub fn text(self) -> Option<String> {
        std::env::var(self.0).ok().filter(|value| !value.is_empty())
    }
}
