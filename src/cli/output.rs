//! `-o` and `--no-header`, as every command that reads takes them.

use clap::Args;

use crate::report::{Format, FormatError, Output};

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

/// How an answer without a header is printed.
#[derive(Args, Default)]
pub struct FormArgs {
    /// Form of the answer: table, wide, json, yaml, name, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,…
    #[arg(short, long, value_name = "FORMAT")]
    output: Option<Format>,
}

impl FormArgs {
    /// Returns how to print, for people where nothing else was asked for.
    pub fn output(&self) -> Output<'_> {
        output(self.output.as_ref())
    }
}

/// How an answer is printed where flux draws it for people in any form that it does not know.
#[derive(Args)]
pub struct LenientFormArgs {
    /// Form of the answer: table, wide, json, yaml, name, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,…
    #[arg(short, long, value_name = "FORMAT", value_parser = known_or_table)]
    output: Option<Format>,
}

impl LenientFormArgs {
    /// Returns how to print, for people where nothing else was asked for.
    pub fn output(&self) -> Output<'_> {
        output(self.output.as_ref())
    }
}

const fn output(asked: Option<&Format>) -> Output<'_> {
    Output {
        format: match asked {
            Some(format) => format,
            None => &Format::Table,
        },
        header: true,
    }
}

fn known_or_table(text: &str) -> Result<Format, FormatError> {
    match text.parse() {
        Err(FormatError::Unknown(_)) => Ok(Format::Table),
        parsed => parsed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unknown_words_are_forgiven() {
        assert_eq!(known_or_table("text"), Ok(Format::Table));
        assert_eq!(known_or_table(""), Ok(Format::Table));
        assert_eq!(known_or_table("yaml"), Ok(Format::Yaml));
        assert!(known_or_table("jsonpath={").is_err());
    }
}
