//! Two programs that do the same work in turns, and the table of what it cost them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::measure::{Cost, cost, peak};
use crate::scene::TestEnv;

/// One program with its arguments.
#[derive(Clone)]
pub struct Entry {
    program: PathBuf,
    arguments: Vec<String>,
    variables: Vec<(&'static str, String)>,
    folder: Option<PathBuf>,
    cleared: Option<PathBuf>,
    exit: i32,
}

impl Entry {
    /// Names the program and its arguments.
    pub fn new<S: Into<String>>(program: &Path, arguments: impl IntoIterator<Item = S>) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            variables: Vec::new(),
            folder: None,
            cleared: None,
            exit: 0,
        }
    }

    /// Sets an environment variable.
    pub fn variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Runs the program in a folder, in place of the one of the run.
    pub fn folder(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Removes a folder before each run.
    pub fn without(mut self, folder: &Path) -> Self {
        self.cleared = Some(folder.into());
        self
    }

    /// Names the exit status that says that the work was done, where it is not 0.
    pub fn ending(mut self, exit: i32) -> Self {
        self.exit = exit;
        self
    }

    /// Runs it once for its time.
    fn cost(&self, env: &TestEnv) -> Cost {
        self.prepare();
        cost(self.command(env), self.exit)
    }

    /// Runs it once for its memory.
    fn peak(&self, env: &TestEnv) -> u64 {
        self.prepare();
        peak(&self.command(env), self.exit)
    }

    fn command(&self, env: &TestEnv) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(env.environment())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.clone().unwrap_or_else(|| env.folder()));
        command
    }

    fn prepare(&self) {
        if let Some(folder) = self.cleared.as_ref().filter(|folder| folder.exists()) {
            fs::remove_dir_all(folder).expect("it is ours");
        }
    }
}

/// What the runs of one program came to.
struct Result {
    wall: Duration,
    fastest: Duration,
    processor: Duration,
    peak: u64,
}

impl Result {
    fn of(mut costs: Vec<Cost>, peak: u64) -> Self {
        let processor = median(costs.iter().map(|cost| cost.processor).collect());
        costs.sort_by_key(|cost| cost.wall);
        Self {
            wall: costs[costs.len() / 2].wall,
            fastest: costs[0].wall,
            processor,
            peak,
        }
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// A table of works, each done by us and by a peer.
pub struct Contest {
    table: String,
    rounds: usize,
}

impl Contest {
    /// Begins a table; each work is done `rounds` times by each, in turns, and the median counts.
    pub fn new(title: &str, peer: &str, rounds: usize) -> Self {
        let table = format!(
            "\n## {title}\n\nMedian of {rounds} runs in turns (fastest in brackets), processor time, peak memory.\n\n\
             | work | {peer} | ours | faster | smaller |\n|---|---|---|---|---|\n"
        );
        Self { table, rounds }
    }

    /// Has both do a work.
    pub fn run(&mut self, env: &TestEnv, work: &str, [ours, theirs]: [Entry; 2]) {
        eprintln!("{work} …");
        let mut costs = (Vec::new(), Vec::new());
        for _ in 0..self.rounds {
            costs.0.push(ours.cost(env));
            costs.1.push(theirs.cost(env));
        }
        let mine = Result::of(costs.0, ours.peak(env));
        let peer = Result::of(costs.1, theirs.peak(env));
        let _ = writeln!(
            self.table,
            "| {work} | {} | {} | {:.1} × | {:.1} × |",
            cell(&peer),
            cell(&mine),
            peer.wall.as_secs_f64() / mine.wall.as_secs_f64(),
            mebibytes(peer.peak) / mebibytes(mine.peak),
        );
    }

    /// Does a work that the peer can't do, or not in reasonable time.
    pub fn run_alone(&mut self, env: &TestEnv, work: &str, ours: &Entry) {
        eprintln!("{work} …");
        let costs = (0..self.rounds).map(|_| ours.cost(env)).collect();
        let mine = Result::of(costs, ours.peak(env));
        let _ = writeln!(self.table, "| {work} | | {} | | |", cell(&mine));
    }

    /// Prints the table.
    pub fn print(self) {
        println!("{}", self.table);
    }
}

fn cell(result: &Result) -> String {
    format!(
        "{} ({}), cpu {}, {:.1} MiB",
        time(result.wall),
        time(result.fastest),
        time(result.processor),
        mebibytes(result.peak)
    )
}

fn time(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1000.0;
    match milliseconds {
        ..10.0 => format!("{milliseconds:.1} ms"),
        ..1000.0 => format!("{milliseconds:.0} ms"),
        _ => format!("{:.2} s", milliseconds / 1000.0),
    }
}

#[expect(clippy::cast_precision_loss, reason = "it is shown with one digit")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
