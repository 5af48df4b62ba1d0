//! Commands whose flags are declared only where the command line enters them: the whole tree costs more than most work.

use std::ffi::{OsStr, OsString};
use std::ops::Deref;

use clap::builder::Resettable;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Subcommand};

use super::flag;

/// The arguments of a command, declared once the parser enters it.
///
/// Until then the command has its name and what the variant of its parent says about it, which is all that the
/// parent's help shows. What the type of the arguments says about itself is no part of any help.
pub struct Lazy<A>(A);

impl<A> Deref for Lazy<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.0
    }
}

impl<A: Args> Args for Lazy<A> {
    fn augment_args(command: Command) -> Command {
        command.defer(|stub| declare(stub, A::augment_args))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<A: Subcommand> Subcommand for Lazy<A> {
    fn augment_subcommands(command: Command) -> Command {
        command.defer(|stub| declare(stub, A::augment_subcommands))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        A::has_subcommand(name)
    }
}

impl<A: FromArgMatches> FromArgMatches for Lazy<A> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        A::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// Leaves bare all commands of a tree that none of the words of a command line names: nothing can enter them.
///
/// The flags of the root that hold everywhere are handed down to those that are named alone; the parser would copy them
/// to each command.
pub fn keep_named(root: Command, words: &[OsString]) -> Command {
    let everywhere: Vec<Arg> = root
        .get_arguments()
        .filter(|flag| flag.is_global_set())
        .cloned()
        .collect();
    root.mut_args(|flag| flag.global(false))
        .mut_subcommands(|child| {
            if words.iter().any(|word| is_name_of(&child, word)) {
                child.args(&everywhere)
            } else {
                child.defer(|stub| stub)
            }
        })
}

fn is_name_of(command: &Command, word: &OsStr) -> bool {
    command.get_name() == word || command.get_all_aliases().any(|alias| alias == word)
}

/// Gives a command its arguments, as if it had had them from the start.
fn declare(stub: Command, augment: fn(Command) -> Command) -> Command {
    let about = Resettable::from(stub.get_about().cloned());
    let long_about = Resettable::from(stub.get_long_about().cloned());
    let inherited: Vec<_> = stub
        .get_arguments()
        .map(|argument| argument.get_id().clone())
        .collect();
    let like_pflag = flag::is_like_pflag(&stub);
    let mut command = augment(stub).about(about).long_about(long_about);
    if like_pflag {
        command = flag::as_pflag(command);
    }
    // The parent has handed its flags down already; they stand behind the command's own.
    inherited
        .iter()
        .fold(command, |command, id| command.mut_arg(id, |flag| flag))
}
