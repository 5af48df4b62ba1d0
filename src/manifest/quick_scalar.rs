//! The scalars of usual YAML, each over as many lines as it has; `None` is for what is unusual.

use super::quick_cursor::{Cursor, ends_word, is_indicator};

impl<'text> Cursor<'text> {
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
    #[expect(
        clippy::option_option,
        reason = "the outer one leaves the text to the parser, the inner one is an answer"
    )]
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
                        b'"' | b'\\' | b' ' => char::from(next),
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

    /// Reads a block after `|` or `>`.
    pub fn block(&mut self, parent: isize) -> Option<String> {
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
        let indent = self.column();
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
        Some(text)
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

    /// Says whether nothing but blanks follows in the line.
    fn is_blank_line(&self) -> bool {
        let rest = self.text[self.at..].trim_start_matches(' ');
        rest.is_empty() || rest.starts_with('\n')
    }
}

/// Puts in what so many line breaks amount to within a scalar.
fn fold(text: &mut String, breaks: usize) {
    match breaks {
        1 => text.push(' '),
        _ => text.extend(std::iter::repeat_n('\n', breaks - 1)),
    }
}
