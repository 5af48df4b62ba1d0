//! The whole command tree, held to what Go's pflag reads: scripts written for flux parse alike.

use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory as _, value_parser};

use super::Cli;
use super::flag::{self, Csv};
use super::parse::{parse, root};
use super::usage::help;

/// Collects the path of each command with its flags alone, so that each can be tried by itself.
fn collect(
    command: &Command,
    path: &str,
    inherited: &BTreeSet<&str>,
    found: &mut Vec<(String, Command)>,
) {
    let path = format!("{path}{}", command.get_name());
    let flags = command.get_arguments().filter(|argument| {
        let id = argument.get_id().as_str();
        !argument.is_positional() && id != "help" && !inherited.contains(id)
    });
    let alone = Command::new("try")
        .version("1")
        .disable_version_flag(true)
        .disable_help_flag(true)
        .args_override_self(true)
        .args(flags.map(|flag| flag.clone().required(false)))
        .arg(Arg::new("words").action(ArgAction::Append).num_args(0..));
    found.push((path.clone(), alone));
    let global = command.get_arguments().filter(|flag| flag.is_global_set());
    let inherited = global.map(|flag| flag.get_id().as_str()).collect();
    let children = command.get_subcommands();
    for child in children.filter(|child| child.get_name() != "help") {
        collect(child, &format!("{path} "), &inherited, found);
    }
}

fn tree() -> Vec<(String, Command)> {
    let mut found = Vec::new();
    let mut root = flag::as_pflag(Cli::command());
    root.build();
    collect(&root, "", &BTreeSet::new(), &mut found);
    assert!(found.len() > 80, "only {} commands", found.len());
    found
}

fn matches(command: &Command, words: &[&str]) -> Result<ArgMatches, clap::Error> {
    command
        .clone()
        .try_get_matches_from(std::iter::once("try").chain(words.iter().copied()))
}

fn words(matches: &ArgMatches) -> Vec<&str> {
    matches
        .get_many::<String>("words")
        .unwrap_or_default()
        .map(String::as_str)
        .collect()
}

fn long(argument: &Arg) -> String {
    format!(
        "--{}",
        argument.get_long().expect("every flag has a long form")
    )
}

/// Returns the flags of all commands whose values are of one type.
fn flags_of(parser: &ValueParser) -> Vec<(String, Command, Arg)> {
    let mut found = Vec::new();
    for (path, command) in tree() {
        for argument in command
            .get_arguments()
            .filter(|argument| !argument.is_positional())
        {
            if argument.get_value_parser().type_id() == parser.type_id()
                && argument.get_action().takes_values()
            {
                found.push((path.clone(), command.clone(), argument.clone()));
            }
        }
    }
    found
}

/// Makes a command line of the program and these words.
fn line(words: &[&str]) -> Vec<OsString> {
    let words = words.iter().map(OsString::from);
    std::iter::once("gitops".into()).chain(words).collect()
}

/// Counts the flags and arguments of a tree.
fn arguments(command: &Command) -> usize {
    let below: usize = command.get_subcommands().map(arguments).sum();
    command.get_arguments().count() + below
}

#[test]
fn every_command_waits_until_it_is_entered() {
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        assert_eq!(arguments(command), 0, "`{name}` is not in a `Lazy`");
        assert!(command.get_about().is_some(), "`{name}` says nothing");
    }
}

/// What start-up costs is what is declared: the whole tree has thousands of arguments.
#[test]
fn only_what_the_line_names_is_declared() {
    let declared = |words: &[&str]| {
        let mut tree = root(&line(words), "gitops");
        tree.build();
        arguments(&tree)
    };
    let whole = arguments(&{
        let mut tree = Cli::command();
        tree.build();
        tree
    });
    for (words, most) in [
        (&["--version"][..], 100),
        (&["--help"], 100),
        (&["susp"], 100),
        (&["install", "--export"], 1_000),
    ] {
        let declared = declared(words);
        assert!(
            declared <= most,
            "{words:?}: {declared} arguments of {whole}"
        );
    }
    assert!(whole > 4_000, "only {whole} arguments");
}

#[test]
fn help_is_the_same_however_much_is_declared() {
    fn compare(command: &Command, path: &mut Vec<String>) {
        let mut words: Vec<&str> = path.iter().map(String::as_str).collect();
        words.push("--help");
        let arguments = line(&words);
        let error = parse(&arguments, "gitops").err().expect("it is help");
        let whole = command.clone().render_long_help().to_string();
        assert_eq!(help(&error, &arguments, "gitops"), whole, "{words:?}");
        let children = command.get_subcommands();
        for child in children.filter(|child| child.get_name() != "help") {
            path.push(child.get_name().to_owned());
            compare(child, path);
            path.pop();
        }
    }
    let mut whole = Cli::command().name("gitops").bin_name("gitops");
    whole.build();
    compare(&whole, &mut Vec::new());
}

#[test]
fn no_flag_escapes() {
    for (path, command) in tree() {
        for argument in command.get_arguments() {
            let plain = matches!(
                argument.get_action(),
                ArgAction::SetTrue | ArgAction::SetFalse | ArgAction::Count
            );
            assert!(!plain, "{path} {}: takes no `=false`", long(argument));
        }
    }
}

