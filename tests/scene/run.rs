//! The run: its folder, its line to the keeper, and what it says to people.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use super::keeper::{self, Notice, Order, Spec};
use super::setting;
use super::system::{self, Exit};

/// How much of a line is shown of a log.
const LINE: usize = 400;

/// What the files of a run may take, in bytes: an etcd allocates 128 MiB when it starts, and a dozen of them run at once.
const ROOM: u64 = 3 << 30;

/// The runner's end of the keeper.
pub struct Keeper {
    socket: Mutex<UnixStream>,
    states: Mutex<HashMap<u64, State>>,
    changed: Condvar,
    root: PathBuf,
}

/// How far a process is.
#[derive(Clone, Debug)]
pub enum State {
    /// The keeper was asked for it.
    Asked,
    /// It runs, under this number of the system's.
    Running(i32),
    /// It could not be started.
    Refused(String),
    /// It has ended.
    Ended(Exit),
}

/// Returns the folder of this run, which is removed at its end.
pub fn run_root() -> &'static Path {
    &keeper().root
}

/// A folder of this run that is removed when it is dropped, and not at the end of the run only: what is large goes here.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes an empty one whose name begins with `name`.
    pub fn new(name: &str) -> Self {
        Self(new_folder(name))
    }

    /// Returns where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if setting::KEEP_FILES.text().is_none() {
            // What can't be removed now goes with the folder of the run.
            drop(fs::remove_dir_all(&self.0));
        }
    }
}

/// Returns a new folder of this run whose name begins with `name`.
pub fn new_folder(name: &str) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let folder = run_root().join(format!("{name}-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
    fs::create_dir_all(&folder).expect("the folder of the run can be written");
    folder
}

/// Returns the keeper, which starts with the first call.
pub fn keeper() -> &'static Keeper {
    static KEEPER: OnceLock<Keeper> = OnceLock::new();
    static LISTENER: OnceLock<()> = OnceLock::new();
    let keeper = KEEPER.get_or_init(start_keeper);
    LISTENER.get_or_init(|| {
        let socket = keeper
            .socket
            .lock()
            .expect("no holder panics")
            .try_clone()
            .expect("a socket can be duplicated");
        thread::spawn(move || listen(keeper, socket));
    });
    keeper
}

/// Returns the folder for temporary files, or another where that one has no room for the clusters of a run.
fn roomy_folder() -> PathBuf {
    let usual = std::env::temp_dir();
    let room = |folder: &Path| system::free_space(folder).unwrap_or(0);
    if room(&usual) >= ROOM {
        return usual;
    }
    let others = ["/var/tmp", env!("CARGO_TARGET_TMPDIR")].map(PathBuf::from);
    let roomiest = others.into_iter().max_by_key(|folder| room(folder));
    let chosen = roomiest
        .filter(|folder| room(folder) > room(&usual))
        .unwrap_or_else(|| usual.clone());
    note(&format!(
        "{} has {} MiB left: the files of this run are in {}, which has {}",
        usual.display(),
        room(&usual) >> 20,
        chosen.display(),
        room(&chosen) >> 20
    ));
    chosen
}

fn start_keeper() -> Keeper {
    let root = tempfile::Builder::new()
        .prefix("gitops-scene-")
        .tempdir_in(roomy_folder())
        .expect("there is a temporary folder")
        .keep();
    let (ours, theirs) = UnixStream::pair().expect("sockets can be made");
    let log =
        fs::File::create(root.join("keeper.log")).expect("the folder of the run can be written");
    let program = std::env::current_exe().expect("a running test has a program");
    let mut environment = vec![
        (setting::KEEPER.0, "1".into()),
        (setting::KEEPER_ROOT.0, root.display().to_string()),
    ];
    environment.extend(
        setting::KEEP_FILES
            .text()
            .map(|value| (setting::KEEP_FILES.0, value)),
    );
    // A group of its own: Ctrl-C at the terminal ends the runner, and the keeper cleans up after it.
    let child = Command::new(program)
        .args([
            keeper::TEST_NAME,
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env_clear()
        .envs(environment)
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(log.try_clone().expect("a file can be duplicated"))
        .stderr(log)
        .process_group(0)
        .spawn()
        .expect("the test binary can be started again");
    // It ends after this process, so nobody here will wait for it.
    drop(child);
    Keeper {
        socket: Mutex::new(ours),
        states: Mutex::default(),
        changed: Condvar::new(),
        root,
    }
}

fn listen(keeper: &Keeper, socket: UnixStream) {
    for line in BufReader::new(socket).lines() {
        let Ok(line) = line else { break };
        let notice = serde_json::from_str(&line).expect("the keeper is this same binary");
        let (id, state) = match notice {
            Notice::Started(id, pid) => (id, State::Running(pid)),
            Notice::Refused(id, reason) => (id, State::Refused(reason)),
            Notice::Ended(id, exit) => (id, State::Ended(exit)),
        };
        keeper
            .states
            .lock()
            .expect("no holder panics")
            .insert(id, state);
        keeper.changed.notify_all();
    }
}

impl Keeper {
    /// Asks for a process, under a number of our own.
    pub fn begin(&self, id: u64, spec: Spec) {
        self.states
            .lock()
            .expect("no holder panics")
            .insert(id, State::Asked);
        self.order(&Order::Start(id, Box::new(spec)));
    }

    /// Sends an order.
    pub fn order(&self, order: &Order) {
        let mut line = serde_json::to_string(order).expect("an order is plain data");
        line.push('\n');
        let mut socket = self.socket.lock().expect("no holder panics");
        socket
            .write_all(line.as_bytes())
            .expect("the keeper runs as long as this process");
    }

    /// Waits until the state of a process is one that `wanted` takes; returns the last one seen.
    pub fn wait(&self, id: u64, limit: Duration, wanted: impl Fn(&State) -> bool) -> State {
        let states = self.states.lock().expect("no holder panics");
        let open = |states: &mut HashMap<u64, State>| !wanted(&states[&id]);
        let (states, _) = self
            .changed
            .wait_timeout_while(states, limit, open)
            .expect("no holder panics");
        states[&id].clone()
    }
}

/// Returns the last lines of a file, long ones cut.
pub fn tail(file: &Path, lines: usize) -> String {
    let bytes = fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<&str> = text.lines().collect();
    let last = all[all.len().saturating_sub(lines)..].iter();
    let cut = |line: &&str| line.chars().take(LINE).collect::<String>();
    last.map(cut).collect::<Vec<_>>().join("\n")
}

/// Writes a line to the real standard error, which the test runner does not swallow.
pub fn note(line: &str) {
    // A closed standard error is no reason to fail a test.
    drop(writeln!(std::io::stderr(), "{line}"));
}
