//! A document as it was written: text, style, tag and line; its types are settled late.

use super::parse::Documents;
use super::problem::{Place, YamlError};
use super::quick;
use super::styled;

/// How a node was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// A scalar without quotes, or a collection in block style.
    #[default]
    Plain,
    /// A scalar between single quotes.
    SingleQuoted,
    /// A scalar between double quotes.
    DoubleQuoted,
    /// A block scalar after `|`.
    Literal,
    /// A block scalar after `>`.
    Folded,
    /// A collection between brackets or braces.
    Flow,
}

/// The explicit tag of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tag {
    /// None, or the lone `!`.
    #[default]
    None,
    /// `!!str`.
    Text,
    /// `!!int`.
    Integer,
    /// `!!float`.
    Float,
    /// `!!bool`.
    Boolean,
    /// `!!null`.
    Null,
    /// `!!timestamp`.
    Timestamp,
    /// `!!binary`.
    Binary,
    /// `!!merge`.
    Merge,
    /// `!!map`.
    Mapping,
    /// `!!seq`.
    Sequence,
    /// Any other, as it was written.
    Other(Box<str>),
    /// None, on a list or mapping whose key has a comment that is a JSON object: that comment.
    ///
    /// A merge takes it for a schema. The root of a document with such a comment in it has an empty one.
    Described(Box<str>),
}

/// One key of a mapping with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key; nearly always a scalar.
    pub key: Node,
    /// The value.
    pub value: Node,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// The text of a scalar, after escapes and folding.
    Scalar(String),
    /// The items of a list.
    Sequence(Vec<Node>),
    /// The entries of a mapping in their order; keys may repeat.
    Mapping(Vec<Entry>),
}

/// A part of a document as it was written; aliases and merge keys are resolved, comments are gone.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it holds.
    pub content: Content,
    /// Its explicit tag.
    pub tag: Tag,
    /// How it was written.
    pub style: Style,
    /// Its line, from one; zero for what no file holds.
    pub line: u32,
    /// Its column in characters, from one; zero for what no file holds.
    pub column: u32,
}

impl Node {
    /// Reads all documents of a stream, empty ones too.
    ///
    /// # Errors
    ///
    /// Fails where the text is no YAML, is nested too deeply or is blown up by aliases.
    pub fn documents(text: &str) -> Result<Vec<Self>, YamlError> {
        if let Some(documents) = quick::documents(text) {
            return Ok(documents);
        }
        Documents::new(text)?.collect()
    }

    /// Reads the first document of a stream, an empty one too, and nothing behind it.
    ///
    /// # Errors
    ///
    /// Fails as [`Node::documents`] does, for the first document.
    pub fn first_document(text: &str) -> Result<Option<Self>, YamlError> {
        Documents::new(text)?.next().transpose()
    }

    /// Makes a scalar that is typed by its looks, as if written without quotes.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::of(Content::Scalar(text.into()))
    }

    /// Makes a scalar that is text whatever it looks like.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            tag: Tag::Text,
            ..Self::plain(text)
        }
    }

    /// Makes a list.
    pub const fn sequence(items: Vec<Self>) -> Self {
        Self::of(Content::Sequence(items))
    }

    /// Makes a mapping.
    pub const fn mapping(entries: Vec<Entry>) -> Self {
        Self::of(Content::Mapping(entries))
    }

    /// Makes a node that stands in no file.
    pub const fn of(content: Content) -> Self {
        Self {
            content,
            tag: Tag::None,
            style: Style::Plain,
            line: 0,
            column: 0,
        }
    }

    /// Returns the text of a scalar.
    pub const fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(text) => Some(text.as_str()),
            _ => None,
        }
    }

    /// Returns the items of a list.
    pub const fn items(&self) -> Option<&[Self]> {
        match &self.content {
            Content::Sequence(items) => Some(items.as_slice()),
            _ => None,
        }
    }

    /// Returns the entries of a mapping.
    pub const fn entries(&self) -> Option<&[Entry]> {
        match &self.content {
            Content::Mapping(entries) => Some(entries.as_slice()),
            _ => None,
        }
    }

    /// Returns the value of a key; the first where the key repeats.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let entry = self
            .entries()?
            .iter()
            .find(|entry| entry.key.as_text() == Some(key))?;
        Some(&entry.value)
    }

    /// Returns the value of a key, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        let Content::Mapping(entries) = &mut self.content else {
            return None;
        };
        let entry = entries
            .iter_mut()
            .find(|entry| entry.key.as_text() == Some(key))?;
        Some(&mut entry.value)
    }

    /// Sets the value of a key; returns the value it had, or `None` also where this is no mapping.
    pub fn set(&mut self, key: &str, value: Self) -> Option<Self> {
        if let Some(old) = self.get_mut(key) {
            return Some(std::mem::replace(old, value));
        }
        if let Content::Mapping(entries) = &mut self.content {
            entries.push(Entry {
                key: Self::plain(key),
                value,
            });
        }
        None
    }

    /// Takes a key out of a mapping.
    pub fn remove(&mut self, key: &str) -> Option<Self> {
        let Content::Mapping(entries) = &mut self.content else {
            return None;
        };
        let index = entries
            .iter()
            .position(|entry| entry.key.as_text() == Some(key))?;
        Some(entries.remove(index).value)
    }

    /// Says whether this is a scalar whose type hangs on its looks: no quotes, no block, no tag.
    pub const fn is_plain(&self) -> bool {
        matches!(
            (&self.content, &self.tag, self.style),
            (Content::Scalar(_), Tag::None, Style::Plain)
        )
    }

    /// Says whether this is a text that Go's tools write as a block whose first line begins with a tab.
    pub fn is_block_with_tab(&self) -> bool {
        let is_quoted = matches!(self.style, Style::SingleQuoted | Style::DoubleQuoted);
        let begins =
            |text: &str| text.starts_with('\t') && text.contains('\n') && styled::fits_block(text);
        !is_quoted && self.as_text().is_some_and(begins)
    }

    /// Says whether this is a null, written out or left away.
    pub fn is_null(&self) -> bool {
        let looks = matches!(self.as_text(), Some("" | "~" | "null" | "Null" | "NULL"));
        looks && (self.is_plain() || self.tag == Tag::Null)
    }

    /// Returns where it stands, as far as the node knows.
    pub const fn place(&self, document: usize) -> Place {
        let (line, column) = if self.is_twin() {
            (0, 0)
        } else {
            (self.line, self.column)
        };
        Place {
            document,
            line,
            column,
        }
    }

    /// Names its sort for a message.
    pub const fn sort(&self) -> &'static str {
        match &self.content {
            Content::Scalar(_) => "a scalar",
            Content::Sequence(_) => "a list",
            Content::Mapping(_) => "a mapping",
        }
    }
}
