//! What people type and see: the command line, its dispatch, and the one place that prints a failure.

mod bootstrap;
mod build;
mod candidates;
mod check;
mod choice;
mod complete;
mod completion;
mod context;
mod debug;
mod decryption;
mod delete;
mod deps;
mod deps_drawn;
mod deps_report;
mod deps_text;
mod diagnostics;
mod diff;
mod docgen;
mod envsubst;
mod event_rows;
mod events;
mod export;
mod flag;
mod fleet;
mod fleet_report;
mod get;
mod global;
mod graph_form;
mod install;
mod lazy;
mod listed;
mod live;
mod logs;
mod manifest_args;
mod migrate;
mod on_kind;
mod output;
mod parse;
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
mod usage;
mod version;
mod wait;
mod watchdog;
mod why;
mod why_all;
mod why_text;

use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::{ArgAction, CommandFactory as _, Parser, Subcommand};
use tokio::sync::oneshot;

use crate::error::{Blame, Failure};
use crate::http;
use crate::report::{Ui, UiOptions};
use context::Context;
use global::GlobalArgs;
use lazy::Lazy;
use on_kind::OnKind;

/// How long after the time limit a command may go on: what it waits for knows the limit too, and says more.
const GRACE: Duration = Duration::from_secs(3);

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
    /// what applies it. Without a name, all objects of Flux that are not ready are followed, and each first cause is
    /// shown once.
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
    complete::answer(arguments, &program, parse::root);
    let cli = match parse::parse(arguments, &program) {
        Ok(cli) => cli,
        Err(error) => return usage::show(&error, arguments, &program),
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
    let (ended, end) = oneshot::channel();
    thread::scope(|scope| {
        scope.spawn(|| watchdog::watch(context, end));
        let outcome = runtime.block_on(async {
            tokio::select! {
                // Who stops the program is listened to before the command begins.
                biased;
                _ = tokio::signal::ctrl_c() => Err(context.stopped(Blame::Interrupted, "interrupted")),
                () = async {
                    context.time_is_up().await;
                    tokio::time::sleep(GRACE).await;
                } => {
                    Err(context.timed_out())
                }
                outcome = command.run(context) => outcome,
            }
        });
        // A thread may still sit in a Git transfer; nobody waits for it any more.
        runtime.shutdown_background();
        drop(ended);
        outcome
    })
}

#[cfg(test)]
mod tests;
