//! The tokens of a YAML stream.

use super::node::Style;
use super::problem::Mark;

/// A part of a stream that means something.
#[derive(Debug)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it begins.
    pub start: Mark,
    /// Where it ends.
    pub end: Mark,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// The end of the stream.
    StreamEnd,
    /// `%YAML`, with the numbers of the version.
    Version(u32, u32),
    /// `%TAG`.
    TagRule {
        /// What tags begin with in the document.
        handle: String,
        /// What that stands for.
        prefix: String,
    },
    /// `---`.
    DocumentStart,
    /// `...`.
    DocumentEnd,
    /// The place where a list begins.
    BlockSequenceStart,
    /// The place where a mapping begins.
    BlockMappingStart,
    /// The place where such a list or mapping ends.
    BlockEnd,
    /// `[`.
    FlowSequenceStart,
    /// `]`.
    FlowSequenceEnd,
    /// `{`.
    FlowMappingStart,
    /// `}`.
    FlowMappingEnd,
    /// `-`.
    BlockEntry,
    /// `,`.
    FlowEntry,
    /// The place where a key begins.
    Key,
    /// `:`.
    Value,
    /// `*name`.
    Alias(String),
    /// `&name`.
    Anchor(String),
    /// A tag.
    Tag {
        /// Its handle; empty for a tag between `!<` and `>`.
        handle: String,
        /// What follows the handle.
        suffix: String,
    },
    /// A scalar: its text, and how it was written.
    Scalar(String, Style),
}

impl TokenKind {
    /// Says whether a document ends before this.
    pub const fn ends_document(&self) -> bool {
        matches!(
            self,
            Self::Version(..)
                | Self::TagRule { .. }
                | Self::DocumentStart
                | Self::DocumentEnd
                | Self::StreamEnd
        )
    }
}
