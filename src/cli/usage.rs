//! What is printed of a command line that asks for help, for the version, or is wrong.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;

use super::parse::root;
use super::version;
use crate::error::{Blame, Failure};
use crate::report::{Ui, UiOptions};

/// Prints what the parser has to say: help and version are data, everything else is a failure.
pub fn show(error: &clap::Error, arguments: &[OsString], program: &str) -> ExitCode {
    let ui = Ui::new(UiOptions::default());
    let printed = match error.kind() {
        ErrorKind::DisplayVersion => ui.data(format_args!("{}\n", version::short(program))),
        ErrorKind::DisplayHelp => ui.data(help(error, arguments, program)),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            ui.data(group_help(arguments, program))
        }
        _ => {
            ui.fail(&usage_failure(error));
            return ExitCode::from(Blame::Usage.status());
        }
    };
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let failure = Failure::from(error);
            if failure.is_broken_pipe() {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(failure.blame().status())
            }
        }
    }
}

/// Returns the help text from the tree as it was declared, whose flags show without pflag's `=value`.
pub fn help(error: &clap::Error, arguments: &[OsString], program: &str) -> String {
    match root(arguments, program).try_get_matches_from(arguments) {
        Err(plain) if plain.kind() == ErrorKind::DisplayHelp => plain.render().to_string(),
        _ => error.render().to_string(),
    }
}

/// Returns the help of the group that the arguments name without naming a command in it.
fn group_help(arguments: &[OsString], program: &str) -> String {
    let mut root = root(arguments, program);
    root.build();
    let mut group = &mut root;
    for word in arguments
        .iter()
        .skip(1)
        .filter_map(|argument| argument.to_str())
    {
        if group.find_subcommand(word).is_some() {
            group = group.find_subcommand_mut(word).expect("it was just found");
        }
    }
    group.render_long_help().to_string()
}

/// Turns the parser's message into a failure: its first line is the message, its tips are hints.
fn usage_failure(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let message = lines.next().unwrap_or("wrong usage");
    let mut failure = Failure::usage(message.strip_prefix("error: ").unwrap_or(message));
    for line in lines {
        let hint = line.strip_prefix("tip: ").unwrap_or(line);
        failure = failure.with_hint(hint);
    }
    failure
}
