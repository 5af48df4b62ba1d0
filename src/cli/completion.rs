//! `completion`: print the script that teaches a shell to complete our commands.

use clap::{Args, Subcommand};
use clap_complete::env::{Bash, EnvCompleter, Fish, Powershell, Zsh};

use super::context::Context;
use crate::error::Failure;

/// For which shell.
#[derive(Args)]
#[command(after_help = "Example: source <(gitops completion bash)")]
pub struct CompletionArgs {
    #[command(subcommand)]
    shell: Shell,
}

#[derive(Clone, Copy, Subcommand)]
enum Shell {
    /// For bash: `source <(gitops completion bash)`
    Bash,
    /// For fish: `gitops completion fish | source`
    Fish,
    /// For PowerShell: `gitops completion powershell | Out-String | Invoke-Expression`
    Powershell,
    /// For zsh: `source <(gitops completion zsh)`
    Zsh,
}

/// The shells that completions exist for, by the name of their file in `completions/`.
pub const SHELLS: &[(&str, &dyn EnvCompleter)] = &[
    ("bash", &Bash),
    ("fish", &Fish),
    ("powershell", &Powershell),
    ("zsh", &Zsh),
];

/// Prints the script of one shell.
pub fn run(context: &Context, args: &CompletionArgs) -> Result<(), Failure> {
    let (_, completer) = SHELLS[args.shell as usize];
    Ok(context.ui.data(script(completer, &context.program)?)?)
}

/// Returns the registration script of a shell for `program`.
pub fn script(completer: &dyn EnvCompleter, program: &str) -> Result<String, Failure> {
    let mut script = Vec::new();
    completer
        .write_registration("COMPLETE", program, program, program, &mut script)
        .map_err(|error| {
            Failure::new(format!(
                "cannot write the {} script: {error}",
                completer.name()
            ))
        })?;
    String::from_utf8(script).map_err(|error| Failure::new(error.to_string()))
}
