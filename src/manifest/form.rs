//! How a text is written in YAML: plain, quoted or as a block.

use super::reader::never_begins_plain;
use super::scalar::{self, Dialect, Scalar};

/// The form of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    Plain,
    /// Between single quotes.
    Single,
    /// Between double quotes, with escapes.
    Double,
    /// As a block after `|`.
    Literal,
}

/// What the characters of a text allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether it has more than one line.
    pub multiline: bool,
    in_line: Form,
    block: bool,
}

/// What was met in a text.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, each from one rule of the format"
)]
struct Findings {
    indicators: bool,
    breaks: bool,
    special: bool,
    space_outside: bool,
    trailing_space: bool,
    break_outside: bool,
    break_then_space: bool,
    space_then_break: bool,
}

/// What stood before a character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Start,
    Space,
    Tab,
    Break,
    Nul,
    Other,
}

impl Look {
    /// Looks at all characters of a text.
    pub fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self {
                multiline: false,
                in_line: Form::Plain,
                block: false,
            };
        }
        let met = find(text);
        let in_line = if met.break_then_space || met.space_then_break || met.special {
            Form::Double
        } else if met.space_outside || met.break_outside || met.breaks || met.indicators {
            Form::Single
        } else {
            Form::Plain
        };
        let block = !(met.trailing_space || met.space_then_break || met.special);
        Self {
            multiline: met.breaks,
            in_line,
            block,
        }
    }

    /// Returns the form that the characters allow in one line: plain, or in single or double quotes.
    pub const fn in_line(self) -> Form {
        self.in_line
    }

    /// Says whether the characters allow a block.
    pub const fn fits_block(self) -> bool {
        self.block
    }

    /// Chooses the form of the text.
    pub fn form(self, text: &str) -> Form {
        if self.multiline && text.contains('\n') {
            return if self.block {
                Form::Literal
            } else {
                Form::Double
            };
        }
        if stays_text(text) {
            self.in_line
        } else {
            Form::Double
        }
    }
}

fn find(text: &str) -> Findings {
    let bytes = text.as_bytes();
    let mut met = Findings {
        indicators: text.starts_with("---") || text.starts_with("..."),
        ..Findings::default()
    };
    let mut before = Before::Start;
    let mut index = 0;
    while index < bytes.len() {
        if index > 0 {
            // Of most characters no rule speaks.
            let rest = &bytes[index..];
            let ordinary = rest.iter().take_while(|byte| is_ordinary(**byte)).count();
            index += ordinary;
            if ordinary > 0 {
                before = Before::Other;
            }
            match &bytes[index..] {
                [] => break,
                [b' ', _, ..] if before != Before::Break => {
                    before = Before::Space;
                    index += 1;
                    continue;
                }
                _ => {}
            }
        }
        let byte = bytes[index];
        let (width, kind) = classify(&bytes[index..]);
        let next = bytes.get(index + width);
        let last = next.is_none();
        let ends_word = matches!(next, None | Some(b' ' | b'\t'));
        met.indicators |= match byte {
            b'#' if index > 0 => matches!(
                before,
                Before::Space | Before::Tab | Before::Break | Before::Nul
            ),
            b':' => ends_word,
            b'?' | b'-' if index == 0 => ends_word,
            _ => index == 0 && never_begins_plain(byte),
        };
        match kind {
            Before::Space => {
                met.space_outside |= index == 0 || last;
                met.trailing_space |= last;
                met.break_then_space |= before == Before::Break;
            }
            Before::Break => {
                met.breaks = true;
                met.break_outside |= index == 0 || last;
                met.space_then_break |= before == Before::Space;
                met.special |= !is_printable(&bytes[index..]);
            }
            Before::Other if byte.is_ascii() => met.special |= byte < b' ' || byte == 0x7f,
            Before::Other => met.special |= !is_printable(&bytes[index..]),
            _ => met.special = true,
        }
        before = kind;
        index += width;
    }
    met
}

/// Says whether a byte has no meaning behind the first character.
const fn is_ordinary(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~') && byte != b'#' && byte != b':'
}

