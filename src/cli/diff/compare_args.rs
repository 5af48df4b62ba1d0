//! The flags that say how objects are compared with a cluster.

use clap::{Args, ValueEnum};

use super::super::context::Context;
use super::super::fleet::FleetArgs;
use crate::error::Failure;
use crate::ops::{CompareOptions, Generation, Method};

/// How many requests are on their way at a time where nobody says otherwise.
const CONCURRENCY: usize = 32;

/// How objects are compared.
#[derive(Args)]
#[command(next_help_heading = "Comparison")]
pub struct CompareArgs {
    /// Let the server rehearse every object, even those that are provably unchanged
    #[arg(long)]
    dry_run_all: bool,

    /// Ask for nothing that needs the right to change objects; defaults and validation are not seen then
    #[arg(long)]
    read_only: bool,

    /// How many requests may be on their way at a time
    #[arg(long, value_name = "NUMBER", default_value_t = CONCURRENCY)]
    concurrency: usize,

    /// Form of the diff
    #[arg(short, long, value_enum, value_name = "FORM", default_value = "text")]
    output: Form,

    /// Print only how many objects come to which end
    #[arg(long)]
    summary: bool,

    #[command(flatten)]
    fleet: FleetArgs,
}

/// The form of a diff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Lines for people, as flux writes them; a table for several clusters
    Text,
    /// A document for programs
    Json,
    /// The same document as YAML
    Yaml,
    /// A comment for a merge request
    Markdown,
    /// A page
    Html,
    /// Only the counts
    #[value(skip)]
    Summary,
}

impl CompareArgs {
    /// Returns which clusters are meant.
    pub const fn fleet(&self) -> &FleetArgs {
        &self.fleet
    }

    /// Returns the form to print in.
    pub const fn form(&self) -> Form {
        match (self.output, self.summary) {
            (Form::Text, true) => Form::Summary,
            (form, _) => form,
        }
    }

    /// Says whether nothing is asked for that needs the right to change objects.
    pub const fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Returns how to compare, and says what can't be seen so.
    pub fn options(&self, context: &Context) -> Result<CompareOptions, Failure> {
        if self.concurrency == 0 {
            return Err(Failure::usage("--concurrency must be at least 1"));
        }
        let method = match (self.read_only, self.dry_run_all) {
            (true, true) => {
                return Err(Failure::usage(
                    "--read-only and --dry-run-all contradict each other",
                ));
            }
            (true, false) => Method::ReadOnly,
            (false, true) => Method::RehearseAll,
            (false, false) => Method::Rehearse,
        };
        if method == Method::ReadOnly {
            context.ui.warning(
                "read-only: defaults, validation, admission and immutable fields are not seen, and other spellings \
                 of the same value count as changes",
            );
        }
        Ok(CompareOptions {
            concurrency: self.concurrency,
            method,
            // Old scripts find what they look for.
            generation: if context.program == "flux" {
                Generation::Shown
            } else {
                Generation::Hidden
            },
        })
    }
}
