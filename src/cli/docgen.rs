//! `docgen` (hidden): write the reference, the man pages, the completions, the schemas and the table of variables.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::completion::{self, SHELLS};
use super::context::Context;
use super::schemas::{self, REPORTS, Report};
use crate::env;
use crate::error::Failure;

/// Where the documentation is written.
#[derive(Args)]
pub struct DocgenArgs {
    /// The folder that holds `docs/` and `completions/`
    root: PathBuf,
}

/// Writes all generated files below the folder.
pub fn run(_context: &Context, args: &DocgenArgs, command: &clap::Command) -> Result<(), Failure> {
    let mut command = command.clone();
    command.build();
    write(&args.root.join("docs/cli.md"), &reference(&command))?;
    write(&args.root.join("docs/environment.md"), &environment())?;
    for (shell, completer) in SHELLS {
        let script = completion::script(*completer, "gitops")?;
        write(
            &args
                .root
                .join("completions")
                .join(format!("gitops.{shell}")),
            &script,
        )?;
    }
    for Report { kind, schema } in REPORTS {
        let path = args.root.join("docs/schemas").join(format!("{kind}.json"));
        write(&path, &schemas::text(&schema())?)?;
    }
    man_pages(&command, &args.root.join("docs/man"))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let cannot = |error| Failure::new(format!("cannot write {}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(cannot)?;
    }
    fs::write(path, text).map_err(cannot)
}

/// Renders the whole tree as Markdown, a section a command.
fn reference(command: &clap::Command) -> String {
    let mut text = String::from(
        "# Command reference\n\nWritten by `gitops docgen` from the program itself; do not edit it.\n",
    );
    describe(command, &mut text);
    text
}

fn describe(command: &clap::Command, text: &mut String) {
    let title = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let help = command
        .clone()
        .term_width(100)
        .render_long_help()
        .to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    // Writing into a `String` can't fail.
    let _infallible = write!(
        text,
        "\n## `{title}`\n\n```text\n{}\n```\n",
        help.join("\n").trim_end()
    );
    for child in visible(command) {
        describe(child, text);
    }
}

/// Returns the commands below that people see.
fn visible(command: &clap::Command) -> impl Iterator<Item = &clap::Command> {
    command
        .get_subcommands()
        .filter(|child| !child.is_hide_set() && child.get_name() != "help")
}

fn environment() -> String {
    let mut text = String::from(
        "# Environment variables\n\nWritten by `gitops docgen` from `src/env.rs`; do not edit it. Flags win over variables.\n\n| variable | what it does |\n|---|---|\n",
    );
    for variable in env::VARIABLES
        .iter()
        .filter(|variable| !variable.about.is_empty())
    {
        let _infallible = writeln!(text, "| `{}` | {} |", variable.name, variable.about);
    }
    text
}

fn man_pages(command: &clap::Command, folder: &Path) -> Result<(), Failure> {
    let name = command
        .get_bin_name()
        .unwrap_or_else(|| command.get_name())
        .replace(' ', "-");
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone().name(name.clone()))
        .render(&mut page)
        .map_err(|error| {
            Failure::new(format!("cannot render the manual page of {name}: {error}"))
        })?;
    write(
        &folder.join(format!("{name}.1")),
        &String::from_utf8_lossy(&page),
    )?;
    for child in visible(command) {
        man_pages(child, folder)?;
    }
    Ok(())
}
