//! What people type and see: the command line, its dispatch, and the one place that prints a failure.

mod bootstrap;
mod build;
mod check;
mod choice;
mod complete;
mod completion;
mod context;
mod debug;
mod decryption;
mod delete;
mod deps;
mod diagnostics;
mod diff;
mod docgen;
mod envsubst;
mod event_rows;
mod events;
mod export;
mod flag;
mod fleet;
mod get;
mod global;
mod install;
mod lazy;
mod listed;
mod live;
mod logs;
mod manifest_args;
mod migrate;
mod on_kind;
mod output;
mod reconcile;
mod refused;
mod repository_args;
mod resume;
mod rows;
mod schemas;
mod select;
mod stats;
mod suspend;
mod test;
mod trace;
mod trace_report;
mod tree;
mod trigger;
mod uninstall;
mod version;
mod wait;
mod why;

use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::error::{Blame, Failure};
use crate::http;
use crate::report::{Ui, UiOptions};
use context::Context;
use global::GlobalArgs;
use lazy::Lazy;
use on_kind::OnKind;

/// How long after the time limit a command may go on: what it waits for knows the limit too, and says more.
const GRACE: Duration = Duration::from_secs(3);

/// The flag that chooses objects of all kinds where none is named.
const EXPIRED: &str = "--expired";

/// Set clusters up from Git, see what runs in them, and steer it
///
/// Every command of `flux` works here unchanged; a link or alias named `flux` is enough for old scripts.
#[derive(Parser)]
#[command(
    name = "gitops",
    version,
    disable_version_flag = true,
    propagate_version = false,
    max_term_width = 100
)]
pub struct Cli {
    #[command(flatten)]
    global: GlobalArgs,

