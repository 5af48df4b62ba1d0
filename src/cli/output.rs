//! `-o` and `--no-header`, as every command that reads takes them.

use clap::Args;

use crate::report::{Format, Output};

/// How an answer is printed.
#[derive(Args)]
pub struct OutputArgs {
    /// Form of the answer: table, wide, json, yaml, name, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,…
    #[arg(short, long, value_name = "FORMAT")]
    output: Option<Format>,

    /// Leave the header out
    #[arg(long)]
    no_header: bool,
}

impl OutputArgs {
    /// Returns how to print, a table where nothing else was asked for.
    pub fn output(&self) -> Output<'_> {
        self.output_or(&Format::Table)
    }

    /// Returns how to print, where the command has a form of its own to print in unless asked for another.
    pub fn output_or<'a>(&'a self, usual: &'a Format) -> Output<'a> {
        Output {
            format: self.output.as_ref().unwrap_or(usual),
            header: !self.no_header,
        }
    }
}
