//! `-o json|yaml`: a report as a document.

use clap::ValueEnum;
use serde::Serialize;

use super::context::Context;
use crate::error::Failure;
use crate::manifest;

/// The form of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Indented JSON.
    Json,
    /// YAML.
    Yaml,
}

impl Format {
    /// Prints a document to standard output.
    pub fn print(self, context: &Context, document: &impl Serialize) -> Result<(), Failure> {
        let text = match self {
            Self::Json => {
                serde_json::to_string_pretty(document).map_err(|error| unwritable(&error))? + "\n"
            }
            Self::Yaml => {
                manifest::emit(&serde_json::to_value(document).map_err(|error| unwritable(&error))?)
            }
        };
        Ok(context.ui.data(text)?)
    }
}

fn unwritable(error: &serde_json::Error) -> Failure {
    Failure::new(format!("cannot write the document: {error}"))
}
