//! The few calls to the operating system that the standard library lacks.
#![expect(
    unsafe_code,
    reason = "parent-death signals, subreapers and waiting without reaping are system calls only"
)]

use std::ffi::CString;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Exit {
    /// It returned this status.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

/// Makes this process the parent of every descendant whose own parent has gone.
pub fn adopt_orphans() -> io::Result<()> {
    // SAFETY: the call takes plain numbers and touches no memory of ours.
    let result = unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Lets the process that `command` starts die with the *thread* that starts it, in a process group of its own.
pub fn bind_to_this_thread(command: &mut Command) {
    let parent = std::process::id().cast_signed();
    command.process_group(0);
    // SAFETY: between fork and exec only system calls are made, which are safe in that state.
    unsafe {
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) != 0 {
                return Err(io::Error::last_os_error());
            }
            // The parent may have died before the signal was asked for.
            if libc::getppid() != parent {
                return Err(io::Error::other("the parent has gone"));
            }
            Ok(())
        });
    }
}

/// Says whether a terminal shows what is typed into it.
pub fn echoes(terminal: &File) -> io::Result<bool> {
    // SAFETY: all bits zero are a valid value; the call writes one through a pointer to our own variable.
    let (result, modes) = unsafe {
        let mut modes: libc::termios = std::mem::zeroed();
        let result = libc::tcgetattr(terminal.as_raw_fd(), &raw mut modes);
        (result, modes)
    };
    if result == 0 {
        Ok(modes.c_lflag & libc::ECHO != 0)
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Sends a signal to one process; one that has gone already is no error.
pub fn signal(pid: i32, number: i32) {
    // SAFETY: the call takes plain numbers and touches no memory of ours.
    unsafe { libc::kill(pid, number) };
}

/// Waits until any child has ended and returns its number, without taking its status: the number stays its own until [`reap`].
pub fn next_ended_child() -> io::Result<i32> {
    // SAFETY: an all-zero `siginfo_t` is a valid one, and the call writes into it only.
    let (result, pid) = unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let result = libc::waitid(libc::P_ALL, 0, &raw mut info, libc::WEXITED | libc::WNOWAIT);
        (result, info.si_pid())
    };
    if result == 0 {
        Ok(pid)
    } else {
        Err(io::Error::last_os_error())
    }
}

/// What a process has used in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// User and system time, on all cores together.
    pub processor: Duration,
    /// The most memory that was resident at once, in bytes.
    pub peak: u64,
}

/// Returns how many bytes a user may still write to the file system of a folder; `None` where there is no such folder.
pub fn free_space(folder: &Path) -> Option<u64> {
    let path = CString::new(folder.as_os_str().as_bytes()).ok()?;
    // SAFETY: an all-zero `statvfs` is a valid one, the path ends with a zero, and the call writes into the former only.
    let (result, space) = unsafe {
        let mut space: libc::statvfs = std::mem::zeroed();
        let result = libc::statvfs(path.as_ptr(), &raw mut space);
        (result, space)
    };
    (result == 0).then(|| space.f_bavail.saturating_mul(space.f_frsize))
}

/// Takes the status of a child that has ended.
pub fn reap(pid: i32) -> io::Result<Exit> {
    Ok(reap_with_usage(pid)?.0)
}

/// Waits for the end of a child, and takes its status and what it used.
pub fn reap_with_usage(pid: i32) -> io::Result<(Exit, Usage)> {
    let mut status = 0;
    // SAFETY: an all-zero `rusage` is a valid one, and the call writes into it and `status` only.
    let (result, usage) = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        let result = libc::wait4(pid, &raw mut status, 0, &raw mut usage);
        (result, usage)
    };
    if result != pid {
        return Err(io::Error::last_os_error());
    }
    let exit = if libc::WIFSIGNALED(status) {
        Exit::Signal(libc::WTERMSIG(status))
    } else {
        Exit::Code(libc::WEXITSTATUS(status))
    };
    let usage = Usage {
        processor: duration(usage.ru_utime) + duration(usage.ru_stime),
        // The kernel counts in kibibytes.
        peak: usage.ru_maxrss.unsigned_abs() * 1024,
    };
    Ok((exit, usage))
}

fn duration(time: libc::timeval) -> Duration {
    Duration::from_secs(time.tv_sec.unsigned_abs())
        + Duration::from_micros(time.tv_usec.unsigned_abs())
}

/// Returns all descendants of a process that live now, children before grandchildren.
pub fn descendants(root: i32) -> Vec<i32> {
    let parents = parents();
    let mut found = vec![root];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(
            parents
                .iter()
                .filter(|(_, of)| *of == parent)
                .map(|(pid, _)| *pid),
        );
        next += 1;
    }
    found.split_off(1)
}

/// Returns every process with its parent.
fn parents() -> Vec<(i32, i32)> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let numbers = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    numbers
        .filter_map(|pid| Some((pid, stat(pid)?.parent)))
        .collect()
}

/// What the kernel tells of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// The number of its parent.
    pub parent: i32,
    /// When it was started, in ticks since boot: with its number, who it is.
    pub started: u64,
    /// One letter; `Z` is a process that has ended and was not reaped yet.
    pub state: char,
}

/// Reads the state of a process; `None` when there is no such process.
pub fn stat(pid: i32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name comes second, in parentheses, and may hold anything.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    Some(Stat {
        state: fields.first()?.chars().next()?,
        parent: fields.get(1)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}
