//! What one run of a program costs: time on the clock, time on the processor, memory at its peak.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::scene::{Exit, Usage, adopt_orphans, reap_with_usage};

/// Makes the program a grandchild, and says its number.
///
/// The kernel counts the peak of the process that starts a program into the program's own, so it is started by
/// a shell, which is small. That one must be gone before the program begins, or it might take its status.
const AS_ORPHAN: &str = r#"{ read -r go; exec "$@" </dev/null; } <&0 >/dev/null 2>&1 & echo $!"#;

/// The cost of one run.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// From start to end.
    pub wall: Duration,
    /// Of user and system together, on all cores.
    pub processor: Duration,
}

/// Runs a program to its end, which has to be this exit status.
pub fn cost(mut command: Command, exit: i32) -> Cost {
    let begun = Instant::now();
    #[expect(clippy::zombie_processes, reason = "it is reaped with its usage")]
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let usage = ended(child.id().cast_signed(), &command, exit);
    Cost {
        wall: begun.elapsed(),
        processor: usage.processor,
    }
}

/// Runs a program to its end, and returns the most memory that was resident at once, in bytes.
pub fn peak(command: &Command, exit: i32) -> u64 {
    adopt_orphans().expect("the system knows subreapers");
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", AS_ORPHAN, "sh"])
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    let mut started = shell.spawn().expect("every system has a shell");
    let go = started.stdin.take().expect("it is piped");
    let mut number = String::new();
    let mut output = started.stdout.take().expect("it is piped");
    output
        .read_to_string(&mut number)
        .expect("the shell says a number");
    started.wait().expect("it is our child");
    drop(go);
    let number = number
        .trim()
        .parse()
        .unwrap_or_else(|error| panic!("`{number}`: {error}"));
    ended(number, command, exit).peak
}

/// Waits for the end; a contest among programs that fail says nothing.
fn ended(number: i32, command: &Command, wanted: i32) -> Usage {
    let (exit, usage) = reap_with_usage(number).expect("it is our child");
    assert_eq!(exit, Exit::Code(wanted), "{command:?}");
    usage
}
