//! The scalars of a YAML stream: blocks, texts between quotes, and those without.

use super::node::Style;
use super::problem::{Flaw, Mark};
use super::scan::Scanner;
use super::token::{Token, TokenKind};

/// What becomes of the line breaks at the end of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chomping {
    Clip,
    Strip,
    Keep,
}

/// Blanks and line breaks within a scalar, before it is known whether it goes on.
#[derive(Debug, Default)]
struct Gap {
    blanks: String,
    /// The first line break; empty where there is none.
    first: &'static str,
    /// The old line break that is the first one.
    old: String,
    others: String,
    broken: bool,
}

impl Gap {
    /// Notes a line break.
    fn line(&mut self, line: &str) {
        if self.broken {
            self.others.push_str(line);
            return;
        }
        self.blanks.clear();
        self.broken = true;
        match line {
            "\n" => self.first = "\n",
            old => old.clone_into(&mut self.old),
        }
    }

    /// Puts in what the gap amounts to; one line break is a space.
    fn fold_into(&mut self, text: &mut String) {
        if !self.broken {
            text.push_str(&self.blanks);
        } else if self.first == "\n" {
            text.push_str(if self.others.is_empty() {
                " "
            } else {
                &self.others
            });
        } else {
            text.push_str(&self.old);
            text.push_str(&self.others);
        }
        *self = Self::default();
    }
}

const fn scalar(text: String, style: Style, (start, end): (Mark, Mark)) -> Token {
    Token {
        kind: TokenKind::Scalar(text, style),
        start,
        end,
    }
}

