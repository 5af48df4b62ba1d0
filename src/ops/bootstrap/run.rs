//! A whole bootstrap: read, plan, act, confirm.

use std::path::{Path, PathBuf};

use tokio::time::Instant;

use super::super::check::{Outcome as Checked, kubernetes};
use super::super::install::foreign_manager;
use super::act::{Reached, Run};
use super::commit::Destination;
use super::facts::Facts;
use super::files::Files;
use super::journal::Journal;
use super::objects::{objects_to_apply, preview};
use super::plan::Plan;
use super::planning;
use super::problem::refuse;
use super::reading::{self, look_at_server};
use super::request::{Access, Mode, Place, Request};
use super::secret::{KEY_ACCESS, needs_secret};
use crate::cluster::Cluster;
use crate::env;
use crate::error::Failure;
use crate::install::COMPONENTS_FILE;
use crate::report::{Question, Ui};

/// From how many days before its last one on a token is warned of.
const EXPIRY_NOTICE: i32 = 14;

/// What became of a bootstrap.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing was done; this is what would be.
    Planned(Plan),
    /// The cluster follows the repository.
    Complete,
    /// A merge or pull request at this address waits for somebody to merge it.
    Requested(String),
    /// The cluster will follow once somebody has pushed what is in this folder.
    Kept(PathBuf),
}

/// Bootstraps, or says what that would do.
pub async fn bootstrap(cluster: &Cluster, ui: &Ui, request: &Request) -> Result<Outcome, Failure> {
    let begun = Instant::now();
    let generated = request.manifests.generate().await?;
    let mut facts = reading::read(request, cluster, ui).await?;
    let generated = generated.kept_as(match &facts.copy {
        Some(copy) => copy.clone.read(&request.file(COMPONENTS_FILE))?,
        None => None,
    });
    let files = Files::new(request, &generated, facts.host.repository.as_ref())?;
    facts.pinned = look_at_server(request, &facts, &files.url, ui).await?;
    refuse(request, &facts, &files)?;
    if request.mode == Mode::Plan {
        let objects = objects_to_apply(request, &facts, &generated, &files)?;
        facts.cluster.preview = Some(preview(cluster, &objects).await?);
        let plan = planning::plan(request, &facts, &generated, &files, cluster.server())?;
        return Ok(Outcome::Planned(plan));
    }
    let plan = planning::plan(request, &facts, &generated, &files, cluster.server())?;
    warn(ui, &facts);
    ask_other_manager(ui, request, &facts)?;
    if asks_for_key_access(request, &facts) {
        KEY_ACCESS.needs_somebody()?;
    }
    let target = format!(
        "{} {} {} {}",
        plan.repository, plan.branch, plan.path, plan.cluster
    );
    let journal = Journal::open(&target);
    say_progress(ui, &journal);
    let run = Run {
        request,
        facts,
        generated,
        files,
        cluster,
        ui,
        journal,
        ungranted: 0,
        changed: false,
        destination: Destination::of(request),
        begun,
    };
    Box::pin(carry_out(run, &plan)).await
}

/// Carries the plan out, and waits until the cluster follows.
async fn carry_out(mut run: Run<'_>, plan: &Plan) -> Result<Outcome, Failure> {
    let ui = run.ui;
    let outcome = match run.act(plan).await? {
        Reached::Request(open) => Outcome::Requested(open.url),
        Reached::Cluster => {
            if let Some(folder) = run.unpushed().map(Path::to_owned) {
                run.confirm_components().await?;
                say_push(ui, &folder, &run.request.branch);
                Outcome::Kept(folder)
            } else {
                run.confirm().await?;
                Outcome::Complete
            }
        }
    };
    if !run.changed {
        ui.success(match outcome {
            Outcome::Complete => {
                "nothing had to be changed: the cluster follows the repository as asked"
            }
            _ => "nothing had to be changed",
        });
    }
    let ungranted = run.ungranted;
    run.journal.close();
    if ungranted > 0 {
        return Err(Failure::new(format!(
            "failed to grant permissions to {ungranted} team(s)"
        ))
        .with_hint(
            "the bootstrap itself is complete; grant them by hand, or run the same command again",
        ));
    }
    Ok(outcome)
}

/// Says what is left to do where the commits stay on this machine.
fn say_push(ui: &Ui, folder: &Path, branch: &str) {
    ui.waiting(format_args!(
        "the commits are in {0}: once `git -C {0} push origin {branch}` has brought them to the repository, the cluster follows it",
        folder.display()
    ));
}

/// Says what does not stop a bootstrap and may surprise later: an old cluster, a token near its end.
fn warn(ui: &Ui, facts: &Facts) {
    if let (Checked::Failed, message) = kubernetes(&facts.cluster.version) {
        ui.warning(message);
    }
    let today = jiff::tz::Offset::UTC.to_datetime(env::now()).date();
    let expires = facts
        .host
        .identity
        .as_ref()
        .and_then(|identity| identity.expires);
    if let Some(day) = expires.filter(|day| (*day - today).get_days() < EXPIRY_NOTICE) {
        ui.warning(format_args!(
            "the token expires on {day}: what uses it stops then"
        ));
    }
}

/// Asks before an installation of another tool is taken over.
fn ask_other_manager(ui: &Ui, request: &Request, facts: &Facts) -> Result<(), Failure> {
    let Some(notice) = facts
        .cluster
        .installation
        .as_ref()
        .and_then(foreign_manager)
    else {
        return Ok(());
    };
    if request.force {
        return Ok(());
    }
    ui.warning(notice);
    let words = "Are you sure you want to overwrite the Flux installation with a bootstrap";
    Ok(Question {
        words,
        answered_by: "`--force`",
    }
    .confirm()?)
}

/// Says whether the run is going to ask if the key was given access.
fn asks_for_key_access(request: &Request, facts: &Facts) -> bool {
    matches!(request.place, Place::Plain { silent: false, .. })
        && matches!(request.access, Access::Key(_))
        && needs_secret(request, facts.cluster.secret.as_ref())
}

/// Says where a run goes on that an earlier one began.
fn say_progress(ui: &Ui, journal: &Journal) {
    let done: Vec<&str> = journal.done().iter().map(|action| action.words()).collect();
    if !done.is_empty() {
        ui.action(format_args!(
            "an earlier run was interrupted; done are: {}. Going on from there",
            done.join(", ")
        ));
    }
}
