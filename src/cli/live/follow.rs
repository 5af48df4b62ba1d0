//! Follows the objects of one command until somebody ends it.

use futures::StreamExt as _;
use tokio::time::Instant;

use super::super::context::Context;
use super::super::get::{GetArgs, Request, Scope};
use super::super::listed::{Listed, Whole};
use super::board::Board;
use super::lane::{Broken, Source, observe};
use super::resize::Resizes;
use super::view::View;
use crate::api::Row;
use crate::error::Failure;

/// How many changes are drawn at once, at most.
const AT_ONCE: usize = 256;

/// Shows what there is, and goes on until it is interrupted, or until the time limit that was given.
pub async fn run(context: &Context, request: &Request<'_>) -> Result<(), Failure> {
    context.follow();
    let sources = sources(context, request).await?;
    if request.args.output.output().format.is_table() {
        follow::<Row>(context, request, sources).await
    } else {
        follow::<Whole>(context, request, sources).await
    }
}

/// Connects to the clusters and says what to watch in each.
async fn sources(context: &Context, request: &Request<'_>) -> Result<Vec<Source>, Failure> {
    let GetArgs {
        selection, fleet, ..
    } = request.args;
    let fleet = fleet
        .is_fleet()
        .then(|| fleet.contexts(context))
        .transpose()?;
    let mut sources = Vec::new();
    let one = [(String::new(), context)];
    let contexts: Vec<(String, &Context)> = match &fleet {
        Some(fleet) => fleet
            .iter()
            .map(|(name, context)| (name.clone(), context))
            .collect(),
        None => one.to_vec(),
    };
    for (cluster_name, context) in contexts {
        let cluster = match context.cluster().await {
            Ok(cluster) => cluster.limited_to(context.follow_limit),
            Err(failure) if fleet.is_none() => return Err(failure),
            Err(failure) => {
                context.ui.failure(failure.in_one_line());
                continue;
            }
        };
        let deadline = context.follow_limit.map(|limit| Instant::now() + limit);
        for target in &request.targets {
            let source = |name: Option<&str>| Source {
                ui: context.ui.clone(),
                cluster_name: cluster_name.clone(),
                kind: target.kind,
                cluster: cluster.clone(),
                selection: selection
                    .choice
                    .selection(selection.choice.namespace(context), name),
                deadline,
            };
            if target.names.is_empty() {
                sources.push(source(None));
            }
            sources.extend(target.names.iter().map(|name| source(Some(name))));
        }
    }
    Ok(sources)
}

async fn follow<T: Listed + 'static>(
    context: &Context,
    request: &Request<'_>,
    sources: Vec<Source>,
) -> Result<(), Failure> {
    let mut view = View::new(context, request, &sources)?;
    let mut board = Board::new(sources.len());
    let mut observations = observe::<T>(&sources).ready_chunks(AT_ONCE);
    let mut resizes = Resizes::listen();
    loop {
        let chunk = tokio::select! {
            chunk = observations.next() => chunk,
            // Nothing has changed but the place to draw in.
            () = resizes.next() => Some(Vec::new()),
        };
        let Some(chunk) = chunk else { break };
        for (index, observation) in chunk {
            match observation {
                Ok(change) => {
                    view.restored(index);
                    for item in board.apply(index, change) {
                        view.changed(index, &item)?;
                    }
                }
                Err(broken) if ends(request, &broken) => {
                    return Err(broken.error.into());
                }
                Err(broken) => view.broken(index, broken.error),
            }
        }
        view.draw(&board)?;
    }
    Err(Failure::new("there is nothing left to watch"))
}

/// Says whether a broken watch ends the command: the time that was given is up, or what was asked for can't be had
/// to begin with.
fn ends(request: &Request<'_>, broken: &Broken) -> bool {
    let is_only = request.scope == Scope::Kind || broken.error.is_of_cluster();
    broken.is_late || (broken.is_first && is_only && !request.args.fleet.is_fleet())
}
