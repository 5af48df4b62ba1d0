//! Takes a YAML stream apart into tokens, by the rules of the scanner that Go's readers share with libyaml.

use std::collections::VecDeque;

use super::problem::{Flaw, Mark};
use super::reader::{Reader, never_begins_plain};
use super::token::{Token, TokenKind};

/// How long a key without `?` may be, in characters.
const KEY_LIMIT: usize = 1024;

/// What stands around what is read next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    /// A comment may follow in the line.
    Comment,
    /// Nothing is looked for.
    Nothing,
}

/// A place where a key may begin that has no `?`.
#[derive(Clone, Copy, Debug, Default)]
struct SimpleKey {
    possible: bool,
    /// Whether it must be a key, since it stands at the indent of a mapping.
    required: bool,
    /// The number of its token.
    number: usize,
    mark: Mark,
    index: usize,
}

/// The tokens of a stream, made as they are asked for.
pub struct Scanner<'text> {
    pub(super) reader: Reader<'text>,
    tokens: VecDeque<Token>,
    /// How many tokens were taken.
    taken: usize,
    /// The indent of the innermost block; -1 outside of all.
    pub(super) indent: isize,
    indents: Vec<isize>,
    /// One for each level of brackets, and one for what is around them.
    keys: Vec<SimpleKey>,
    pub(super) key_allowed: bool,
    /// Within how many brackets and braces this is.
    pub(super) flow: usize,
    ended: bool,
}

impl<'text> Scanner<'text> {
    /// Starts to scan a text.
    pub fn new(text: &'text str) -> Self {
        Self {
            reader: Reader::new(text),
            tokens: VecDeque::new(),
            taken: 0,
            indent: -1,
            indents: Vec::new(),
            keys: vec![SimpleKey::default()],
            key_allowed: true,
            flow: 0,
            ended: false,
        }
    }

    /// Returns the next token without taking it.
    pub fn peek(&mut self) -> Result<&Token, Flaw> {
        while !self.ended && (self.tokens.is_empty() || self.may_begin_with_key()?) {
            self.fetch()?;
        }
        if self.tokens.is_empty() {
            let mark = self.reader.mark();
            self.push(TokenKind::StreamEnd, mark);
        }
        Ok(&self.tokens[0])
    }

    /// Takes the next token.
    pub fn take(&mut self) -> Result<Token, Flaw> {
        self.peek()?;
        self.taken += 1;
        match self.tokens.pop_front() {
            Some(token) => Ok(token),
            None => Err(Flaw::new(self.reader.mark(), "did not find a token")),
        }
    }

    /// Says whether the next token may yet turn out to be a key, so that more must be read.
    fn may_begin_with_key(&mut self) -> Result<bool, Flaw> {
        let taken = self.taken;
        let key = self
            .keys
            .iter()
            .position(|key| key.possible && key.number == taken);
        key.map_or(Ok(false), |place| self.is_valid(place))
    }

    /// Says whether a key is still possible: it ends in its line, and is not too long.
    fn is_valid(&mut self, place: usize) -> Result<bool, Flaw> {
        let key = self.keys[place];
        if !key.possible {
            return Ok(false);
        }
        let is_stale =
            key.mark.line < self.reader.mark().line || key.index + KEY_LIMIT < self.reader.index;
        if is_stale {
            if key.required {
                return Err(Flaw::new(key.mark, "could not find expected ':'"));
            }
            self.keys[place].possible = false;
        }
        Ok(!is_stale)
    }

    fn save_key(&mut self) -> Result<(), Flaw> {
        let required = self.flow == 0 && self.indent == self.reader.column();
        if self.key_allowed {
            self.remove_key()?;
            let key = SimpleKey {
                possible: true,
                required,
                number: self.taken + self.tokens.len(),
                mark: self.reader.mark(),
                index: self.reader.index,
            };
            if let Some(last) = self.keys.last_mut() {
                *last = key;
            }
        }
        Ok(())
    }

    fn remove_key(&mut self) -> Result<(), Flaw> {
        let Some(key) = self.keys.last_mut() else {
            return Ok(());
        };
        if key.possible && key.required {
            return Err(Flaw::new(key.mark, "could not find expected ':'"));
        }
        key.possible = false;
        Ok(())
    }

    fn push(&mut self, kind: TokenKind, start: Mark) {
        let end = self.reader.mark();
        self.tokens.push_back(Token { kind, start, end });
    }

    /// Begins a block where the column is deeper than the one around; its token may belong before others.
    fn roll_indent(&mut self, column: isize, before: Option<usize>, kind: TokenKind, mark: Mark) {
        if self.flow > 0 || self.indent >= column {
            return;
        }
        self.indents.push(self.indent);
        self.indent = column;
        let token = Token {
            kind,
            start: mark,
            end: mark,
        };
        let place = before.map_or(self.tokens.len(), |number| number - self.taken);
        self.tokens.insert(place, token);
    }