    /// Print the version
    #[arg(short = 'v', long, action = ArgAction::Version)]
    version: (),

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
enum Command {
    /// Set Flux up in a cluster from a Git repository
    ///
    /// Creates the repository where the host can, commits Flux's manifests to it, installs them, and waits until the
    /// cluster follows the repository. Safe to repeat: a second run changes only what differs.
    Bootstrap(Lazy<bootstrap::BootstrapArgs>),
    /// Build manifests as they would be applied
    Build(Lazy<build::BuildArgs>),
    /// Check that the cluster is fit for Flux, and that Flux is well in it
    Check(Lazy<check::CheckArgs>),
    /// Print a completion script for a shell
    ///
    /// The script asks this program for the candidates, so it stays small and always fits the version that runs.
    Completion(Lazy<completion::CompletionArgs>),
    /// Show what the controller of an object works with, and what it has done
    #[command(subcommand)]
    Debug(Lazy<debug::DebugCommand>),
    /// Show what Flux objects wait for and are made from
    ///
    /// Cycles and references to what is not there are told, and make the command fail.
    Deps(Lazy<deps::DepsArgs>),
    /// Show what applying would change
    ///
    /// Exits with 0 where nothing would change, with 1 where something would, and with 2 where that can't be found out.
    Diff(Lazy<diff::DiffArgs>),
    /// Write the generated documentation below a folder
    #[command(hide = true)]
    Docgen(Lazy<docgen::DocgenArgs>),
    /// Show the events of Flux objects
    Events(Lazy<events::EventsArgs>),
    /// Delete Flux objects
    #[command(after_help = "Example: gitops delete kustomization apps --silent")]
    #[command(subcommand)]
    Delete(Lazy<OnKind<delete::DeleteArgs>>),
    /// Put environment variables into the text of standard input
    ///
    /// Works line by line, in the dialect of the post-build substitutions of a Kustomization.
    Envsubst(Lazy<envsubst::EnvsubstArgs>),
    /// Print Flux objects as YAML that can be applied again
    #[command(after_help = "Example: gitops export source git --all > sources.yaml")]
    #[command(subcommand)]
    Export(Lazy<OnKind<export::ExportArgs>>),
    /// Show the Flux objects of the cluster and how they are
    #[command(
        after_help = "Examples:\n  gitops get kustomizations -A\n  gitops get ks/apps hr/podinfo -o yaml"
    )]
    #[command(subcommand)]
    Get(Lazy<OnKind<get::GetArgs>>),
    /// Install Flux in the cluster, or print its manifests
    Install(Lazy<install::InstallArgs>),
    /// Show what the controllers write about Flux objects
    Logs(Lazy<logs::LogsArgs>),
    /// Bring Flux's custom resources to their newest API versions
    ///
    /// Without a path, those stored in the cluster: do this before Flux itself is upgraded. With a path,
    /// the manifests below it.
    Migrate(Lazy<migrate::MigrateArgs>),
    /// Reconcile an object now
    #[command(after_help = "Example: gitops reconcile kustomization flux-system --with-source")]
    #[command(subcommand)]
    Reconcile(Lazy<OnKind<reconcile::ReconcileArgs>>),
    /// Let suspended objects go on
    #[command(after_help = "Example: gitops resume kustomization apps")]
    #[command(subcommand)]
    Resume(Lazy<OnKind<resume::ResumeArgs>>),
    /// Show how many Flux objects there are, how they are, and how much they keep
    Stats(Lazy<stats::StatsArgs>),
    /// Hold objects still
    #[command(
        after_help = "Examples:\n  gitops suspend kustomization apps\n  gitops suspend ks/apps hr/podinfo"
    )]
    #[command(subcommand)]
    Suspend(Lazy<OnKind<suspend::SuspendArgs>>),
    /// Test manifests without a cluster
    Test(Lazy<test::TestArgs>),
    /// Show how objects are managed by Flux, and where they came from
    Trace(Lazy<trace::TraceArgs>),
    /// Show what an object has brought into the cluster
    #[command(subcommand)]
    Tree(Lazy<tree::TreeCommand>),
    /// Trigger a reconciliation from outside the cluster
    Trigger(Lazy<trigger::TriggerArgs>),
    /// Take Flux and its custom resources out of the cluster; what they deployed keeps running
    Uninstall(Lazy<uninstall::UninstallArgs>),
    /// Print the Flux version of this program and of the cluster
    Version(Lazy<version::VersionArgs>),
    /// Wait until objects of any kind are ready, suspended, deleted or of a condition
    ///
    /// Ends as soon as the state of each object is final: with 1 where one has failed, with 3 where time was up.
    Wait(Lazy<wait::WaitArgs>),
    /// Show why an object is as it is: one chain down to the first cause, and what to do next
    ///
    /// The object is one of Flux, or anything else in the cluster: a workload is followed down to its pods, and up to
    /// what applies it.
    Why(Lazy<why::WhyArgs>),
}

impl Command {
    /// Says whether the command needs neither a runtime nor TLS nor a client.
    fn is_local(&self) -> bool {
        match self {
            Self::Build(args) => args.is_local(),
            Self::Completion(_) | Self::Docgen(_) | Self::Envsubst(_) => true,
            Self::Deps(args) => args.is_local(),
            Self::Diff(args) => args.is_local(),
            Self::Install(args) => args.is_local(),
            Self::Migrate(args) => args.is_local(),
            Self::Test(args) => args.is_local(),
            Self::Version(args) => args.is_local(),
            _ => false,
        }
    }

