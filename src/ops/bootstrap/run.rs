//! A whole bootstrap: read, plan, act, confirm.

use super::super::check::{Outcome, kubernetes};
use super::super::install::foreign_manager;
use super::act::Run;
use super::facts;
use super::journal::Journal;
use super::plan::Plan;
use super::planning::{self, Files};
use super::request::{Access, Mode, Place, Request};
use super::secret::{KEY_ACCESS, needs_secret};
use super::server::look_at_server;
use crate::cluster::Cluster;
use crate::env;
use crate::error::Failure;
use crate::report::{Question, Ui};

/// From how many days before its last one on a token is warned of.
const EXPIRY_NOTICE: i32 = 14;

/// Bootstraps, or says what that would do; the plan is returned in both cases.
pub async fn bootstrap(cluster: &Cluster, ui: &Ui, request: &Request) -> Result<Plan, Failure> {
    let generated = request.manifests.generate().await?;
    let mut facts = facts::read(request, cluster, ui).await?;
    let files = Files::new(request, &generated, facts.host.repository.as_ref())?;
    facts.pinned = look_at_server(request, &facts, &files.url, ui).await?;
    let plan = planning::plan(request, &facts, &generated, &files, cluster.server())?;
    if request.mode == Mode::Plan {
        return Ok(plan);
    }
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
    let mut run = Run {
        request,
        facts,
        generated,
        files,
        cluster,
        ui,
        journal,
        ungranted: 0,
        changed: false,
    };
    run.act(&plan).await?;
    run.confirm().await?;
    if !run.changed {
        ui.success("nothing had to be changed: the cluster follows the repository as asked");
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
    Ok(plan)
}

/// Says what does not stop a bootstrap and may surprise later: an old cluster, a token near its end.
fn warn(ui: &Ui, facts: &facts::Facts) {
    if let (Outcome::Failed, message) = kubernetes(&facts.cluster.version) {
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
fn ask_other_manager(ui: &Ui, request: &Request, facts: &facts::Facts) -> Result<(), Failure> {
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
fn asks_for_key_access(request: &Request, facts: &facts::Facts) -> bool {
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
