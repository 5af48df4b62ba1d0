//! `get`: the Flux objects of one kind, or of several, as tables or as documents.

use clap::Args;
use futures::future::join_all;
use serde_json::Value;

use super::context::Context;
use super::fleet::{self, FleetArgs, Gathered};
use super::listed::{Found, Listed, Whole};
use super::live;
use super::on_kind::{OnKind, VerbArgs};
use super::output::OutputArgs;
use super::refused::Refused;
use super::rows::{Beside, Header, Layout, Shown};
use super::select::{SelectArgs, Target};
use crate::api::{Kind, Row, Verb};
use crate::error::Failure;
use crate::report::{Table, Ui, list};

/// Which objects to show, and how.
#[derive(Args)]
pub struct GetArgs {
    #[command(flatten)]
    pub selection: SelectArgs,

    #[command(flatten)]
    pub fleet: FleetArgs,

    #[command(flatten)]
    pub output: OutputArgs,

    /// Go on showing changes, until interrupted
    #[arg(short, long)]
    watch: bool,

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

/// What is shown, and how strictly.
pub struct Request<'a> {
    /// The flags.
    pub args: &'a GetArgs,
    /// The kinds, with names perhaps.
    pub targets: Vec<Target>,
    /// Whether the words of the command name many kinds.
    pub scope: Scope,
}

/// How many kinds the words of the command name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One: that there is nothing to show is a failure.
    Kind,
    /// Several, each with a name: the tables have titles, and a missing object is a failure.
    Objects,
    /// A group such as `all`: what there is, is shown, and nothing is a failure.
    Group,
}

/// Shows the objects.
pub async fn run(context: &Context, on: &OnKind<GetArgs>) -> Result<(), Failure> {
    let targets = on.args.selection.targets(Verb::Get, &on.kinds)?;
    refuse_unfit(&on.args, &targets)?;
    let scope = match (on.kinds.len(), targets.len()) {
        (2.., _) => Scope::Group,
        (_, 2..) => Scope::Objects,
        _ => Scope::Kind,
    };
    let request = Request {
        args: &on.args,
        targets,
        scope,
    };
    if on.args.watch {
        return live::run(context, &request).await;
    }
    if on.args.output.output().format.is_table() {
        tables(context, &request).await
    } else {
        documents(context, &request).await
    }
}

fn refuse_unfit(args: &GetArgs, targets: &[Target]) -> Result<(), Failure> {
    let unfit = |target: &&Target| args.show_source && target.kind.source_column.is_none();
    match targets.iter().find(unfit) {
        None => Ok(()),
        Some(target) => Err(Failure::usage(format!(
            "--show-source is not for {}",
            target.kind.plural_words.join(" ")
        ))
        .with_hint("it is for kustomizations and helmreleases")),
    }
}

impl Request<'_> {
    /// Returns the columns of a table.
    pub fn layout(&self, kind: &'static Kind) -> Layout {
        let beside = Beside {
            cluster: self.args.fleet.is_fleet(),
            namespace: self.args.selection.choice.is_everywhere(),
            kind: self.scope != Scope::Kind,
            source: self.args.show_source,
            wide: false,
        };
        Layout::new(kind, beside.with(self.args.output.output().format))
    }

    /// Says whether the command succeeds without an object of this name: of a group there is what there is, and flux
    /// never looks at a second name, so that scripts may pass one.
    fn tolerates(&self, target: &Target, name: &String) -> bool {
        let is_table = self.args.output.output().format.is_table();
        match self.scope {
            Scope::Group => true,
            Scope::Objects => false,
            Scope::Kind => is_table && target.names.first() != Some(name),
        }
    }

    /// Says whether the command ends well whatever is wrong: with the tables of a group scripts go on, as after flux.
    fn is_lenient(&self) -> bool {
        self.scope == Scope::Group && self.args.output.output().format.is_table()
    }

    /// Says whether one object is asked for, which is then printed by itself and not in a list.
    fn is_for_one(&self) -> bool {
        let selection = &self.args.selection;
        let single = selection.is_single() && self.scope == Scope::Kind;
        single && !selection.choice.is_everywhere() && !self.args.fleet.is_fleet()
    }
}

/// What one cluster has of each target, in their order; nothing of those that it does not show.
struct Answer<T> {
    found: Vec<Option<Found<T>>>,
}

/// Asks one cluster for all targets at once. Of several, those that it lacks or does not show are told.
async fn ask<T: Listed>(context: &Context, request: &Request<'_>) -> Result<Answer<T>, Failure> {
    let selection = &request.args.selection;
    let cluster = context.cluster().await?;
    let namespace = selection.choice.namespace(context);
    let lists = request
        .targets
        .iter()
        .map(|target| selection.list::<T>(cluster, namespace, target));
    let mut lists = join_all(lists).await;
    let is_alone = request.scope == Scope::Kind;
    let is_down = lists.iter().all(|listed| {
        listed
            .as_ref()
            .is_err_and(|error| is_alone || error.is_of_cluster())
    });
    if is_down && let Some(first) = lists.pop() {
        first?;
    }
    let mut refused = Refused::default();
    let mut found = Vec::new();
    let mut unread = None;
    for (target, listed) in request.targets.iter().zip(lists) {
        found.push(match listed {
            Ok(listed) => match passing(selection, target.kind, listed) {
                Err(failure) if request.is_lenient() => {
                    unread.get_or_insert(failure);
                    None
                }
                passed => Some(passed?),
            },
            Err(error) => {
                refused.add(target.kind, error);
                None
            }
        });
    }
    refused.tell(&context.ui, namespace);
    if let Some(failure) = unread {
        context.ui.failure(failure);
    }
    Ok(Answer { found })
}

