//! From a document to a type, as Go's decoders do it: field names in any case, and no guessing of types.

use std::cell::RefCell;
use std::fmt;

use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer as _, Visitor};
use serde_json::Value;

use crate::error::Explain;
use crate::manifest::{Dialect, Entry, Node, emit};

/// How kind the decoder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// By which rules scalars without quotes are typed.
    pub dialect: Dialect,
    /// What happens to a number or boolean where text is wanted.
    pub scalars: Scalars,
    /// What happens to fields that the type does not have.
    pub unknown: Unknown,
}

/// What happens to a number or boolean where text is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalars {
    /// It is an error.
    Strict,
    /// It becomes text.
    AsText,
}

/// What happens to fields that a type does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// They are errors.
    Refused,
    /// They are passed over.
    Ignored,
}

impl Rules {
    /// The rules of the kustomization file itself.
    pub const KUSTOMIZATION: Self = Self {
        dialect: Dialect::Loose,
        scalars: Scalars::Strict,
        unknown: Unknown::Refused,
    };

    /// The rules of a kustomization file that Flux has completed, and so read and written once before.
    pub const COMPLETED: Self = Self {
        dialect: Dialect::Loose,
        scalars: Scalars::AsText,
        unknown: Unknown::Ignored,
    };

    /// The rules of files of transformer configuration.
    pub const CONFIGURATION: Self = Self {
        dialect: Dialect::Loose,
        scalars: Scalars::AsText,
        unknown: Unknown::Refused,
    };

    /// The rules of generators and transformers that are resources themselves.
    pub const PLUGIN: Self = Self {
        dialect: Dialect::Resources,
        scalars: Scalars::AsText,
        unknown: Unknown::Ignored,
    };
}

/// What is wrong with a document, problem by problem.
#[derive(Debug, thiserror::Error)]
#[error("{}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct DecodeError {
    /// All that was found, at least one.
    pub problems: Vec<DecodeProblem>,
}

impl Explain for DecodeError {}

/// One thing that is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeProblem {
    /// Line, from one; zero where it is unknown.
    pub line: u32,
    /// Path of the field, such as `images[0].newTag`.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for DecodeProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(formatter, "line {}: ", self.line)?;
        }
        if !self.path.is_empty() {
            write!(formatter, "`{}`: ", self.path)?;
        }
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for DecodeProblem {}

impl de::Error for DecodeProblem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            line: 0,
            path: String::new(),
            message: message.to_string(),
        }
    }
}

impl DecodeProblem {
    fn at(node: &Node, message: impl Into<String>) -> Self {
        Self {
            line: node.line,
            path: String::new(),
            message: message.into(),
        }
    }

    /// Adds the part of the path that leads here, and the line if none is known yet.
    fn below(mut self, step: &str, node: &Node) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') {
            ""
        } else {
            "."
        };
        self.path = format!("{step}{dot}{}", self.path);
        if self.line == 0 {
            self.line = node.line;
        }
        self
    }
}

/// Decodes a document.
///
/// # Errors
///
/// Fails with every unknown field, and the first value of the wrong sort.
pub fn decode<T: DeserializeOwned>(node: &Node, rules: Rules) -> Result<T, DecodeError> {
    let problems = RefCell::new(Vec::new());
    let cursor = Cursor {
        node,
        rules,
        problems: &problems,
    };
    let decoded = T::deserialize(cursor);
    let mut problems = problems.into_inner();
    match decoded {
        Ok(value) if problems.is_empty() => Ok(value),
        Ok(_) => Err(DecodeError { problems }),
        Err(problem) => {
            problems.push(problem);
            Err(DecodeError { problems })
        }
    }
}

/// A place in the document.
#[derive(Clone, Copy)]
struct Cursor<'node> {
    node: &'node Node,
    rules: Rules,
    problems: &'node RefCell<Vec<DecodeProblem>>,
}

impl<'node> Cursor<'node> {
    const fn to(self, node: &'node Node) -> Self {
        Self { node, ..self }
    }

    /// Returns the value as JSON.
    fn value(&self) -> Result<Value, DecodeProblem> {
        let value = self.node.clone().into_value(self.rules.dialect, 1);
        value.map_err(|error| DecodeProblem::at(self.node, error.to_string()))
    }

