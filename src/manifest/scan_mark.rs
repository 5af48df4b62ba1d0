//! The marks of a YAML stream: anchors, aliases, tags and directives.

use super::problem::{Flaw, Mark};
use super::scan::Scanner;
use super::token::{Token, TokenKind};

impl Scanner<'_> {
    fn token(&self, kind: TokenKind, start: Mark) -> Token {
        Token {
            kind,
            start,
            end: self.reader.mark(),
        }
    }

    /// Scans letters, digits, `_` and `-`.
    fn scan_word(&mut self) -> String {
        let mut word = String::new();
        while self.reader.byte(0).is_ascii_alphanumeric()
            || matches!(self.reader.byte(0), b'_' | b'-')
        {
            word.push_str(self.reader.next());
        }
        word
    }

    /// Scans an anchor or an alias.
    pub(super) fn scan_anchor(&mut self) -> Result<Token, Flaw> {
        let start = self.reader.mark();
        let is_alias = self.reader.byte(0) == b'*';
        self.reader.next();
        let name = self.scan_word();
        let ends = self.reader.is_space(0)
            || matches!(
                self.reader.byte(0),
                b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`'
            );
        if name.is_empty() || !ends {
            let problem = "did not find expected alphabetic or numeric character";
            return Err(Flaw::new(start, problem));
        }
        let kind = if is_alias {
            TokenKind::Alias(name)
        } else {
            TokenKind::Anchor(name)
        };
        Ok(self.token(kind, start))
    }

    /// Scans a tag.
    pub(super) fn scan_tag(&mut self) -> Result<Token, Flaw> {
        let start = self.reader.mark();
        let (handle, suffix) = if self.reader.byte(1) == b'<' {
            self.reader.skip(2);
            let suffix = self.scan_address("", start)?;
            if self.reader.byte(0) != b'>' {
                return Err(Flaw::new(start, "did not find the expected '>'"));
            }
            self.reader.next();
            (String::new(), suffix)
        } else {
            let handle = self.scan_handle(start)?;
            if handle.len() > 1 && handle.ends_with('!') {
                let suffix = self.scan_address("", start)?;
                (handle, suffix)
            } else {
                match self.scan_address(&handle, start)? {
                    suffix if suffix.is_empty() => (suffix, "!".to_owned()),
                    suffix => ("!".to_owned(), suffix),
                }
            }
        };
        if !self.reader.is_space(0) {
            let problem = "did not find expected whitespace or line break";
            return Err(Flaw::new(start, problem));
        }
        Ok(self.token(TokenKind::Tag { handle, suffix }, start))
    }

    /// Scans `!`, `!!` or `!word!`, or what begins like that.
    fn scan_handle(&mut self, start: Mark) -> Result<String, Flaw> {
        if self.reader.byte(0) != b'!' {
            return Err(Flaw::new(start, "did not find expected '!'"));
        }
        self.reader.next();
        let mut handle = String::from("!");
        handle.push_str(&self.scan_word());
        if self.reader.byte(0) == b'!' {
            handle.push_str(self.reader.next());
        }
        Ok(handle)
    }

    /// Scans the characters of an address; those after the `!` of a head belong to it.
    fn scan_address(&mut self, head: &str, start: Mark) -> Result<String, Flaw> {
        let mut bytes = head.as_bytes().get(1..).unwrap_or_default().to_vec();
        let mut is_there = !head.is_empty();
        loop {
            match self.reader.byte(0) {
                b'%' => self.scan_escaped(&mut bytes, start)?,
                byte if is_of_address(byte) => {
                    bytes.push(byte);
                    self.reader.next();
                }
                _ => break,
            }
            is_there = true;
        }
        if !is_there {
            return Err(Flaw::new(start, "did not find expected tag URI"));
        }
        String::from_utf8(bytes)
            .map_err(|_| Flaw::new(start, "found an incorrect trailing UTF-8 octet"))
    }

    fn scan_escaped(&mut self, bytes: &mut Vec<u8>, start: Mark) -> Result<(), Flaw> {
        let digit = |ahead| char::from(self.reader.byte(ahead)).to_digit(16);
        let code = digit(1).zip(digit(2)).map(|(high, low)| high << 4 | low);
        let Some(byte) = code.and_then(|code| u8::try_from(code).ok()) else {
            return Err(Flaw::new(start, "did not find URI escaped octet"));
        };
        bytes.push(byte);
        self.reader.skip(3);
        Ok(())
    }

    /// Scans a directive and the rest of its line.
    pub(super) fn scan_directive(&mut self) -> Result<Token, Flaw> {
        let start = self.reader.mark();
        self.reader.next();
        let name = self.scan_word();
        if name.is_empty() {
            return Err(Flaw::new(start, "could not find expected directive name"));
        }
        if !self.reader.is_space(0) {
            let problem = "found unexpected non-alphabetical character";
            return Err(Flaw::new(start, problem));
        }
        self.reader.skip_blanks();
        let kind = match name.as_str() {
            "YAML" => self.scan_version(start)?,
            "TAG" => self.scan_tag_rule(start)?,
            _ => return Err(Flaw::new(start, "found unknown directive name")),
        };
        let token = self.token(kind, start);
        self.reader.skip_blanks();
        if self.reader.byte(0) == b'#' {
            self.reader.skip_to_line_end();
        }
        if !self.reader.is_line_end(0) {
            let problem = "did not find expected comment or line break";
            return Err(Flaw::new(start, problem));
        }
        self.reader.next_line();
        Ok(token)
    }

    fn scan_version(&mut self, start: Mark) -> Result<TokenKind, Flaw> {
        let major = self.scan_number(start)?;
        if self.reader.byte(0) != b'.' {
            let problem = "did not find expected digit or '.' character";
            return Err(Flaw::new(start, problem));
        }
        self.reader.next();
        let minor = self.scan_number(start)?;
        Ok(TokenKind::Version(major, minor))
    }

    /// Scans one or two digits.
    fn scan_number(&mut self, start: Mark) -> Result<u32, Flaw> {
        let (mut number, mut length) = (0, 0);
        while let Some(digit) = char::from(self.reader.byte(0)).to_digit(10) {
            length += 1;
            if length > 2 {
                return Err(Flaw::new(start, "found extremely long version number"));
            }
            number = number * 10 + digit;
            self.reader.next();
        }
        match length {
            0 => Err(Flaw::new(start, "did not find expected version number")),
            _ => Ok(number),
        }
    }

    fn scan_tag_rule(&mut self, start: Mark) -> Result<TokenKind, Flaw> {
        let handle = self.scan_handle(start)?;
        if handle != "!" && !handle.ends_with('!') {
            return Err(Flaw::new(start, "did not find expected '!'"));
        }
        if !self.reader.is_blank(0) {
            return Err(Flaw::new(start, "did not find expected whitespace"));
        }
        self.reader.skip_blanks();
        let prefix = self.scan_address("", start)?;
        if !self.reader.is_space(0) {
            let problem = "did not find expected whitespace or line break";
            return Err(Flaw::new(start, problem));
        }
        Ok(TokenKind::TagRule { handle, prefix })
    }
}

const fn is_of_address(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'_' | b'-'
                | b';'
                | b'/'
                | b'?'
                | b':'
                | b'@'
                | b'&'
                | b'='
                | b'+'
                | b'$'
                | b','
                | b'.'
                | b'!'
                | b'~'
                | b'*'
                | b'\''
                | b'('
                | b')'
                | b'['
                | b']'
        )
}
