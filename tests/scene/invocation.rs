//! One run of a program: to its end, in the background, or on a terminal.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rexpect::session::PtySession;

use super::output::CommandOutput;
use super::process::PATIENCE;
use super::process::{Process, Program};
use super::program;
use super::run::new_folder;
use super::system::{self, Exit};

/// How long a run may take unless the test says otherwise.
const LIMIT: Duration = PATIENCE;

/// A run that is being prepared.
pub struct Invocation {
    program: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
    environment: BTreeMap<String, String>,
    redactions: Vec<(String, String)>,
    input: Option<String>,
    limit: Duration,
}

impl Invocation {
    /// Names program, arguments and working folder; environment and input are empty.
    pub fn new(program: &Path, arguments: Vec<String>, folder: &Path) -> Self {
        Self {
            program: program.into(),
            arguments,
            folder: folder.into(),
            environment: BTreeMap::new(),
            redactions: Vec::new(),
            input: None,
            limit: LIMIT,
        }
    }

    /// Sets the whole environment.
    #[must_use]
    pub fn environment(mut self, environment: BTreeMap<String, String>) -> Self {
        self.environment = environment;
        self
    }

    /// Sets what is shown in place of what.
    #[must_use]
    pub fn redactions(mut self, redactions: Vec<(String, String)>) -> Self {
        self.redactions = redactions;
        self
    }

    /// Sets one environment variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Works in another folder.
    #[must_use]
    pub fn within(mut self, folder: &Path) -> Self {
        self.folder = folder.into();
        self
    }

    /// Gives this text as standard input.
    #[must_use]
    pub fn stdin(mut self, text: &str) -> Self {
        self.input = Some(text.into());
        self
    }

    /// Ends the run after this time; its output then says so.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs to the end.
    pub fn run(self) -> CommandOutput {
        let limit = self.limit;
        self.start().finish_within(limit)
    }

    /// Runs until the program has printed a text, and interrupts it there: what comes after is of no interest.
    #[track_caller]
    pub fn run_until(self, text: &str) -> CommandOutput {
        let running = self.start();
        running.wait_for(text);
        running.interrupt();
        let output = running.finish();
        assert_eq!(output.status(), Some(130), "{output}");
        output
    }

    /// Runs to the end, or until the program has printed a text, and interrupts it there.
    pub fn run_up_to(self, text: &str) -> CommandOutput {
        let running = self.start();
        if running.has_printed(text) {
            running.interrupt();
        }
        running.finish()
    }

    /// Starts in the background.
    pub fn start(self) -> Running {
        let streams = new_folder("run");
        let (stdout, stderr) = (streams.join("stdout"), streams.join("stderr"));
        let mut program = Program::new(&self.program, &self.folder)
            .arguments(self.arguments)
            .environment(self.environment)
            .streams(&stdout, &stderr);
        if let Some(text) = self.input {
            let input = streams.join("stdin");
            fs::write(&input, text).expect("the folder of the run can be written");
            program = program.input(&input);
        }
        Running {
            process: program.start(),
            stdout,
            stderr,
            redactions: self.redactions,
            limit: self.limit,
        }
    }

    /// Starts on a terminal of 100 columns, where the program may ask.
    pub fn on_terminal(self) -> Terminal {
        let shell = program::installed("sh").expect("every system has a shell");
        let stty = program::installed("stty").expect("every system has stty");
        // As at anybody's desk, what is typed shows unless the program sees to it that it doesn't.
        let script = format!("{} cols 100 rows 40 echo; exec \"$@\"", stty.display());
        let mut command = Command::new(shell);
        command
            .args(["-c", &script, "sh"])
            .arg(&self.program)
            .args(&self.arguments)
            .env_clear()
            .envs(&self.environment)
            .env("TERM", "xterm")
            .current_dir(&self.folder);
        let limit = u64::try_from(self.limit.as_millis()).expect("a limit is short");
        let session = rexpect::session::spawn_command(command, Some(limit))
            .expect("the system has terminals");
        Terminal { session }
    }
}