    fn wrong<T>(&self, expected: &str) -> Result<T, DecodeProblem> {
        let found = match self.node.as_text() {
            Some(text) => format!("`{text}`"),
            None => self.node.sort().into(),
        };
        Err(DecodeProblem::at(
            self.node,
            format!("expected {expected}, found {found}"),
        ))
    }

    fn text(&self) -> Result<String, DecodeProblem> {
        if self.node.as_text().is_none() {
            return self.wrong("a text");
        }
        match (self.value()?, self.rules.scalars) {
            (Value::String(text), _) => Ok(text),
            (Value::Null, _) => Ok(String::new()),
            (other, Scalars::AsText) => Ok(emit(&other).trim_end().to_owned()),
            (_, Scalars::Strict) => self.wrong("a text (put it between quotes)"),
        }
    }

    /// Returns the key of an entry as text.
    fn key(&self, key: &Node) -> Result<String, DecodeProblem> {
        match self.to(key).value()? {
            Value::String(text) => Ok(text),
            Value::Null => Ok("null".into()),
            other => Ok(emit(&other).trim_end().to_owned()),
        }
    }

    /// Returns the entries by key, the last one where a key repeats.
    fn entries(
        &self,
        entries: &'node [Entry],
    ) -> Result<Vec<(String, &'node Node)>, DecodeProblem> {
        let mut found: Vec<(String, &Node)> = Vec::with_capacity(entries.len());
        for entry in entries {
            let key = self.key(&entry.key)?;
            match found.iter_mut().find(|(other, _)| *other == key) {
                Some((_, value)) => *value = &entry.value,
                None => found.push((key, &entry.value)),
            }
        }
        Ok(found)
    }

    /// Returns the entries that the type has, by its own names; notes the others.
    fn known(
        &self,
        entries: &'node [Entry],
        fields: &'static [&'static str],
    ) -> Result<Vec<(&'static str, &'node Node)>, DecodeProblem> {
        let mut known: Vec<(&'static str, &Node)> = Vec::with_capacity(entries.len());
        for (key, value) in self.entries(entries)? {
            let exact = fields.iter().find(|field| **field == key);
            let field =
                exact.or_else(|| fields.iter().find(|field| field.eq_ignore_ascii_case(&key)));
            match field {
                Some(_) if value.is_null() => {}
                Some(field) => match known.iter_mut().find(|(other, _)| other == field) {
                    Some((_, old)) => *old = value,
                    None => known.push((field, value)),
                },
                None if self.rules.unknown == Unknown::Refused => {
                    let problem = DecodeProblem::at(value, format!("unknown field \"{key}\""));
                    self.problems.borrow_mut().push(problem);
                }
                None => {}
            }
        }
        Ok(known)
    }
}

