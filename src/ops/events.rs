//! What the controllers say about Flux objects, and about what these are made from.

use std::collections::{BTreeSet, HashMap};

use futures::future::try_join_all;
use futures::stream::{BoxStream, SelectAll};
use futures::{StreamExt as _, stream};
use serde::Deserialize;
use serde_json::Value;

use crate::api::Kind;
use crate::cluster::{
    Address, Change, Cluster, ClusterError, Event, Resource, Selection, Watch, sort_events,
};
use crate::error::Failure;
use crate::manifest::Object;

/// How many events are read at a time.
const PAGE: u32 = 500;

/// Which events are meant.
#[derive(Clone, Debug)]
pub struct EventsRequest {
    /// The namespace of the objects.
    pub namespace: String,
    /// Whether the events of all namespaces are meant; an object that is named is still looked for in the one.
    pub everywhere: bool,
    /// The kind that they are about; any kind of Flux where it is `None`.
    pub kind: Option<&'static Kind>,
    /// The object that they are about; any of the kind where it is empty.
    pub name: String,
    /// `Normal`, `Warning` or both; both as well where it is empty.
    pub types: Vec<String>,
}

/// An event, for tables and as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToldEvent {
    /// Its fields.
    pub event: Event,
    /// The whole object.
    pub object: Value,
}

impl<'de> Deserialize<'de> for ToldEvent {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut object = Value::deserialize(deserializer)?;
        let event = Event::deserialize(&object).map_err(serde::de::Error::custom)?;
        if let Some(fields) = object.as_object_mut() {
            fields.entry("apiVersion").or_insert_with(|| "v1".into());
            fields.entry("kind").or_insert_with(|| "Event".into());
        }
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove("managedFields");
        }
        Ok(Self { event, object })
    }
}

/// Where to look for events.
#[derive(Clone, Debug)]
pub struct EventsPlan {
    selections: Vec<Selection>,
    types: Vec<String>,
    /// Whether the events are of more than one namespace.
    pub spans_namespaces: bool,
}

/// Decides where to look; for a named object this reads it, to know what it is made from.
///
/// # Errors
///
/// Fails where the object is not there.
pub async fn plan_events(
    cluster: &Cluster,
    request: &EventsRequest,
) -> Result<EventsPlan, Failure> {
    let everywhere = if request.everywhere {
        ""
    } else {
        request.namespace.as_str()
    };
    let mut selections = vec![selection(everywhere, request.kind, &request.name)];
    let mut spans_namespaces = request.everywhere;
    if let (Some(kind), false) = (request.kind, request.name.is_empty()) {
        let address = Resource::from(kind).at(&request.namespace, &request.name);
        for origin in origins(cluster, &address).await? {
            spans_namespaces |= origin.namespace != request.namespace;
            if let Some(kind) = kind_of(&origin.resource.group, &origin.resource.kind) {
                selections.push(selection(&origin.namespace, Some(kind), &origin.name));
            }
        }
    }
    Ok(EventsPlan {
        selections,
        types: request.types.clone(),
        spans_namespaces,
    })
}

/// Lists the events that are there, oldest first.
///
/// # Errors
///
/// Fails where events may not be listed.
pub async fn list_events(
    cluster: &Cluster,
    plan: &EventsPlan,
) -> Result<Vec<ToldEvent>, ClusterError> {
    let list = async |selection| cluster.list::<ToldEvent>(&Resource::EVENT, selection).await;
    let lists = try_join_all(plan.selections.iter().map(list)).await?;
    Ok(plan.chosen(lists.into_iter().flatten()))
}

impl EventsPlan {
    /// Returns those that count, oldest first.
    fn chosen(&self, events: impl Iterator<Item = ToldEvent>) -> Vec<ToldEvent> {
        let mut by_key: HashMap<(String, String), Value> = HashMap::new();
        let mut chosen = Vec::new();
        for told in events.filter(|told| self.counts(&told.event)) {
            let metadata = &told.event.metadata;
            let key = (metadata.namespace.clone(), metadata.name.clone());
            if by_key.insert(key, told.object).is_none() {
                chosen.push(told.event);
            }
        }
        sort_events(&mut chosen);
        let whole = chosen.into_iter().map(|event| {
            let key = (
                event.metadata.namespace.clone(),
                event.metadata.name.clone(),
            );
            let object = by_key.remove(&key).unwrap_or_default();
            ToldEvent { event, object }
        });
        whole.collect()
    }

    /// Says whether an event is about a kind of Flux, and of a type that is asked for.
    fn counts(&self, event: &Event) -> bool {
        let object = &event.involved_object;
        let group = object.api_version.split_once('/');
        let group = group.map_or("", |(group, _)| group);
        let is_typed = self.types.is_empty()
            || self
                .types
                .iter()
                .any(|wanted| wanted.eq_ignore_ascii_case(&event.kind));
        is_typed && kind_of(group, &object.kind).is_some()
    }
}

/// A change, and the number of the watch that it comes from.
type Numbered = (usize, Result<Change<ToldEvent>, ClusterError>);

/// The events of a plan as they come: those that are there first, oldest first, then each new one.
pub struct EventStream {
    plan: EventsPlan,
    changes: SelectAll<BoxStream<'static, Numbered>>,
    /// The watches that have not yet told what is there.
    beginning: BTreeSet<usize>,
    /// What the others have told meanwhile.
    held: Vec<ToldEvent>,
    ready: std::vec::IntoIter<ToldEvent>,
    /// The version of each event that was given out.
    seen: HashMap<(String, String), String>,
}

