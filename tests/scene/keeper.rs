//! The process that starts all others and outlives the test runner just long enough to end them.
//!
//! It is this test binary again, running the one test [`keep`]. The runner talks to it through a
//! socket; when the runner is gone, however it went, the socket closes, and the keeper kills all that
//! is below it. As a subreaper it inherits every orphan, so a grandchild in a group or session of its
//! own is found too. Should the keeper itself be killed, its children die by their parent-death signal.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::setting;
use super::system::{self, Exit};

/// The name that the test runner knows [`keep`] by.
pub const TEST_NAME: &str = "scene::keeper::keep";

/// What to start, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The program, as an absolute path.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its whole environment.
    pub environment: BTreeMap<String, String>,
    /// Its working folder.
    pub folder: PathBuf,
    /// The file it reads as standard input; none is an empty input.
    pub input: Option<PathBuf>,
    /// The file its standard output is added to.
    pub output: PathBuf,
    /// The file its standard error is added to; may be the same.
    pub errors: PathBuf,
}

/// What the runner asks the keeper for.
#[derive(Debug, Serialize, Deserialize)]
pub enum Order {
    /// Start a process under this number of the runner's own.
    Start(u64, Box<Spec>),
    /// Send a signal to it.
    Signal(u64, i32),
    /// Kill it, with all that it started.
    Kill(u64),
}

/// What the keeper tells the runner.
#[derive(Debug, Serialize, Deserialize)]
pub enum Notice {
    /// The process runs, with this number of the system's.
    Started(u64, i32),
    /// It could not be started.
    Refused(u64, String),
    /// It has ended.
    Ended(u64, Exit),
}

/// The processes that run: the system's number and the runner's.
#[derive(Default)]
struct Table {
    running: Mutex<BTreeMap<i32, u64>>,
    changed: Condvar,
}

/// Runs the keeper; the test runner starts it beside itself, and it does nothing when it is started otherwise.
#[test]
#[ignore = "the process that the harness runs beside itself"]
fn keep() {
    if setting::KEEPER.text().is_none() {
        return;
    }
    system::adopt_orphans().expect("Linux has subreapers since 3.4");
    let socket = io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .expect("the runner gave a socket as standard input");
    let socket = UnixStream::from(socket);
    let table = Arc::new(Table::default());
    let notices = Arc::new(Mutex::new(
        socket.try_clone().expect("a socket can be duplicated"),
    ));
    thread::spawn({
        let (table, notices) = (Arc::clone(&table), Arc::clone(&notices));
        move || reap_all(&table, &notices)
    });
    for line in BufReader::new(socket).lines() {
        let Ok(line) = line else { break };
        obey(
            serde_json::from_str(&line).expect("the runner is this same binary"),
            &table,
            &notices,
        );
    }
    end_all();
    if let Some(root) = setting::KEEPER_ROOT
        .text()
        .filter(|_| setting::KEEP_FILES.text().is_none())
    {
        // Nobody is left to read about a file that can't be removed.
        drop(fs::remove_dir_all(root));
    }
}

fn obey(order: Order, table: &Table, notices: &Mutex<UnixStream>) {
    match order {
        Order::Start(id, spec) => {
            // The table stays locked, so that the end of a short process is not told before its start.
            let mut running = table
                .running
                .lock()
                .expect("no thread of the keeper panics");
            match start(&spec) {
                Ok(pid) => {
                    running.insert(pid, id);
                    tell(notices, &Notice::Started(id, pid));
                    table.changed.notify_all();
                }
                Err(error) => {
                    tell(
                        notices,
                        &Notice::Refused(
                            id,
                            format!("cannot start {}: {error}", spec.program.display()),
                        ),
                    );
                }
            }
        }
        Order::Signal(id, number) => with_process(table, id, |pid| system::signal(pid, number)),
        Order::Kill(id) => with_process(table, id, |pid| {
            let below = system::descendants(pid);
            system::signal(-pid, libc::SIGKILL);
            system::signal(pid, libc::SIGKILL);
            for pid in below {
                system::signal(pid, libc::SIGKILL);
            }
        }),
    }
}

/// Calls `act` with the system's number of a process that has not been reaped, so that the number can't be another's by now.
fn with_process(table: &Table, id: u64, act: impl FnOnce(i32)) {
    let running = table
        .running
        .lock()
        .expect("no thread of the keeper panics");
    if let Some((pid, _)) = running.iter().find(|(_, of)| **of == id) {
        act(*pid);
    }
}

fn start(spec: &Spec) -> io::Result<i32> {
    let input = spec.input.as_ref().map_or_else(
        || Ok(Stdio::null()),
        |path| File::open(path).map(Stdio::from),
    )?;
    let mut command = Command::new(&spec.program);
    command
        .args(&spec.arguments)
        .env_clear()
        .envs(&spec.environment)
        .current_dir(&spec.folder)
        .stdin(input)
        .stdout(appending(&spec.output)?)
        .stderr(appending(&spec.errors)?);
    system::bind_to_this_thread(&mut command);
    // The reaper waits for it; a `Child` that is dropped leaves its process alone.
    command.spawn().map(|child| child.id().cast_signed())
}

fn appending(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

fn tell(notices: &Mutex<UnixStream>, notice: &Notice) {
    let mut line = serde_json::to_string(notice).expect("a notice is plain data");
    line.push('\n');
    let mut socket = notices.lock().expect("no thread of the keeper panics");
    // A runner that has gone needs no notices.
    drop(socket.write_all(line.as_bytes()));
}

/// Reaps what ends, children and adopted orphans alike, and tells the runner of those it knows.
fn reap_all(table: &Table, notices: &Mutex<UnixStream>) {
    loop {
        let Ok(pid) = system::next_ended_child() else {
            // No child at all: wait until there is one.
            let running = table
                .running
                .lock()
                .expect("no thread of the keeper panics");
            drop(
                table
                    .changed
                    .wait_timeout_while(running, Duration::from_secs(1), |running| {
                        running.is_empty()
                    }),
            );
            continue;
        };
        let mut running = table
            .running
            .lock()
            .expect("no thread of the keeper panics");
        let Ok(exit) = system::reap(pid) else {
            continue;
        };
        if let Some(id) = running.remove(&pid) {
            tell(notices, &Notice::Ended(id, exit));
        }
    }
}

/// Kills until nothing is left: the children of a killed process become ours and are found in the next round.
fn end_all() {
    loop {
        let left = system::descendants(std::process::id().cast_signed());
        if left.is_empty() {
            return;
        }
        for pid in left {
            system::signal(pid, libc::SIGKILL);
        }
        thread::sleep(Duration::from_millis(2));
    }
}