/// A run in the background; dropping it kills it.
pub struct Running {
    process: Process,
    stdout: PathBuf,
    stderr: PathBuf,
    redactions: Vec<(String, String)>,
    limit: Duration,
}

impl Running {
    /// Waits until the program has printed a text, on either stream.
    pub fn wait_for(&self, text: &str) {
        assert!(
            self.has_printed(text),
            "ended without `{text}`:\n{}",
            self.shown()
        );
    }

    /// Waits until the program has printed a text, or has ended; says whether it has printed it.
    fn has_printed(&self, text: &str) -> bool {
        let start = Instant::now();
        loop {
            // Asked first: what was printed before the end is there after it.
            let ended = self.process.ended().is_some();
            let shown = self.shown();
            if shown.contains(text) {
                return true;
            }
            if ended {
                return false;
            }
            assert!(
                start.elapsed() < self.limit,
                "no `{text}` in time:\n{shown}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn shown(&self) -> String {
        let read = |path: &Path| fs::read(path).unwrap_or_default();
        let bytes = [read(&self.stdout), read(&self.stderr)].concat();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Returns what the system calls it.
    pub fn pid(&self) -> i32 {
        self.process.pid().expect("it lived long enough to be seen")
    }

    /// Sends what Ctrl-C sends.
    pub fn interrupt(&self) {
        self.process.signal(libc::SIGINT);
    }

    /// Sends a signal.
    pub fn signal(&self, number: i32) {
        self.process.signal(number);
    }

    /// Waits for the end.
    pub fn finish(self) -> CommandOutput {
        let limit = self.limit;
        self.finish_within(limit)
    }

    fn finish_within(self, limit: Duration) -> CommandOutput {
        let exit = self.process.wait(limit);
        self.process.kill();
        let read = |path: &Path| fs::read(path).unwrap_or_default();
        CommandOutput::new(
            read(&self.stdout),
            read(&self.stderr),
            exit,
            &self.redactions,
        )
    }
}

/// A program on a terminal.
pub struct Terminal {
    session: PtySession,
}

impl Terminal {
    /// Waits until a text appears, and returns what came before it.
    #[track_caller]
    pub fn expect(&mut self, text: &str) -> String {
        self.session
            .exp_string(text)
            .unwrap_or_else(|error| panic!("no `{text}` on the terminal: {error}"))
    }

    /// Types text, and Enter.
    pub fn enter(&mut self, text: &str) {
        self.session.send_line(text).expect("the terminal is open");
    }

    /// Types text that must not show, and Enter, as soon as the terminal shows nothing of it.
    ///
    /// A question for a secret throws away what was typed before it hid the answer, so nobody may type right after the
    /// words have appeared.
    #[track_caller]
    pub fn enter_secret(&mut self, text: &str) {
        let terminal = self.session.process().get_file_handle();
        let terminal = terminal.expect("the terminal is open");
        let start = Instant::now();
        while system::echoes(&terminal).expect("it is a terminal") {
            assert!(start.elapsed() < PATIENCE, "what is typed shows");
            std::thread::sleep(Duration::from_millis(5));
        }
        self.enter(text);
    }

    /// Types text alone.
    pub fn type_keys(&mut self, text: &str) {
        self.session
            .send(text)
            .and_then(|_| self.session.flush())
            .expect("the terminal is open");
    }

    /// Presses Ctrl and a key.
    pub fn control(&mut self, key: char) {
        self.session
            .send_control(key)
            .expect("the terminal is open");
    }

    /// Waits for the end; returns what was still shown, and how the program ended.
    pub fn finish(mut self) -> (String, Exit) {
        use rexpect::process::WaitStatus;

        let rest = self
            .session
            .exp_eof()
            .unwrap_or_else(|error| panic!("the program runs on: {error}"));
        let exit = match self.session.process().wait().expect("it is our child") {
            WaitStatus::Exited(_, code) => Exit::Code(code),
            WaitStatus::Signaled(_, signal, _) => Exit::Signal(signal as i32),
            other => panic!("neither exited nor killed: {other:?}"),
        };
        (rest, exit)
    }
}
