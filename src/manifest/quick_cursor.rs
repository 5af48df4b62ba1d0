//! A place in a text that goes ahead line by line, and the keys and words at it; `None` is for what is unusual.

use super::events;
use super::node::Style;
use super::reader::never_begins_plain;

/// How long a key may be, in bytes.
const KEY_LIMIT: usize = 512;

/// A place in a text.
pub struct Cursor<'text> {
    pub(super) text: &'text str,
    pub(super) at: usize,
    line: u32,
    pub(super) line_start: usize,
    /// The indent of the line that was gone to last; -1 at the end of a document.
    pub indent: isize,
}

impl<'text> Cursor<'text> {
    /// Starts at the front of a text.
    pub const fn new(text: &'text str) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
            line_start: 0,
            indent: 0,
        }
    }

    /// Returns a byte ahead; zero behind the end, which no text holds.
    pub fn byte(&self, ahead: usize) -> u8 {
        let bytes = self.text.as_bytes();
        bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Says whether the text ends here.
    pub const fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Says whether the line, apart from a comment, ends here.
    pub fn is_at_line_end(&self) -> bool {
        matches!(self.byte(0), 0 | b'\n' | b'#')
    }

    /// Says whether the dash of a list item stands here.
    pub fn is_at_item(&self) -> bool {
        self.byte(0) == b'-' && ends_word(self.byte(1))
    }

    /// Returns line and column, from one.
    pub fn place(&self) -> (u32, u32) {
        (self.line, events::count(self.at - self.line_start + 1))
    }

    /// Returns the column, from zero.
    pub const fn column(&self) -> isize {
        (self.at - self.line_start).cast_signed()
    }

    /// Skips so many bytes.
    pub const fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// Skips blanks.
    pub fn skip_blanks(&mut self) {
        while self.byte(0) == b' ' {
            self.at += 1;
        }
    }

    /// Skips a byte that must be there.
    pub fn expect(&mut self, byte: u8) -> Option<()> {
        let is_there = self.byte(0) == byte;
        self.at += usize::from(is_there);
        is_there.then_some(())
    }

    /// Skips the dashes before a document; returns their line, and the column after them if the line ends there.
    pub fn skip_dashes(&mut self) -> Option<(u32, Option<u32>)> {
        if !self.text[self.at..].starts_with("---") {
            return None;
        }
        self.at += 3;
        let (line, column) = self.place();
        Some((line, matches!(self.byte(0), 0 | b'\n').then_some(column)))
    }

    /// Ends a line in which nothing but a comment may follow, and goes to the next one that holds something.
    pub fn end_line(&mut self) -> Option<()> {
        let start = self.at;
        self.skip_blanks();
        match self.byte(0) {
            b'#' if self.at > start
                || self.text.as_bytes().get(start.wrapping_sub(1)) == Some(&b' ') =>
            {
                self.skip_to_break();
            }
            0 | b'\n' => {}
            _ => return None,
        }
        self.skip_break();
        self.go_to_line()
    }

    /// Goes from the start of a line to the next line that holds something beside comments.
    pub fn go_to_line(&mut self) -> Option<()> {
        loop {
            self.skip_blanks();
            match self.byte(0) {
                b'\n' => self.skip_break(),
                b'#' => {
                    self.skip_to_break();
                    self.skip_break();
                }
                b'\t' => return None,
                0 => {
                    self.indent = -1;
                    return Some(());
                }
                _ => break,
            }
        }
        self.indent = self.column();
        if self.indent == 0 {
            let line = &self.text[self.at..];
            if line.starts_with("---") && ends_word(self.byte(3)) {
                self.indent = -1;
            } else if line.starts_with("...") {
                return None;
            }
        }
        Some(())
    }

    pub(super) fn skip_to_break(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(rest.len());
    }

    /// Skips a line break, if there is one.
    pub(super) fn skip_break(&mut self) {
        if self.byte(0) == b'\n' {
            self.at += 1;
            self.line += 1;
            self.line_start = self.at;
        }
    }

    /// Reads a key and its colon; `Some(None)` where the line has none.
    #[expect(
        clippy::option_option,
        reason = "the outer one leaves the text to the parser, the inner one is an answer"
    )]
    pub fn key(&mut self) -> Option<Option<(&'text str, Style)>> {
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        let (text, style, after) = match rest.first()? {
            quote @ (b'\'' | b'"') => {
                let stops = |byte: &u8| byte == quote || matches!(byte, b'\\' | b'\n');
                let Some(end) = rest[1..].iter().position(stops).map(|end| end + 1) else {
                    return Some(None);
                };
                if rest[end] != *quote || rest.get(end + 1) != Some(&b':') {
                    return Some(None);
                }
                let style = if *quote == b'"' {
                    Style::DoubleQuoted
                } else {
                    Style::SingleQuoted
                };
                (1..end, style, end + 1)
            }
            first if is_indicator(*first) => return Some(None),
            _ => {
                let Some(end) = plain_key_end(rest)? else {
                    return Some(None);
                };
                (0..end, Style::Plain, end)
            }
        };
        if !ends_word(rest.get(after + 1).copied().unwrap_or(0)) {
            return Some(None);
        }
        let text = &self.text[start + text.start..start + text.end];
        if text.len() > KEY_LIMIT || !text.is_ascii() || text.contains('\t') {
            return None;
        }
        self.at = start + after + 1;
        Some(Some((text, style)))
    }

    /// Reads one word of a collection between brackets or braces.
    pub fn word(&mut self) -> Option<(&'text str, Style)> {
        let rest = &self.text.as_bytes()[self.at..];
        let first = *rest.first()?;
        let (range, style, after) = match first {
            b'\'' | b'"' => {
                let stops =
                    |byte: &u8| *byte == first || matches!(byte, b'\\' | b'\n' | b'\t' | 0x80..);
                let end = 1 + rest[1..].iter().position(stops)?;
                if rest[end] != first || matches!(rest.get(end + 1), Some(b'\'' | b'"')) {
                    return None;
                }
                let style = if first == b'"' {
                    Style::DoubleQuoted
                } else {
                    Style::SingleQuoted
                };
                (1..end, style, end + 1)
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' => {
                let of_word = |byte: &&u8| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-')
                };
                let end = rest.iter().take_while(of_word).count();
                (0..end, Style::Plain, end)
            }
            _ => return None,
        };
        let text = &self.text[self.at + range.start..self.at + range.end];
        self.at += after;
        Some((text, style))
    }
}

/// Finds the colon after a key without quotes; `Some(None)` where the line has none.
#[expect(
    clippy::option_option,
    reason = "the outer one leaves the text to the parser, the inner one is an answer"
)]
fn plain_key_end(rest: &[u8]) -> Option<Option<usize>> {
    let mut end = 0;
    while let Some(byte) = rest.get(end) {
        match byte {
            b'\n' => break,
            b'#' if rest[end - 1] == b' ' => break,
            b':' if ends_word(rest.get(end + 1).copied().unwrap_or(0)) => {
                // Blanks before the colon are unusual.
                return (rest[end - 1] != b' ').then_some(Some(end));
            }
            _ => end += 1,
        }
    }
    Some(None)
}

/// Says whether a word ends before a byte.
pub const fn ends_word(byte: u8) -> bool {
    matches!(byte, 0 | b' ' | b'\n' | b'\t')
}

/// Says whether a byte at the start of a scalar means something.
pub const fn is_indicator(byte: u8) -> bool {
    matches!(byte, b'-' | b'?' | b':') || never_begins_plain(byte)
}
