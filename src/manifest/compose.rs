//! Puts tokens together to the nodes of a document, by the grammar that Go's readers share with libyaml.

use super::builder::{Builder, Head};
use super::document_start::Start;
use super::events::{self, YAML_TAGS};
use super::node::{Content, Style, Tag};
use super::problem::{Flaw, Mark, YamlError};
use super::scan::Scanner;
use super::token::{Token, TokenKind};

/// Reads the content of a document.
pub fn content(
    scanner: &mut Scanner<'_>,
    builder: &mut Builder<'_>,
    start: Start,
) -> Result<(), YamlError> {
    let document = builder.document();
    let mut composer = Composer {
        scanner,
        builder,
        document,
        taken: start.dashes.unwrap_or_default(),
        tags: start.tags,
        states: Vec::new(),
    };
    if let Some(dashes) = start.dashes
        && composer.peek()?.ends_document()
    {
        return composer.empty(dashes);
    }
    composer.node(Within::Block)?;
    while let Some(state) = composer.states.pop() {
        composer.step(state)?;
    }
    Ok(())
}

/// What a node stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    /// A block that is no mapping.
    Block,
    /// A mapping in block style, where a list may stand at the column of its key.
    Mapping,
    /// Brackets or braces.
    Flow,
}

/// What is expected next in a list or mapping that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    BlockSequence,
    /// A list at the column of its key.
    IndentlessSequence,
    BlockKey,
    BlockValue,
    FlowSequence(Part),
    /// The key of a mapping without braces that is an item.
    PairKey,
    PairValue,
    PairEnd,
    FlowMapping(Part),
    FlowValue,
    /// The value of a key that has no colon.
    FlowNoValue,
}

/// Whether commas come before the parts of a list or mapping from here on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    First,
    Later,
}

/// What may follow in the place of a key or value between braces.
const FLOW_MAPPING_ENDS: [TokenKind; 2] = [TokenKind::FlowEntry, TokenKind::FlowMappingEnd];

/// The same between brackets.
const FLOW_SEQUENCE_ENDS: [TokenKind; 2] = [TokenKind::FlowEntry, TokenKind::FlowSequenceEnd];

/// What may follow in the place of a key or value in block style.
const BLOCK_MAPPING_ENDS: [TokenKind; 3] = [TokenKind::Key, TokenKind::Value, TokenKind::BlockEnd];

struct Composer<'call, 'text, 'stream> {
    scanner: &'call mut Scanner<'text>,
    builder: &'call mut Builder<'stream>,
    document: usize,
    /// Where the token ends that was taken last.
    taken: Mark,
    tags: Vec<(String, String)>,
    /// What is open, the innermost last.
    states: Vec<State>,
}

