//! `events`: what the controllers say about Flux objects.

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::context::Context;
use super::document::Format;
use super::flag::Csv;
use crate::api::{KINDS, Kind};
use crate::cluster::{Cluster, ClusterError, Event};
use crate::env;
use crate::error::Failure;
use crate::manifest;
use crate::ops::{self, EventStream, EventsPlan, EventsRequest, ToldEvent};
use crate::report::{Table, age};

/// The types of events.
const TYPES: &[&str] = &["Normal", "Warning"];

/// Which events, and how they are shown.
#[derive(Args)]
#[command(after_help = "Example: gitops events --for Kustomization/podinfo --watch")]
pub struct EventsArgs {
    /// Show the events of all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,

    /// Go on with new events as they come
    #[arg(short, long)]
    pub watch: bool,

    /// Show only events about a kind, or about one object and what it is made from
    #[arg(long = "for", value_name = "KIND[/NAME]")]
    about: Option<String>,

    /// Show only events of these types: Normal, Warning
    #[arg(long, value_name = "LIST")]
    types: Vec<Csv>,

    /// Leave the header out
    #[arg(long)]
    no_header: bool,

    /// Form of the answer; a table where it is left out
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<Format>,

    /// Taken and ignored, as flux does
    #[arg(hide = true)]
    rest: Vec<String>,
}

/// Shows the events, and with `--watch` each new one.
pub async fn run(context: &Context, args: &EventsArgs) -> Result<(), Failure> {
    let request = request(context, args)?;
    let cluster = context.cluster().await?;
    let plan = ops::plan_events(cluster, &request).await?;
    if args.watch {
        context.follow();
        let cluster = cluster.limited_to(context.follow_limit);
        return watch(context, args, &cluster, plan).await;
    }
    let events = ops::list_events(cluster, &plan).await?;
    if let Some(format) = args.output {
        let items: Vec<Value> = events.into_iter().map(|told| told.object).collect();
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
        return format.print(context, &list);
    }
    if events.is_empty() {
        context.ui.failure(if args.all_namespaces {
            "No events found.".to_owned()
        } else {
            format!("No events found in {} namespace.", context.namespace)
        });
        return Ok(());
    }
    let mut table = table(&plan, args.no_header);
    for told in &events {
        table.push(cells(&plan, &told.event));
    }
    Ok(context.ui.data(table)?)
}

/// Reads what the flags mean.
fn request(context: &Context, args: &EventsArgs) -> Result<EventsRequest, Failure> {
    let types = Csv::join(&args.types);
    let is_known = |wanted: &&String| TYPES.iter().any(|known| known.eq_ignore_ascii_case(wanted));
    if let Some(unknown) = types.iter().find(|wanted| !is_known(wanted)) {
        return Err(Failure::usage(format!(
            "type '{unknown}' not supported. Supported types are {}",
            TYPES.join(", ")
        )));
    }
    let (kind, name) = match args.about.as_deref() {
        None | Some("") => (None, ""),
        Some(about) => {
            let (kind, name) = selector(about)?;
            (Some(kind), name)
        }
    };
    Ok(EventsRequest {
        namespace: context.namespace.clone(),
        everywhere: args.all_namespaces,
        kind,
        name: name.into(),
        types,
    })
}

/// Reads `KIND` or `KIND/NAME`; without a kind, the word itself has to be one.
fn selector(text: &str) -> Result<(&'static Kind, &str), Failure> {
    let (kind, name) = match text.split_once('/') {
        Some((_, name)) if name.contains('/') => (text, ""),
        Some(("", name)) => (name, ""),
        Some((kind, name)) => (kind, name),
        None => (text, ""),
    };
    let known = Kind::named(kind).and_then(|kind| ops::kind_with_events(kind.group, kind.name));
    match known {
        Some(known) => Ok((known, name)),
        None => Err(
            Failure::usage(format!("'{kind}' is not a recognized Flux kind"))
                .with_hint(format!("the kinds are {}", kinds().join(", "))),
        ),
    }
}

fn kinds() -> Vec<&'static str> {
    let with_events = KINDS
        .iter()
        .filter_map(|kind| ops::kind_with_events(kind.group, kind.name));
    with_events.map(|kind| kind.name).collect()
}

