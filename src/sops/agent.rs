//! Programs that keys are asked of: the user's `gpg`, and commands that print keys.

use std::io::Write as _;
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use super::shell_words;
use crate::env;
use crate::process::without_secrets;

/// The variable that tells a command whose key is asked for.
const RECIPIENT: &str = "SOPS_AGE_RECIPIENT";

/// Decrypts a message with the keys of the user's `gpg` and its agent.
///
/// # Errors
///
/// Says what went wrong, without anything that the program printed.
pub fn gpg(armored: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let program = env::SOPS_GPG_EXEC.text().unwrap_or_else(|| "gpg".into());
    let mut command = Command::new(&program);
    command.arg("-d");
    let content = run(command, armored.as_bytes()).map_err(|why| format!("{program} {why}"))?;
    if content.is_empty() {
        return Err(format!("{program} printed nothing"));
    }
    Ok(content)
}

/// Runs a command line that prints private keys for a recipient.
///
/// # Errors
///
/// Says what went wrong, without anything that the program printed.
pub fn key_command(line: &str, recipient: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let words = shell_words::split(line).ok_or("has a quote without its end")?;
    let (program, arguments) = words.split_first().ok_or("is empty")?;
    let mut command = Command::new(program);
    command.args(arguments).env(RECIPIENT, recipient);
    run(command, b"")
}

fn run(mut command: Command, input: &[u8]) -> Result<Zeroizing<Vec<u8>>, String> {
    // What it complains about may hold what it was given. What it prints is kept nowhere but in the answer, and a person
    // may take their time for a passphrase: so it is not run as other programs are.
    without_secrets(&mut command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command
        .spawn()
        .map_err(|error| format!("cannot be started ({error})"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that reads nothing is no failure.
        drop(stdin.write_all(input));
    }
    let output = child
        .wait_with_output()
        .map_err(|error| format!("was lost ({error})"))?;
    let content = Zeroizing::new(output.stdout);
    if output.status.success() {
        Ok(content)
    } else {
        Err(format!("failed ({})", output.status))
    }
}
