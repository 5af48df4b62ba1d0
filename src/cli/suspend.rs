//! `suspend`: hold objects still, of any kind that has the field.

use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::context::Context;
use super::flag;
use super::fleet::FleetArgs;
use super::listed::Selected;
use super::on_kind::{OnKind, VerbArgs};
use super::select::{self, SelectArgs};
use crate::api::{Kind, Row, SUSPEND_REASON, SUSPEND_UNTIL, Verb};
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
    let targets = on.args.selection.targets(Verb::Suspend, &on.kinds)?;
    let cluster = context.cluster().await?;
    let namespace = &context.namespace;
    let patch = patch(on.args.reason.as_deref(), on.args.until);
    for target in targets {
        let kind = target.kind;
        let selected = select::find::<Row>(context, &on.args.selection, &target).await?;
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
                "suspending {} {} in {} namespace",
                kind.human, address.name, address.namespace
            ));
            cluster.merge(&address, &patch).await?;
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
