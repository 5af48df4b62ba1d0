//! `events`: what the controllers say about Flux objects.

use std::cell::Cell;

use clap::Args;
use serde_json::Value;

use super::context::Context;
use super::event_rows::EventLayout;
use super::flag::Csv;
use super::fleet::{self, FleetArgs, Gathered};
use super::output::OutputArgs;
use super::rows::Header;
use crate::api::{KINDS, Kind};
use crate::cluster::ClusterError;
use crate::error::Failure;
use crate::manifest;
use crate::ops::{self, EventStream, EventsRequest, ToldEvent};
use crate::report::{Format, Output, list};

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

    #[command(flatten)]
    output: OutputArgs,

    #[command(flatten)]
    fleet: FleetArgs,

    /// Taken and ignored, as flux does
    #[arg(hide = true)]
    rest: Vec<String>,
}

/// Shows the events, and with `--watch` each new one.
pub async fn run(context: &Context, args: &EventsArgs) -> Result<(), Failure> {
    // What is wrong with the flags is said before any cluster is asked.
    request(context, args)?;
    if args.watch {
        let header = Cell::new(Header::wanted(args.output.output()));
        let watch = async |context: &Context| watch(context, args, &header).await;
        return fleet::follow(context, &args.fleet, watch).await;
    }
    let read = async |context: &Context| {
        let cluster = context.cluster().await?;
        let plan = ops::plan_events(cluster, &request(context, args)?).await?;
        let events = ops::list_events(cluster, &plan).await?;
        Ok(Read {
            spans_namespaces: plan.spans_namespaces,
            events,
        })
    };
    let gathered = fleet::gather(context, &args.fleet, read).await?;
    show(context, args, &gathered)?;
    gathered.end()
}

/// The events of one cluster.
struct Read {
    spans_namespaces: bool,
    events: Vec<ToldEvent>,
}

impl EventsArgs {
    /// Returns the columns of the table.
    fn layout(&self, namespace: bool) -> EventLayout {
        let output = self.output.output();
        EventLayout {
            cluster: self.fleet.is_fleet(),
            namespace,
            wide: *output.format == Format::Wide,
            header: Header::wanted(output),
        }
    }
}

fn show(context: &Context, args: &EventsArgs, gathered: &Gathered<Read>) -> Result<(), Failure> {
    let output = args.output.output();
    let spans_namespaces = |(_, read): &(_, Read)| read.spans_namespaces;
    let layout = args.layout(gathered.answers.iter().any(spans_namespaces));
    let told: Vec<(&str, &ToldEvent)> = gathered
        .answers
        .iter()
        .flat_map(|(cluster, read)| {
            let cluster = cluster.as_deref().unwrap_or_default();
            read.events.iter().map(move |told| (cluster, told))
        })
        .collect();
    if told.is_empty() && output.format.is_table() {
        if !gathered.answers.is_empty() {
            context.ui.failure(if args.all_namespaces {
                "No events found.".to_owned()
            } else {
                format!("No events found in {} namespace.", context.namespace)
            });
        }
        return Ok(());
    }
    let objects = told.iter().map(|(cluster, told)| document(cluster, told));
    let events = || layout.table(told.iter().map(|(cluster, told)| (*cluster, &told.event)));
    Ok(context.ui.print(output, &list(objects.collect()), events)?)
}

fn document(cluster: &str, told: &ToldEvent) -> Value {
    let mut object = told.object.clone();
    fleet::annotate(&mut object, cluster);
    object
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

/// Shows the events of one cluster as they come; trouble that may pass is told.
async fn watch(context: &Context, args: &EventsArgs, header: &Cell<Header>) -> Result<(), Failure> {
    let cluster = context.cluster().await?.limited_to(context.follow_limit);
    let request = request(context, args)?;
    let plan = ops::plan_events(&cluster, &request).await?;
    // All clusters draw one table, and a name may lead into other namespaces in any of them.
    let is_spread = args.fleet.is_fleet() && !request.name.is_empty();
    let layout = args.layout(plan.spans_namespaces || is_spread);
    let mut stream = EventStream::open(&cluster, plan);
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
        let row = EventLayout {
            header: header.replace(Header::Hidden),
            ..layout
        };
        let name = context.cluster_name.as_deref().unwrap_or_default();
        show_one(context, args.output.output(), (name, &told), row)?;
    }
}

/// Shows one event more, as a row, as a document or as what is chosen of it.
fn show_one(
    context: &Context,
    output: Output<'_>,
    (cluster, told): (&str, &ToldEvent),
    layout: EventLayout,
) -> Result<(), Failure> {
    let object = document(cluster, told);
    match output.format {
        // A stream of documents: one a line, or one after the other.
        Format::Json => context.ui.data(format_args!("{object}\n"))?,
        Format::Yaml => context
            .ui
            .data(format_args!("---\n{}", manifest::emit(&object)))?,
        Format::JsonPath(_) => {
            context.ui.print(output, &object, || "")?;
            context.ui.data("\n")?;
        }
        format => {
            let output = Output {
                format,
                header: layout.header == Header::Shown,
            };
            let row = || layout.table([(cluster, &told.event)]);
            context.ui.print(output, &object, row)?;
        }
    }
    Ok(())
}

/// Says what is wrong with the connection, once for each trouble.
fn tell_once(context: &Context, told_of: &mut String, error: ClusterError) {
    let trouble = Failure::from(error).in_one_line();
    if *told_of != trouble {
        context.ui.warning(format_args!("{trouble}; trying again"));
        *told_of = trouble;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