#[test]
fn booleans_take_a_value_after_an_equals_sign_only() {
    let booleans = flags_of(&ValueParser::bool());
    assert!(booleans.len() > 60, "only {} booleans", booleans.len());
    for (path, command, argument) in booleans {
        let (flag, id) = (long(&argument), argument.get_id().as_str());
        let value = |words: &[String]| {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let matches = matches(&command, &words)
                .unwrap_or_else(|error| panic!("{path} {words:?}: {error}"));
            (
                *matches.get_one::<bool>(id).expect("it was given"),
                self::words(&matches).join(" "),
            )
        };
        assert_eq!(
            value(std::slice::from_ref(&flag)),
            (true, String::new()),
            "{path} {flag}"
        );
        for text in ["false", "False", "FALSE", "f", "F", "0"] {
            assert_eq!(
                value(&[format!("{flag}={text}")]),
                (false, String::new()),
                "{path} {flag}={text}"
            );
        }
        for text in ["true", "True", "TRUE", "t", "T", "1"] {
            assert_eq!(
                value(&[format!("{flag}={text}")]),
                (true, String::new()),
                "{path} {flag}={text}"
            );
        }
        assert_eq!(
            value(&[flag.clone(), "false".into()]),
            (true, "false".into()),
            "{path}: {flag} takes the next word"
        );
        assert_eq!(
            value(&[flag.clone(), format!("{flag}=f")]),
            (false, String::new()),
            "{path} {flag}: the last wins"
        );
        assert_eq!(
            value(&[format!("{flag}=f"), flag.clone()]),
            (true, String::new()),
            "{path} {flag}: the last wins"
        );
        assert!(
            matches(&command, &[&format!("{flag}=maybe")]).is_err(),
            "{path} {flag}=maybe"
        );
    }
}

#[test]
fn lists_repeat_and_split_at_commas_outside_of_quotes() {
    let lists = flags_of(&ValueParser::from(value_parser!(Csv)));
    assert!(!lists.is_empty());
    for (path, command, argument) in lists {
        let flag = long(&argument);
        let second = format!("{flag}=\"c,d\",\"e \"\"f\"\"\"");
        let matches = matches(&command, &[&flag, "a,b", &second, &flag, "-g"])
            .unwrap_or_else(|error| panic!("{path} {flag}: {error}"));
        let given: Vec<Csv> = matches
            .get_many(argument.get_id().as_str())
            .expect("it was given")
            .cloned()
            .collect();
        assert_eq!(
            Csv::join(&given),
            ["a", "b", "c,d", "e \"f\"", "-g"],
            "{path} {flag}"
        );
    }
}

#[test]
fn values_may_begin_with_a_hyphen_and_the_last_counts() {
    let texts = flags_of(&ValueParser::string());
    assert!(texts.len() > 60, "only {} flags", texts.len());
    for (path, command, argument) in texts {
        let (flag, id) = (long(&argument), argument.get_id().as_str());
        let joined = format!("{flag}=-v");
        // Some take a few words only; then there is nothing to compare.
        let Ok(expected) = matches(&command, &[&joined]) else {
            continue;
        };
        let apart = matches(&command, &[&flag, "-v"])
            .unwrap_or_else(|error| panic!("{path} {flag} -v: {error}"));
        assert_eq!(
            expected.get_one::<String>(id),
            apart.get_one::<String>(id),
            "{path} {flag}"
        );
        if matches!(argument.get_action(), ArgAction::Set) {
            let last =
                matches(&command, &[&flag, "one", &flag, "two"]).expect("a flag may be repeated");
            assert_eq!(
                last.get_one::<String>(id).map(String::as_str),
                Some("two"),
                "{path} {flag}"
            );
        }
        let Some(short) = argument.get_short() else {
            continue;
        };
        for form in [format!("-{short}value"), format!("-{short}=value")] {
            let given = matches(&command, &[&form])
                .unwrap_or_else(|error| panic!("{path} {form}: {error}"));
            assert_eq!(
                given.get_one::<String>(id).map(String::as_str),
                Some("value"),
                "{path} {form}"
            );
        }
    }
}

#[test]
fn flags_stand_anywhere() {
    let namespace = |words: &[&str]| {
        let words: Vec<_> = std::iter::once("gitops")
            .chain(words.iter().copied())
            .map(Into::into)
            .collect();
        parse(&words, "gitops")
            .unwrap_or_else(|error| panic!("{error}"))
            .global
            .namespace
    };
    for words in [
        ["-n", "x", "get", "sources", "git"],
        ["get", "-n", "x", "sources", "git"],
        ["get", "sources", "-n", "x", "git"],
        ["get", "sources", "git", "-n", "x"],
        ["get", "sources", "git", "-n=y", "--namespace=x"],
        ["-nx", "suspend", "ks", "--all=false", "name"],
    ] {
        assert_eq!(namespace(&words).as_deref(), Some("x"), "{words:?}");
    }
}
