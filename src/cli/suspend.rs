//! `suspend`: hold objects still, of any kind that has the field.

use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::choice::StateFilter;
use super::context::Context;
use super::flag;
use super::fleet::FleetArgs;
use super::listed::Selected;
use super::on_kind::{OnKind, VerbArgs};
use super::select::{self, SelectArgs, Target};
use crate::api::{Kind, Row, SUSPEND_REASON, SUSPEND_UNTIL, Verb};
use crate::cluster::{Address, Cluster, ClusterError};
use crate::env;
use crate::error::Failure;

/// What to suspend.
#[derive(Args)]
pub struct SuspendArgs {
    #[command(flatten)]
    pub selection: SelectArgs,

    #[command(flatten)]
    pub fleet: FleetArgs,

    /// Write down why, for all who look at the object
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    /// Write down until when, as a time in RFC 3339 or a duration such as 2h; `check --freezes` tells who is late
    #[arg(long, value_name = "TIME", value_parser = until)]
    until: Option<Timestamp>,
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
    let args = &on.args;
    let targets = args.selection.targets(Verb::Suspend, &on.kinds)?;
    let filter = args.selection.choice.filter()?;
    let suspension = Suspension {
        context,
        cluster: context.cluster().await?,
        selection: &args.selection,
        filter: &filter,
        patch: patch(args.reason.as_deref(), args.until),
    };
    for target in &targets {
        let mut count = 0;
        if target.names.is_empty() {
            count += suspension.chosen(target).await?;
        }
        for name in &target.names {
            count += suspension.one(target.kind, name, &args.fleet).await?;
        }
        if count == 0 {
            return Err(Failure::new("no objects found"));
        }
    }
    Ok(())
}

/// What is suspended, and how.
struct Suspension<'a> {
    context: &'a Context,
    cluster: &'a Cluster,
    selection: &'a SelectArgs,
    filter: &'a StateFilter,
    patch: Value,
}

impl Suspension<'_> {
    /// Suspends one object. As with flux, one that may not be touched is told and does not end the command, so that
    /// the others are suspended all the same; only of a fleet it is known then which cluster has failed.
    async fn one(
        &self,
        kind: &'static Kind,
        name: &str,
        fleet: &FleetArgs,
    ) -> Result<usize, Failure> {
        let target = Target {
            kind,
            names: vec![name.to_owned()],
        };
        match self.chosen(&target).await {
            Ok(count) => Ok(count),
            Err(error) if fleet.is_fleet() || error.is_of_cluster() || error.is_timeout() => {
                Err(error.into())
            }
            Err(error) => {
                let namespace = &self.context.namespace;
                let why = Failure::from(error).in_one_line();
                self.context.ui.failure(format_args!(
                    "failed suspending {} {name} in {namespace} namespace: {why}",
                    kind.name
                ));
                Ok(1)
            }
        }
    }

    /// Suspends what a target means, and tells of what is not there; returns of how many objects that was.
    async fn chosen(&self, target: &Target) -> Result<usize, ClusterError> {
        let place = (self.context, self.selection);
        let selected = select::choose::<Row>(self.cluster, place, self.filter, target).await?;
        let count = selected.len();
        for one in selected {
            match one {
                Selected::Found(found) => self.write(target.kind, &found.0, &found.1).await?,
                Selected::Missing(name) => self.context.ui.failure(format_args!(
                    "{} {name} not found in {} namespace",
                    target.kind.name, self.context.namespace
                )),
            }
        }
        Ok(count)
    }

    async fn write(&self, kind: &Kind, row: &Row, address: &Address) -> Result<(), ClusterError> {
        let ui = &self.context.ui;
        ui.action(format_args!(
            "suspending {} {} in {} namespace",
            kind.human, address.name, address.namespace
        ));
        self.cluster.merge(address, &self.patch).await?;
        let already = if row.spec.suspend {
            " (it was already)"
        } else {
            ""
        };
        ui.success(format_args!("{} suspended{already}", kind.human));
        Ok(())
    }
}

/// Returns what to write: without a reason and a time only the field, as flux does; else both of them, since what was
/// written for an earlier suspension is not true of this one.
fn patch(reason: Option<&str>, until: Option<Timestamp>) -> Value {
    let mut patch = json!({ "spec": { "suspend": true } });
    if reason.is_some() || until.is_some() {
        let until = until.map(|until| until.to_string());
        patch["metadata"]["annotations"] = json!({ SUSPEND_REASON: reason, SUSPEND_UNTIL: until });
    }
    patch
}

/// Reads a time that is to come, or how long it is until then, to the second.
fn until(text: &str) -> Result<Timestamp, String> {
    until_from(text, env::now())
}

fn until_from(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let after = |text| {
        let duration = SignedDuration::try_from(flag::duration(text).ok()?).ok()?;
        now.checked_add(duration).ok()
    };
    let time = text
        .parse()
        .ok()
        .or_else(|| beginning(text))
        .or_else(|| after(text))
        .ok_or_else(|| {
            format!(
                "`{text}` is neither a time such as 2030-01-31T18:00:00Z, nor a date, nor a duration such as 2h"
            )
        })?;
    if time <= now {
        return Err(format!("`{text}` is not in the future"));
    }
    Timestamp::from_second(time.as_second()).map_err(|error| error.to_string())
}

/// Reads a date as the moment at which it begins in UTC.
fn beginning(text: &str) -> Option<Timestamp> {
    let is_date_alone = text.len() == "2030-01-31".len();
    let date: Date = text.parse().ok().filter(|_| is_date_alone)?;
    let begun = date.to_zoned(TimeZone::UTC).ok()?;
    Some(begun.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_durations_are_read() {
        let now: Timestamp = "2030-01-01T12:00:00.5Z".parse().unwrap();
        let read = |text| until_from(text, now).map(|time| time.to_string());
        assert_eq!(read("2h").unwrap(), "2030-01-01T14:00:00Z");
        assert_eq!(
            read("2030-01-01T18:00:00+02:00").unwrap(),
            "2030-01-01T16:00:00Z"
        );
        assert_eq!(read("2030-02-01").unwrap(), "2030-02-01T00:00:00Z");
        for wrong in [
            "2029-12-31T00:00:00Z",
            "2030-01-01",
            "2030-02-30",
            "2030-02-01T12:00",
            "0",
            "-2h",
            "tomorrow",
            "",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nothing_more_is_written_than_asked_for() {
        assert_eq!(patch(None, None), json!({"spec": {"suspend": true}}));
        assert_eq!(
            patch(Some("freeze"), None)["metadata"]["annotations"],
            json!({"cli.gitops/suspend-reason": "freeze", "cli.gitops/suspend-until": null})
        );
    }
}
