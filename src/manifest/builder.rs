//! Puts the parser's events together to nodes; resolves aliases and merge keys.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Span};

use super::events;
use super::node::{Content, Entry, Node, Tag};
use super::notes::Notes;
use super::problem::{Place, Problem, YamlError};

/// How deep collections may be nested; far more than any manifest, far less than any stack.
pub const DEPTH_LIMIT: usize = 255;

/// What aliases may add to a stream, in bytes, whatever its size.
const ALIAS_ALLOWANCE: usize = 64 << 20;

/// What a node weighs beside its text, in bytes.
const NODE_WEIGHT: usize = size_of::<Node>();

/// What the aliases of a stream may still add to it, in bytes.
pub struct Budget {
    left: usize,
    limit: usize,
}

impl Budget {
    /// Makes the budget of a text.
    pub const fn of(text: &str) -> Self {
        let limit = ALIAS_ALLOWANCE.saturating_add(text.len().saturating_mul(4));
        Self { left: limit, limit }
    }

    fn spend(&mut self, weight: usize) -> Result<(), Problem> {
        let problem = Problem::AliasBomb { limit: self.limit };
        self.left = self.left.checked_sub(weight).ok_or(problem)?;
        Ok(())
    }
}

/// A collection whose end has not come yet.
struct Frame {
    node: Node,
    key: Option<Node>,
    merges: bool,
    anchor: usize,
    height: usize,
}

/// What an anchor stands for, once its node is complete.
struct Anchored {
    node: Node,
    weight: usize,
    height: usize,
}

/// Puts the events of one document together.
pub struct Builder<'stream> {
    text: &'stream str,
    document: usize,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    aliases: &'stream mut Budget,
    notes: &'stream Notes,
    described: bool,
}

impl<'stream> Builder<'stream> {
    /// Starts a document.
    pub fn new(
        text: &'stream str,
        document: usize,
        aliases: &'stream mut Budget,
        notes: &'stream Notes,
    ) -> Self {
        Self {
            text,
            document,
            frames: Vec::new(),
            anchors: HashMap::new(),
            aliases,
            notes,
            described: false,
        }
    }

