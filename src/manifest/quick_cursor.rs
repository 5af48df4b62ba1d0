//! A place in a text that goes ahead line by line, and the words and scalars at it; `None` is for what is unusual.

use super::events;
use super::node::Style;

/// How long a key may be, in bytes.
const KEY_LIMIT: usize = 512;

/// A place in a text.
pub struct Cursor<'text> {
    text: &'text str,
    at: usize,
    line: u32,
    line_start: usize,
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

    /// Says whether nothing but blanks follows in the line.
    fn is_blank_line(&self) -> bool {
        let rest = self.text[self.at..].trim_start_matches(' ');
        rest.is_empty() || rest.starts_with('\n')
    }

    fn skip_to_break(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(rest.len());
    }

    /// Skips a line break, if there is one.
    fn skip_break(&mut self) {
        if self.byte(0) == b'\n' {
            self.at += 1;
            self.line += 1;
            self.line_start = self.at;
        }
    }

    /// Reads a key and its colon; `Some(None)` where the line has none.
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

    /// Reads a scalar without quotes, over as many lines as it has.
    pub fn plain(&mut self, parent: isize) -> Option<String> {
        let first = self.byte(0);
        let is_dash = first == b'-' && !ends_word(self.byte(1));
        if is_indicator(first) && !is_dash {
            return None;
        }
        let (line, mut comment) = self.plain_line()?;
        let mut text = line.to_owned();
        while !comment {
            let Some(breaks) = self.continues(parent)? else {
                break;
            };
            fold(&mut text, breaks);
            let line;
            (line, comment) = self.plain_line()?;
            text.push_str(line);
        }
        if comment {
            self.end_line()?;
        }
        (self.indent <= parent).then_some(text)
    }

    /// Reads what of a scalar without quotes stands in this line; says whether a comment follows.
    fn plain_line(&mut self) -> Option<(&'text str, bool)> {
        let rest = &self.text.as_bytes()[self.at..];
        let mut end = 0;
        let mut comment = false;
        while let Some(byte) = rest.get(end) {
            match byte {
                b'\n' => break,
                b'\t' => return None,
                b':' if ends_word(rest.get(end + 1).copied().unwrap_or(0)) => return None,
                b'#' if end > 0 && rest[end - 1] == b' ' => {
                    comment = true;
                    break;
                }
                _ => end += 1,
            }
        }
        let line = self.text[self.at..self.at + end].trim_end_matches(' ');
        self.at += if comment { line.len() } else { end };
        Some((line, comment))
    }

    /// Goes to the next line of a scalar; returns over how many breaks. Without one, goes to what follows.
    fn continues(&mut self, parent: isize) -> Option<Option<usize>> {
        let mut breaks = 0;
        while self.byte(0) == b'\n' {
            self.skip_break();
            self.skip_blanks();
            breaks += 1;
        }
        let goes_on = !matches!(self.byte(0), 0 | b'#') && self.column() > parent;
        if goes_on && breaks > 0 {
            return Some(Some(breaks));
        }
        if breaks > 0 {
            self.at = self.line_start;
        }
        self.go_to_line()?;
        Some(None)
    }

    /// Reads a scalar between quotes, over as many lines as it has.
    pub fn quoted(&mut self, quote: u8, parent: isize) -> Option<String> {
        self.at += 1;
        let mut text = String::new();
        // What stands before this is no blank at the end of a line.
        let mut settled = 0;
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let stops = |byte: &u8| {
                *byte == quote || matches!(byte, b'\n' | b'\t') || (*byte == b'\\' && quote == b'"')
            };
            let end = rest.iter().position(stops)?;
            text.push_str(&self.text[self.at..self.at + end]);
            let next = rest.get(end + 1).copied().unwrap_or(0);
            self.at += end;
            match rest[end] {
                b'\n' => {
                    text.truncate(text.trim_end_matches(' ').len().max(settled));
                    // A first line that is empty is unusual.
                    if text.is_empty() {
                        return None;
                    }
                    let breaks = self.continues_quoted(parent)?;
                    fold(&mut text, breaks);
                    settled = text.len();
                }
                b'\\' if next == b'\n' => {
                    self.at += 1;
                    settled = text.len();
                    if self.continues_quoted(parent)? > 1 {
                        return None;
                    }
                }
                b'\\' => {
                    text.push(match next {
                        b'"' | b'\\' | b'/' | b' ' => char::from(next),
                        b'n' => '\n',
                        b't' => '\t',
                        _ => return None,
                    });
                    self.at += 2;
                    settled = text.len();
                }
                b'\'' if next == b'\'' && quote == b'\'' => {
                    text.push('\'');
                    self.at += 2;
                }
                found if found == quote => {
                    self.at += 1;
                    self.end_line()?;
                    return Some(text);
                }
                _ => return None,
            }
        }
    }

    /// Goes to the next line of a scalar between quotes; returns over how many breaks.
    fn continues_quoted(&mut self, parent: isize) -> Option<usize> {
        let mut breaks = 0;
        while self.byte(0) == b'\n' {
            self.skip_break();
            self.skip_blanks();
            breaks += 1;
        }
        (self.column() > parent && !self.is_at_end()).then_some(breaks)
    }

    /// Reads a block after `|` or `>`; returns its text, and the place that the parser says it stands at.
    pub fn block(&mut self, parent: isize) -> Option<(String, (u32, u32))> {
        let is_folded = self.byte(0) == b'>';
        self.at += 1;
        let chomping = self.byte(0);
        if matches!(chomping, b'-' | b'+') {
            self.at += 1;
        }
        self.skip_blanks();
        if self.byte(0) != b'\n' {
            return None;
        }
        let (mut breaks, mut widest) = (0, 0);
        while self.byte(0) == b'\n' {
            self.skip_break();
            self.skip_blanks();
            if self.byte(0) == b'\n' {
                breaks += 1;
                widest = widest.max(self.column());
            }
        }
        let (indent, place) = (self.column(), self.place());
        if indent <= parent || widest > indent || matches!(self.byte(0), 0 | b'\t') {
            return None;
        }
        let mut text = "\n".repeat(breaks);
        breaks = 0;
        loop {
            let start = self.at;
            // Lines that are indented further are not folded.
            if is_folded && matches!(self.byte(0), b' ' | b'\t') {
                return None;
            }
            self.skip_to_break();
            match breaks {
                0 => {}
                _ if is_folded => fold(&mut text, breaks),
                _ => text.extend(std::iter::repeat_n('\n', breaks)),
            }
            text.push_str(&self.text[start..self.at]);
            breaks = 0;
            if self.is_at_end() && chomping == b'+' {
                return None;
            }
            if !self.go_to_block_line(indent, &mut breaks)? {
                break;
            }
        }
        match chomping {
            b'-' => {}
            b'+' => text.extend(std::iter::repeat_n('\n', breaks)),
            _ if breaks > 0 => text.push('\n'),
            _ => {}
        }
        self.go_to_line()?;
        Some((text, place))
    }

    /// Goes from the end of a line of a block to its next line, over so many breaks; says whether there is one.
    ///
    /// Where there is none, goes to the start of the line after the block.
    fn go_to_block_line(&mut self, indent: isize, breaks: &mut usize) -> Option<bool> {
        while self.byte(0) == b'\n' {
            self.skip_break();
            *breaks += 1;
            while self.byte(0) == b' ' && self.column() < indent {
                self.at += 1;
            }
            match self.byte(0) {
                b'\n' => {}
                // An end without a break, or a line of blanks alone, which may be text.
                0 if self.column() > 0 => return None,
                0 => break,
                _ if self.column() < indent => {
                    self.at = self.line_start;
                    return Some(false);
                }
                b' ' if self.is_blank_line() => return None,
                _ => return Some(true),
            }
        }
        Some(false)
    }
}

/// Puts in what so many line breaks amount to within a scalar.
fn fold(text: &mut String, breaks: usize) {
    match breaks {
        1 => text.push(' '),
        _ => text.extend(std::iter::repeat_n('\n', breaks - 1)),
    }
}

/// Finds the colon after a key without quotes; `Some(None)` where the line has none.
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
const fn ends_word(byte: u8) -> bool {
    matches!(byte, 0 | b' ' | b'\n' | b'\t')
}

/// Says whether a byte at the start of a scalar means something.
const fn is_indicator(byte: u8) -> bool {
    matches!(
        byte,
        b'-' | b'?'
            | b':'
            | b','
            | b'['
            | b']'
            | b'{'
            | b'}'
            | b'#'
            | b'&'
            | b'*'
            | b'!'
            | b'|'
            | b'>'
            | b'\''
            | b'"'
            | b'%'
            | b'@'
            | b'`'
    )
}
