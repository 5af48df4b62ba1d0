//! The values of `-o` of a command that draws a graph.

use std::str::FromStr;

use crate::report::{Format, FormatError};

/// How the graph is shown.
#[derive(Clone)]
pub enum Form {
    /// Trees, each object followed by what it needs.
    Text,
    /// The language of Graphviz.
    Dot,
    /// A Mermaid flowchart.
    Mermaid,
    /// One document with nodes, edges and what is wrong.
    Document(Format),
}

impl FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "text" => Self::Text,
            "dot" => Self::Dot,
            "mermaid" => Self::Mermaid,
            other => match other.parse() {
                Ok(Format::Table | Format::Wide) => Self::Text,
                Ok(format) => Self::Document(format),
                Err(FormatError::Unknown(_)) => {
                    return Err(format!(
                        "`{other}` is none of text, dot, mermaid, json, yaml, jsonpath=TEMPLATE, custom-columns=HEADER:PATH,…"
                    ));
                }
                Err(error) => return Err(error.to_string()),
            },
        })
    }
}
