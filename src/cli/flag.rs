//! Flag values as Go's pflag reads them, so that scripts written for flux parse alike.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{CommandExt, OsStringValueParser, TypedValueParser, ValueParser};
use clap::{ArgAction, Command};

/// The mark of a tree whose flags behave as pflag's; clap hands it down to commands that are declared later.
#[derive(Clone, Debug)]
struct LikePflag;

impl CommandExt for LikePflag {}

/// Makes every flag of the whole tree behave as pflag's: booleans take `=value` but never a separate
/// word, the last of a repeated flag counts, and a value may begin with `-`.
pub fn as_pflag(command: Command) -> Command {
    command
        .add(LikePflag)
        .args_override_self(true)
        .mut_args(as_pflag_argument)
        .mut_subcommands(as_pflag)
}

/// Says whether the tree that the command is part of went through [`as_pflag`].
pub fn is_like_pflag(command: &Command) -> bool {
    command.get::<LikePflag>().is_some()
}

/// Reads a path that may be empty, which counts as none.
pub fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

fn as_pflag_argument(argument: clap::Arg) -> clap::Arg {
    match argument.get_action() {
        ArgAction::SetTrue => boolean(argument.default_value("false")),
        ArgAction::Set if is_boolean(&argument) => boolean(argument),
        ArgAction::Set | ArgAction::Append if !argument.is_positional() => {
            argument.allow_hyphen_values(true)
        }
        _ => argument,
    }
}

/// Says whether the flag was declared with a boolean value, as those are whose default is true.
fn is_boolean(argument: &clap::Arg) -> bool {
    argument.get_value_parser().type_id() == ValueParser::bool().type_id()
        && !argument.is_positional()
}

fn boolean(argument: clap::Arg) -> clap::Arg {
    argument
        .action(ArgAction::Set)
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .value_parser(go_bool)
}

/// Reads a boolean as Go's `strconv.ParseBool` does.
fn go_bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(format!("`{text}` is neither true nor false")),
    }
}

/// One occurrence of a list flag: values split at commas, with CSV quotes, as pflag's string slices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Csv(Vec<String>);

impl Csv {
    /// Joins all occurrences of a flag into one list.
    pub fn join(occurrences: &[Self]) -> Vec<String> {
        occurrences
            .iter()
            .flat_map(|occurrence| occurrence.0.iter().cloned())
            .collect()
    }
}

impl std::str::FromStr for Csv {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let mut fields = vec![String::new()];
        let mut rest = text.chars().peekable();
        let mut quoted = false;
        let mut at_start = true;
        while let Some(character) = rest.next() {
            let field = fields.last_mut().expect("there is always one field");
            match character {
                '"' if quoted && rest.peek() == Some(&'"') => field.extend(rest.next()),
                '"' if quoted => quoted = false,
                '"' if at_start => quoted = true,
                '"' => return Err("a quote stands inside an unquoted value".into()),
                ',' if !quoted => {
                    fields.push(String::new());
                    at_start = true;
                    continue;
                }
                other => field.push(other),
            }
            at_start = false;
        }
        if quoted {
            return Err("a quote is not closed".into());
        }
        Ok(Self(fields))
    }
}

/// Reads a duration as Go's `time.ParseDuration` does: `1h30m`, `5m0s`, `1.5s`, `300ms`, `0`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration such as 5m0s, 90s or 1h30m");
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.starts_with('-') {
        return Err("a duration can't be negative here".into());
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest
            .find(|character: char| !character.is_ascii_digit() && character != '.')
            .ok_or_else(wrong)?;
        let number: f64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let unit = rest
            .find(|character: char| character.is_ascii_digit() || character == '.')
            .unwrap_or(rest.len());
        total += number
            * match &rest[..unit] {
                "ns" => 1e-9,
                "us" | "µs" | "μs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return Err(wrong()),
            };
        rest = &rest[unit..];
    }
    if text.is_empty() {
        return Err(wrong());
    }
    Duration::try_from_secs_f64(total).map_err(|_| wrong())
}

/// Reads a DNS label, as the name of a namespace must be.
pub fn namespace(text: &str) -> Result<String, String> {
    if is_dns_label(text) {
        return Ok(text.to_owned());
    }
    Err(format!("namespace must be a valid DNS label: \"{text}\""))
}

/// Says whether the text is a DNS-1123 label.
pub fn is_dns_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_lists_as_csv() {
        let read = |text: &str| text.parse::<Csv>().map(|csv| csv.0);
        assert_eq!(read("a,b").unwrap(), ["a", "b"]);
        assert_eq!(read("\"a,b\",c").unwrap(), ["a,b", "c"]);
        assert_eq!(read("\"a\"\"b\"").unwrap(), ["a\"b"]);
        assert_eq!(read("").unwrap(), Vec::<String>::new());
        assert!(read("a\"b").is_err());
        assert!(read("\"a").is_err());
    }

    #[test]
    fn reads_durations_as_go_does() {
        assert_eq!(duration("5m0s"), Ok(Duration::from_mins(5)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration(".5s"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        for wrong in ["", "5", "1d", "s", "-1s", "1e400h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn holds_namespaces_to_dns_labels() {
        assert!(is_dns_label("flux-system"));
        for wrong in ["", "-a", "a-", "A", "a.b", "a_b"] {
            assert!(!is_dns_label(wrong), "{wrong}");
        }
    }
}