/// Shows events until a time limit that was asked for, or for ever; trouble that may pass is told.
async fn watch(
    context: &Context,
    args: &EventsArgs,
    cluster: &Cluster,
    plan: EventsPlan,
) -> Result<(), Failure> {
    let mut stream = EventStream::open(cluster, plan.clone());
    let mut no_header = args.no_header;
    let mut told_of = String::new();
    loop {
        let told = match stream.next().await {
            Ok(told) => told,
            Err(_) if cluster.is_out_of_time() => return Ok(()),
            Err(error) if error.is_passing() => {
                tell_once(context, &mut told_of, error);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        told_of.clear();
        match args.output {
            Some(Format::Json) => context.ui.data(format_args!("{}\n", told.object))?,
            Some(Format::Yaml) => context
                .ui
                .data(format_args!("---\n{}", manifest::emit(&told.object)))?,
            None => show_row(context, &plan, &told, no_header)?,
        }
        no_header = true;
    }
}

fn show_row(
    context: &Context,
    plan: &EventsPlan,
    told: &ToldEvent,
    no_header: bool,
) -> Result<(), Failure> {
    let mut table = table(plan, no_header);
    table.push(cells(plan, &told.event));
    Ok(context.ui.data(table)?)
}

/// Says what is wrong with the connection, once for each trouble.
fn tell_once(context: &Context, told_of: &mut String, error: ClusterError) {
    let trouble = Failure::from(error).in_one_line();
    if *told_of != trouble {
        context.ui.warning(format_args!("{trouble}; trying again"));
        *told_of = trouble;
    }
}

fn table(plan: &EventsPlan, no_header: bool) -> Table {
    let namespace = plan.spans_namespaces.then_some("Namespace");
    let columns = ["Last seen", "Type", "Reason", "Object", "Message"];
    let table = Table::new(namespace.into_iter().chain(columns));
    if no_header {
        return table.without_header();
    }
    table
}

fn cells(plan: &EventsPlan, event: &Event) -> Vec<String> {
    let object = &event.involved_object;
    let namespace = plan
        .spans_namespaces
        .then(|| event.metadata.namespace.clone());
    let columns = [
        last_seen(event, env::now()),
        event.kind.clone(),
        event.reason.clone(),
        format!("{}/{}", object.kind, object.name),
        event.message.trim().to_owned(),
    ];
    namespace.into_iter().chain(columns).collect()
}

/// Writes when an event was last seen, and how often since when.
fn last_seen(event: &Event, now: Timestamp) -> String {
    let since = |time: Option<Timestamp>| {
        time.map_or_else(|| "<unknown>".into(), |time| age(now.duration_since(time)))
    };
    let first = since(event.first_seen());
    if event.times() > 1 || event.series.is_some() {
        return format!(
            "{} (x{} over {first})",
            since(event.last_seen()),
            event.times()
        );
    }
    first
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(value: serde_json::Value) -> Event {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_last_sight_counts_repetitions() {
        let now: Timestamp = "2030-01-02T00:00:00Z".parse().unwrap();
        for (fields, shown) in [
            (
                json!({"firstTimestamp": "2030-01-01T20:00:00Z", "lastTimestamp": "2030-01-01T23:00:00Z", "count": 1}),
                "4h",
            ),
            (
                json!({"firstTimestamp": "2030-01-01T20:00:00Z", "lastTimestamp": "2030-01-01T23:00:00Z", "count": 7}),
                "60m (x7 over 4h)",
            ),
            (
                json!({"eventTime": "2030-01-01T20:00:00.000000Z", "series": {"count": 3, "lastObservedTime": "2030-01-01T23:59:50.000000Z"}}),
                "10s (x3 over 4h)",
            ),
            (json!({}), "<unknown>"),
        ] {
            assert_eq!(last_seen(&event(fields), now), shown);
        }
    }

    #[test]
    fn kinds_are_named_in_full() {
        let read = |text| selector(text).map(|(kind, name)| (kind.name, name)).ok();
        assert_eq!(read("kustomization/a"), Some(("Kustomization", "a")));
        assert_eq!(read("Bucket"), Some(("Bucket", "")));
        assert_eq!(read("Bucket/"), Some(("Bucket", "")));
        for wrong in ["ks/a", "/x", "Kustomization/a/b", "ExternalArtifact", ","] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