impl Scanner<'_> {
    /// Scans a block after `|` or `>`.
    pub(super) fn scan_block(&mut self) -> Result<Token, Flaw> {
        let start = self.reader.mark();
        let is_literal = self.reader.byte(0) == b'|';
        self.reader.next();
        let (chomping, increment) = self.scan_block_header(start)?;
        let mut indent = match increment {
            0 => 0,
            increment => self.indent.max(0) + increment,
        };
        let mut end = self.reader.mark();
        let (mut text, mut first, mut others) = (String::new(), String::new(), String::new());
        self.scan_block_breaks(&mut indent, &mut others, (start, &mut end))?;
        let mut was_indented = false;
        while self.reader.column() == indent && !self.reader.is_at_end() {
            let is_indented = self.reader.is_blank(0);
            let folds = !is_literal && !was_indented && !is_indented && first == "\n";
            if !folds {
                text.push_str(&first);
            } else if others.is_empty() {
                text.push(' ');
            }
            text.push_str(&others);
            others.clear();
            was_indented = is_indented;
            while !self.reader.is_line_end(0) {
                text.push_str(self.reader.next());
            }
            self.reader.next_line().clone_into(&mut first);
            self.scan_block_breaks(&mut indent, &mut others, (start, &mut end))?;
        }
        if chomping != Chomping::Strip {
            text.push_str(&first);
        }
        if chomping == Chomping::Keep {
            text.push_str(&others);
        }
        let style = if is_literal {
            Style::Literal
        } else {
            Style::Folded
        };
        Ok(scalar(text, style, (start, end)))
    }

    /// Scans the rest of the line after `|` or `>`: chomping and indent in either order.
    fn scan_block_header(&mut self, start: Mark) -> Result<(Chomping, isize), Flaw> {
        let (mut chomping, mut increment) = (None, None);
        for _ in 0..2 {
            match self.reader.byte(0) {
                b'+' if chomping.is_none() => chomping = Some(Chomping::Keep),
                b'-' if chomping.is_none() => chomping = Some(Chomping::Strip),
                b'0' if increment.is_none() => {
                    return Err(Flaw::new(
                        start,
                        "found an indentation indicator equal to 0",
                    ));
                }
                digit @ b'1'..=b'9' if increment.is_none() => {
                    increment = Some(isize::from(digit - b'0'));
                }
                _ => break,
            }
            self.reader.next();
        }
        self.reader.skip_blanks();
        if self.reader.byte(0) == b'#' {
            self.reader.skip_to_line_end();
        }
        if !self.reader.is_line_end(0) {
            return Err(Flaw::new(
                start,
                "did not find expected comment or line break",
            ));
        }
        self.reader.next_line();
        Ok((
            chomping.unwrap_or(Chomping::Clip),
            increment.unwrap_or_default(),
        ))
    }

    /// Scans the indent and the empty lines before a line of a block; the first ones decide on the indent.
    fn scan_block_breaks(
        &mut self,
        indent: &mut isize,
        breaks: &mut String,
        (start, end): (Mark, &mut Mark),
    ) -> Result<(), Flaw> {
        *end = self.reader.mark();
        let mut widest = 0;
        loop {
            let is_before = |column| *indent == 0 || column < *indent;
            while is_before(self.reader.column()) && self.reader.byte(0) == b' ' {
                self.reader.next();
            }
            widest = widest.max(self.reader.column());
            if is_before(self.reader.column()) && self.reader.byte(0) == b'\t' {
                let problem = "found a tab character where an indentation space is expected";
                return Err(Flaw::new(start, problem).at_tab(true));
            }
            if !self.reader.is_break(0) {
                break;
            }
            breaks.push_str(self.reader.next_line());
            *end = self.reader.mark();
        }
        if *indent == 0 {
            *indent = widest.max(self.indent + 1).max(1);
        }
        Ok(())
    }

    /// Scans a text between quotes.
    pub(super) fn scan_quoted(&mut self) -> Result<Token, Flaw> {
        let start = self.reader.mark();
        let quote = self.reader.byte(0);
        self.reader.next();
        let mut text = String::new();
        loop {
            if self.reader.is_at_indicator(b'-') || self.reader.is_at_indicator(b'.') {
                return Err(Flaw::new(start, "found unexpected document indicator"));
            }
            if self.reader.is_at_end() {
                return Err(Flaw::new(start, "found unexpected end of stream"));
            }
            let mut gap = Gap {
                broken: self.scan_quoted_part(quote, start, &mut text)?,
                ..Gap::default()
            };
            if self.reader.byte(0) == quote {
                break;
            }
            self.scan_gap(&mut gap, None)?;
            gap.fold_into(&mut text);
        }
        self.reader.next();
        let style = if quote == b'"' {
            Style::DoubleQuoted
        } else {
            Style::SingleQuoted
        };
        let end = self.reader.mark();
        Ok(scalar(text, style, (start, end)))
    }

    /// Scans up to a blank, a line break or the closing quote; says whether an escaped line break was the end.
    fn scan_quoted_part(
        &mut self,
        quote: u8,
        start: Mark,
        text: &mut String,
    ) -> Result<bool, Flaw> {
        while !self.reader.is_space(0) {
            let byte = self.reader.byte(0);
            if byte == quote {
                if quote == b'"' || self.reader.byte(1) != b'\'' {
                    break;
                }
                text.push('\'');
                self.reader.skip(2);
            } else if byte == b'\\' && quote == b'"' {
                self.reader.next();
                if self.reader.is_break(0) {
                    self.reader.next_line();
                    return Ok(true);
                }
                text.push(self.scan_escape(start)?);
            } else {
                text.push_str(self.reader.next());
            }
        }
        Ok(false)
    }

    /// Scans what follows a backslash.
    fn scan_escape(&mut self, start: Mark) -> Result<char, Flaw> {
        let code = match self.reader.byte(0) {
            b'0' => '\0',
            b'a' => '\u{7}',
            b'b' => '\u{8}',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\u{b}',
            b'f' => '\u{c}',
            b'r' => '\r',
            b'e' => '\u{1b}',
            same @ (b' ' | b'"' | b'\'' | b'\\') => char::from(same),
            b'N' => '\u{85}',
            b'_' => '\u{a0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            b'x' => return self.scan_code(2, start),
            b'u' => return self.scan_code(4, start),
            b'U' => return self.scan_code(8, start),
            _ => return Err(Flaw::new(start, "found unknown escape character")),
        };
        self.reader.next();
        Ok(code)
    }

    fn scan_code(&mut self, digits: usize, start: Mark) -> Result<char, Flaw> {
        self.reader.next();
        let mut code = 0_u32;
        for _ in 0..digits {
            let Some(digit) = char::from(self.reader.byte(0)).to_digit(16) else {
                return Err(Flaw::new(start, "did not find expected hexdecimal number"));
            };
            code = code.wrapping_shl(4) | digit;
            self.reader.next();
        }
        char::from_u32(code)
            .ok_or_else(|| Flaw::new(start, "found invalid Unicode character escape code"))
    }

    /// Scans blanks and line breaks; tabs may not stand left of `indent` where there is one.
    fn scan_gap(&mut self, gap: &mut Gap, indent: Option<(isize, Mark)>) -> Result<(), Flaw> {
        loop {
            if self.reader.is_blank(0) {
                if let Some((indent, start)) = indent
                    && gap.broken
                    && self.reader.column() < indent
                    && self.reader.byte(0) == b'\t'
                {
                    let problem = "found a tab character that violates indentation";
                    return Err(Flaw::new(start, problem).at_tab(true));
                }
                let blank = self.reader.next();
                if !gap.broken {
                    gap.blanks.push_str(blank);
                }
            } else if self.reader.is_break(0) {
                let line = self.reader.next_line();
                gap.line(line);
            } else {
                return Ok(());
            }
        }
    }

    /// Scans a scalar without quotes.
    pub(super) fn scan_plain(&mut self) -> Result<Token, Flaw> {
        let start = self.reader.mark();
        let indent = self.indent + 1;
        let mut end = start;
        let (mut text, mut gap) = (String::new(), Gap::default());
        loop {
            if self.reader.is_at_indicator(b'-')
                || self.reader.is_at_indicator(b'.')
                || self.reader.byte(0) == b'#'
            {
                break;
            }
            while !self.reader.is_space(0) && !self.ends_plain() {
                gap.fold_into(&mut text);
                text.push_str(self.reader.next());
                end = self.reader.mark();
            }
            if !(self.reader.is_blank(0) || self.reader.is_break(0)) {
                break;
            }
            self.scan_gap(&mut gap, Some((indent, start)))?;
            if self.flow == 0 && self.reader.column() < indent {
                break;
            }
        }
        if gap.broken {
            self.key_allowed = true;
        }
        Ok(scalar(text, Style::Plain, (start, end)))
    }

    /// Says whether an indicator that ends a scalar without quotes is here.
    fn ends_plain(&self) -> bool {
        match self.reader.byte(0) {
            b':' => self.reader.is_space(1),
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => self.flow > 0,
            _ => false,
        }
    }
}
