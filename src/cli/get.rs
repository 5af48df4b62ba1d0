//! `get`: the Flux objects of one kind, or of several, as tables.

use clap::Args;
use futures::future::join_all;

use super::context::Context;
use super::on_kind::{OnKind, VerbArgs};
use crate::api::{Kind, Row, Selector, Verb};
use crate::cluster::{ClusterError, Resource, Selection};
use crate::error::Failure;
use crate::report::Table;

/// Which objects to show, and how.
#[derive(Args)]
pub struct GetArgs {
    /// Name of the object
    names: Vec<String>,

    /// Show the objects of all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,

    /// Leave the header out
    #[arg(long)]
    no_header: bool,

    /// Show only objects with this condition, as TYPE=STATUS or TYPE!=STATUS
    #[arg(long, value_name = "SELECTOR")]
    status_selector: Option<String>,

    /// Show only objects with these labels
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    label_selector: Option<String>,

    /// Show where the content comes from (kustomizations and helmreleases)
    #[arg(long)]
    show_source: bool,
}

impl VerbArgs for GetArgs {
    const VERB: Verb = Verb::Get;

    fn about(kind: &Kind) -> String {
        format!("Show {} objects", kind.name)
    }
}

/// Shows the tables.
pub async fn run(context: &Context, on: &OnKind<GetArgs>) -> Result<(), Failure> {
    if let Some(kind) = on
        .kinds
        .iter()
        .find(|kind| on.args.show_source && kind.source_column.is_none())
    {
        return Err(Failure::usage(format!(
            "--show-source is not for {}",
            kind.plural_words.join(" ")
        ))
        .with_hint("it is for kustomizations and helmreleases"));
    }
    match on.kinds.as_slice() {
        [kind] => one(context, kind, &on.args).await,
        kinds => several(context, kinds, &on.args).await,
    }
}

/// Shows one kind; that there is nothing to show is a failure.
async fn one(context: &Context, kind: &'static Kind, args: &GetArgs) -> Result<(), Failure> {
    let rows = list(context, kind, args).await?;
    if rows.is_empty() {
        return Err(nothing(context, kind, args));
    }
    let table = table(kind, &chosen(kind, rows, args)?, args, "");
    Ok(context.ui.data(table)?)
}

/// Shows several kinds, asked for all at once; what goes wrong with one is told and does not stop the others.
async fn several(
    context: &Context,
    kinds: &[&'static Kind],
    args: &GetArgs,
) -> Result<(), Failure> {
    // The connection is made first, so that its failure is told once.
    context.cluster().await?;
    let lists = join_all(kinds.iter().map(|kind| list(context, kind, args))).await;
    for (kind, listed) in kinds.iter().zip(lists) {
        let rows = match listed {
            Ok(rows) => rows,
            Err(ListFailure::Cluster(error)) if error.is_not_found() => continue,
            Err(ListFailure::Cluster(error)) => {
                context.ui.failure(Failure::from(error).in_one_line());
                continue;
            }
            Err(ListFailure::Other(failure)) => return Err(failure),
        };
        if rows.is_empty() && !args.names.is_empty() {
            context.ui.failure(nothing(context, kind, args));
            continue;
        }
        let rows = chosen(kind, rows, args)?;
        if !rows.is_empty() {
            let prefix = format!("{}/", kind.name.to_lowercase());
            context
                .ui
                .data(format_args!("{}\n", table(kind, &rows, args, &prefix)))?;
        }
    }
    Ok(())
}

/// Why a list could not be had: only the cluster's answers may be passed over.
enum ListFailure {
    Cluster(ClusterError),
    Other(Failure),
}

impl From<ClusterError> for ListFailure {
    fn from(error: ClusterError) -> Self {
        Self::Cluster(error)
    }
}

impl From<ListFailure> for Failure {
    fn from(failure: ListFailure) -> Self {
        match failure {
            ListFailure::Cluster(error) => error.into(),
            ListFailure::Other(failure) => failure,
        }
    }
}

async fn list(
    context: &Context,
    kind: &'static Kind,
    args: &GetArgs,
) -> Result<Vec<Row>, ListFailure> {
    let cluster = context.cluster().await.map_err(ListFailure::Other)?;
    let namespace = if args.all_namespaces {
        ""
    } else {
        context.namespace.as_str()
    };
    let selection = Selection {
        namespace: namespace.into(),
        labels: args.label_selector.clone().unwrap_or_default(),
        fields: args
            .names
            .first()
            .map(|name| format!("metadata.name={name}"))
            .unwrap_or_default(),
        ..Selection::default()
    };
    Ok(cluster.list(&Resource::from(kind), &selection).await?)
}

fn chosen(kind: &Kind, rows: Vec<Row>, args: &GetArgs) -> Result<Vec<Row>, Failure> {
    let Some(selector) = &args.status_selector else {
        return Ok(rows);
    };
    if rows.is_empty() {
        return Ok(rows);
    }
    let selector: Selector = selector.parse()?;
    Ok(rows
        .into_iter()
        .filter(|row| selector.matches(kind, row))
        .collect())
}

fn nothing(context: &Context, kind: &Kind, args: &GetArgs) -> Failure {
    let namespace = if args.all_namespaces {
        "any".to_owned()
    } else {
        format!("\"{}\"", context.namespace)
    };
    Failure::new(match args.names.first() {
        Some(name) => format!(
            "{} object '{name}' not found in {namespace} namespace",
            kind.name
        ),
        None => format!("no {} objects found in {namespace} namespace", kind.name),
    })
}

fn table(kind: &Kind, rows: &[Row], args: &GetArgs, prefix: &str) -> Table {
    let columns: Vec<_> = if args.show_source {
        kind.columns_with_source().collect()
    } else {
        kind.columns.iter().collect()
    };
    let namespace = args.all_namespaces.then_some("NAMESPACE");
    let header = namespace
        .into_iter()
        .chain(["NAME"])
        .chain(columns.iter().map(|column| column.header));
    let mut table = Table::new(header);
    if args.no_header {
        table = table.without_header();
    }
    for row in rows {
        let namespace = args.all_namespaces.then(|| row.metadata.namespace.clone());
        let name = format!("{prefix}{}", row.metadata.name);
        let cells = columns.iter().map(|column| (column.cell)(kind, row));
        table.push(namespace.into_iter().chain([name]).chain(cells));
    }
    table
}
