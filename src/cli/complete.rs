//! What a shell offers at the Tab key: contexts, namespaces and object names, as far as the words typed so far choose them.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;
use std::time::Duration;

use clap::{Arg, ArgMatches, Args as _, Command, FromArgMatches as _};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::candidates::Source;
use super::context::Context;
use super::flag;
use super::global::GlobalArgs;
use super::on_kind;
use crate::api::{KINDS, Kind};
use crate::cluster::{Cluster, ContextEntry, Resource, Selection, contexts};
use crate::error::Failure;
use crate::http;
use crate::report::{Ui, UiOptions};

/// How long a shell waits for names; after that it offers none.
const LIMIT: Duration = Duration::from_millis(1500);

/// The words in front of those that are being completed, in the call that the registration scripts make.
const ESCAPE: &str = "--";

/// The one command whose names do not exist yet.
const MAKES_NAMES: &str = "create";

/// Answers the shell where it is one that asks, and ends the process then.
///
/// The engine's completers are told the current word only (clap issue 5784), so what else was typed is read here.
///
/// `factory` makes the commands that some words may enter, for a program of this name.
pub fn answer(
    arguments: &[OsString],
    program: &str,
    factory: impl Fn(&[OsString], &str) -> Command,
) {
    let typed = arguments
        .iter()
        .position(|argument| argument == ESCAPE)
        .map_or(&[][..], |position| &arguments[position + 1..]);
    let current = typed.last().cloned().unwrap_or_default();
    CompleteEnv::with_factory(|| {
        let mut command = match typed.get(1) {
            // Whose commands are copies of all others, made before these are entered.
            Some(word) if word == "help" => whole(factory(typed, program)),
            _ => factory(typed, program),
        };
        if typed.iter().any(|word| is_object(word)) {
            command = on_kind::with_objects(command);
        }
        // Brings the flags that clap adds by itself, so that they can be hidden too.
        command.build();
        let Some(asker) = Asker::of(typed, program) else {
            return command;
        };
        let command = hide_flags_behind_names(command, &current);
        with_candidates(command, &mut Vec::new(), &Arc::new(asker))
    })
    .complete();
}

/// Declares the commands that a tree holds, the kinds below them too.
fn whole(root: Command) -> Command {
    root.mut_subcommands(|mut child| {
        child.build();
        child
    })
}

/// Offers flags only where a word begins like one, or where there is nothing else to offer.
fn hide_flags_behind_names(command: Command, current: &OsStr) -> Command {
    if current.to_string_lossy().starts_with('-') {
        return command;
    }
    command
        .mut_args(|argument| {
            let hide = argument.is_hide_set() || !argument.is_positional();
            argument.hide(hide)
        })
        .mut_subcommands(|command| hide_flags_behind_names(command, current))
}

/// Says whether a word begins as KIND/NAME.
fn is_object(word: &OsStr) -> bool {
    let kind = word.to_str().and_then(|word| word.split_once('/'));
    kind.is_some_and(|(kind, _)| Kind::meant_by(kind).is_some())
}

/// Gives every argument of the tree whose values can be looked up the way to look them up.
fn with_candidates(command: Command, path: &mut Vec<String>, asker: &Arc<Asker>) -> Command {
    let kind = kind_at(path);
    let command = command.mut_args(|argument| match Source::of(&argument, kind) {
        Some(source) => {
            let asker = Arc::clone(asker);
            let look_up = move |current: &OsStr| asker.candidates(source, current);
            argument.add(ArgValueCompleter::new(look_up))
        }
        None => argument,
    });
    command.mut_subcommands(|child| {
        path.push(child.get_name().to_owned());
        let child = with_candidates(child, path, asker);
        path.pop();
        child
    })
}

/// Returns the kind whose names stand behind these words of the command line.
fn kind_at(path: &[String]) -> Option<&'static Kind> {
    let [verb, words @ ..] = path else {
        return None;
    };
    let named = |kind: &&Kind| kind.words == words || kind.plural_words == words;
    KINDS
        .iter()
        .copied()
        .find(named)
        .filter(|_| verb != MAKES_NAMES)
}