/// Leaves out what does not pass the test of its state. A test that can't be read is no matter where nothing is there.
fn passing<T: Listed>(
    selection: &SelectArgs,
    kind: &Kind,
    mut found: Found<T>,
) -> Result<Found<T>, Failure> {
    if found.any {
        let state = selection.choice.filter()?;
        found.items.retain(|item| state.passes(kind, item.row()));
    }
    Ok(found)
}

async fn tables(context: &Context, request: &Request<'_>) -> Result<(), Failure> {
    let ask = async |context: &Context| ask::<Box<Row>>(context, request).await;
    let mut gathered = fleet::gather(context, &request.args.fleet, ask).await?;
    let is_alone = request.scope == Scope::Kind;
    for (index, target) in request.targets.iter().enumerate() {
        let any = of_target(&gathered, index)
            .iter()
            .any(|(_, found)| found.any);
        let table = draw(request, &mut gathered, index);
        if is_alone && any {
            context.ui.data(table)?;
        } else if !table.is_empty() {
            context.ui.data(format_args!("{table}\n"))?;
        }
        if is_alone && !any && target.names.is_empty() && !gathered.answers.is_empty() {
            gathered.end()?;
            return Err(nothing(context, request, target.kind, None));
        }
    }
    settle(context, request, &gathered)
}

/// Draws the table of a target. Each row goes as soon as its cells are there: of ten thousand, only one is held twice.
fn draw(request: &Request<'_>, gathered: &mut Gathered<Answer<Box<Row>>>, index: usize) -> Table {
    let layout = request.layout(request.targets[index].kind);
    let header = Header::wanted(request.args.output.output());
    let mut table = layout.table([], header);
    for (cluster, answer) in &mut gathered.answers {
        let cluster = cluster.as_deref().unwrap_or_default();
        let found = answer.found.get_mut(index).and_then(Option::as_mut);
        for row in found.into_iter().flat_map(|found| found.items.drain(..)) {
            let row = &row;
            layout.add(&mut table, Shown { cluster, row });
        }
    }
    table
}

/// Prints objects as Kubernetes knows them. That there are none is no failure then, as with kubectl.
async fn documents(context: &Context, request: &Request<'_>) -> Result<(), Failure> {
    let ask = async |context: &Context| ask::<Whole>(context, request).await;
    let gathered = fleet::gather(context, &request.args.fleet, ask).await?;
    let mut objects = Vec::new();
    for (index, target) in request.targets.iter().enumerate() {
        for (cluster, found) in of_target(&gathered, index) {
            let items = found.items.iter();
            objects.extend(items.map(|item| document(target.kind, cluster, &item.value)));
        }
    }
    let output = request.args.output.output();
    let nobody = || "";
    match objects.pop() {
        Some(only) if request.is_for_one() => context.ui.print(output, &only, nobody)?,
        None if request.is_for_one() => {}
        last => {
            objects.extend(last);
            context.ui.print(output, &list(objects), nobody)?;
        }
    }
    settle(context, request, &gathered)
}

/// Makes a document of an object; of many clusters, its own is named.
pub fn document(kind: &Kind, cluster: &str, value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(fields) = value.as_object_mut() {
        // Items of a list may lack both.
        fields
            .entry("apiVersion")
            .or_insert_with(|| kind.api_version().into());
        fields.entry("kind").or_insert_with(|| kind.name.into());
    }
    fleet::annotate(&mut value, cluster);
    value
}

/// Returns what each cluster has of a target, with the name of the cluster.
fn of_target<T>(gathered: &Gathered<Answer<T>>, index: usize) -> Vec<(&str, &Found<T>)> {
    let answers = gathered.answers.iter();
    answers
        .filter_map(|(cluster, answer)| {
            let found = answer.found.get(index)?.as_ref()?;
            Some((cluster.as_deref().unwrap_or_default(), found))
        })
        .collect()
}

/// Ends the command: names of which there is no object are told, and are a failure unless a group was asked for.
fn settle<T>(
    context: &Context,
    request: &Request<'_>,
    gathered: &Gathered<Answer<T>>,
) -> Result<(), Failure> {
    let mut failures: Vec<(Ui, Failure)> = Vec::new();
    let mut is_whole = true;
    for (cluster, answer) in &gathered.answers {
        let ui = context.ui_of(cluster.as_deref());
        for (target, found) in request.targets.iter().zip(&answer.found) {
            is_whole &= found.is_some();
            for name in found.iter().flat_map(|found| &found.missing) {
                let failure = nothing(context, request, target.kind, Some(name));
                if request.tolerates(target, name) {
                    ui.failure(failure);
                } else {
                    failures.push((ui.clone(), failure));
                }
            }
        }
    }
    let last = if request.args.fleet.is_fleet() {
        None
    } else {
        failures.pop()
    };
    for (ui, failure) in &failures {
        ui.failure(failure);
    }
    gathered.end()?;
    match last {
        Some((_, failure)) => Err(failure),
        None if failures.is_empty() && (is_whole || request.scope == Scope::Group) => Ok(()),
        None => Err(Failure::new("not everything that was asked for is there")),
    }
}

fn nothing(context: &Context, request: &Request<'_>, kind: &Kind, name: Option<&str>) -> Failure {
    let place = request.args.selection.choice.place(context);
    Failure::new(match name {
        Some(name) => format!(
            "{} object '{name}' not found in {place} namespace",
            kind.name
        ),
        None => format!("no {} objects found in {place} namespace", kind.name),
    })
}
