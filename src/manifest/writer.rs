//! The characters of YAML: columns, indents, folds and escapes.

use std::fmt::Write as _;

use super::form::is_printable;

/// After this column a scalar is folded at its next blank.
const WIDTH: usize = 80;

/// Blanks to indent with.
const BLANKS: &str = "                                ";

/// Whether and where a quoted scalar may go on in the next line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// It may not: it is a key.
    Never,
    /// At this column.
    At(usize),
}

/// Writes the parts of a document and knows the column.
pub struct Writer<'out> {
    out: &'out mut String,
    column: usize,
    /// Whether a blank, a break or nothing stands before the next character.
    whitespace: bool,
    /// Whether only blanks and block indicators stand in the line so far.
    indention: bool,
}

impl<'out> Writer<'out> {
    /// Makes a writer at the start of a line.
    pub const fn new(out: &'out mut String) -> Self {
        Self {
            out,
            column: 0,
            whitespace: true,
            indention: true,
        }
    }

    /// Says whether only blanks and block indicators stand in the line so far.
    pub const fn at_indention(&self) -> bool {
        self.indention
    }

    /// Goes to a column, in the next line where this one has text.
    pub fn indent(&mut self, column: usize) {
        if !self.indention || self.column > column || (self.column == column && !self.whitespace) {
            self.line_break();
        }
        while self.column < column {
            let blanks = (column - self.column).min(BLANKS.len());
            self.out.push_str(&BLANKS[..blanks]);
            self.column += blanks;
        }
        self.whitespace = true;
        self.indention = true;
    }

    /// Writes `-`, `?` or `:` before a node in block style.
    pub fn block_indicator(&mut self, indicator: char) {
        self.separate();
        self.put(indicator);
        self.whitespace = false;
    }

    /// Writes the colon after a simple key.
    pub fn colon(&mut self) {
        self.put(':');
        self.end_token();
    }

    /// Writes a word that is never folded.
    pub fn token(&mut self, word: &str) {
        self.separate();
        self.put_all(word);
        self.end_token();
    }

    /// Notes that a collection in flow style just began: no blank comes next.
    pub const fn open(&mut self) {
        self.whitespace = true;
    }

    /// Writes a sign right after what stands there.
    pub fn close(&mut self, sign: &str) {
        self.put_all(sign);
        self.end_token();
    }

    /// Writes a text without quotes.
    pub fn plain(&mut self, text: &str, column: usize) {
        self.separate();
        self.folded(text, column, Self::put_all);
        self.end_token();
    }

    /// Writes a text between single quotes.
    pub fn single_quoted(&mut self, text: &str, at: Break) {
        self.separate();
        self.put('\'');
        self.indention = false;
        match at {
            Break::At(column) => self.folded(text, column, Self::put_doubling_quotes),
            Break::Never => self.put_doubling_quotes(text),
        }
        self.put('\'');
        self.end_token();
    }

    /// Writes a text between double quotes.
    pub fn double_quoted(&mut self, text: &str, at: Break) {
        self.separate();
        self.put('"');
        self.indention = false;
        // Go's writer looks for the mark at the start of the text whichever character it is at.
        let escape_all = text.starts_with('\u{feff}');
        let bytes = text.as_bytes();
        let mut after_space = false;
        for (index, character) in text.char_indices() {
            let broken = matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
            if escape_all
                || broken
                || matches!(character, '"' | '\\')
                || !is_printable(&bytes[index..])
            {
                self.escape(character);
                after_space = false;
                continue;
            }
            let space = character == ' ';
            let inside = space && index > 0 && index + 1 < bytes.len();
            match at {
                Break::At(column) if inside && !after_space && self.column > WIDTH => {
                    self.indent(column);
                    if bytes[index + 1] == b' ' {
                        self.put('\\');
                    }
                }
                _ => self.put(character),
            }
            after_space = space;
        }
        self.put('"');
        self.end_token();
    }

    /// Writes a text as a block after `>`; no line is broken that is one.
    ///
    /// Go's writer looks at the start of the text where it means what follows a break. So a break before a line
    /// that starts with a blank is doubled, and it stays so when the text is read again.
    pub fn folded_block(&mut self, text: &str, column: usize) {
        self.block_header('>', text);
        let start = text.trim_start_matches(is_break);
        let doubles = !start.is_empty() && !start.starts_with([' ', '\t']);
        let mut after_text = false;
        for line in text.split_inclusive(is_break) {
            let content = line.trim_end_matches(is_break);
            if !content.is_empty() {
                after_text = !content.starts_with([' ', '\t']);
                self.indent(column);
                self.put_all(content);
                self.indention = false;
            }
            let breaks = &line[content.len()..];
            if !breaks.is_empty() {
                if doubles && after_text && !content.is_empty() && breaks == "\n" {
                    self.out.push('\n');
                }
                self.out.push_str(breaks);
                self.column = 0;
                self.indention = true;
            }
        }
    }

