//! `suspend`: hold objects still, of any kind that has the field.

use clap::Args;
use serde_json::json;

use super::context::Context;
use super::on_kind::{OnKind, VerbArgs};
use super::select::{self, Selected};
use crate::api::{Kind, Verb};
use crate::error::Failure;

/// What to suspend.
#[derive(Args)]
pub struct SuspendArgs {
    /// Names of the objects
    names: Vec<String>,

    /// All objects of the namespace
    #[arg(long)]
    all: bool,
}

impl VerbArgs for SuspendArgs {
    const VERB: Verb = Verb::Suspend;

    fn about(kind: &Kind) -> String {
        format!(
            "Suspend a {}: its controller leaves it alone until it is resumed",
            kind.name
        )
    }
}

/// Sets `spec.suspend` on each selected object.
pub async fn run(context: &Context, on: &OnKind<SuspendArgs>) -> Result<(), Failure> {
    let cluster = context.cluster().await?;
    let namespace = &context.namespace;
    for kind in &on.kinds {
        let wanted = select::wanted(kind, &on.args.names, on.args.all)?;
        let selected = select::find(context, kind, wanted).await?;
        if selected.is_empty() {
            return Err(Failure::new("no objects found"));
        }
        for one in selected {
            let (row, address) = match one {
                Selected::Found(found) => *found,
                Selected::Missing(name) => {
                    context.ui.failure(format_args!(
                        "{} {name} not found in {namespace} namespace",
                        kind.name
                    ));
                    continue;
                }
            };
            context.ui.action(format_args!(
                "suspending {} {} in {namespace} namespace",
                kind.human, address.name
            ));
            cluster
                .merge(&address, &json!({ "spec": { "suspend": true } }))
                .await?;
            let already = if row.spec.suspend {
                " (it was already)"
            } else {
                ""
            };
            context
                .ui
                .success(format_args!("{} suspended{already}", kind.human));
        }
    }
    Ok(())
}