/// Whoever asks for candidates: the words that are typed already say in which cluster and namespace.
struct Asker {
    globals: GlobalArgs,
    program: String,
    all_namespaces: bool,
    typed: BTreeSet<String>,
    /// The word before the current one.
    before: String,
}

impl Asker {
    /// Reads the global flags among the words; `None` where their values are wrong.
    fn of(words: &[OsString], program: &str) -> Option<Self> {
        let (complete, _current) = words.split_at(words.len().saturating_sub(1));
        let flags = GlobalArgs::augment_args(Command::new("typed").no_binary_name(true));
        let flags = flag::as_pflag(flags);
        let kept = only_flags(&flags, complete);
        let matches: ArgMatches = flags.try_get_matches_from(kept).ok()?;
        let text = |word: &OsString| word.to_str().map(str::to_owned);
        Some(Self {
            globals: GlobalArgs::from_arg_matches(&matches).ok()?,
            program: program.to_owned(),
            all_namespaces: complete
                .iter()
                .any(|word| word == "-A" || word == "--all-namespaces"),
            typed: complete.iter().filter_map(text).collect(),
            before: complete.last().and_then(text).unwrap_or_default(),
        })
    }

    /// Looks up what can stand in the place of the current word. On any failure there is nothing to offer.
    fn candidates(&self, source: Source, current: &OsStr) -> Vec<CompletionCandidate> {
        let current = current.to_string_lossy();
        let found: Vec<String> = match source {
            Source::Contexts => self.listed_contexts(&current),
            Source::Clusters => self.contexts().map(|entry| entry.cluster).collect(),
            Source::Namespaces => self.names(&Resource::NAMESPACE),
            // An object of another kind may stand among the names.
            Source::Names(kind) if !current.contains('/') => self.names(&Resource::from(kind)),
            Source::Names(_) | Source::Objects => self.objects(&current),
            Source::Anything => self.anything(&current),
            Source::Kinds => KINDS.iter().map(|kind| kind.name.to_owned()).collect(),
            Source::Fixed(words) => words.iter().map(|word| (*word).to_owned()).collect(),
        };
        let unique: BTreeSet<String> = found.into_iter().collect();
        unique
            .into_iter()
            .filter(|value| value.starts_with(&*current) && !self.typed.contains(value))
            .map(CompletionCandidate::new)
            .collect()
    }

    fn contexts(&self) -> impl Iterator<Item = ContextEntry> {
        contexts(self.globals.kubeconfig.as_deref())
            .unwrap_or_default()
            .into_iter()
    }

    /// Offers the contexts, behind those of a list that are typed already.
    fn listed_contexts(&self, current: &str) -> Vec<String> {
        let (listed, _) = current
            .rfind(',')
            .map_or(("", current), |comma| current.split_at(comma + 1));
        self.contexts()
            .map(|entry| entry.name)
            .filter(|name| !listed.split(',').any(|other| other == name))
            .map(|name| format!("{listed}{name}"))
            .collect()
    }

    /// Offers the names behind a kind, be it followed by a slash or a word of its own, and kinds where there is none.
    fn anything(&self, current: &str) -> Vec<String> {
        if let Some((word, _)) = current.split_once('/') {
            let names = self.names_of(word);
            return names.iter().map(|name| format!("{word}/{name}")).collect();
        }
        if let Some(kind) = Kind::meant_by(&self.before) {
            return self.names(&Resource::from(kind));
        }
        self.objects(current)
    }

    /// Offers `KIND/` first, and the names of a kind behind it.
    fn objects(&self, current: &str) -> Vec<String> {
        let Some((word, _)) = current.split_once('/') else {
            return KINDS
                .iter()
                .map(|kind| format!("{}/", kind.name.to_lowercase()))
                .collect();
        };
        let names = Kind::meant_by(word).map(|kind| self.names(&Resource::from(kind)));
        names
            .unwrap_or_default()
            .iter()
            .map(|name| format!("{word}/{name}"))
            .collect()
    }

    fn names(&self, resource: &Resource) -> Vec<String> {
        self.in_time(async |cluster, namespace| {
            let selection = Selection::of_namespace(namespace);
            Ok(cluster.names(resource, &selection).await?)
        })
    }

