//! Puts the parser's events together to nodes; resolves aliases and merge keys.

use std::collections::{HashMap, HashSet};

use super::node::{Content, Entry, Node, Style, Tag};
use super::notes::Notes;
use super::problem::{Mark, Problem, YamlError};

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
    anchor: Option<String>,
    height: usize,
}

/// What stands before a node: where it begins, its tag and its anchor.
#[derive(Debug, Default)]
pub struct Head {
    /// Where the node begins, with these.
    pub mark: Mark,
    /// Its tag.
    pub tag: Tag,
    /// The name of its anchor.
    pub anchor: Option<String>,
}

impl Head {
    /// Makes one of a node that begins here and has neither tag nor anchor.
    pub fn at(mark: Mark) -> Self {
        Self {
            mark,
            ..Self::default()
        }
    }
}

/// What an anchor stands for, once its node is complete.
struct Anchored {
    node: Node,
    weight: usize,
    height: usize,
}

/// Puts the events of one document together.
pub struct Builder<'stream> {
    document: usize,
    frames: Vec<Frame>,
    /// By their names; `None` while the node is not complete.
    anchors: HashMap<String, Option<Anchored>>,
    root: Option<Node>,
    aliases: &'stream mut Budget,
    notes: &'stream Notes,
    described: bool,
}

impl<'stream> Builder<'stream> {
    /// Starts a document.
    pub fn new(document: usize, aliases: &'stream mut Budget, notes: &'stream Notes) -> Self {
        Self {
            document,
            frames: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            aliases,
            notes,
            described: false,
        }
    }

    /// Returns the number of the document.
    pub const fn document(&self) -> usize {
        self.document
    }

    /// Ends the document.
    pub fn finish(self) -> Node {
        self.root.unwrap_or_else(|| Node::plain(""))
    }

    /// Takes a scalar.
    pub fn scalar(&mut self, text: String, style: Style, head: Head) -> Result<(), YamlError> {
        let node = written(Content::Scalar(text), style, head.tag, head.mark);
        self.complete(node, head.anchor, 0)
    }

    /// Takes the start of an empty list or mapping.
    pub fn open(&mut self, content: Content, style: Style, head: Head) -> Result<(), YamlError> {
        let node = written(content, style, head.tag, head.mark);
        if self.frames.len() >= DEPTH_LIMIT {
            return Err(self.error(&node, Problem::TooDeep { limit: DEPTH_LIMIT }));
        }
        if let Some(name) = &head.anchor {
            self.anchors.insert(name.clone(), None);
        }
        self.frames.push(Frame {
            node,
            key: None,
            merges: false,
            anchor: head.anchor,
            height: 1,
        });
        Ok(())
    }

    /// Takes the end of the innermost list or mapping.
    pub fn close(&mut self) -> Result<(), YamlError> {
        let Some(mut frame) = self.frames.pop() else {
            return Ok(());
        };
        if frame.merges {
            self.merge(&mut frame.node)?;
        }
        self.complete(frame.node, frame.anchor, frame.height)
    }

    /// Copies what an anchor stands for.
    pub fn alias(&mut self, name: String, mark: Mark) -> Result<(), YamlError> {
        let failed = |problem| YamlError::new(mark.place(self.document), problem);
        let anchored = match self.anchors.get(&name) {
            Some(Some(anchored)) => anchored,
            Some(None) => return Err(failed(Problem::SelfReference)),
            None => return Err(failed(Problem::UnknownAnchor { name })),
        };
        if self.frames.len() + anchored.height > DEPTH_LIMIT {
            return Err(failed(Problem::TooDeep { limit: DEPTH_LIMIT }));
        }
        self.aliases.spend(anchored.weight).map_err(failed)?;
        let (node, height) = (anchored.node.clone(), anchored.height);
        self.complete(node, None, height)
    }

    /// Hands a complete node to the collection around it, or out if there is none.
    fn complete(
        &mut self,
        node: Node,
        anchor: Option<String>,
        height: usize,
    ) -> Result<(), YamlError> {
        if let Some(name) = anchor {
            self.remember(&node, name, height)?;
        }
        let Some(frame) = self.frames.last_mut() else {
            let mut root = node;
            if self.described && root.tag == Tag::None {
                root.tag = Tag::Described(Box::default());
            }
            self.root = Some(root);
            return Ok(());
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
        Ok(())
    }

    fn remember(&mut self, node: &Node, name: String, height: usize) -> Result<(), YamlError> {
        let weight = weight(node);
        self.aliases
            .spend(weight)
            .map_err(|problem| self.error(node, problem))?;
        let node = node.clone();
        let anchored = Anchored {
            node,
            weight,
            height,
        };
        self.anchors.insert(name, Some(anchored));
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

/// Makes a node that stands in a text.
const fn written(content: Content, style: Style, tag: Tag, mark: Mark) -> Node {
    Node {
        content,
        tag,
        style,
        line: mark.line + 1,
        column: mark.column + 1,
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