    async fn run(&self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Bootstrap(args) => bootstrap::run(context, args).await,
            Self::Build(args) => build::run(context, args).await,
            Self::Check(args) => check::run(context, args).await,
            Self::Completion(args) => completion::run(context, args),
            Self::Debug(command) => debug::run(context, command).await,
            Self::Deps(args) => deps::run(context, args).await,
            Self::Diff(args) => diff::run(context, args).await,
            Self::Docgen(args) => docgen::run(context, args, &Cli::command()),
            Self::Events(args) => events::run(context, args).await,
            Self::Get(args) => get::run(context, args).await,
            Self::Install(args) => install::run(context, args).await,
            Self::Logs(args) => logs::run(context, args).await,
            Self::Delete(args) => delete::run(context, args).await,
            Self::Envsubst(args) => envsubst::run(context, args),
            Self::Export(args) => export::run(context, args).await,
            Self::Migrate(args) => migrate::run(context, args).await,
            Self::Stats(args) => stats::run(context, args).await,
            Self::Test(args) => test::run(context, args),
            Self::Trace(args) => trace::run(context, args).await,
            Self::Tree(command) => tree::run(context, command).await,
            Self::Trigger(args) => trigger::run(context, args).await,
            Self::Reconcile(on) => {
                let one = async |context: &Context| reconcile::run(context, on).await;
                fleet::each(context, &on.args.fleet, one).await
            }
            Self::Resume(on) => {
                let one = async |context: &Context| resume::run(context, on).await;
                fleet::each(context, &on.args.fleet, one).await
            }
            Self::Suspend(on) => {
                let one = async |context: &Context| suspend::run(context, on).await;
                fleet::each(context, &on.args.fleet, one).await
            }
            Self::Uninstall(args) => uninstall::run(context, args).await,
            Self::Version(args) => version::run(context, args).await,
            Self::Wait(args) => {
                let one = async |context: &Context| wait::run(context, args).await;
                fleet::each(context, &args.fleet, one).await
            }
            Self::Why(args) => why::run(context, args).await,
        }
    }
}

/// Runs the program with the arguments of the process; the result is its exit status.
pub fn run(arguments: &[OsString]) -> ExitCode {
    let program = program_name(arguments.first());
    panic::set_hook(Box::new(report_panic));
    diagnostics::start();
    complete::answer(arguments, &program, root);
    let cli = match parse(arguments, &program) {
        Ok(cli) => cli,
        Err(error) => return show_usage(&error, arguments, &program),
    };
    let ui = Ui::new(UiOptions {
        color: cli.global.color,
        log_format: cli.global.log_format,
    });
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| execute(&cli, ui, program)));
    match outcome {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err((_, failure))) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Ok(Err((ui, failure))) => {
            if !failure.is_told() {
                ui.fail(&failure);
            }
            ExitCode::from(failure.blame().status())
        }
        Err(_) => ExitCode::from(Blame::Bug.status()),
    }
}

/// Says that a rule of ours was broken; what was being worked on is not shown, since it may be secret.
fn report_panic(info: &panic::PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let failure = Failure::blaming(Blame::Bug, format!("this is a bug of ours, at {place}"))
        .with_hint("please report it with the command line, without its secrets");
    Ui::new(UiOptions::default()).fail(&failure);
}

/// Names the program as it was called: `flux` through a link of that name, `gitops` otherwise.
fn program_name(argument: Option<&OsString>) -> String {
    let stem = argument
        .and_then(|path| Path::new(path).file_stem())
        .and_then(|stem| stem.to_str());
    match stem {
        Some("flux") => "flux".into(),
        _ => "gitops".into(),
    }
}

/// Declares the commands, as far as the words of a command line may enter them.
fn root(words: &[OsString], program: &str) -> clap::Command {
    let root = Cli::command()
        .name(program.to_owned())
        .bin_name(program.to_owned());
    lazy::keep_named(root, words)
}

fn parse(arguments: &[OsString], program: &str) -> Result<Cli, clap::Error> {
    let command = flag::as_pflag(root(arguments, program));
    let matches = match command.clone().try_get_matches_from(arguments) {
        Err(error) => match with_word_for_objects(arguments, &error) {
            Some(arguments) => match command.try_get_matches_from(arguments) {
                // Where no verb takes objects, the word was no help.
                Err(second) if invalid_word(&second) == Some(on_kind::OBJECTS) => {
                    return Err(error);
                }
                second => second?,
            },
            None => return Err(error),
        },
        Ok(matches) => matches,
    };
    Cli::from_arg_matches(&matches)
}

/// Returns the word that the parser took for a command that does not exist.
fn invalid_word(error: &clap::Error) -> Option<&str> {
    match error.get(ContextKind::InvalidSubcommand)? {
        ContextValue::String(word) => Some(word),
        _ => None,
    }
}