impl Composer<'_, '_, '_> {
    fn peek(&mut self) -> Result<&TokenKind, YamlError> {
        let document = self.document;
        match self.scanner.peek() {
            Ok(token) => Ok(&token.kind),
            Err(flaw) => Err(flaw.in_document(document)),
        }
    }

    /// Says whether the next token is one of these.
    fn is_at(&mut self, kinds: &[TokenKind]) -> Result<bool, YamlError> {
        let next = self.peek()?;
        Ok(kinds.contains(next))
    }

    fn take(&mut self) -> Result<Token, YamlError> {
        let next = self.scanner.take();
        let token = next.map_err(|flaw| flaw.in_document(self.document))?;
        self.taken = token.end;
        Ok(token)
    }

    fn next_mark(&mut self) -> Result<Mark, YamlError> {
        self.peek()?;
        let next = self.scanner.peek();
        next.map(|token| token.start)
            .map_err(|flaw| flaw.in_document(self.document))
    }

    fn fail<T>(&mut self, problem: &'static str) -> Result<T, YamlError> {
        // What a text lacks at its end is missing behind its last word, not on the line after it.
        let mark = if self.is_at(&[TokenKind::StreamEnd])? {
            self.taken
        } else {
            self.next_mark()?
        };
        Err(Flaw::new(mark, problem).in_document(self.document))
    }

    /// Takes a scalar that is left away.
    fn empty(&mut self, mark: Mark) -> Result<(), YamlError> {
        self.builder
            .scalar(String::new(), Style::Plain, Head::at(mark))
    }

    /// Reads a node, unless one of these follows: then it is left away.
    fn node_unless(
        &mut self,
        ends: &[TokenKind],
        within: Within,
        mark: Mark,
    ) -> Result<(), YamlError> {
        if self.is_at(ends)? {
            self.empty(mark)
        } else {
            self.node(within)
        }
    }

    /// Reads a scalar or an alias, or the start of a list or mapping.
    fn node(&mut self, within: Within) -> Result<(), YamlError> {
        if matches!(self.peek()?, TokenKind::Alias(_)) {
            let Token { kind, start, .. } = self.take()?;
            return match kind {
                TokenKind::Alias(name) => self.builder.alias(name, start),
                _ => Ok(()),
            };
        }
        let (head, is_marked) = self.head()?;
        let is_block = within != Within::Flow;
        let (list, map) = (Content::Sequence(Vec::new()), Content::Mapping(Vec::new()));
        let (content, style, state) = match self.peek()? {
            TokenKind::BlockEntry if within == Within::Mapping => {
                self.states.push(State::IndentlessSequence);
                return self.builder.open(list, Style::Plain, head);
            }
            TokenKind::Scalar(..) => {
                return match self.take()?.kind {
                    TokenKind::Scalar(text, style) => self.builder.scalar(text, style, head),
                    _ => Ok(()),
                };
            }
            TokenKind::FlowSequenceStart => (list, Style::Flow, State::FlowSequence(Part::First)),
            TokenKind::FlowMappingStart => (map, Style::Flow, State::FlowMapping(Part::First)),
            TokenKind::BlockSequenceStart if is_block => (list, Style::Plain, State::BlockSequence),
            TokenKind::BlockMappingStart if is_block => (map, Style::Plain, State::BlockKey),
            _ if is_marked => return self.builder.scalar(String::new(), Style::Plain, head),
            _ => return self.fail("did not find expected node content"),
        };
        self.take()?;
        self.states.push(state);
        self.builder.open(content, style, head)
    }

    /// Reads anchor and tag in either order; says whether there is one.
    fn head(&mut self) -> Result<(Head, bool), YamlError> {
        let mut head = Head::at(self.next_mark()?);
        let (mut has_anchor, mut has_tag) = (false, false);
        loop {
            match self.peek()? {
                TokenKind::Anchor(_) if !has_anchor => has_anchor = true,
                TokenKind::Tag { .. } if !has_tag => has_tag = true,
                _ => return Ok((head, has_anchor || has_tag)),
            }
            let token = self.take()?;
            match token.kind {
                TokenKind::Anchor(name) => head.anchor = Some(name),
                TokenKind::Tag { handle, suffix } => {
                    head.tag = self.tag(&handle, &suffix, token.start)?;
                }
                _ => {}
            }
        }
    }

    fn tag(&self, handle: &str, suffix: &str, mark: Mark) -> Result<Tag, YamlError> {
        let declared = self.tags.iter().find(|(known, _)| known == handle);
        let prefix = match (declared, handle) {
            (Some((_, prefix)), _) => prefix,
            (None, "") => "",
            (None, "!") => "!",
            (None, "!!") => YAML_TAGS,
            _ => {
                let flaw = Flaw::new(mark, "found undefined tag handle");
                return Err(flaw.in_document(self.document));
            }
        };
        Ok(events::tag(&format!("{prefix}{suffix}")))
    }

    /// Goes on in what is open.
    fn step(&mut self, state: State) -> Result<(), YamlError> {
        match state {
            State::BlockSequence => self.block_item(),
            State::IndentlessSequence => self.indentless_item(),
            State::BlockKey => self.block_key(),
            State::BlockValue => self.block_value(),
            State::FlowSequence(part) => self.flow_item(part),
            State::PairKey => self.pair_key(),
            State::PairValue => {
                self.states.push(State::PairEnd);
                self.flow_value(&FLOW_SEQUENCE_ENDS)
            }
            State::PairEnd => self.builder.close(),
            State::FlowMapping(part) => self.flow_key(part),
            State::FlowValue => self.flow_value(&FLOW_MAPPING_ENDS),
            State::FlowNoValue => {
                let mark = self.next_mark()?;
                self.empty(mark)
            }
        }
    }

    /// Takes the token that ends what is open.
    fn close(&mut self) -> Result<(), YamlError> {
        self.take()?;
        self.builder.close()
    }

    fn block_item(&mut self) -> Result<(), YamlError> {
        match self.peek()? {
            TokenKind::BlockEnd => return self.close(),
            TokenKind::BlockEntry => {}
            _ => return self.fail("did not find expected '-' indicator"),
        }
        let mark = self.take()?.end;
        self.states.push(State::BlockSequence);
        let ends = [TokenKind::BlockEntry, TokenKind::BlockEnd];
        self.node_unless(&ends, Within::Block, mark)
    }

    fn indentless_item(&mut self) -> Result<(), YamlError> {
        if !self.is_at(&[TokenKind::BlockEntry])? {
            return self.builder.close();
        }
        let mark = self.take()?.end;
        self.states.push(State::IndentlessSequence);
        let ends = [
            TokenKind::BlockEntry,
            TokenKind::Key,
            TokenKind::Value,
            TokenKind::BlockEnd,
        ];
        self.node_unless(&ends, Within::Block, mark)
    }

    fn block_key(&mut self) -> Result<(), YamlError> {
        match self.peek()? {
            TokenKind::BlockEnd => return self.close(),
            TokenKind::Key => {}
            _ => return self.fail("did not find expected key"),
        }
        let mark = self.take()?.end;
        self.states.push(State::BlockValue);
        self.node_unless(&BLOCK_MAPPING_ENDS, Within::Mapping, mark)
    }

    fn block_value(&mut self) -> Result<(), YamlError> {
        self.states.push(State::BlockKey);
        if self.is_at(&[TokenKind::Value])? {
            let mark = self.take()?.end;
            return self.node_unless(&BLOCK_MAPPING_ENDS, Within::Mapping, mark);
        }
        let mark = self.next_mark()?;
        self.empty(mark)
    }

    /// Takes the comma before a part between brackets or braces.
    fn comma(
        &mut self,
        part: Part,
        end: &TokenKind,
        problem: &'static str,
    ) -> Result<(), YamlError> {
        let next = self.peek()?;
        if part == Part::First || next == end {
            return Ok(());
        }
        if *next != TokenKind::FlowEntry {
            return self.fail(problem);
        }
        self.take().map(drop)
    }

    fn flow_item(&mut self, part: Part) -> Result<(), YamlError> {
        let problem = "did not find expected ',' or ']'";
        self.comma(part, &TokenKind::FlowSequenceEnd, problem)?;
        match self.peek()? {
            TokenKind::FlowSequenceEnd => self.close(),
            TokenKind::Key => {
                let start = self.take()?.start;
                self.states.push(State::FlowSequence(Part::Later));
                self.states.push(State::PairKey);
                let content = Content::Mapping(Vec::new());
                self.builder.open(content, Style::Flow, Head::at(start))
            }
            _ => {
                self.states.push(State::FlowSequence(Part::Later));
                self.node(Within::Flow)
            }
        }
    }

    fn pair_key(&mut self) -> Result<(), YamlError> {
        self.states.push(State::PairValue);
        if self.is_at(&[TokenKind::Value])? || self.is_at(&FLOW_SEQUENCE_ENDS)? {
            // The reference loses the token that stands in the place of the key.
            let lost = self.take()?;
            return self.empty(lost.end);
        }
        self.node(Within::Flow)
    }

    fn flow_value(&mut self, ends: &[TokenKind]) -> Result<(), YamlError> {
        if self.is_at(&[TokenKind::Value])? {
            self.take()?;
            if !self.is_at(ends)? {
                return self.node(Within::Flow);
            }
        }
        let mark = self.next_mark()?;
        self.empty(mark)
    }

    fn flow_key(&mut self, part: Part) -> Result<(), YamlError> {
        let problem = "did not find expected ',' or '}'";
        self.comma(part, &TokenKind::FlowMappingEnd, problem)?;
        match self.peek()? {
            TokenKind::FlowMappingEnd => return self.close(),
            TokenKind::Key => {}
            _ => {
                self.states.push(State::FlowMapping(Part::Later));
                self.states.push(State::FlowNoValue);
                return self.node(Within::Flow);
            }
        }
        self.take()?;
        self.states.push(State::FlowMapping(Part::Later));
        self.states.push(State::FlowValue);
        if self.is_at(&[TokenKind::Value])? || self.is_at(&FLOW_MAPPING_ENDS)? {
            let mark = self.next_mark()?;
            return self.empty(mark);
        }
        self.node(Within::Flow)
    }
}
