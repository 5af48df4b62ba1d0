//! Marks, colours, and the cleaning of strings that come from elsewhere.

use std::borrow::Cow;
use std::fmt::Write as _;
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
/// set the title, hide a line or turn it around. Line ends and tabs stay.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_harmless) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars()
            .filter(|&character| is_harmless(character))
            .collect(),
    )
}

/// Says whether a terminal just shows a character: it is neither a control nor a change of the writing direction.
fn is_harmless(character: char) -> bool {
    match character {
        '\n' | '\t' => true,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            false
        }
        _ => !character.is_control(),
    }
}

/// Returns data for a terminal, whoever has made it: what could steer the terminal stands as an escape. Colours stay
/// where `colors` says so.
pub fn for_terminal(data: &str, colors: Colors) -> Cow<'_, str> {
    if data.chars().all(is_harmless) {
        return Cow::Borrowed(data);
    }
    let mut shown = String::with_capacity(data.len());
    let mut rest = data;
    while let Some(character) = rest.chars().next() {
        let style = match colors {
            Colors::Kept => style_at(rest),
            Colors::Shown => 0,
        };
        let length = if style > 0 {
            style
        } else {
            character.len_utf8()
        };
        let (text, after) = rest.split_at(length);
        let is_line_end = character == '\r' && after.starts_with('\n');
        if style > 0 || is_harmless(character) || is_line_end {
            shown.push_str(text);
        } else {
            // Writing to a String can't fail.
            let _written = write!(shown, "\\u{:04x}", u32::from(character));
        }
        rest = after;
    }
    Cow::Owned(shown)
}

/// Whether the colours of a text are colours, or shown as what they are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colors {
    /// They are.
    Kept,
    /// They are shown.
    Shown,
}

/// Returns how long the colour or weight is that a text begins with; zero where it begins with none.
fn style_at(text: &str) -> usize {
    let Some(rest) = text.strip_prefix("\u{1b}[") else {
        return 0;
    };
    let Some(end) = rest.find(|sign: char| !sign.is_ascii_digit() && sign != ';') else {
        return 0;
    };
    // What hides text is no colour.
    let hides = rest[..end].split(';').any(|code| code == "8");
    if rest[end..].starts_with('m') && !hides {
        text.len() - rest.len() + end + 1
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans_escapes_only() {
        assert_eq!(clean("plain\ttext\n"), "plain\ttext\n");
        assert_eq!(clean("a\u{1b}[2Jb\u{7}"), "a[2Jb");
        assert_eq!(clean("a\u{202e}b"), "ab");
    }

    #[test]
    fn data_steers_no_terminal() {
        let shown = |text: &'static str| for_terminal(text, Colors::Kept).into_owned();
        assert_eq!(shown("plain\ttext\r\n"), "plain\ttext\r\n");
        assert_eq!(
            shown("\u{1b}[1;31mred\u{1b}[0m"),
            "\u{1b}[1;31mred\u{1b}[0m"
        );
        assert_eq!(shown("\u{1b}[2Ja\rb"), "\\u001b[2Ja\\u000db");
        assert_eq!(shown("\u{1b}]0;x\u{7}"), "\\u001b]0;x\\u0007");
        assert_eq!(shown("\u{9b}31m\u{202e}"), "\\u009b31m\\u202e");
        assert_eq!(shown("\u{1b}[8mhidden\u{1b}"), "\\u001b[8mhidden\\u001b");
        assert_eq!(for_terminal("\u{1b}[31m", Colors::Shown), "\\u001b[31m");
    }
}
