//! Marks, colours, and the cleaning of strings that come from elsewhere.

use std::borrow::Cow;
use std::io::IsTerminal as _;

use anstyle::{AnsiColor, Style};

use crate::env;

/// The mark at the beginning of a line of talk; the six of flux.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Something begins.
    Action,
    /// Something is being generated.
    Generate,
    /// Something is waited for.
    Waiting,
    /// Something is done.
    Success,
    /// Something is odd.
    Warning,
    /// Something failed.
    Failure,
}

impl Mark {
    /// Returns the sign itself.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Action => "►",
            Self::Generate => "✚",
            Self::Waiting => "◎",
            Self::Success => "✔",
            Self::Warning => "⚠️",
            Self::Failure => "✗",
        }
    }

    /// Returns its name in `--log-format json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Generate => "generate",
            Self::Waiting => "waiting",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Failure => "failure",
        }
    }

    /// Returns the level in `--log-format json`.
    pub const fn level(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Failure => "error",
            _ => "info",
        }
    }

    /// Returns how the sign is coloured on a terminal.
    pub const fn style(self) -> Style {
        let color = match self {
            Self::Action | Self::Generate => AnsiColor::Cyan,
            Self::Waiting => AnsiColor::Blue,
            Self::Success => AnsiColor::Green,
            Self::Warning => AnsiColor::Yellow,
            Self::Failure => AnsiColor::Red,
        };
        color.on_default()
    }
}

/// When output is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal that can show it.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl ColorChoice {
    /// Decides for standard error, where the talk goes.
    pub fn for_talk(self) -> bool {
        self.decide(std::io::stderr().is_terminal())
    }

    /// Decides for standard output, where the data goes.
    pub fn for_data(self) -> bool {
        self.decide(std::io::stdout().is_terminal())
    }

    fn decide(self, terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if env::NO_COLOR.is_set() => false,
            Self::Auto => {
                env::CLICOLOR_FORCE.text().is_some_and(|value| value != "0")
                    || (terminal && env::TERM.text().as_deref() != Some("dumb"))
            }
        }
    }
}

/// Takes control characters out of a text that a cluster or a server sent: they could move the cursor,
/// set the title or hide a line. Line ends and tabs stay.
pub fn clean(text: &str) -> Cow<'_, str> {
    let harmless = |character: char| !character.is_control() || matches!(character, '\n' | '\t');
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars()
            .filter(|&character| harmless(character))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans_escapes_only() {
        assert_eq!(clean("plain\ttext\n"), "plain\ttext\n");
        assert_eq!(clean("a\u{1b}[2Jb\u{7}"), "a[2Jb");
    }
}
