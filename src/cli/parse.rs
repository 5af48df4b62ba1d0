//! From the words of a command line to the command that they mean.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, FromArgMatches as _};

use super::{Cli, flag, lazy, on_kind};

/// The flag that chooses objects of all kinds where none is named.
const EXPIRED: &str = "--expired";

/// Declares the commands, as far as the words of a command line may enter them.
pub fn root(words: &[OsString], program: &str) -> clap::Command {
    let root = Cli::command()
        .name(program.to_owned())
        .bin_name(program.to_owned());
    lazy::keep_named(root, words)
}

/// Reads a command line; the first word is the program.
pub fn parse(arguments: &[OsString], program: &str) -> Result<Cli, clap::Error> {
    // Made anew for the rare second try: a copy for it would cost every run.
    let command = || flag::as_pflag(root(arguments, program));
    let matches = match command().try_get_matches_from(arguments) {
        Err(error) => match with_word_for_objects(arguments, &error) {
            Some(arguments) => match command().try_get_matches_from(arguments) {
                // Where no verb takes objects, the word was no help.
                Err(second) if invalid_word(&second) == Some(on_kind::OBJECTS) => {
                    return Err(error);
                }
                second => second?,
            },
            None => return Err(error),
        },
        Ok(matches) => matches,
    };
    Cli::from_arg_matches(&matches)
}

/// Returns the word that the parser took for a command that does not exist.
fn invalid_word(error: &clap::Error) -> Option<&str> {
    match error.get(ContextKind::InvalidSubcommand)? {
        ContextValue::String(word) => Some(word),
        _ => None,
    }
}

/// Says whether the parser missed a word after a group of commands.
fn lacks_kind(error: &clap::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    )
}

/// Gives `get ks/apps` the word that stands for the kinds of KIND/NAME, where the parser took that for a command, and
/// `resume --expired` too, which means all kinds.
fn with_word_for_objects(arguments: &[OsString], error: &clap::Error) -> Option<Vec<OsString>> {
    if lacks_kind(error) && arguments.iter().any(|word| word == EXPIRED) {
        return Some([arguments, &[on_kind::OBJECTS.into()]].concat());
    }
    let word = invalid_word(error).filter(|word| word.contains('/'))?;
    let place = arguments
        .iter()
        .position(|argument| argument.to_str() == Some(word))?;
    let mut arguments = arguments.to_vec();
    arguments.insert(place, on_kind::OBJECTS.into());
    Some(arguments)
}