    /// Writes a text as a block after `|`.
    pub fn literal(&mut self, text: &str, column: usize) {
        self.block_header('|', text);
        // Other line breaks than this are rare.
        if text.bytes().any(|byte| matches!(byte, b'\r' | 0xc2 | 0xe2)) {
            for line in text.split_inclusive(is_break) {
                self.block_line(line, column);
            }
            return;
        }
        for line in text.split_inclusive('\n') {
            if line == "\n" {
                self.line_break();
                self.indention = true;
            } else {
                self.indent(column);
                self.put_all(line.strip_suffix('\n').unwrap_or(line));
                self.indention = false;
                if line.ends_with('\n') {
                    self.line_break();
                    self.indention = true;
                }
            }
        }
    }

    fn block_header(&mut self, sign: char, text: &str) {
        self.separate();
        self.put(sign);
        if text.starts_with([' ', '\n', '\u{2028}', '\u{2029}']) {
            self.put('2');
        }
        let mut ends = text.chars().rev().map(is_break);
        match (ends.next(), ends.next()) {
            (Some(true), None | Some(true)) => self.put('+'),
            (Some(true), Some(false)) => {}
            _ => self.put('-'),
        }
        self.line_break();
        self.whitespace = true;
        self.indention = true;
    }

    fn block_line(&mut self, line: &str, column: usize) {
        let content = line.trim_end_matches(is_break);
        if !content.is_empty() {
            self.indent(column);
            self.put_all(content);
            self.indention = false;
        }
        if content.len() < line.len() {
            self.out.push_str(&line[content.len()..]);
            self.column = 0;
            self.indention = true;
        }
    }

    /// Writes a text that goes on in the next line at single blanks, once it is wide enough.
    fn folded(&mut self, text: &str, column: usize, put: impl Fn(&mut Self, &str)) {
        // Quotes may be doubled.
        let width = text.len() + text.bytes().filter(|byte| *byte == b'\'').count();
        if self.column + width <= WIDTH && !text.contains(['\u{2028}', '\u{2029}']) {
            return put(self, text);
        }
        for (index, line) in text.split_inclusive(is_break).enumerate() {
            let content = line.trim_end_matches(is_break);
            if index > 0 && !content.is_empty() {
                self.indent(column);
            }
            self.words(content, column, &put);
            if content.len() < line.len() {
                self.out.push_str(&line[content.len()..]);
                self.column = 0;
                self.indention = true;
            }
        }
    }

    fn words(&mut self, text: &str, column: usize, put: &impl Fn(&mut Self, &str)) {
        let bytes = text.as_bytes();
        let mut start = 0;
        while let Some(length) = text[start..].find(' ') {
            let blank = start + length;
            put(self, &text[start..blank]);
            if length > 0 {
                self.indention = false;
            }
            let alone =
                (blank == 0 || bytes[blank - 1] != b' ') && bytes.get(blank + 1) != Some(&b' ');
            let inside = blank > 0 && blank + 1 < bytes.len();
            if self.column > WIDTH && alone && inside {
                self.indent(column);
            } else {
                self.put(' ');
            }
            start = blank + 1;
        }
        put(self, &text[start..]);
        if start < text.len() {
            self.indention = false;
        }
    }

    fn put_doubling_quotes(&mut self, text: &str) {
        for (index, part) in text.split('\'').enumerate() {
            if index > 0 {
                self.put_all("''");
            }
            self.put_all(part);
        }
    }

    fn escape(&mut self, character: char) {
        let before = self.out.len();
        let name = match character {
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '"' | '\\' => character,
            '\u{85}' => 'N',
            '\u{a0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => '\0',
        };
        let code = u32::from(character);
        let written = match (name, code) {
            ('\0', 0..=0xff) => write!(self.out, "\\x{code:02X}"),
            ('\0', 0x100..=0xffff) => write!(self.out, "\\u{code:04X}"),
            ('\0', _) => write!(self.out, "\\U{code:08X}"),
            (name, _) => write!(self.out, "\\{name}"),
        };
        written.expect("writing to a string cannot fail");
        self.column += self.out.len() - before;
    }

    fn separate(&mut self) {
        if !self.whitespace {
            self.put(' ');
        }
    }

    fn put(&mut self, character: char) {
        self.out.push(character);
        self.column += 1;
    }

    fn put_all(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += if text.is_ascii() {
            text.len()
        } else {
            text.chars().count()
        };
    }

    fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    const fn end_token(&mut self) {
        self.whitespace = false;
        self.indention = false;
    }
}

const fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}
