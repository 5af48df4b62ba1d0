//! What the report knows of values: their sort, and the text of scalars as it stands in YAML.

use std::borrow::Cow;

use serde_json::Value;

use crate::manifest::write_number;

/// The sorts of values that the report tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Nothing.
    Null,
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// Any other number.
    Float,
    /// A text.
    Text,
    /// The text that merges mappings where it is a key in YAML; the reference tells it apart as a value too.
    Merge,
    /// A list.
    List,
    /// A mapping.
    Map,
}

impl Sort {
    /// Tells the sort of a value; a whole number is an integer however JSON writes it.
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) if text(value).contains(['.', 'e']) => Self::Float,
            Value::Number(_) => Self::Integer,
            Value::String(text) if text == "<<" => Self::Merge,
            Value::String(_) => Self::Text,
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Map,
        }
    }

    /// Returns the name of the sort in a report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "<nil>",
            Self::Boolean => "bool",
            Self::Integer => "int",
            Self::Float => "float",
            Self::Text => "string",
            Self::Merge => "merge",
            Self::List => "list",
            Self::Map => "map",
        }
    }
}

/// Returns the text of a scalar; it is empty for lists and mappings.
pub fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => "null".into(),
        Value::Bool(true) => "true".into(),
        Value::Bool(false) => "false".into(),
        Value::Number(number) => {
            let mut out = String::new();
            write_number(number, &mut out);
            out.into()
        }
        Value::String(text) => text.into(),
        Value::Array(_) | Value::Object(_) => "".into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tells_numbers_apart() {
        for (value, sort, shown) in [
            (json!(3), "int", "3"),
            (json!(3.0), "int", "3"),
            (json!(0.5), "float", "0.5"),
            (json!(1e21), "float", "1e+21"),
            (json!("3"), "string", "3"),
            (json!("<<"), "merge", "<<"),
            (json!(null), "<nil>", "null"),
        ] {
            assert_eq!((Sort::of(&value).name(), &*text(&value)), (sort, shown));
        }
    }
}