impl<'de> de::Deserializer<'de> for Cursor<'_> {
    type Error = DecodeProblem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeProblem> {
        let value = self.value()?;
        value
            .deserialize_any(visitor)
            .map_err(|error| DecodeProblem::at(self.node, error.to_string()))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeProblem> {
        match self.value()? {
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Null => visitor.visit_bool(false),
            _ => self.wrong("true or false"),
        }
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeProblem> {
        match self.value()? {
            Value::Null => visitor.visit_i64(0),
            Value::Number(number) => match number.as_i64() {
                Some(number) => visitor.visit_i64(number),
                None => self.wrong("an integer"),
            },
            _ => self.wrong("an integer"),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeProblem> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeProblem> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeProblem> {
        if self.node.is_null() {
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeProblem> {
        let items = match self.node.items() {
            Some(items) => items,
            None if self.node.is_null() => &[],
            None => return self.wrong("a list"),
        };
        visitor.visit_seq(Items {
            cursor: self,
            items: items.iter().enumerate(),
        })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeProblem> {
        let entries = match self.node.entries() {
            Some(entries) => self.entries(entries)?,
            None if self.node.is_null() => Vec::new(),
            None => return self.wrong("a mapping"),
        };
        visitor.visit_map(Fields {
            cursor: self,
            entries: entries.into_iter(),
            value: None,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeProblem> {
        let entries = match self.node.entries() {
            Some(entries) => self.known(entries, fields)?,
            None if self.node.is_null() => Vec::new(),
            None => return self.wrong("a mapping"),
        };
        visitor.visit_map(Fields {
            cursor: self,
            entries: entries.into_iter(),
            value: None,
        })
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct
        newtype_struct tuple tuple_struct enum identifier ignored_any
    }
}

/// The items of a list.
struct Items<'node, I> {
    cursor: Cursor<'node>,
    items: I,
}

impl<'de, 'node, I: Iterator<Item = (usize, &'node Node)>> de::SeqAccess<'de> for Items<'node, I> {
    type Error = DecodeProblem;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeProblem> {
        let Some((index, node)) = self.items.next() else {
            return Ok(None);
        };
        let known = self.cursor.problems.borrow().len();
        let item = seed
            .deserialize(self.cursor.to(node))
            .map_err(|problem| problem.below(&format!("[{index}]"), node));
        self.cursor.lengthen(known, &format!("[{index}]"), node);
        item.map(Some)
    }
}

impl Cursor<'_> {
    /// Adds a step to the paths of the problems that were noted below it.
    fn lengthen(&self, known: usize, step: &str, node: &Node) {
        for problem in self.problems.borrow_mut().iter_mut().skip(known) {
            *problem = problem.clone().below(step, node);
        }
    }
}

/// The entries of a mapping.
struct Fields<'node, I, K> {
    cursor: Cursor<'node>,
    entries: I,
    value: Option<(K, &'node Node)>,
}

impl<'de, 'node, K, I> de::MapAccess<'de> for Fields<'node, I, K>
where
    K: AsRef<str>,
    I: Iterator<Item = (K, &'node Node)>,
{
    type Error = DecodeProblem;

    fn next_key_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeProblem> {
        self.value = self.entries.next();
        let Some((key, _)) = &self.value else {
            return Ok(None);
        };
        seed.deserialize(key.as_ref().into_deserializer()).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<T::Value, DecodeProblem> {
        let Some((key, node)) = self.value.take() else {
            return Err(de::Error::custom("a value without its key"));
        };
        let known = self.cursor.problems.borrow().len();
        let value = seed
            .deserialize(self.cursor.to(node))
            .map_err(|problem| problem.below(key.as_ref(), node));
        self.cursor.lengthen(known, key.as_ref(), node);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::super::kustomization::Kustomization;
    use super::*;

    fn read(text: &str) -> Result<Kustomization, String> {
        let node = Node::documents(text).unwrap().remove(0);
        decode(&node, Rules::KUSTOMIZATION).map_err(|error| error.to_string())
    }

    #[test]
    fn takes_names_in_any_case_and_old_booleans() {
        let file = read("NAMEPREFIX: a-\nimages: [{name: x, newTag: '1'}]\nmetadata: ~\nlabels: [{includeselectors: yes}]\nnamespace: ~\ncommonLabels: {1: a, yes: b}\n").unwrap();
        assert_eq!(file.name_prefix, "a-");
        assert!(file.metadata.is_none());
        assert!(file.labels.unwrap()[0].include_selectors);
        let labels = file.common_labels.unwrap();
        assert_eq!((labels["1"].as_str(), labels["true"].as_str()), ("a", "b"));
    }

    #[test]
    fn guesses_no_types() {
        assert_eq!(
            read("a: 1\nimages:\n- {name: x, tag: y}\n- name: b\n  newTag: 1.10\n").unwrap_err(),
            "line 1: unknown field \"a\"; line 3: `images[0]`: unknown field \"tag\"; \
             line 5: `images[1].newTag`: expected a text (put it between quotes), found `1.10`"
        );
        assert!(read("namePrefix: 5\n").is_err());
        assert!(read("resources: a\n").is_err());
        assert_eq!(
            read("namePrefix: a\nnamePrefix: b\n").unwrap().name_prefix,
            "b"
        );
    }

    #[test]
    fn makes_text_of_numbers_where_it_may() {
        let node = Node::documents("{kind: X, images: [{name: a, newTag: 1.10, digest: true}]}")
            .unwrap()
            .remove(0);
        let file: Kustomization = decode(&node, Rules::PLUGIN).unwrap();
        let image = &file.images.unwrap()[0];
        assert_eq!(
            (image.new_tag.as_str(), image.digest.as_str()),
            ("1.1", "true")
        );
    }
}
