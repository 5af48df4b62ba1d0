//! Processes of a test run: started by the keeper, killed when dropped, gone when the run is.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::keeper::{Order, Spec};
use super::run::{State, keeper, note, run_root, tail};
use super::setting;
use super::system::Exit;

/// How long anything that must come may take: on a machine that does other things besides, minutes.
pub const PATIENCE: Duration = Duration::from_mins(4);

/// How long a killed process may take to be gone.
const KILL_LIMIT: Duration = Duration::from_mins(1);

/// How often a readiness probe is repeated.
const PROBE_PAUSE: Duration = Duration::from_millis(15);

/// A program about to be started.
pub struct Program {
    spec: Spec,
    name: String,
}

impl Program {
    /// Names a program, and the folder it works in and logs to. Its environment is empty but for what a Go program needs.
    pub fn new(program: &Path, folder: &Path) -> Self {
        let name = program
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let log = folder.join(format!("{name}.log"));
        let spec = Spec {
            program: program.into(),
            arguments: Vec::new(),
            environment: BTreeMap::from([
                ("HOME".into(), folder.display().to_string()),
                ("TMPDIR".into(), folder.display().to_string()),
                ("PATH".into(), setting::PATH.text().unwrap_or_default()),
                ("TZ".into(), "UTC".into()),
                ("NO_PROXY".into(), "127.0.0.1,localhost".into()),
            ]),
            folder: folder.into(),
            input: None,
            output: log.clone(),
            errors: log,
        };
        Self { spec, name }
    }

    /// Adds one argument.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.spec.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn arguments<S: Into<String>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.spec
            .arguments
            .extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.spec.environment.insert(name.into(), value.into());
        self
    }

    /// Replaces the whole environment.
    #[must_use]
    pub fn environment(mut self, environment: BTreeMap<String, String>) -> Self {
        self.spec.environment = environment;
        self
    }

    /// Lets it read a file as standard input.
    #[must_use]
    pub fn input(mut self, file: &Path) -> Self {
        self.spec.input = Some(file.into());
        self
    }

    /// Sends standard output and standard error to files of their own.
    #[must_use]
    pub fn streams(mut self, output: &Path, errors: &Path) -> Self {
        self.spec.output = output.into();
        self.spec.errors = errors.into();
        self
    }

    /// Starts it.
    pub fn start(self) -> Process {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let keeper = keeper();
        let log = self.spec.errors.clone();
        keeper.begin(id, self.spec);
        let state = keeper.wait(id, KILL_LIMIT, |state| !matches!(state, State::Asked));
        let pid = match state {
            State::Running(pid) => Some(pid),
            State::Ended(_) => None,
            State::Refused(reason) => panic!("{reason}"),
            State::Asked => panic!(
                "the keeper does not answer: see {}",
                run_root().join("keeper.log").display()
            ),
        };
        Process {
            id,
            pid,
            log,
            name: self.name,
        }
    }

    /// Runs it to its end and returns what it printed; panics with its output if it fails.
    pub fn finish(self, limit: Duration) -> String {
        let process = self.start();
        let exit = process.wait(limit);
        let output = fs::read_to_string(&process.log).unwrap_or_default();
        assert_eq!(
            exit,
            Some(Exit::Code(0)),
            "{} failed:\n{output}",
            process.name
        );
        output
    }
}

/// A process of this run; dropping it kills it and all that it started.
pub struct Process {
    id: u64,
    pid: Option<i32>,
    log: PathBuf,
    name: String,
}

/// Why a process did not get ready.
#[derive(Debug, thiserror::Error)]
#[error("{name} {what}; its log ends with:\n{log}")]
pub struct NotReady {
    name: String,
    what: String,
    log: String,
}

impl NotReady {
    /// Says whether another process took a port between its choice and its use.
    pub fn is_port_taken(&self) -> bool {
        self.log.contains("address already in use")
    }
}

impl Process {
    /// Returns the number that the system gave it, if it lived long enough to be seen.
    pub fn pid(&self) -> Option<i32> {
        self.pid
    }

    /// Returns how it ended, if it has.
    pub fn ended(&self) -> Option<Exit> {
        self.wait(Duration::ZERO)
    }

    /// Waits until it has ended; `None` if it runs on after `limit`.
    pub fn wait(&self, limit: Duration) -> Option<Exit> {
        match keeper().wait(self.id, limit, |state| matches!(state, State::Ended(_))) {
            State::Ended(exit) => Some(exit),
            _ => None,
        }
    }

    /// Sends it a signal.
    pub fn signal(&self, number: i32) {
        keeper().order(&Order::Signal(self.id, number));
    }

    /// Kills it with all that it started, and waits until it is gone.
    pub fn kill(&self) {
        if self.ended().is_some() {
            return;
        }
        keeper().order(&Order::Kill(self.id));
        let gone = self.wait(KILL_LIMIT);
        // A panic during another panic would hide the first one's message.
        assert!(
            gone.is_some() || thread::panicking(),
            "{} survived SIGKILL",
            self.name
        );
    }

    /// Returns the file that it logs to.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Returns the last lines of its log.
    pub fn log_tail(&self) -> String {
        tail(&self.log, 8)
    }

    /// Waits until `probe` says yes.
    pub fn until_ready(
        &self,
        limit: Duration,
        mut probe: impl FnMut() -> bool,
    ) -> Result<(), NotReady> {
        let start = Instant::now();
        while !probe() {
            if let Some(exit) = self.ended() {
                return Err(self.not_ready(format!("ended with {exit:?}")));
            }
            if start.elapsed() > limit {
                return Err(self.not_ready(format!("is not ready after {} s", limit.as_secs())));
            }
            thread::sleep(PROBE_PAUSE);
        }
        if setting::TRACE.text().is_some() {
            note(&format!(
                "{} ready in {:.2} s",
                self.name,
                start.elapsed().as_secs_f32()
            ));
        }
        Ok(())
    }

    fn not_ready(&self, what: String) -> NotReady {
        NotReady {
            name: self.name.clone(),
            what,
            log: self.log_tail(),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts something that needs free ports, again with others where one was taken meanwhile.
pub fn with_ports<T>(mut start: impl FnMut() -> Result<T, NotReady>) -> T {
    for _ in 0..3 {
        match start() {
            Err(error) if error.is_port_taken() => {}
            Err(error) => panic!("{error}"),
            Ok(value) => return value,
        }
    }
    start().unwrap_or_else(|error| panic!("{error}"))
}