impl EventStream {
    /// Begins to watch.
    pub fn open(cluster: &Cluster, plan: EventsPlan) -> Self {
        let watches = plan
            .selections
            .iter()
            .enumerate()
            .map(|(number, selection)| {
                let watch: Watch<ToldEvent> = cluster.watch(&Resource::EVENT, selection);
                let changes = stream::unfold(watch, move |mut watch| async move {
                    let change = watch.next().await;
                    Some(((number, change), watch))
                });
                changes.boxed()
            });
        Self {
            changes: watches.collect(),
            beginning: (0..plan.selections.len()).collect(),
            plan,
            held: Vec::new(),
            ready: Vec::new().into_iter(),
            seen: HashMap::new(),
        }
    }

    /// Waits for the next event.
    ///
    /// # Errors
    ///
    /// Fails where the cluster does; after an error that may pass, it may be called again.
    pub async fn next(&mut self) -> Result<ToldEvent, ClusterError> {
        loop {
            if let Some(told) = self.ready.next() {
                return Ok(told);
            }
            let Some((number, change)) = self.changes.next().await else {
                // There is always a watch, and none ever ends.
                return std::future::pending().await;
            };
            self.held.extend(told_by(change?));
            self.beginning.remove(&number);
            if self.beginning.is_empty() {
                let held = std::mem::take(&mut self.held);
                self.ready = self.news(held).into_iter();
            }
        }
    }

    /// Returns those that were not given out before.
    fn news(&mut self, events: Vec<ToldEvent>) -> Vec<ToldEvent> {
        let mut news = self.plan.chosen(events.into_iter());
        news.retain(|told| {
            let metadata = &told.event.metadata;
            let key = (metadata.namespace.clone(), metadata.name.clone());
            let version = metadata.resource_version.clone();
            self.seen.insert(key, version.clone()) != Some(version)
        });
        news
    }
}

/// Returns the events of a change; that one is forgotten by the server is no news.
fn told_by(change: Change<ToldEvent>) -> Vec<ToldEvent> {
    match change {
        Change::All(events) => events,
        Change::Put(event) => vec![event],
        Change::Gone(_) => Vec::new(),
    }
}

/// Selects the events about a kind and a name, in one namespace or in all of them.
fn selection(namespace: &str, kind: Option<&'static Kind>, name: &str) -> Selection {
    let mut fields = Vec::new();
    if let Some(kind) = kind {
        fields.push(format!("involvedObject.kind={}", kind.name));
    }
    if !name.is_empty() {
        fields.push(format!("involvedObject.name={name}"));
    }
    Selection {
        fields: fields.join(","),
        page: Some(PAGE),
        ..Selection::of_namespace(namespace)
    }
}

/// Returns the kind that events are shown for; what is told about an external artifact is not shown.
pub fn kind_of(group: &str, name: &str) -> Option<&'static Kind> {
    Kind::of(group, name).filter(|kind| kind.name != "ExternalArtifact")
}

/// The kinds whose objects say what they are made from, or speak through. Of all others nothing is read, so that the
/// events of an object can be seen when it is gone.
const WITH_ORIGINS: &[&str] = &[
    "Kustomization",
    "HelmRelease",
    "HelmChart",
    "Alert",
    "ImagePolicy",
];

/// Returns what an object is made from, or speaks through.
async fn origins(cluster: &Cluster, address: &Address) -> Result<Vec<Address>, Failure> {
    if !WITH_ORIGINS.contains(&address.resource.kind.as_ref()) {
        return Ok(Vec::new());
    }
    let object = cluster.get(address).await?;
    let object = object.ok_or_else(|| Failure::new(format!("{address} not found")))?;
    let at = |pointer: &str, default_kind: &str| reference(&object, pointer, default_kind);
    let found = match address.resource.kind.as_ref() {
        "Kustomization" | "HelmChart" => vec![at("/spec/sourceRef", "")],
        "HelmRelease" if object.get("/spec/chartRef").is_some() => {
            let chart = at("/spec/chartRef", "");
            let below = match &chart {
                Some(chart) if chart.resource.kind == "HelmChart" => {
                    let object = cluster.get(chart).await?;
                    object.and_then(|object| reference(&object, "/spec/sourceRef", ""))
                }
                _ => None,
            };
            vec![chart, below]
        }
        "HelmRelease" => {
            let source = at("/spec/chart/spec/sourceRef", "HelmRepository");
            let chart = source.as_ref().and_then(|source| {
                let name = format!("{}-{}", address.namespace, address.name);
                let kind = Kind::named("HelmChart")?;
                Some(Resource::from(kind).at(&source.namespace, &name))
            });
            vec![source, chart]
        }
        "Alert" => vec![at("/spec/providerRef", "Provider")],
        "ImagePolicy" => vec![at("/spec/imageRepositoryRef", "ImageRepository")],
        _ => Vec::new(),
    };
    Ok(found.into_iter().flatten().collect())
}

/// Reads a reference of an object; `None` where there is none, or to no kind of Flux.
fn reference(object: &Object, pointer: &str, default_kind: &str) -> Option<Address> {
    let text = |field: &str| object.text(&format!("{pointer}/{field}"));
    let or = |text, default| match text {
        "" => default,
        text => text,
    };
    let kind = Kind::named(or(text("kind"), default_kind))?;
    let namespace = or(text("namespace"), object.namespace());
    Some(Resource::from(kind).at(namespace, text("name")))
}