/// Returns the width of the first character and what it is to the next one.
fn classify(bytes: &[u8]) -> (usize, Before) {
    match bytes {
        [b' ', ..] => (1, Before::Space),
        [b'\n' | b'\r', ..] => (1, Before::Break),
        [b'\t', ..] => (1, Before::Tab),
        [0, ..] => (1, Before::Nul),
        [0xc2, 0x85, ..] => (2, Before::Break),
        [0xe2, 0x80, 0xa8 | 0xa9, ..] => (3, Before::Break),
        [byte, ..] if *byte < 0x80 => (1, Before::Other),
        [byte, ..] if *byte < 0xe0 => (2, Before::Other),
        [byte, ..] if *byte < 0xf0 => (3, Before::Other),
        _ => (4, Before::Other),
    }
}

/// Says whether Go's writer takes the first character of a text for printable; emoji are not.
pub const fn is_printable(bytes: &[u8]) -> bool {
    match bytes {
        [0xc2, second, ..] => *second >= 0xa0,
        [0xef, 0xbb, 0xbf, ..] | [0xef, 0xbf, 0xbe | 0xbf, ..] | [] => false,
        [first, ..] => matches!(first, b'\n' | 0x20..=0x7e | 0xc3..=0xef),
    }
}

/// Says whether a text without quotes is read as text, by YAML 1.1.
fn stays_text(text: &str) -> bool {
    scalar::resolve(text, Dialect::Configuration) == Scalar::Text && !is_base_sixty(text)
}

/// Says whether YAML 1.1 takes a text for a number to the base of sixty, such as `1:30`.
fn is_base_sixty(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !digits.starts_with(|first: char| first.is_ascii_digit()) || !digits.contains(':') {
        return false;
    }
    let mut parts = digits.split(':');
    let only = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_')
    };
    if !parts.next().is_some_and(only) {
        return false;
    }
    let mut rest = parts.peekable();
    while let Some(part) = rest.next() {
        let (sixtieth, fraction) = match part.split_once('.') {
            Some((sixtieth, fraction)) if rest.peek().is_none() => (sixtieth, fraction),
            Some(_) => return false,
            None => (part, ""),
        };
        let fits = matches!(
            sixtieth.as_bytes(),
            [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']
        );
        if !fits || !only(fraction) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Form {
        Look::of(text).form(text)
    }

    #[test]
    fn quotes_what_yaml_one_one_reads_otherwise() {
        for text in [
            "",
            "~",
            "null",
            "yes",
            "No",
            "ON",
            "y",
            "N",
            "true",
            "0644",
            "08",
            "1e3",
            "1_000",
            "0x1F",
            "0b1",
            "0o17",
            "1:30",
            "-1:30:45.5",
            "+12",
            ".5",
            ".inf",
            "-.INF",
            ".NaN",
            "2024-01-01",
            "2024-1-1 1:2:3",
            "12",
            "1.5",
        ] {
            assert_eq!(form(text), Form::Double, "{text}");
        }
    }

    #[test]
    fn leaves_text_plain() {
        for text in [
            "a",
            "=",
            "<<",
            "1:60",
            "12:345",
            "1.2.3",
            "1Gi",
            "100m",
            "1234e5678",
            "a:b",
            "a#b",
            "-a",
            "?a",
            ":a",
            "tRUE",
            "é",
            "0x",
            "1.5.",
            "a 'b' \"c\"",
            "..",
            "--",
            "a, b",
            "a]",
        ] {
            assert_eq!(form(text), Form::Plain, "{text}");
        }
    }

    #[test]
    fn quotes_what_the_syntax_would_take() {
        for text in [
            "-",
            "- a",
            "? a",
            ": a",
            "a: b",
            "a:",
            "a #b",
            "#a",
            "[a",
            "{a",
            "@a",
            "`a",
            "%a",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "'a",
            "\"a",
            " a",
            "a ",
            "---",
            "--- a",
            "...",
            "a\u{2028}b",
        ] {
            assert_eq!(form(text), Form::Single, "{text:?}");
        }
    }

    #[test]
    fn blocks_only_what_a_block_can_hold() {
        for text in ["a\nb", "a\n", "\n", "\na", " a\nb", "a\n\n", "a: b\n- c\n"] {
            assert_eq!(form(text), Form::Literal, "{text:?}");
        }
        for text in [
            "a \nb",
            "a\nb ",
            "a\tb\nc",
            "a\r\nb",
            "a\tb",
            "😀",
            "a\n😀",
            "\u{feff}a",
            "a\u{85}b",
            "\u{7f}",
        ] {
            assert_eq!(form(text), Form::Double, "{text:?}");
        }
    }
}