    /// Takes one event; returns the root once it is complete.
    pub fn take(&mut self, event: Event<'_>, span: &Span) -> Result<Option<Node>, YamlError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let text = if self.is_left_away(&text, span) {
                    String::new()
                } else {
                    events::scalar_text(text, style, self.cut_off(span))
                };
                let style = events::scalar_style(style);
                let node = events::node(Content::Scalar(text), style, tag.as_deref(), span);
                self.complete(node, anchor, 0)
            }
            Event::SequenceStart(style, anchor, tag) => {
                let (content, style) = (
                    Content::Sequence(Vec::new()),
                    events::collection_style(style),
                );
                self.open(events::node(content, style, tag.as_deref(), span), anchor)
            }
            Event::MappingStart(style, anchor, tag) => {
                let (content, style) = (
                    Content::Mapping(Vec::new()),
                    events::collection_style(style),
                );
                self.open(events::node(content, style, tag.as_deref(), span), anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => self.alias(anchor, span),
            _ => Ok(None),
        }
    }

    /// Says whether the text ends where a scalar does, without a line break.
    fn cut_off(&self, span: &Span) -> bool {
        span.end.byte_offset() == Some(self.text.len()) && !self.text.ends_with(['\n', '\r'])
    }

    /// Says whether a null was left away; the parser says `~` for that too.
    fn is_left_away(&self, text: &str, span: &Span) -> bool {
        let (start, end) = (span.start.byte_offset(), span.end.byte_offset());
        let written = start
            .zip(end)
            .and_then(|(start, end)| self.text.get(start..end));
        text == "~" && written.is_some_and(|written| !written.contains('~'))
    }

    fn open(&mut self, node: Node, anchor: usize) -> Result<Option<Node>, YamlError> {
        if self.frames.len() >= DEPTH_LIMIT {
            return Err(self.error(&node, Problem::TooDeep { limit: DEPTH_LIMIT }));
        }
        self.frames.push(Frame {
            node,
            key: None,
            merges: false,
            anchor,
            height: 1,
        });
        Ok(None)
    }

    fn close(&mut self) -> Result<Option<Node>, YamlError> {
        let Some(mut frame) = self.frames.pop() else {
            return Ok(None);
        };
        if frame.merges {
            self.merge(&mut frame.node)?;
        }
        self.complete(frame.node, frame.anchor, frame.height)
    }

    /// Copies what an anchor stands for.
    fn alias(&mut self, anchor: usize, span: &Span) -> Result<Option<Node>, YamlError> {
        let (line, column) = events::position(span);
        let place = Place {
            document: self.document,
            line,
            column,
        };
        let failed = |problem| YamlError::new(place, problem);
        let anchored = self
            .anchors
            .get(&anchor)
            .ok_or_else(|| failed(Problem::SelfReference))?;
        if self.frames.len() + anchored.height > DEPTH_LIMIT {
            return Err(failed(Problem::TooDeep { limit: DEPTH_LIMIT }));
        }
        self.aliases.spend(anchored.weight).map_err(failed)?;
        let (node, height) = (anchored.node.clone(), anchored.height);
        self.complete(node, 0, height)
    }

    /// Hands a complete node to the collection around it, or out if there is none.
    fn complete(
        &mut self,
        node: Node,
        anchor: usize,
        height: usize,
    ) -> Result<Option<Node>, YamlError> {
        if anchor != 0 {
            self.remember(&node, anchor, height)?;
        }
        let Some(frame) = self.frames.last_mut() else {
            let mut root = node;
            if self.described && root.tag == Tag::None {
                root.tag = Tag::Described(Box::default());
            }
            return Ok(Some(root));
        };
        frame.height = frame.height.max(height + 1);
        match &mut frame.node.content {
            Content::Sequence(items) => items.push(node),
            Content::Mapping(entries) => {
                if let Some(key) = frame.key.take() {
                    let mut value = node;
                    self.described |= self.notes.describe(&key, &mut value);
                    entries.push(Entry { key, value });
                } else {
                    frame.merges |= is_merge(&node);
                    frame.key = Some(node);
                }
            }
            Content::Scalar(_) => {}
        }
        Ok(None)
    }

    fn remember(&mut self, node: &Node, anchor: usize, height: usize) -> Result<(), YamlError> {
        let weight = weight(node);
        self.aliases
            .spend(weight)
            .map_err(|problem| self.error(node, problem))?;
        self.anchors.insert(
            anchor,
            Anchored {
                node: node.clone(),
                weight,
                height,
            },
        );
        Ok(())
    }

    /// Puts what `<<` names into the mapping; its own keys win, then those of earlier mappings.
    fn merge(&self, node: &mut Node) -> Result<(), YamlError> {
        let Content::Mapping(entries) = &mut node.content else {
            return Ok(());
        };
        let (merges, own): (Vec<_>, Vec<_>) = std::mem::take(entries)
            .into_iter()
            .partition(|entry| is_merge(&entry.key));
        if let [first, second, ..] = merges.as_slice() {
            let problem = Problem::DuplicateKey {
                key: "<<".into(),
                first: first.key.line,
            };
            return Err(self.error(&second.key, problem));
        }
        *entries = own;
        let mut known: HashSet<String> = entries
            .iter()
            .filter_map(|entry| entry.key.as_text().map(String::from))
            .collect();
        for Entry { key, value } in merges {
            let sources = match value.content {
                Content::Sequence(items) => items,
                _ => vec![value],
            };
            for source in sources {
                let Content::Mapping(others) = source.content else {
                    return Err(self.error(&key, Problem::BadMerge));
                };
                let new = |entry: &Entry| {
                    entry
                        .key
                        .as_text()
                        .is_none_or(|key| known.insert(key.into()))
                };
                entries.extend(others.into_iter().filter(new));
            }
        }
        Ok(())
    }

    const fn error(&self, node: &Node, problem: Problem) -> YamlError {
        YamlError::new(node.place(self.document), problem)
    }
}

/// Says whether a key is the merge key.
fn is_merge(key: &Node) -> bool {
    key.tag == Tag::Merge || (key.is_plain() && key.as_text() == Some("<<"))
}

/// Returns about how many bytes a copy of a node takes.
fn weight(node: &Node) -> usize {
    NODE_WEIGHT
        + match &node.content {
            Content::Scalar(text) => text.len(),
            Content::Sequence(items) => items.iter().map(weight).sum(),
            Content::Mapping(entries) => entries
                .iter()
                .map(|entry| weight(&entry.key) + weight(&entry.value))
                .sum(),
        }
}
