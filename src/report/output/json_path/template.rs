//! What a template is made of, and what can be wrong with one.

use std::str::FromStr;

use serde_json::Value;

use super::super::go;
use super::{evaluate, parse};

/// A template that takes values out of an object, such as `{.items[*].metadata.name}`.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath {
    pub(super) parts: Vec<Part>,
}

/// A stretch of a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    /// What is printed as it is.
    Text(Value),
    /// A path, from where the template stands.
    Path(Vec<Node>),
    /// The start of what is printed once for each value at a path.
    Range(Vec<Node>),
    /// The end of the innermost range.
    End,
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// A text, number or truth value of the template itself.
    Literal(Value),
    /// The value of a key.
    Field(String),
    /// Everything below.
    Wildcard,
    /// The value itself and everything below it, at any depth.
    Recursive,
    /// Some items of a list.
    Slice(Slice),
    /// The items of a list for which a comparison holds.
    Filter(Box<Filter>),
    /// What several paths lead to, one after the other.
    Union(Vec<Vec<Self>>),
}

/// Which items of a list are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slice {
    /// The one at a place; negative places count from the end.
    At(i64),
    /// From a place, up to another, in steps.
    Between(Option<i64>, Option<i64>, Option<i64>),
}

/// What must hold for an item.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    /// The path leads somewhere.
    Exists(Vec<Node>),
    /// Two values stand to each other in a certain way.
    Compares(Vec<Node>, Comparison, Vec<Node>),
}

/// How two values stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// Why a template can't be read, or finds no answer in an object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// A brace, bracket or quotation mark stays open.
    #[error("`{0}` is not closed")]
    Open(String),
    /// A character stands where it means nothing.
    #[error("`{0}` means nothing here: `{1}`")]
    Character(char, String),
    /// A word that is neither `range` nor `end`.
    #[error("`{0}` is neither `range` nor `end`, and paths begin with a dot")]
    Word(String),
    /// Brackets hold neither a place, nor a key in quotes, nor a filter.
    #[error("`[{0}]` is no place in a list, no `'key'` and no filter")]
    Index(String),
    /// A filter compares in a way that does not exist.
    #[error("a filter cannot compare with `{0}`")]
    Comparison(String),
    /// A number that is none.
    #[error("`{0}` is no number")]
    Number(String),
    /// Two recursive descents follow each other.
    #[error("`....` descends twice")]
    Recursion,
    /// An `{end}` too many.
    #[error("there is no range for `{{end}}` to end")]
    End,
    /// Something other than a list has no places.
    #[error("{0} is not a list")]
    NoList(&'static str),
    /// A place that the list does not have.
    #[error("there is no item {index} in a list of {length}")]
    Bounds {
        /// The place.
        index: i64,
        /// How many items there are.
        length: usize,
    },
    /// A step that leads nowhere.
    #[error("the step of a slice must be greater than 0")]
    Step,
    /// A filter finds several values for one side of its comparison.
    #[error("a filter can compare only one value with one")]
    Several,
    /// Two values can't be compared.
    #[error("{0} cannot be compared with {1}")]
    Incomparable(&'static str, &'static str),
}

impl FromStr for JsonPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self {
            parts: parse::parts(text)?,
        })
    }
}

impl JsonPath {
    /// Finds what the template asks for: the values of each stretch of it, in the order in which they are printed.
    ///
    /// A key that is not there leads nowhere, which is no error.
    pub fn find<'a>(&'a self, object: &'a Value) -> Result<Vec<Vec<&'a Value>>, PathError> {
        evaluate::find(&self.parts, object)
    }

    /// Fills the template in with an object: the values of a path are separated by blanks.
    pub fn fill(&self, object: &Value) -> Result<String, PathError> {
        let mut text = String::new();
        for values in self.find(object)? {
            for (index, value) in values.into_iter().enumerate() {
                if index > 0 {
                    text.push(' ');
                }
                text.push_str(&go::text(value));
            }
        }
        Ok(text)
    }
}

/// Names the sort of a value for a message.
pub(super) const fn sort(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

impl Comparison {
    /// Reads a sign of comparison.
    pub(super) fn read(sign: &str) -> Result<Self, PathError> {
        Ok(match sign {
            "==" => Self::Equal,
            "!=" => Self::Unequal,
            "<" => Self::Less,
            "<=" => Self::AtMost,
            ">" => Self::Greater,
            ">=" => Self::AtLeast,
            _ => return Err(PathError::Comparison(sign.into())),
        })
    }

    /// Says whether it holds for an order.
    pub(super) const fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}
