//! A run that is killed leaves no process and no file behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::scene::{
    Cluster, Gitea, PATIENCE, Program, SUB_RUN, Scheme, are_built, definitions_of_this_run,
    descendants, installed, new_folder, run_root, stat,
};

/// What the run that is to be killed does: it starts everything, says so, and waits for its end.
#[test]
#[ignore = "the run that another test kills"]
fn sub_run() {
    let Some(file) = SUB_RUN.text() else { return };
    let definitions = definitions_of_this_run().expect("the test that starts this has looked");
    let cluster = Cluster::start(definitions);
    let gitea = Gitea::start(Scheme::Http);
    let folder = new_folder("strays");
    let shell = installed("sh").expect("every system has a shell");
    // A session of its own and an ignored signal: what a group or a hang-up would not reach.
    let script =
        "trap '' HUP TERM; setsid sh -c 'trap \"\" HUP TERM; while :; do sleep 1000; done' & wait";
    let stray = Program::new(&shell, &folder)
        .arguments(["-c", script])
        .start();
    let below = || descendants(stray.pid().expect("it waits for ever")).len();
    while below() < 2 {
        thread::sleep(Duration::from_millis(10));
    }
    fs::write(&file, run_root().display().to_string()).expect("the other run can be told");
    thread::sleep(Duration::from_mins(10));
    drop((cluster, gitea, stray));
}

#[test]
fn a_killed_run_leaves_nothing() {
    if !are_built(&["gitea", "kube-apiserver", "kwok", "source-controller"])
        || definitions_of_this_run().is_none()
    {
        return;
    }
    let file = new_folder("sub-run").join("root");
    let mut run = Command::new(std::env::current_exe().expect("a running test has a program"))
        .args([
            "environment::leftovers::sub_run",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env(SUB_RUN.0, &file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the test binary can be started again");
    let root = root_of(&file);
    let run_id = i32::try_from(run.id()).expect("process numbers are small");
    let known: Vec<_> = descendants(run_id)
        .into_iter()
        .filter_map(|pid| Some((pid, stat(pid)?.started)))
        .collect();
    assert!(
        known.len() >= 14,
        "etcd, API server, two more, six controllers, Gitea, three strays, keeper: {known:?}"
    );
    assert!(root.join("keeper.log").is_file());

    run.kill().expect("it is our child");
    run.wait().expect("it is our child");

    let left = || {
        let is_left = |(pid, started): &(i32, u64)| {
            stat(*pid).is_some_and(|now| now.started == *started && now.state != 'Z')
        };
        known
            .iter()
            .filter(|process| is_left(process))
            .map(|(pid, _)| command_line(*pid))
            .collect::<Vec<_>>()
    };
    until("every process is gone", || {
        left()
            .is_empty()
            .then_some(())
            .ok_or_else(|| left().join("\n"))
    });
    until("the files are gone", || {
        (!root.exists())
            .then_some(())
            .ok_or_else(|| root.display().to_string())
    });
}

/// Waits until the sub-run is up, and returns its folder.
fn root_of(file: &Path) -> PathBuf {
    let start = Instant::now();
    loop {
        match fs::read_to_string(file) {
            Ok(root) if !root.is_empty() => return root.into(),
            _ => assert!(start.elapsed() < PATIENCE, "the sub-run is not up"),
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn until(what: &str, probe: impl Fn() -> Result<(), String>) {
    let start = Instant::now();
    while let Err(left) = probe() {
        assert!(start.elapsed() < PATIENCE, "never: {what}\n{left}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn command_line(pid: i32) -> String {
    let words = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    format!("{pid} {}", words.replace('\0', " "))
}