/// Says whether the parser missed a word after a group of commands.
fn lacks_kind(error: &clap::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    )
}

/// Gives `get ks/apps` the word that stands for the kinds of KIND/NAME, where the parser took that for a command, and
/// `resume --expired` too, which means all kinds.
fn with_word_for_objects(arguments: &[OsString], error: &clap::Error) -> Option<Vec<OsString>> {
    if lacks_kind(error) && arguments.iter().any(|word| word == EXPIRED) {
        return Some([arguments, &[on_kind::OBJECTS.into()]].concat());
    }
    let word = invalid_word(error).filter(|word| word.contains('/'))?;
    let place = arguments
        .iter()
        .position(|argument| argument.to_str() == Some(word))?;
    let mut arguments = arguments.to_vec();
    arguments.insert(place, on_kind::OBJECTS.into());
    Some(arguments)
}

fn execute(cli: &Cli, ui: Ui, program: String) -> Result<(), (Ui, Failure)> {
    let context = Context::new(&cli.global, ui, program);
    let outcome = if cli.command.is_local() {
        futures::executor::block_on(cli.command.run(&context))
    } else {
        http::install_crypto();
        wait_for(&context, &cli.command)
    };
    outcome.map_err(|failure| (context.ui, failure))
}

/// Runs the command until it ends, or until the person at the terminal or the time limit ends it.
fn wait_for(context: &Context, command: &Command) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("cannot start the runtime: {error}")))?;
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = command.run(context) => outcome,
            _ = tokio::signal::ctrl_c() => Err(context.stopped(Blame::Interrupted, "interrupted")),
            () = async {
                context.time_is_up().await;
                tokio::time::sleep(GRACE).await;
            } => {
                Err(context.stopped(Blame::Timeout, format!("timed out after {:?}", context.timeout)))
            }
        }
    });
    // A thread may still sit in a Git transfer; nobody waits for it any more.
    runtime.shutdown_background();
    outcome
}

/// Prints what the parser has to say: help and version are data, everything else is a failure.
fn show_usage(error: &clap::Error, arguments: &[OsString], program: &str) -> ExitCode {
    let ui = Ui::new(UiOptions::default());
    let printed = match error.kind() {
        ErrorKind::DisplayVersion => ui.data(format_args!("{}\n", version::short(program))),
        ErrorKind::DisplayHelp => ui.data(help(error, arguments, program)),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            ui.data(group_help(arguments, program))
        }
        _ => {
            ui.fail(&usage_failure(error));
            return ExitCode::from(Blame::Usage.status());
        }
    };
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let failure = Failure::from(error);
            if failure.is_broken_pipe() {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(failure.blame().status())
            }
        }
    }
}

/// Returns the help text from the tree as it was declared, whose flags show without pflag's `=value`.
fn help(error: &clap::Error, arguments: &[OsString], program: &str) -> String {
    match root(arguments, program).try_get_matches_from(arguments) {
        Err(plain) if plain.kind() == ErrorKind::DisplayHelp => plain.render().to_string(),
        _ => error.render().to_string(),
    }
}

/// Returns the help of the group that the arguments name without naming a command in it.
fn group_help(arguments: &[OsString], program: &str) -> String {
    let mut root = root(arguments, program);
    root.build();
    let mut group = &mut root;
    for word in arguments
        .iter()
        .skip(1)
        .filter_map(|argument| argument.to_str())
    {
        if group.find_subcommand(word).is_some() {
            group = group.find_subcommand_mut(word).expect("it was just found");
        }
    }
    group.render_long_help().to_string()
}

/// Turns the parser's message into a failure: its first line is the message, its tips are hints.
fn usage_failure(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let message = lines.next().unwrap_or("wrong usage");
    let mut failure = Failure::usage(message.strip_prefix("error: ").unwrap_or(message));
    for line in lines {
        let hint = line.strip_prefix("tip: ").unwrap_or(line);
        failure = failure.with_hint(hint);
    }
    failure
}

#[cfg(test)]
mod tests;