    /// Ends all blocks that are deeper than a column.
    fn unroll_indent(&mut self, column: isize) {
        if self.flow > 0 {
            return;
        }
        let mark = self.reader.mark();
        while self.indent > column {
            self.push(TokenKind::BlockEnd, mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    /// Reads one more token, or a few that belong together.
    fn fetch(&mut self) -> Result<(), Flaw> {
        self.skip_to_token();
        self.unroll_indent(self.reader.column());
        if self.reader.is_at_end() {
            return self.fetch_end();
        }
        let reader = &self.reader;
        if reader.mark().column == 0 && reader.byte(0) == b'%' {
            return self.fetch_directive();
        }
        for (character, kind) in [
            (b'-', TokenKind::DocumentStart),
            (b'.', TokenKind::DocumentEnd),
        ] {
            if self.reader.is_at_indicator(character) {
                return self.fetch_document_indicator(kind);
            }
        }
        if self.fetch_in_document()? == After::Comment {
            self.skip_comment_behind();
        }
        Ok(())
    }

    fn fetch_in_document(&mut self) -> Result<After, Flaw> {
        let reader = &self.reader;
        let in_flow = self.flow > 0;
        let stands_alone = in_flow || reader.is_space(1);
        match reader.byte(0) {
            b'[' => self.open_flow(TokenKind::FlowSequenceStart)?,
            b'{' => self.open_flow(TokenKind::FlowMappingStart)?,
            b']' => self.close_flow(TokenKind::FlowSequenceEnd)?,
            b'}' => self.close_flow(TokenKind::FlowMappingEnd)?,
            b',' => self.fetch_flow_entry()?,
            b'-' if reader.is_space(1) => {
                self.fetch_block_entry()?;
                return Ok(After::Nothing);
            }
            b'?' if stands_alone => self.fetch_key()?,
            b':' if stands_alone => self.fetch_value()?,
            b'*' | b'&' => self.fetch_simple(Self::scan_anchor)?,
            b'!' => self.fetch_simple(Self::scan_tag)?,
            b'|' | b'>' if !in_flow => {
                self.remove_key()?;
                self.key_allowed = true;
                let token = self.scan_block()?;
                self.tokens.push_back(token);
            }
            b'\'' | b'"' => self.fetch_simple(Self::scan_quoted)?,
            _ if self.is_at_plain() => self.fetch_simple(Self::scan_plain)?,
            first => {
                let flaw = Flaw::new(
                    self.reader.mark(),
                    "found character that cannot start any token",
                );
                return Err(flaw.at_tab(first == b'\t'));
            }
        }
        Ok(After::Comment)
    }

    /// Says whether a scalar without quotes begins here.
    fn is_at_plain(&self) -> bool {
        let reader = &self.reader;
        match reader.byte(0) {
            b'-' => !reader.is_blank(1),
            b'?' | b':' => self.flow == 0 && !reader.is_space(1),
            first => !never_begins_plain(first) && !reader.is_space(0),
        }
    }

    /// Reads a token with which a key may begin.
    fn fetch_simple(&mut self, scan: fn(&mut Self) -> Result<Token, Flaw>) -> Result<(), Flaw> {
        self.save_key()?;
        self.key_allowed = false;
        let token = scan(self)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_end(&mut self) -> Result<(), Flaw> {
        self.unroll_indent(-1);
        self.remove_key()?;
        self.key_allowed = false;
        self.ended = true;
        let mark = self.reader.mark();
        self.push(TokenKind::StreamEnd, mark);
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<(), Flaw> {
        self.unroll_indent(-1);
        self.remove_key()?;
        self.key_allowed = false;
        let token = self.scan_directive()?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: TokenKind) -> Result<(), Flaw> {
        self.unroll_indent(-1);
        self.remove_key()?;
        self.key_allowed = false;
        self.fetch_characters(kind, 3);
        Ok(())
    }

    /// Makes a token of characters that mean something by themselves.
    fn fetch_characters(&mut self, kind: TokenKind, count: usize) {
        let start = self.reader.mark();
        self.reader.skip(count);
        self.push(kind, start);
    }

    fn open_flow(&mut self, kind: TokenKind) -> Result<(), Flaw> {
        self.save_key()?;
        self.keys.push(SimpleKey::default());
        self.flow += 1;
        self.key_allowed = true;
        self.fetch_characters(kind, 1);
        Ok(())
    }

    fn close_flow(&mut self, kind: TokenKind) -> Result<(), Flaw> {
        self.remove_key()?;
        if self.flow > 0 {
            self.flow -= 1;
            self.keys.pop();
        }
        self.key_allowed = false;
        self.fetch_characters(kind, 1);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), Flaw> {
        self.remove_key()?;
        self.key_allowed = true;
        self.fetch_characters(TokenKind::FlowEntry, 1);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), Flaw> {
        let problem = "block sequence entries are not allowed in this context";
        self.begin_block(TokenKind::BlockSequenceStart, problem)?;
        self.remove_key()?;
        self.key_allowed = true;
        self.fetch_characters(TokenKind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), Flaw> {
        let problem = "mapping keys are not allowed in this context";
        self.begin_block(TokenKind::BlockMappingStart, problem)?;
        self.remove_key()?;
        self.key_allowed = self.flow == 0;
        self.fetch_characters(TokenKind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), Flaw> {
        let last = self.keys.len() - 1;
        if self.is_valid(last)? {
            let SimpleKey { number, mark, .. } = self.keys[last];
            let key = Token {
                kind: TokenKind::Key,
                start: mark,
                end: mark,
            };
            self.tokens.insert(number - self.taken, key);
            let column = isize::try_from(mark.column).unwrap_or(isize::MAX);
            self.roll_indent(column, Some(number), TokenKind::BlockMappingStart, mark);
            self.keys[last].possible = false;
            self.key_allowed = false;
        } else {
            let problem = "mapping values are not allowed in this context";
            self.begin_block(TokenKind::BlockMappingStart, problem)?;
            self.key_allowed = self.flow == 0;
        }
        self.fetch_characters(TokenKind::Value, 1);
        Ok(())
    }

    /// Begins a block here, if this is deeper than the one around.
    fn begin_block(&mut self, kind: TokenKind, problem: &'static str) -> Result<(), Flaw> {
        if self.flow > 0 {
            return Ok(());
        }
        let mark = self.reader.mark();
        if !self.key_allowed {
            return Err(Flaw::new(mark, problem));
        }
        self.roll_indent(self.reader.column(), None, kind, mark);
        Ok(())
    }
}
