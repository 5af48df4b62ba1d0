//! A document as SOPS sees it: ordered, with its comments.

use zeroize::Zeroizing;

/// A comment.
pub struct Comment {
    /// Its text after the sign that starts it.
    pub text: Zeroizing<Vec<u8>>,
    /// Whether it stands after a value in the same line.
    pub inline: bool,
}

impl Comment {
    /// Makes a comment with a line of its own.
    pub fn line(text: &[u8]) -> Self {
        Self {
            text: Zeroizing::new(text.to_vec()),
            inline: false,
        }
    }
}

/// A value.
pub enum Value {
    /// Nothing.
    Null,
    /// A boolean.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A point in time, in the form of RFC 3339.
    Time(Zeroizing<String>),
    /// Text, or any bytes.
    Text(Zeroizing<Vec<u8>>),
    /// A list.
    List(Vec<Element>),
    /// A mapping.
    Mapping(Branch),
}

impl Value {
    /// Makes a text.
    pub fn text(text: impl AsRef<[u8]>) -> Self {
        Self::Text(Zeroizing::new(text.as_ref().to_vec()))
    }
}

/// The entries of a mapping, in their order.
pub type Branch = Vec<Entry>;

/// What a mapping holds.
pub enum Entry {
    /// A comment between its pairs.
    Comment(Comment),
    /// A key and its value.
    Pair(String, Value),
}

/// What a list holds.
pub enum Element {
    /// A comment between its items.
    Comment(Comment),
    /// An item.
    Item(Value),
}

/// How deep values may be nested.
pub const DEPTH_LIMIT: usize = 200;
