//! `gitops VERB KIND`: the subcommands that the kind table gives to a verb.

use clap::builder::CommandExt;
use clap::{Arg, ArgMatches, Command, FromArgMatches, Subcommand};

use crate::api::{ALL, ALL_IMAGES, ALL_SOURCES, Kind, Verb};

/// The arguments that a verb takes after the kind.
pub trait VerbArgs: clap::Args {
    /// The verb itself.
    const VERB: Verb;

    /// Describes the verb on a kind, such as `Suspend a GitRepository`.
    fn about(kind: &Kind) -> String;

    /// Whether the flags may stand before the kind too; false where they differ from kind to kind.
    const FLAGS_ANYWHERE: bool = true;

    /// Hides the flags that a kind has no use for.
    fn fit(command: Command, _kind: &Kind) -> Command {
        command
    }
}

/// A verb's arguments, and the kinds that they are for: one, or several for `all`.
pub struct OnKind<A> {
    /// The kinds, in the order in which they are worked on.
    pub kinds: Vec<&'static Kind>,
    /// The arguments.
    pub args: A,
}

/// Below which group word of `get` the tables of several kinds are shown at once; none for `get all`.
const GROUPS: &[(&[&str], &[&Kind])] = &[
    (&["sources"], ALL_SOURCES),
    (&["images"], ALL_IMAGES),
    (&[], ALL),
];

/// The hidden word below which objects of any kinds are named as KIND/NAME.
///
/// `suspend ks/apps hr/web` has no word for a kind; the dispatch puts this one before `ks/apps`.
pub const OBJECTS: &str = "objects";

/// The mark of a verb that takes KIND/NAME; clap keeps it until the verb is declared.
#[derive(Clone, Debug)]
struct TakesObjects;

impl CommandExt for TakesObjects {}

/// Lets KIND/NAME stand behind the verbs where a kind stands otherwise: for the parser, the dispatch puts a hidden
/// word before it, and a shell must not see that one. The tree must not be built yet.
pub fn with_objects(root: Command) -> Command {
    root.mut_subcommands(|verb| verb.add(TakesObjects))
}

impl<A: VerbArgs> Subcommand for OnKind<A> {
    fn augment_subcommands(command: Command) -> Command {
        let leaf = leaf::<A>();
        let mut command = command.subcommand_required(true);
        if command.get::<TakesObjects>().is_some() {
            command = command.arg(Arg::new("objects").num_args(0..));
        }
        if A::FLAGS_ANYWHERE {
            command = with_flags(command, &leaf);
        }
        let mut command = Kind::taking(A::VERB).fold(command, |command, kind| {
            let (words, others) = words::<A>(kind);
            hang(command, words, others, &|command| {
                let command = with_arguments::<A>(command, &leaf)
                    .about(A::about(kind))
                    .visible_aliases(kind.aliases);
                A::fit(command, kind)
            })
        });
        if A::VERB == Verb::Get {
            for (group, _) in GROUPS {
                let words: Vec<&'static str> = group.iter().copied().chain(["all"]).collect();
                command = hang(command, &words, &words, &|command| {
                    with_arguments::<A>(command, &leaf).about("Show the objects of all these kinds")
                });
            }
        }
        command.subcommand(with_arguments::<A>(Command::new(OBJECTS).hide(true), &leaf))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        Kind::taking(A::VERB).any(|kind| words::<A>(kind).0[0] == name)
    }
}

impl<A: VerbArgs> FromArgMatches for OnKind<A> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut path = Vec::new();
        let mut leaf = matches;
        while let Some((word, below)) = leaf.subcommand() {
            path.push(word);
            leaf = below;
        }
        Ok(Self {
            kinds: kinds_at::<A>(&path),
            args: A::from_arg_matches(leaf)?,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Returns the kinds that the words of a leaf stand for; none below [`OBJECTS`].
fn kinds_at<A: VerbArgs>(path: &[&str]) -> Vec<&'static Kind> {
    if let [group @ .., "all"] = path {
        let found = GROUPS.iter().find(|(words, _)| *words == group);
        return found.map(|(_, kinds)| kinds.to_vec()).unwrap_or_default();
    }
    Kind::taking(A::VERB)
        .filter(|kind| words::<A>(kind).0 == path)
        .collect()
}

/// Returns the words of a kind after the verb, and the other spelling, which counts too:
/// `get` names kinds in the plural, all other verbs in the singular.
fn words<A: VerbArgs>(kind: &Kind) -> (&'static [&'static str], &'static [&'static str]) {
    match A::VERB {
        Verb::Get => (kind.plural_words, kind.words),
        _ => (kind.words, kind.plural_words),
    }
}

/// Declares the verb's arguments once, to be handed out below.
fn leaf<A: VerbArgs>() -> Command {
    A::augment_args(Command::new("leaf"))
}

/// Gives the flags to the verb itself, so that they may stand before or behind the kind.
fn with_flags(command: Command, leaf: &Command) -> Command {
    let flags = leaf
        .get_arguments()
        .filter(|argument| !argument.is_positional());
    flags.fold(command, |command, flag| {
        command.arg(flag.clone().global(true))
    })
}

/// Gives the leaf what the verb itself does not have already.
fn with_arguments<A: VerbArgs>(command: Command, leaf: &Command) -> Command {
    let own = leaf
        .get_arguments()
        .filter(|argument| argument.is_positional() || !A::FLAGS_ANYWHERE);
    own.fold(command, |command, argument| command.arg(argument.clone()))
}

/// Hangs a leaf into the tree of subcommands, at the place that its words say.
fn hang(
    command: Command,
    words: &[&'static str],
    others: &[&'static str],
    leaf: &dyn Fn(Command) -> Command,
) -> Command {
    let [word, rest @ ..] = words else {
        return leaf(command);
    };
    let (other, others) = others.split_first().unwrap_or((word, &[]));
    if command.find_subcommand(word).is_some() {
        return command.mut_subcommand(word, |child| hang(child, rest, others, leaf));
    }
    let mut child = Command::new(*word).subcommand_required(!rest.is_empty());
    if !rest.is_empty() {
        child = child.about(format!("The kinds of {word}"));
    }
    if other != word {
        child = child.alias(*other);
    }
    command.subcommand(hang(child, rest, others, leaf))
}
