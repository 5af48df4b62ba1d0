//! What lists of objects are read into: the few fields of rows, or whole objects.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer};
use serde_json::Value;

use crate::api::{Row, row_of};
use crate::cluster::Address;

/// One object that was asked for.
pub enum Selected<T = Row> {
    /// It is there.
    Found(Box<(T, Address)>),
    /// There is none of that name.
    Missing(String),
}

/// What a list can be read into: the few fields of a row, or the whole object beside them.
pub trait Listed: DeserializeOwned + Clone + PartialEq + Send {
    /// Returns the fields that selectors read.
    fn row(&self) -> &Row;

    /// Returns the whole object, if it was kept.
    fn value(&self) -> Option<&Value> {
        None
    }
}

/// An object with nothing left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Whole {
    /// The object.
    pub value: Value,
    row: Row,
}

/// What a list has brought.
pub struct Found<T> {
    /// The objects that were chosen.
    pub items: Vec<T>,
    /// The names of which there is no object.
    pub missing: Vec<String>,
    /// Whether there was anything before the conditions were looked at.
    pub any: bool,
}

impl Listed for Row {
    fn row(&self) -> &Row {
        self
    }
}

/// By themselves, so that a long list of them never has to be moved as a whole to where there is more room.
impl Listed for Box<Row> {
    fn row(&self) -> &Row {
        self
    }
}

impl Listed for Whole {
    fn row(&self) -> &Row {
        &self.row
    }

    fn value(&self) -> Option<&Value> {
        Some(&self.value)
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let row = row_of(&value);
        Ok(Self { value, row })
    }
}
