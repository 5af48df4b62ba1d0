//! The values of `-o`.

use std::str::FromStr;

use super::columns::CustomColumns;
use super::json_path::{JsonPath, PathError};

/// A form that answers are printed in.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Format {
    /// What people read.
    #[default]
    Table,
    /// The same with more columns.
    Wide,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// Kinds and names, one object a line.
    Name,
    /// A template that is filled in.
    JsonPath(JsonPath),
    /// A table whose columns are chosen.
    CustomColumns(CustomColumns),
}

/// Why a text is no form of output.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Nothing is called so.
    #[error(
        "`{0}` is none of table, wide, json, yaml, name, jsonpath=TEMPLATE, custom-columns=HEADER:PATH,…"
    )]
    Unknown(String),
    /// There is nothing to fill in.
    #[error("{0} needs a value, such as `{0}={1}`")]
    Empty(&'static str, &'static str),
    /// A column that has no header or no path.
    #[error("`{0}` is no column such as `NAME:.metadata.name`")]
    Column(String),
    /// A template that can't be read.
    #[error(transparent)]
    Path(#[from] PathError),
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        Ok(match (name, value) {
            ("table", "") => Self::Table,
            ("wide", "") => Self::Wide,
            ("json", "") => Self::Json,
            ("yaml", "") => Self::Yaml,
            ("name", "") => Self::Name,
            ("jsonpath", "") => return Err(FormatError::Empty("jsonpath", "{.metadata.name}")),
            ("jsonpath", template) => Self::JsonPath(template.parse()?),
            ("custom-columns", "") => {
                return Err(FormatError::Empty("custom-columns", "NAME:.metadata.name"));
            }
            ("custom-columns", columns) => Self::CustomColumns(columns.parse()?),
            _ => return Err(FormatError::Unknown(text.into())),
        })
    }
}

impl Format {
    /// Says whether people read it, so that it is a table of ours and no document.
    pub const fn is_table(&self) -> bool {
        matches!(self, Self::Table | Self::Wide)
    }
}
