//! `why` without a name: the first causes of all that is not ready.

use super::context::Context;
use super::fleet;
use super::fleet_report::{ClusterReport, ReportList, blocks};
use super::refused::Refused;
use super::why::WhyArgs;
use super::why_text::text;
use crate::error::Failure;
use crate::ops::{self, Causes, CausesRequest, SharedCause, Surveyed};
use crate::report::{Ui, clean};

impl ClusterReport for Causes {
    const LIST: &'static str = "CausesList";
}

/// Shows each first cause once, of one cluster or of several; a cluster without any is told to be well.
///
/// # Errors
///
/// Fails where a kind could not be listed, once all else is shown.
pub async fn run(context: &Context, args: &WhyArgs) -> Result<(), Failure> {
    let survey = async |context: &Context| survey(context, args).await;
    let gathered = fleet::gather(context, &args.fleet, survey).await?;
    let (ui, output) = (&context.ui, args.output.output());
    if let Some(only) = gathered.only() {
        ui.print(output, &only.causes, || written(&only.causes))?;
    } else {
        let all = || gathered.named().map(|(name, found)| (name, &found.causes));
        let troubled = || all().filter(|(_, causes)| !causes.causes.is_empty());
        let texts = || troubled().map(|(name, causes)| (name, written(causes)));
        ui.print(output, &ReportList::new(all()), || blocks(texts()))?;
    }
    gathered.end_with(context, conclusion)
}

async fn survey(context: &Context, args: &WhyArgs) -> Result<Surveyed, Failure> {
    let namespace = if args.all_namespaces {
        ""
    } else {
        context.namespace.as_str()
    };
    let cluster = context.cluster().await?;
    let progress = context.ui.progress();
    progress.show("following what is not ready");
    let request = CausesRequest {
        namespace,
        program: &context.program,
        context: context.cluster_name.as_deref(),
    };
    ops::causes(cluster, &request).await
}

/// Writes a chain for each cause, one below the other.
fn written(causes: &Causes) -> String {
    let chain = |cause: &SharedCause| {
        let also = cause.objects.get(1..).unwrap_or_default();
        clean(&text(&cause.chain, also)).into_owned()
    };
    let chains: Vec<String> = causes.causes.iter().map(chain).collect();
    chains.join("---\n")
}

/// Tells how many objects there are in all, and what could not be looked at, which is the failure that it returns.
fn conclusion(ui: &Ui, found: Surveyed) -> Option<Failure> {
    let Surveyed { causes, unlisted } = found;
    let place = match causes.namespace.as_str() {
        "" => "any".to_owned(),
        namespace => format!("\"{namespace}\""),
    };
    match (causes.objects, causes.not_ready, causes.causes.len()) {
        (0, ..) => ui.warning(format_args!("no Flux objects found in {place} namespace")),
        (objects, 0, _) => ui.success(format_args!("{} ready", all_of(objects))),
        (objects, not_ready, count) => {
            let causes = if count == 1 { "cause" } else { "causes" };
            ui.action(format_args!(
                "{not_ready} of {objects} objects not ready, {count} {causes}"
            ));
        }
    }
    if unlisted.is_empty() {
        return None;
    }
    let mut refused = Refused::default();
    for (kind, error) in unlisted {
        refused.add(kind, error);
    }
    refused.tell(ui, &causes.namespace);
    Some(Failure::new("not every kind could be looked at"))
}

fn all_of(objects: usize) -> String {
    match objects {
        1 => "the only object is".into(),
        objects => format!("all {objects} objects are"),
    }
}
