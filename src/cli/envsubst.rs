//! `envsubst`: standard input with the environment's variables in it, to standard output.

use std::io::{self, BufRead as _};

use clap::Args;

use super::context::Context;
use crate::env;
use crate::error::{Explain, Failure};
use crate::kustomize::{SubstituteError, Unset, substitute};

/// How strictly variables are taken.
#[derive(Args)]
#[command(after_help = "Example: kustomize build . | gitops envsubst --strict")]
pub struct EnvsubstArgs {
    /// Fail on a variable that is not set and has no default
    #[arg(long)]
    strict: bool,
}

/// Why the text can't be passed on.
#[derive(Debug, thiserror::Error)]
enum EnvsubstError {
    /// Standard input fails.
    #[error("cannot read standard input")]
    Read(#[source] io::Error),
    /// A line can't be substituted.
    #[error("cannot put variables into line {line}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// Why.
        #[source]
        source: SubstituteError,
    },
}

impl Explain for EnvsubstError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Line {
                source: SubstituteError::Unset(name),
                ..
            } => Some(format!("set it, or give it a default: `${{{name}:=…}}`")),
            Self::Line { .. } => Some("write `$$` for a `$` that is no variable".into()),
            Self::Read(_) => None,
        }
    }
}

/// How much text is collected before it is written.
const BATCH: usize = 64 * 1024;

/// Passes standard input on, line by line.
pub fn run(context: &Context, args: &EnvsubstArgs) -> Result<(), Failure> {
    let unset = if args.strict {
        Unset::Refused
    } else {
        Unset::Empty
    };
    let mut ready = String::new();
    let mut outcome = Ok(());
    for (number, line) in io::stdin().lock().split(b'\n').enumerate() {
        match substituted(number + 1, line, unset) {
            Ok(text) => {
                ready.push_str(&text);
                ready.push('\n');
            }
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
        if ready.len() > BATCH {
            context.ui.data(&ready)?;
            ready.clear();
        }
    }
    // What stands before a bad line is passed on all the same.
    context.ui.data(&ready)?;
    Ok(outcome?)
}

fn substituted(
    number: usize,
    line: io::Result<Vec<u8>>,
    unset: Unset,
) -> Result<String, EnvsubstError> {
    let line = line.map_err(EnvsubstError::Read)?;
    let text = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(&line));
    substitute(&text, unset, &env::named).map_err(|source| EnvsubstError::Line {
        line: number,
        source,
    })
}
