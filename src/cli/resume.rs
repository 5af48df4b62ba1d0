//! `resume`: let suspended objects go on, and wait until they did.

use clap::Args;
use serde_json::json;

use super::context::Context;
use super::on_kind::{OnKind, VerbArgs};
use super::select::{self, Selected};
use crate::api::{Kind, Verb};
use crate::cluster::Address;
use crate::error::{Blame, Failure};
use crate::ops;

/// What to resume.
#[derive(Args)]
pub struct ResumeArgs {
    /// Names of the objects
    names: Vec<String>,

    /// All objects of the namespace
    #[arg(long)]
    all: bool,

    /// Wait until the objects are reconciled [default: true for one name, false for more]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    wait: Option<bool>,
}

impl VerbArgs for ResumeArgs {
    const VERB: Verb = Verb::Resume;

    fn about(kind: &Kind) -> String {
        format!("Resume a {} that was suspended", kind.name)
    }
}

/// Clears `spec.suspend` on each selected object, then waits for them side by side.
pub async fn run(context: &Context, on: &OnKind<ResumeArgs>) -> Result<(), Failure> {
    for kind in &on.kinds {
        let wanted = select::wanted(kind, &on.args.names, on.args.all)?;
        let resumed = resume(context, kind, wanted, on.args.names.first()).await?;
        if on.args.wait.unwrap_or(on.args.names.len() == 1) {
            wait(context, kind, &resumed).await?;
        }
    }
    Ok(())
}

async fn resume(
    context: &Context,
    kind: &'static Kind,
    wanted: select::Wanted<'_>,
    first: Option<&String>,
) -> Result<Vec<Address>, Failure> {
    let cluster = context.cluster().await?;
    let (ui, namespace) = (&context.ui, &context.namespace);
    let selected = select::find(context, kind, wanted).await?;
    if selected.is_empty() && first.is_none() {
        ui.failure(format_args!(
            "no {} objects found in {namespace} namespace",
            kind.name
        ));
    }
    let mut resumed = Vec::new();
    for one in selected {
        match one {
            Selected::Missing(name) => {
                ui.failure(format_args!(
                    "{} object '{name}' not found in {namespace} namespace",
                    kind.name
                ));
            }
            Selected::Found(found) => {
                let (row, address) = *found;
                ui.action(format_args!(
                    "resuming {} {} in {namespace} namespace",
                    kind.human, address.name
                ));
                cluster
                    .merge(&address, &json!({ "spec": { "suspend": null } }))
                    .await?;
                let already = if row.spec.suspend {
                    ""
                } else {
                    " (it was not suspended)"
                };
                ui.success(format_args!("{} resumed{already}", kind.human));
                resumed.push(address);
            }
        }
    }
    Ok(resumed)
}

/// Waits for all of them side by side; the results are told by name.
async fn wait(context: &Context, kind: &'static Kind, resumed: &[Address]) -> Result<(), Failure> {
    let cluster = context.cluster().await?;
    let ui = &context.ui;
    for _ in resumed {
        ui.waiting(format_args!("waiting for {} reconciliation", kind.name));
    }
    let waits = ops::wait_until_ready(cluster, ui, kind, resumed).await?;
    let mut results: Vec<_> = resumed.iter().zip(waits).collect();
    results.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
    let mut failed = Vec::new();
    for (address, result) in results {
        match result {
            Ok(outcome) => {
                ui.success(format_args!(
                    "{} {} reconciliation completed",
                    kind.name, address.name
                ));
                ui.success(outcome);
            }
            Err(failure) => {
                ui.failure(format_args!(
                    "{} {} reconciliation failed: {failure}",
                    kind.name, address.name
                ));
                failed.push(failure.blame());
            }
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    let blame = if failed.iter().all(|blame| *blame == Blame::Timeout) {
        Blame::Timeout
    } else {
        Blame::User
    };
    Err(Failure::blaming(
        blame,
        format!(
            "reconciliation failed for {} {}(s)",
            failed.len(),
            kind.name
        ),
    ))
}
