//! What is wrong with a YAML text, where, and what may be done about it.

use std::fmt;

use super::object::ObjectError;
use crate::error::Explain;

/// Where something stands in a stream of documents; everything counts from one, zero is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The document in the stream.
    pub document: usize,
    /// The line in the whole text.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.document > 1 {
            write!(formatter, "document {}, ", self.document)?;
        }
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

/// A place in a text; both numbers count from zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

/// What the scanner or the parser finds wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flaw {
    mark: Mark,
    message: &'static str,
    tab: bool,
}

impl Flaw {
    /// Says what is wrong where.
    pub const fn new(mark: Mark, message: &'static str) -> Self {
        Self {
            mark,
            message,
            tab: false,
        }
    }

    /// Says whether a tab is what is wrong.
    #[must_use]
    pub const fn at_tab(self, tab: bool) -> Self {
        Self { tab, ..self }
    }

    /// Makes the error of a document of it.
    pub fn in_document(self, document: usize) -> YamlError {
        let problem = Problem::Syntax {
            message: self.message.into(),
            tab: self.tab,
        };
        YamlError::new(self.mark.place(document), problem)
    }
}

impl Mark {
    /// Returns the place in a document of a stream.
    pub const fn place(self, document: usize) -> Place {
        Place {
            document,
            line: self.line + 1,
            column: self.column + 1,
        }
    }
}

/// What is wrong with a YAML text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The text is no YAML.
    #[error("{message}")]
    Syntax {
        /// What the parser says.
        message: String,
        /// Whether a tab stands where only blanks may.
        tab: bool,
    },
    /// A character that YAML forbids.
    #[error("the control character {character:?} is not allowed")]
    ControlCharacter {
        /// The character.
        character: char,
    },
    /// Collections are nested too deeply.
    #[error("nested deeper than {limit} levels")]
    TooDeep {
        /// How deep is allowed.
        limit: usize,
    },
    /// Aliases make the document much larger than its text.
    #[error("the aliases blow the document up to more than {limit} bytes")]
    AliasBomb {
        /// How much is allowed.
        limit: usize,
    },
    /// An alias names no anchor.
    #[error("unknown anchor '{name}' referenced")]
    UnknownAnchor {
        /// The name.
        name: String,
    },
    /// An anchor's own value refers to the anchor.
    #[error("the value of the anchor contains itself")]
    SelfReference,
    /// The value of `<<` can't be merged.
    #[error("`<<` takes a mapping or a list of mappings")]
    BadMerge,
    /// A key stands twice in one mapping.
    #[error("the key `{key}` is already set in line {first}")]
    DuplicateKey {
        /// The key.
        key: String,
        /// The line of its first mention.
        first: u32,
    },
    /// Two keys of a mapping differ in looks alone, such as `1` and `0x1`.
    #[error("the key `{key}` is already set, written in another way")]
    SameKey {
        /// The key.
        key: String,
    },
    /// A key is no text, which JSON can't say.
    #[error("the key `{key}` is no text")]
    NonTextKey {
        /// The key as it was written.
        key: String,
    },
    /// A mapping or a list is used as a key.
    #[error("{sort} can't be a key")]
    ComplexKey {
        /// Which of both.
        sort: &'static str,
    },
    /// A number that JSON does not have.
    #[error("`{text}` is no number that JSON can say")]
    NotFinite {
        /// The number as it was written.
        text: String,
    },
    /// A scalar does not fit its explicit tag.
    #[error("`{text}` is no `{tag}`")]
    WrongTag {
        /// The scalar as it was written.
        text: String,
        /// The tag.
        tag: String,
    },
    /// The document is no Kubernetes object; the source says why.
    #[error("this is no Kubernetes object")]
    NotAnObject,
}

/// A YAML text that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct YamlError {
    /// Where it is.
    pub place: Place,
    /// What it is.
    pub problem: Problem,
    #[source]
    object: Option<ObjectError>,
}

impl YamlError {
    /// Makes an error of a problem at a place.
    pub const fn new(place: Place, problem: Problem) -> Self {
        Self {
            place,
            problem,
            object: None,
        }
    }

    /// Makes the error of a document that is no Kubernetes object.
    pub const fn not_an_object(place: Place, source: ObjectError) -> Self {
        Self {
            place,
            problem: Problem::NotAnObject,
            object: Some(source),
        }
    }
}

impl Explain for YamlError {
    fn hint(&self) -> Option<String> {
        let hint = match &self.problem {
            Problem::Syntax { tab: true, .. } => "indent with blanks instead of tabs",
            Problem::ControlCharacter { .. } => {
                "write it as an escape between double quotes, such as \"\\x07\""
            }
            Problem::DuplicateKey { .. } | Problem::SameKey { .. } => "keep one of them",
            Problem::NonTextKey { .. } => "put the key between quotes",
            Problem::ComplexKey { sort: "a mapping" } => {
                "text that starts with `{` needs quotes; a template must be rendered first"
            }
            Problem::NotFinite { .. } => "put it between quotes if it is meant as text",
            _ => return None,
        };
        Some(hint.into())
    }
}
