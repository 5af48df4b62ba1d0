//! `trace`: how an object is managed by Flux, and where it came from.

use clap::Args;
use futures::future::join_all;
use schemars::JsonSchema;
use serde::Serialize;

use super::context::Context;
use super::fleet::{self, FleetArgs, Gathered};
use super::fleet_report::{ClusterReport, ReportList, blocks};
use super::output::FormArgs;
use super::trace_report;
use crate::api::Kind;
use crate::cluster::{Address, Cluster, Resource};
use crate::error::Failure;
use crate::manifest::Object;
use crate::ops::{self, Trace, Traced};
use crate::report::{Format, Output, Ui, clean, reference};

/// Which objects are traced, and how that is shown.
#[derive(Args)]
#[command(after_help = "Example: gitops trace -n apps deployment my-app")]
pub struct TraceArgs {
    /// RESOURCE NAME..., or RESOURCE/NAME...
    #[arg(value_name = "RESOURCE")]
    words: Vec<String>,

    /// Kind of the object, where only its name is given
    #[arg(long, default_value = "", hide_default_value = true)]
    kind: String,

    /// API version of the object, where only its name is given
    #[arg(
        long,
        value_name = "VERSION",
        default_value = "",
        hide_default_value = true
    )]
    api_version: String,

    #[command(flatten)]
    output: FormArgs,

    #[command(flatten)]
    fleet: FleetArgs,
}

/// Shows the way of each object; one that Flux does not manage is told, and does not stop the others.
pub async fn run(context: &Context, args: &TraceArgs) -> Result<(), Failure> {
    let wanted = wanted(args)?;
    let trace = async |context: &Context| trace(context, &wanted).await;
    let gathered = fleet::gather(context, &args.fleet, trace).await?;
    show(context, args.output.output(), gathered)
}

/// Finds the way of each object in one cluster.
async fn trace(context: &Context, wanted: &Wanted<'_>) -> Result<TraceReport, Failure> {
    let cluster = context.cluster().await?;
    let addresses = find(cluster, &context.namespace, wanted).await?;
    let mut objects = Vec::new();
    for object in join_all(addresses.iter().map(|address| cluster.get(address))).await {
        objects.push(object?);
    }
    let missing = addresses
        .iter()
        .zip(&objects)
        .find(|(_, read)| read.is_none());
    if let Some((address, _)) = missing {
        return Err(Failure::new(format!("{address} not found")));
    }
    let objects: Vec<Object> = objects.into_iter().flatten().collect();
    let traces = join_all(objects.iter().map(|object| ops::trace(cluster, object))).await;
    Ok(TraceReport::new(&objects, traces))
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted<'a> {
    /// One object, by its exact kind.
    Exact {
        api_version: &'a str,
        kind: &'a str,
        name: &'a str,
    },
    /// Objects, each by a word for its kind.
    Words(Vec<(&'a str, &'a str)>),
}

/// Reads the arguments as kubectl does.
fn wanted(args: &TraceArgs) -> Result<Wanted<'_>, Failure> {
    let Some((first, names)) = args.words.split_first() else {
        return Err(Failure::usage(
            "either `<resource>/<name>` or `<resource> <name>` is required as an argument",
        ));
    };
    match (args.kind.as_str(), args.api_version.as_str()) {
        ("", "") => {}
        (_, "") => {
            return Err(Failure::usage(
                "object apiVersion is required (--api-version)",
            ));
        }
        ("", _) => return Err(Failure::usage("object kind is required (--kind)")),
        (kind, api_version) => {
            return Ok(Wanted::Exact {
                api_version,
                kind,
                name: first,
            });
        }
    }
    if args.words.iter().any(|word| word.contains('/')) {
        let pairs = args.words.iter().map(|word| pair(word));
        return Ok(Wanted::Words(pairs.collect::<Result<_, _>>()?));
    }
    if names.is_empty() {
        return Err(Failure::usage(
            "resource(s) were provided, but no name was specified",
        ));
    }
    let kinds = first.split(',').filter(|kind| !kind.is_empty());
    let pairs = kinds.flat_map(|kind| names.iter().map(move |name| (kind, name.as_str())));
    Ok(Wanted::Words(pairs.collect()))
}

/// Reads `RESOURCE/NAME`.
fn pair(word: &str) -> Result<(&str, &str), Failure> {
    match word.split_once('/') {
        None => Err(Failure::usage(format!(
            "`{word}` stands beside RESOURCE/NAME: write it as RESOURCE/NAME too, or all as RESOURCE NAME"
        ))),
        Some((_, name)) if name.contains('/') => {
            Err(Failure::usage(format!("`{word}` has more than one slash")))
        }
        Some((kind, name)) if kind.is_empty() || name.is_empty() => Err(Failure::usage(format!(
            "`{word}` needs a resource and a name"
        ))),
        Some(pair) => Ok(pair),
    }
}

/// Finds the kinds that are meant.
async fn find(
    cluster: &Cluster,
    namespace: &str,
    wanted: &Wanted<'_>,
) -> Result<Vec<Address>, Failure> {
    match wanted {
        Wanted::Exact {
            api_version,
            kind,
            name,
        } => {
            let served = cluster.resources(api_version).await?;
            let is = |resource: &&Resource| resource.kind.eq_ignore_ascii_case(kind);
            let resource = served.iter().find(is).ok_or_else(|| {
                Failure::new(format!(
                    "no matches for kind \"{kind}\" in version \"{api_version}\""
                ))
            })?;
            Ok(vec![resource.at(namespace, name)])
        }
        Wanted::Words(pairs) => {
            let catalogue = cluster.catalogue().await?;
            let address = |(word, name): &(&str, &str)| {
                let resource = catalogue.find(word).ok_or_else(|| {
                    Failure::new(format!(
                        "the server doesn't have a resource type \"{word}\""
                    ))
                })?;
                Ok(resource.at(namespace, name))
            };
            pairs.iter().map(address).collect()
        }
    }
}

