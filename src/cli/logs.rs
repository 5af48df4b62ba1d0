//! `logs`: what the controllers write about Flux objects.

use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::context::Context;
use super::flag;
use super::fleet::{self, FleetArgs};
use super::fleet_report::one_line;
use crate::cluster::LogOptions;
use crate::error::{Blame, Failure};
use crate::ops::{self, LogFilter, Told};
use crate::report::clean;

/// Which lines of which controllers.
#[derive(Args)]
#[command(after_help = "Example: gitops logs --kind=Kustomization --name=podinfo -n apps --follow")]
pub struct LogsArgs {
    /// Show the entries about objects of all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,

    /// Go on with new entries as they come, from all controllers at once
    #[arg(short, long)]
    pub follow: bool,

    /// Show only entries of this level
    #[arg(long, value_enum, value_name = "LEVEL")]
    level: Option<Level>,

    /// Show only entries about objects of this kind
    #[arg(long, default_value = "", hide_default_value = true)]
    kind: String,

    /// Show only entries about objects of this name
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,

    /// How many of the last lines of each log to read; all below zero
    #[arg(long, value_name = "LINES", default_value_t = -1)]
    tail: i64,

    /// Namespace of the controllers
    #[arg(long, value_name = "NAMESPACE", default_value = "flux-system")]
    flux_namespace: String,

    /// Show only entries younger than this
    #[arg(long, value_name = "DURATION", value_parser = flag::duration)]
    since: Option<Duration>,

    /// Show only entries after this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = time)]
    since_time: Option<Timestamp>,

    /// Form of the entries; json shows each as the controller wrote it
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text")]
    output: Output,

    #[command(flatten)]
    fleet: FleetArgs,
}

/// How bad an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Level {
    Debug,
    Info,
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

fn time(text: &str) -> Result<Timestamp, String> {
    text.parse()
        .map_err(|_| format!("{text} is not a valid (RFC3339) time"))
}

/// Shows the entries; those of several clusters as they come, each led by the name of its own.
pub async fn run(context: &Context, args: &LogsArgs) -> Result<(), Failure> {
    // No duration at all means no limit.
    let since = args.since.filter(|since| !since.is_zero());
    if since.is_some() && args.since_time.is_some() {
        return Err(Failure::usage(
            "at most one of `sinceTime` or `sinceDuration` may be specified",
        )
        .with_hint("leave --since or --since-time out"));
    }
    let options = LogOptions {
        tail: u64::try_from(args.tail).ok(),
        since,
        since_time: args.since_time,
        follow: args.follow,
        ..LogOptions::default()
    };
    let show = async |context: &Context| show(context, args, &options).await;
    if args.follow {
        fleet::follow(context, &args.fleet, show).await
    } else {
        fleet::each(context, &args.fleet, show).await
    }
}

/// Shows the entries of one cluster.
async fn show(context: &Context, args: &LogsArgs, options: &LogOptions) -> Result<(), Failure> {
    let cluster = context.cluster().await?;
    let controllers = ops::controllers(cluster, &args.flux_namespace).await?;
    if controllers.is_empty() {
        return Err(ops::no_pods(&args.flux_namespace));
    }
    let filter = filter(context, args);
    let tell = |told: Told| tell(context, args.output, told);
    if args.follow {
        let cluster = cluster.limited_to(context.follow_limit);
        match ops::follow_logs(&cluster, &controllers, options, &filter, tell).await {
            // A limit that was asked for is no failure.
            Err(failure) if failure.blame() == Blame::Timeout => Ok(()),
            shown => shown,
        }
    } else {
        ops::read_logs(cluster, &controllers, options, &filter, tell).await
    }
}

fn filter(context: &Context, args: &LogsArgs) -> LogFilter {
    let level = match args.level {
        None => "",
        Some(Level::Debug) => "debug",
        Some(Level::Info) => "info",
        Some(Level::Error) => "error",
    };
    let namespace = if args.all_namespaces {
        ""
    } else {
        context.namespace.as_str()
    };
    LogFilter {
        level: level.into(),
        kind: args.kind.clone(),
        name: args.name.clone(),
        namespace: namespace.into(),
    }
}

fn tell(context: &Context, output: Output, told: Told) -> Result<(), Failure> {
    match told {
        Told::Entry(_, line) if output == Output::Json => {
            let line = match context.cluster_name.as_deref() {
                Some(name) => of_cluster(&line, name),
                None => line,
            };
            context.ui.data(format_args!("{line}\n"))?;
        }
        Told::Entry(entry, _) => {
            let text = entry.to_string();
            let cluster = context.cluster_name.as_deref();
            let lead = cluster.map_or_else(String::new, |name| format!("[{}] ", one_line(name)));
            let text = clean(&text).replace('\n', &format!("\n{lead}"));
            context.ui.data(format_args!("{lead}{text}\n"))?;
        }
        Told::Malformed(why) => context.ui.failure(why),
        Told::Crashed(what) => context.ui.warning(what),
        Told::Unreadable(why) => context
            .ui
            .failure(format_args!("failed getting logs: {why}")),
    }
    Ok(())
}

/// Puts the name of a cluster before the fields of an entry, which stay as the controller wrote them.
fn of_cluster(line: &str, cluster: &str) -> String {
    let rest = line.strip_prefix('{').unwrap_or(line);
    match serde_json::from_str::<Map<String, Value>>(line) {
        // The name of a field must not come twice.
        Ok(mut fields) if fields.is_empty() || fields.contains_key("cluster") => {
            fields.insert("cluster".into(), cluster.into());
            Value::Object(fields).to_string()
        }
        _ => format!("{{\"cluster\":{},{rest}", Value::from(cluster)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_name_their_cluster_and_stay_as_they_are() {
        let line = r#"{"level":"info","ts":"t","n":1.50}"#;
        assert_eq!(
            of_cluster(line, "a\"b"),
            r#"{"cluster":"a\"b","level":"info","ts":"t","n":1.50}"#
        );
        assert_eq!(
            of_cluster(r#"{"ts":"t","cluster":"x"}"#, "a"),
            r#"{"cluster":"a","ts":"t"}"#
        );
        assert_eq!(of_cluster("{}", "a"), r#"{"cluster":"a"}"#);
    }
}
