//! What is suspended with a reason or a time, and what should have been resumed by now.

use futures::future::try_join_all;
use jiff::Timestamp;

use super::check::Outcome;
use crate::api::{Kind, Row, Verb};
use crate::cluster::{Cluster, Resource, Selection};
use crate::env;
use crate::error::Failure;

/// Looks at all Flux objects of a cluster, kinds side by side, and says one by one which of them somebody has
/// suspended with a reason or for a time: those past it are failures.
///
/// # Errors
///
/// Fails where a kind may not be listed; what the cluster does not serve has no objects.
pub async fn freezes(cluster: &Cluster) -> Result<Vec<(Outcome, String)>, Failure> {
    let kinds = Kind::taking(Verb::Suspend).map(async |kind| {
        let everywhere = Selection::of_namespace("");
        match cluster
            .list::<Row>(&Resource::from(kind), &everywhere)
            .await
        {
            Ok(rows) => Ok((kind, rows)),
            Err(error) if error.is_not_found() => Ok((kind, Vec::new())),
            Err(error) => Err(error),
        }
    });
    let now = env::now();
    let mut told = Vec::new();
    for (kind, rows) in try_join_all(kinds).await? {
        told.extend(rows.iter().filter_map(|row| freeze(kind, row, now)));
    }
    if told.iter().all(|(outcome, _)| *outcome != Outcome::Failed) {
        told.push((
            Outcome::Passed,
            "nothing is suspended past its time".to_owned(),
        ));
    }
    Ok(told)
}

/// Says how an object is suspended, if it is and somebody wrote down why or until when.
fn freeze(kind: &Kind, row: &Row, now: Timestamp) -> Option<(Outcome, String)> {
    if !(kind.suspended)(row) || !row.tells_of_suspension() {
        return None;
    }
    let (metadata, annotations) = (&row.metadata, &row.metadata.annotations);
    let until = match annotations.suspend_until.as_str() {
        "" => String::new(),
        until => format!(" until {until}"),
    };
    let reason = match annotations.suspend_reason.as_str() {
        "" => String::new(),
        reason => format!(": {reason}"),
    };
    let id = format!("{}/{}/{}", kind.name, metadata.namespace, metadata.name);
    Some(if kind.is_overdue(row, now) {
        (
            Outcome::Failed,
            format!("{id} is still suspended, and was to be only{until}{reason}"),
        )
    } else {
        (Outcome::Noted, format!("{id} is suspended{until}{reason}"))
    })
}