/// The ways of all objects that were asked for; a document of `cli.gitops/v1`.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Trace")]
pub struct TraceReport {
    #[schemars(extend("const" = "cli.gitops/v1"))]
    api_version: &'static str,
    #[schemars(extend("const" = "Trace"))]
    kind: &'static str,
    traces: Vec<Way>,
}

/// The way of one object, or why there is none.
#[derive(JsonSchema, Serialize)]
#[serde(untagged)]
enum Way {
    /// It was found.
    Found(Trace),
    /// Flux does not manage the object, or something on its way is not there.
    Lost {
        /// The object that was asked for.
        object: Traced,
        /// What went wrong.
        error: String,
    },
}

impl ClusterReport for TraceReport {
    const LIST: &'static str = "TraceList";
}

impl TraceReport {
    fn new(objects: &[Object], traces: Vec<Result<Trace, Failure>>) -> Self {
        let way = |(object, trace): (&Object, Result<Trace, Failure>)| match trace {
            Ok(trace) => Way::Found(trace),
            Err(failure) => Way::Lost {
                object: Traced::of(object),
                error: failure.in_one_line(),
            },
        };
        Self {
            api_version: "cli.gitops/v1",
            kind: "Trace",
            traces: objects.iter().zip(traces).map(way).collect(),
        }
    }

    /// Writes the ways for people, one below the other.
    fn text(&self) -> String {
        let texts = self.traces.iter().map(|way| match way {
            Way::Found(trace) => clean(&trace_report::report(trace)).into_owned(),
            Way::Lost { .. } => String::new(),
        });
        texts.collect::<Vec<_>>().join("---\n")
    }

    /// Returns the names of who brought the objects, and of where these came from, each once.
    fn names(&self) -> String {
        let mut names: Vec<String> = Vec::new();
        let found = self.traces.iter().filter_map(|way| match way {
            Way::Found(trace) => Some(&trace.chain),
            Way::Lost { .. } => None,
        });
        for link in found.flatten() {
            let group = Kind::named(link.kind).map_or("", |kind| kind.group);
            let name = reference(group, link.kind, &link.name) + "\n";
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.concat()
    }
}

/// Prints all ways, and fails where one could not be found.
fn show(
    context: &Context,
    output: Output<'_>,
    gathered: Gathered<TraceReport>,
) -> Result<(), Failure> {
    let ui = &context.ui;
    match (output.format, gathered.only()) {
        (Format::Name, _) => {
            let names = gathered.named().map(|(_, report)| report.names());
            ui.data(names.collect::<String>())?;
        }
        (_, Some(only)) => ui.print(output, only, || only.text())?,
        (_, None) => {
            let texts = gathered.named().map(|(name, report)| (name, report.text()));
            // What could not be traced is told beside it.
            let texts = texts.filter(|(_, text)| !text.is_empty());
            ui.print(output, &ReportList::new(gathered.named()), || blocks(texts))?;
        }
    }
    gathered.end_with(context, |ui, report| untraceable(ui, &report))
}

/// Returns the failure that it is where ways could not be found; of several objects, each is told.
fn untraceable(ui: &Ui, report: &TraceReport) -> Option<Failure> {
    let lost = report.traces.iter().filter_map(|way| match way {
        Way::Found(_) => None,
        Way::Lost { object, error } => Some(no_way(object, error)),
    });
    let mut failures: Vec<Failure> = lost.collect();
    let count = report.traces.len();
    if count == 1 {
        return failures.pop();
    }
    for failure in &failures {
        ui.failure(failure);
    }
    let failed = failures.len();
    (failed > 0).then(|| Failure::new(format!("{failed} of {count} objects could not be traced")))
}

fn no_way(object: &Traced, error: &str) -> Failure {
    let place = match object.namespace.as_str() {
        "" => String::new(),
        namespace => format!(" in namespace {namespace}"),
    };
    let (kind, name) = (&object.kind, &object.name);
    Failure::new(format!("failed to trace {kind}/{name}{place}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[&str]) -> TraceArgs {
        TraceArgs {
            words: words.iter().map(ToString::to_string).collect(),
            kind: String::new(),
            api_version: String::new(),
            output: FormArgs::default(),
            fleet: FleetArgs::default(),
        }
    }

    #[test]
    fn arguments_are_read_as_kubectl_reads_them() {
        for (words, pairs) in [
            (&["cm", "a", "b"] as &[_], vec![("cm", "a"), ("cm", "b")]),
            (&["cm/a", "secret/b"], vec![("cm", "a"), ("secret", "b")]),
            (&["cm,secret", "a"], vec![("cm", "a"), ("secret", "a")]),
        ] {
            assert_eq!(wanted(&args(words)).unwrap(), Wanted::Words(pairs));
        }
        for wrong in [
            &[] as &[_],
            &["cm"],
            &["cm/a", "b"],
            &["cm/a/b"],
            &["/a"],
            &["cm/"],
        ] {
            let failure = wanted(&args(wrong)).unwrap_err();
            assert_eq!(failure.blame().status(), 2, "{wrong:?}");
        }
    }

    #[test]
    fn an_exact_kind_needs_its_version() {
        let mut exact = args(&["web", "ignored"]);
        exact.kind = "Deployment".into();
        assert!(wanted(&exact).is_err());
        exact.api_version = "apps/v1".into();
        assert_eq!(
            wanted(&exact).unwrap(),
            Wanted::Exact {
                api_version: "apps/v1",
                kind: "Deployment",
                name: "web"
            }
        );
    }
}
