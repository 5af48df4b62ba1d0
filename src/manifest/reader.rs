//! A place in a text that is read character by character, with what YAML 1.1 takes for blanks and line breaks.

use super::problem::Mark;

/// A place in a text.
pub struct Reader<'text> {
    text: &'text str,
    at: usize,
    mark: Mark,
    /// How many characters were passed.
    pub index: usize,
    /// How many line breaks were passed since the last character that is no blank.
    pub breaks: usize,
}

impl<'text> Reader<'text> {
    /// Starts at the front of a text.
    pub const fn new(text: &'text str) -> Self {
        Self {
            text,
            at: 0,
            mark: Mark { line: 0, column: 0 },
            index: 0,
            breaks: 0,
        }
    }

    /// Returns where this is.
    pub const fn mark(&self) -> Mark {
        self.mark
    }

    /// Returns the column, from zero, to compare it with an indent.
    pub fn column(&self) -> isize {
        isize::try_from(self.mark.column).unwrap_or(isize::MAX)
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

    /// Says whether a space or a tab is ahead.
    pub fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), b' ' | b'\t')
    }

    /// Says whether a line break is ahead, one of the old ones among them.
    pub fn is_break(&self, ahead: usize) -> bool {
        match self.byte(ahead) {
            b'\r' | b'\n' => true,
            0xc2 => self.byte(ahead + 1) == 0x85,
            0xe2 => self.is_old_break(ahead),
            _ => false,
        }
    }

    /// Says whether a line break or the end is ahead.
    pub fn is_line_end(&self, ahead: usize) -> bool {
        self.byte(ahead) == 0 || self.is_break(ahead)
    }

    /// Says whether a blank, a line break or the end is ahead.
    pub fn is_space(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_line_end(ahead)
    }

    /// Says whether the line or paragraph separator of Unicode is ahead.
    fn is_old_break(&self, ahead: usize) -> bool {
        self.byte(ahead + 1) == 0x80 && matches!(self.byte(ahead + 2), 0xa8 | 0xa9)
    }

    /// Says whether three of a character begin this line, and nothing hangs on them.
    pub fn is_at_indicator(&self, character: u8) -> bool {
        self.mark.column == 0
            && (0..3).all(|ahead| self.byte(ahead) == character)
            && self.is_space(3)
    }

    /// Passes a character that is no line break, and returns it.
    pub fn next(&mut self) -> &'text str {
        let rest = &self.text[self.at..];
        let length = match self.byte(0) {
            0 => 0,
            1..0x80 => 1,
            _ => rest.chars().next().map_or(0, char::len_utf8),
        };
        if !self.is_blank(0) {
            self.breaks = 0;
        }
        self.at += length;
        self.index += 1;
        self.mark.column += 1;
        &rest[..length]
    }

    /// Passes so many characters.
    pub fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.next();
        }
    }

    /// Passes spaces and tabs.
    pub fn skip_blanks(&mut self) {
        while self.is_blank(0) {
            self.next();
        }
    }

    /// Passes everything up to the end of the line.
    pub fn skip_to_line_end(&mut self) {
        while !self.is_line_end(0) {
            self.next();
        }
    }

    /// Passes a line break, if one is here, and returns what it means: a new line, or the separator that it is.
    pub fn next_line(&mut self) -> &'text str {
        let rest = &self.text[self.at..];
        let (length, meaning) = match self.byte(0) {
            b'\r' if self.byte(1) == b'\n' => (2, "\n"),
            b'\r' | b'\n' => (1, "\n"),
            0xc2 if self.is_break(0) => (2, "\n"),
            0xe2 if self.is_break(0) => (3, &rest[..3]),
            _ => return "",
        };
        self.index += rest[..length].chars().count();
        self.at += length;
        self.mark.column = 0;
        self.mark.line += 1;
        self.breaks += 1;
        meaning
    }
}

/// Says whether a scalar without quotes can't begin with a byte, whatever follows.
pub const fn never_begins_plain(byte: u8) -> bool {
    matches!(
        byte,
        b'#' | b','
            | b'['
            | b']'
            | b'{'
            | b'}'
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
