//! A document as serde reads it, place by place.

use std::cell::RefCell;

use serde::de::{self, DeserializeSeed, IntoDeserializer as _, Visitor};
use serde_json::Value;

use super::decode::{Rules, Scalars, Unknown};
use super::decode_problem::DecodeProblem;
use crate::manifest::{Entry, Node, emit};

/// A place in the document.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'node> {
    pub node: &'node Node,
    pub rules: Rules,
    /// The unknown fields so far.
    pub problems: &'node RefCell<Vec<DecodeProblem>>,
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

    /// Visits those of the entries that are chosen; an empty value is a mapping without any.
    fn visit_fields<'de, K: AsRef<str>, V: Visitor<'de>>(
        self,
        choose: impl FnOnce(&'node [Entry]) -> Result<Vec<(K, &'node Node)>, DecodeProblem>,
        visitor: V,
    ) -> Result<V::Value, DecodeProblem> {
        let entries = match self.node.entries() {
            Some(entries) => choose(entries)?,
            None if self.node.is_null() => Vec::new(),
            None => return self.wrong("a mapping"),
        };
        visitor.visit_map(Fields {
            cursor: self,
            entries: entries.into_iter(),
            value: None,
        })
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
        self.visit_fields(|entries| self.entries(entries), visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeProblem> {
        self.visit_fields(|entries| self.known(entries, fields), visitor)
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
