//! `trace`: how an object is managed by Flux, and where it came from.

use std::fmt::Write as _;

use clap::Args;
use futures::future::join_all;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::context::Context;
use super::document::Format;
use crate::cluster::{Address, Cluster, Resource};
use crate::error::Failure;
use crate::manifest::Object;
use crate::ops::{self, Label, Link, Trace};
use crate::report::clean;

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

    /// Form of the answer; a report for people where it is left out
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<Format>,
}

/// Shows the way of each object; one that Flux does not manage is told, and does not stop the others.
pub async fn run(context: &Context, args: &TraceArgs) -> Result<(), Failure> {
    let wanted = wanted(args)?;
    let cluster = context.cluster().await?;
    let addresses = find(cluster, &context.namespace, &wanted).await?;
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
    show(context, args.output, &objects, traces)
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

/// Prints all ways, and fails where one could not be found.
fn show(
    context: &Context,
    format: Option<Format>,
    objects: &[Object],
    traces: Vec<Result<Trace, Failure>>,
) -> Result<(), Failure> {
    let count = traces.len();
    let mut failures = Vec::new();
    let mut documents = Vec::new();
    for (number, (object, trace)) in objects.iter().zip(traces).enumerate() {
        if format.is_none() && number > 0 {
            context.ui.data("---\n")?;
        }
        match trace {
            Ok(trace) if format.is_none() => context.ui.data(clean(&report(&trace)))?,
            Ok(trace) => documents.push(json!(trace)),
            Err(failure) => {
                let told = untraceable(object, &failure);
                documents.push(json!({"object": named(object), "error": failure.in_one_line()}));
                failures.push(told);
            }
        }
    }
    if let Some(format) = format {
        format.print(context, &Report::new(documents))?;
    }
    match failures.len() {
        0 => Ok(()),
        1 if count == 1 => Err(failures.remove(0)),
        failed => {
            for failure in &failures {
                context.ui.failure(failure);
            }
            Err(Failure::new(format!(
                "{failed} of {count} objects could not be traced"
            )))
        }
    }
}

/// The ways of all objects that were asked for; a document of `cli.gitops/v1`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    api_version: &'static str,
    kind: &'static str,
    traces: Vec<Value>,
}

impl Report {
    const fn new(traces: Vec<Value>) -> Self {
        Self {
            api_version: "cli.gitops/v1",
            kind: "Trace",
            traces,
        }
    }
}

fn named(object: &Object) -> Value {
    let mut named = json!({
        "apiVersion": object.api_version(), "kind": object.kind(), "name": object.name(),
    });
    if !object.namespace().is_empty() {
        named["namespace"] = object.namespace().into();
    }
    named
}

fn untraceable(object: &Object, failure: &Failure) -> Failure {
    let place = match object.namespace() {
        "" => String::new(),
        namespace => format!(" in namespace {namespace}"),
    };
    Failure::new(format!(
        "failed to trace {}/{}{place}: {}",
        object.kind(),
        object.name(),
        failure.in_one_line()
    ))
}

/// Writes the way of an object for people, in flux's columns.
fn report(trace: &Trace) -> String {
    let applier = trace.chain.first().map_or("", |link| link.kind);
    let mut text = String::from("\n");
    let mut block = Block::new(&mut text, applier, "");
    block.line(
        "Object",
        &format!("{}/{}", trace.object.kind, trace.object.name),
    );
    if !trace.object.namespace.is_empty() {
        block.line("Namespace", &trace.object.namespace);
    }
    block.line("Status", "Managed by Flux");
    for link in &trace.chain {
        text.push_str("---\n");
        let mut block = Block::new(&mut text, applier, link.kind);
        block.link(link);
    }
    text
}

/// Lines of one object: a label, and a text that begins at a fixed column.
struct Block<'a> {
    text: &'a mut String,
    column: usize,
}

impl<'a> Block<'a> {
    /// Begins the lines of a kind in the report about what an applier has brought; the column is flux's.
    const fn new(text: &'a mut String, applier: &str, kind: &str) -> Self {
        let column = match (applier.as_bytes(), kind.as_bytes()) {
            (b"Kustomization", _) | (_, b"OCIRepository" | b"ExternalArtifact") => 17,
            (_, b"GitRepository") => 15,
            _ => 16,
        };
        Self { text, column }
    }

    fn line(&mut self, label: &str, value: &str) {
        let width = self.column;
        // Writing into a text can't fail.
        let _infallible = writeln!(self.text, "{:width$}{value}", format!("{label}:"));
    }

    fn link(&mut self, link: &Link) {
        self.line(link.kind, &link.name);
        self.line("Namespace", &link.namespace);
        for (label, value) in &link.facts {
            let is_origin = matches!(label, Label::OriginRevision | Label::OriginSource);
            if is_origin && value.is_empty() {
                self.text.push('\n');
            } else {
                self.line(label.words(), value);
            }
        }
        let Some(ready) = &link.ready else {
            self.line("Status", "Unknown");
            return;
        };
        let what = match ready.status.as_str() {
            "False" => "Last reconciliation failed at",
            _ => "Last reconciled at",
        };
        let time = go_time(&ready.last_transition_time);
        self.line("Status", &format!("{what} {time}"));
        self.line("Message", &ready.message);
    }
}

/// Writes a time as Go's `Time.String` does, in UTC.
fn go_time(text: &str) -> String {
    text.parse::<Timestamp>().map_or_else(
        |_| text.to_owned(),
        |time| format!("{} +0000 UTC", time.strftime("%Y-%m-%d %H:%M:%S")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[&str]) -> TraceArgs {
        TraceArgs {
            words: words.iter().map(ToString::to_string).collect(),
            kind: String::new(),
            api_version: String::new(),
            output: None,
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

    #[test]
    fn times_are_written_as_go_writes_them() {
        assert_eq!(
            go_time("2026-08-10T09:30:00Z"),
            "2026-08-10 09:30:00 +0000 UTC"
        );
        assert_eq!(go_time("soon"), "soon");
    }
}
