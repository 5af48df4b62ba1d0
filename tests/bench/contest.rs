//! Two programs that do the same work in turns, and the table of what it cost them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::measure::{Cost, cost, peak};
use crate::scene::TestEnv;

/// One program with its arguments.
pub struct Entry {
    program: PathBuf,
    arguments: Vec<String>,
    variables: Vec<(&'static str, &'static str)>,
    exit: i32,
}

impl Entry {
    /// Names the program and its arguments.
    pub fn new<S: Into<String>>(program: &Path, arguments: impl IntoIterator<Item = S>) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            variables: Vec::new(),
            exit: 0,
        }
    }

    /// Names the exit status that says that the work was done, where it is not 0.
    pub fn ending(mut self, exit: i32) -> Self {
        self.exit = exit;
        self
    }

    /// Sets an environment variable.
    pub fn variable(mut self, name: &'static str, value: &'static str) -> Self {
        self.variables.push((name, value));
        self
    }

    fn cost(&self, env: &TestEnv) -> Cost {
        cost(self.command(env), self.exit)
    }

    fn peak(&self, env: &TestEnv) -> u64 {
        peak(&self.command(env), self.exit)
    }

    fn command(&self, env: &TestEnv) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(env.environment())
            .envs(self.variables.iter().copied())
            .current_dir(env.folder());
        command
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