    /// Returns the names of the objects that a word for a kind means, of Flux or not.
    fn names_of(&self, word: &str) -> Vec<String> {
        if let Some(kind) = Kind::meant_by(word) {
            return self.names(&Resource::from(kind));
        }
        self.in_time(async |cluster, namespace| {
            let catalogue = cluster.catalogue().await?;
            let Some(resource) = catalogue.find(word) else {
                return Ok(Vec::new());
            };
            let selection = Selection::of_namespace(namespace);
            Ok(cluster.names(resource, &selection).await?)
        })
    }

    /// Asks the cluster for names; there are none where that fails or takes too long.
    fn in_time(
        &self,
        ask: impl AsyncFnOnce(&Cluster, &str) -> Result<Vec<String>, Failure>,
    ) -> Vec<String> {
        http::install_crypto();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let Ok(runtime) = runtime else {
            return Vec::new();
        };
        let asked = async {
            let ui = Ui::new(UiOptions::default());
            let context = Context::new(&self.globals, ui, self.program.clone());
            let namespace = if self.all_namespaces {
                ""
            } else {
                &context.namespace
            };
            ask(context.cluster().await?, namespace).await
        };
        let names = runtime.block_on(async { tokio::time::timeout(LIMIT, asked).await });
        runtime.shutdown_background();
        names.ok().and_then(Result::ok).unwrap_or_default()
    }
}

/// Keeps the words that are flags of `command`, each with its value.
fn only_flags(command: &Command, words: &[OsString]) -> Vec<OsString> {
    let mut kept = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some((argument, has_value)) = flag_of(command, word) else {
            continue;
        };
        // After `as_pflag` a boolean takes its value behind `=` only.
        if has_value || argument.is_require_equals_set() {
            kept.push(word.clone());
        } else if let Some(value) = words.next() {
            kept.extend([word.clone(), value.clone()]);
        }
    }
    kept
}

/// Returns the flag that a word spells, and whether its value stands in the same word.
fn flag_of<'a>(command: &'a Command, word: &OsStr) -> Option<(&'a Arg, bool)> {
    let word = word.to_str()?;
    let mut arguments = command.get_arguments();
    if let Some(long) = word.strip_prefix("--") {
        let (name, value) = long
            .split_once('=')
            .map_or((long, None), |(name, value)| (name, Some(value)));
        return arguments
            .find(|argument| argument.get_long() == Some(name))
            .map(|argument| (argument, value.is_some()));
    }
    let mut letters = word.strip_prefix('-')?.chars();
    let letter = letters.next()?;
    arguments
        .find(|argument| argument.get_short() == Some(letter))
        .map(|argument| (argument, letters.next().is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asker(words: &[&str]) -> Asker {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        Asker::of(&words, "gitops").unwrap()
    }

    #[test]
    fn flags_are_found_among_the_other_words() {
        let asker = asker(&[
            "gitops",
            "suspend",
            "--verbose",
            "-n=apps",
            "ks",
            "--context",
            "prod",
            "-A",
            "--nobody-knows=this",
            "web",
            "",
        ]);
        assert_eq!(asker.globals.namespace.as_deref(), Some("apps"));
        assert_eq!(asker.globals.context.as_deref(), Some("prod"));
        assert!(asker.globals.verbose && asker.all_namespaces);
        assert!(asker.typed.contains("web"));
    }

    #[test]
    fn the_word_at_the_cursor_does_not_count() {
        assert_eq!(asker(&["gitops", "get", "-n"]).globals.namespace, None);
        let attached = asker(&["gitops", "get", "-nweb", "ks", ""]);
        assert_eq!(attached.globals.namespace.as_deref(), Some("web"));
    }

    #[test]
    fn kinds_are_found_by_their_words() {
        let path = |words: &[&str]| {
            words
                .iter()
                .map(|&word| word.to_owned())
                .collect::<Vec<_>>()
        };
        let name = |words: &[&str]| kind_at(&path(words)).map(|kind| kind.name);
        assert_eq!(name(&["get", "sources", "git"]), Some("GitRepository"));
        assert_eq!(name(&["tree", "kustomization"]), Some("Kustomization"));
        assert_eq!(name(&["create", "kustomization"]), None);
        assert_eq!(name(&["get", "all"]), None);
    }
}
