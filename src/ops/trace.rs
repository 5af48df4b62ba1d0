//! From an object back to where it came from: who applies it, from which source, at which revision.

use std::collections::BTreeMap;

use futures::future::{BoxFuture, FutureExt as _};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::api::Kind;
use crate::cluster::{Address, Cluster, ClusterError, Resource};
use crate::error::Failure;
use crate::manifest::Object;

/// How many owners are followed upwards: more than any chain of controllers makes.
const HIGHEST: usize = 16;

/// The way of one object.
#[derive(Clone, Debug, JsonSchema, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// The object that was asked for.
    pub object: Traced,
    /// Who brought it, and from where: the applier first, then its sources.
    pub chain: Vec<Link>,
}

/// An object that was asked for.
#[derive(Clone, Debug, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Traced {
    /// API group and version.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Namespace; empty for what lives in none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl Traced {
    /// Names an object.
    pub fn of(object: &Object) -> Self {
        Self {
            api_version: object.api_version().into(),
            kind: object.kind().into(),
            namespace: object.namespace().into(),
            name: object.name().into(),
        }
    }
}

/// One Flux object on the way.
#[derive(Clone, Debug, Default, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// Kind.
    pub kind: &'static str,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// What is to be known about it, in the order in which it is shown.
    #[serde(flatten, serialize_with = "as_fields")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub facts: Vec<Fact>,
    /// Whether it is ready; `None` before its first reconciliation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<Ready>,
}

/// Something to know about a link: its label, and its text.
pub type Fact = (Label, String);

/// What a fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// The namespace that is applied to.
    Target,
    /// The folder that is applied.
    Path,
    /// The address of a source.
    Url,
    /// The object that a source was made by.
    Source,
    /// The name of a chart.
    Chart,
    /// The wanted version of a chart.
    Version,
    /// The wanted tag, or the range of it.
    Tag,
    /// The wanted branch.
    Branch,
    /// The wanted digest.
    Digest,
    /// The revision that was found or applied.
    Revision,
    /// The revision in Git that an artifact was made from.
    OriginRevision,
    /// The repository that an artifact was made from.
    OriginSource,
}

impl Label {
    /// Returns what people read before the text.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Target => "Target",
            Self::Path => "Path",
            Self::Url => "URL",
            Self::Source => "Source",
            Self::Chart => "Chart",
            Self::Version => "Version",
            Self::Tag => "Tag",
            Self::Branch => "Branch",
            Self::Digest => "Digest",
            Self::Revision => "Revision",
            Self::OriginRevision => "Origin Revision",
            Self::OriginSource => "Origin Source",
        }
    }

    /// Returns the name of the field in a document.
    const fn field(self) -> &'static str {
        match self {
            Self::Target => "targetNamespace",
            Self::Path => "path",
            Self::Url => "url",
            Self::Source => "source",
            Self::Chart => "chart",
            Self::Version => "version",
            Self::Tag => "tag",
            Self::Branch => "branch",
            Self::Digest => "digest",
            Self::Revision => "revision",
            Self::OriginRevision => "originRevision",
            Self::OriginSource => "originSource",
        }
    }
}

/// The ready condition of a link.
#[derive(Clone, Debug, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Why.
    pub message: String,
    /// Since when it is so.
    pub last_transition_time: String,
}

fn as_fields<S: serde::Serializer>(facts: &[Fact], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(facts.iter().map(|(label, text)| (label.field(), text)))
}

/// Follows an object back to where it came from.
///
/// # Errors
///
/// Fails where Flux does not manage it, and where an object on the way is not there.
pub async fn trace(cluster: &Cluster, object: &Object) -> Result<Trace, Failure> {
    let applier = applier(cluster, object)
        .await?
        .ok_or_else(|| Failure::new("object not managed by Flux"))?;
    let chain = match applier.resource.kind.as_ref() {
        "Kustomization" => kustomization(cluster, &applier).await?,
        _ => release(cluster, &applier).await?,
    };
    Ok(Trace {
        object: Traced::of(object),
        chain,
    })
}

/// Finds the Kustomization or release whose labels the object carries, or else one of its owners.
async fn applier(cluster: &Cluster, object: &Object) -> Result<Option<Address>, Failure> {
    climb(cluster, object.clone(), HIGHEST).await
}

fn climb(
    cluster: &Cluster,
    object: Object,
    steps: usize,
) -> BoxFuture<'_, Result<Option<Address>, Failure>> {
    async move {
        if let Some(applier) = labelled(&object, "kustomize.toolkit.fluxcd.io", "Kustomization")
            .or_else(|| labelled(&object, "helm.toolkit.fluxcd.io", "HelmRelease"))
        {
            if applier.namespace.is_empty() {
                return Err(Failure::new(format!(
                    "its labels name {applier}, but no namespace"
                )));
            }
            return Ok(Some(applier));
        }
        if steps == 0 {
            return Ok(None);
        }
        for address in owners(cluster, &object).await? {
            let Some(owner) = cluster.get(&address).await? else {
                continue;
            };
            if let Some(applier) = climb(cluster, owner, steps - 1).await? {
                return Ok(Some(applier));
            }
        }
        Ok(None)
    }
    .boxed()
}

/// Reads who applies an object from its labels.
fn labelled(object: &Object, group: &str, kind: &str) -> Option<Address> {
    let name = object.label(&format!("{group}/name"))?;
    let namespace = object.label(&format!("{group}/namespace"));
    Some(flux(kind, namespace.unwrap_or_default(), name))
}

/// Returns where the owners of an object are; those of a kind that is no longer served are left out.
async fn owners(cluster: &Cluster, object: &Object) -> Result<Vec<Address>, Failure> {
    let references = object
        .get("/metadata/ownerReferences")
        .and_then(Value::as_array);
    let mut owners = Vec::new();
    for reference in references.into_iter().flatten() {
        let text = |field: &str| reference[field].as_str().unwrap_or_default();
        match cluster.resource(text("apiVersion"), text("kind")).await {
            Ok(resource) => owners.push(resource.at(object.namespace(), text("name"))),
            Err(ClusterError::UnknownKind { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(owners)
}

async fn kustomization(cluster: &Cluster, address: &Address) -> Result<Vec<Link>, Failure> {
    let applier = found(cluster, address).await?;
    let mut link = Link::new("Kustomization", &applier);
    link.told(Label::Target, applier.text("/spec/targetNamespace"));
    link.always(Label::Path, applier.text("/spec/path"));
    link.always(Label::Revision, applier.text("/status/lastAppliedRevision"));
    let mut chain = vec![link];
    let reference = Reference::at(&applier, "/spec/sourceRef", "");
    chain.extend(source(cluster, &reference, Origin::Shown).await?);
    Ok(chain)
}

async fn release(cluster: &Cluster, address: &Address) -> Result<Vec<Link>, Failure> {
    let applier = found(cluster, address).await?;
    let mut link = Link::new("HelmRelease", &applier);
    link.told(Label::Target, applier.text("/spec/targetNamespace"));
    link.always(
        Label::Revision,
        applier.text("/status/lastAttemptedRevision"),
    );
    let mut chain = vec![link];
    if applier.get("/spec/chart").is_some() {
        let chart = applier.text("/status/helmChart");
        if let Some((namespace, name)) = chart.split_once('/') {
            let chart = found(cluster, &flux("HelmChart", namespace, name)).await?;
            chain.push(chart_link(&chart));
        }
        let reference = Reference::at(&applier, "/spec/chart/spec/sourceRef", "HelmRepository");
        chain.extend(source(cluster, &reference, Origin::Hidden).await?);
        return Ok(chain);
    }
    let reference = Reference::at(&applier, "/spec/chartRef", "");
    if reference.kind != "HelmChart" {
        chain.extend(source(cluster, &reference, Origin::Hidden).await?);
        return Ok(chain);
    }
    let chart = found(cluster, &reference.address("HelmChart")).await?;
    chain.push(chart_link(&chart));
    let reference = Reference::at(&chart, "/spec/sourceRef", "HelmRepository");
    chain.extend(source(cluster, &reference, Origin::Hidden).await?);
    Ok(chain)
}

fn chart_link(chart: &Object) -> Link {
    let mut link = Link::new("HelmChart", chart);
    link.always(Label::Chart, chart.text("/spec/chart"));
    link.always(Label::Version, chart.text("/spec/version"));
    link.artifact(chart);
    link
}

/// Whether a report shows where an OCI artifact was made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Shown,
    Hidden,
}

/// Reads a source; none for a kind that is no source of Flux.
async fn source(
    cluster: &Cluster,
    reference: &Reference,
    origin: Origin,
) -> Result<Option<Link>, Failure> {
    type Facts = fn(&mut Link, &Object);
    const KINDS: &[(&str, Facts)] = &[
        ("GitRepository", git_facts),
        ("OCIRepository", oci_facts),
        ("Bucket", bucket_facts),
        ("HelmRepository", |link, object| {
            link.always(Label::Url, object.text("/spec/url"));
        }),
        ("ExternalArtifact", external_facts),
    ];
    let Some((kind, facts)) = KINDS.iter().find(|(kind, _)| reference.kind == *kind) else {
        return Ok(None);
    };
    let object = found(cluster, &reference.address(kind)).await?;
    let mut link = Link::new(kind, &object);
    facts(&mut link, &object);
    link.artifact(&object);
    if *kind == "OCIRepository" && origin == Origin::Shown {
        link.origin(&object);
    }
    Ok(Some(link))
}

fn git_facts(link: &mut Link, object: &Object) {
    link.always(Label::Url, object.text("/spec/url"));
    let wanted = |field: &str| object.text(&format!("/spec/ref/{field}"));
    match (wanted("tag"), wanted("semver")) {
        ("", "") => link.told(Label::Branch, wanted("branch")),
        ("", range) => link.told(Label::Tag, range),
        (tag, _) => link.told(Label::Tag, tag),
    }
}

fn oci_facts(link: &mut Link, object: &Object) {
    link.always(Label::Url, object.text("/spec/url"));
    let wanted = |field: &str| object.text(&format!("/spec/ref/{field}"));
    match (wanted("tag"), wanted("semver")) {
        ("", "") => link.told(Label::Digest, wanted("digest")),
        ("", range) => link.told(Label::Tag, range),
        (tag, _) => link.told(Label::Tag, tag),
    }
}

fn bucket_facts(link: &mut Link, object: &Object) {
    let is_insecure = object.get("/spec/insecure").and_then(Value::as_bool) == Some(true);
    let scheme = if is_insecure { "http" } else { "https" };
    let (endpoint, bucket) = (
        object.text("/spec/endpoint"),
        object.text("/spec/bucketName"),
    );
    link.always(Label::Url, &format!("{scheme}://{endpoint}/{bucket}"));
}

fn external_facts(link: &mut Link, object: &Object) {
    let reference = Reference::at(object, "/spec/sourceRef", "");
    link.always(
        Label::Source,
        &format!(
            "{}/{}/{}",
            reference.kind, reference.namespace, reference.name
        ),
    );
}

impl Link {
    fn new(kind: &'static str, object: &Object) -> Self {
        Self {
            kind,
            namespace: object.namespace().into(),
            name: object.name().into(),
            facts: Vec::new(),
            ready: ready(object),
        }
    }

    fn always(&mut self, label: Label, text: &str) {
        self.facts.push((label, text.into()));
    }

    /// Adds a fact, if there is something to tell.
    fn told(&mut self, label: Label, text: &str) {
        if !text.is_empty() {
            self.always(label, text);
        }
    }

    /// Adds the revision of an artifact.
    fn artifact(&mut self, object: &Object) {
        if object.get("/status/artifact").is_some() {
            self.always(Label::Revision, object.text("/status/artifact/revision"));
        }
    }

    /// Adds where an OCI artifact was made, as its annotations tell.
    fn origin(&mut self, object: &Object) {
        let annotation = |name: &str| {
            object.text(&format!(
                "/status/artifact/metadata/org.opencontainers.image.{name}"
            ))
        };
        let (revision, source) = (annotation("revision"), annotation("source"));
        // Where one of the two is told, flux leaves a line for the other as well.
        if !(revision.is_empty() && source.is_empty()) {
            self.always(Label::OriginRevision, revision);
            self.always(Label::OriginSource, source);
        }
    }
}

/// Reads the ready condition of an object.
fn ready(object: &Object) -> Option<Ready> {
    let conditions = object.get("/status/conditions")?.as_array()?;
    let ready = conditions
        .iter()
        .find(|condition| condition["type"] == "Ready")?;
    let text = |field: &str| ready[field].as_str().unwrap_or_default().to_owned();
    Some(Ready {
        status: text("status"),
        message: text("message"),
        last_transition_time: text("lastTransitionTime"),
    })
}

/// A reference from one Flux object to another.
struct Reference {
    kind: String,
    namespace: String,
    name: String,
}

impl Reference {
    /// Reads the reference at a pointer; it means the namespace of the object itself where it names none.
    fn at(object: &Object, pointer: &str, default_kind: &str) -> Self {
        let text = |field: &str| object.text(&format!("{pointer}/{field}"));
        let or =
            |text: &str, default: &str| if text.is_empty() { default } else { text }.to_owned();
        Self {
            kind: or(text("kind"), default_kind),
            namespace: or(text("namespace"), object.namespace()),
            name: text("name").into(),
        }
    }

    fn address(&self, kind: &str) -> Address {
        flux(kind, &self.namespace, &self.name)
    }
}

fn flux(kind: &str, namespace: &str, name: &str) -> Address {
    let kind = Kind::named(kind).expect("it is one of the table");
    Resource::from(kind).at(namespace, name)
}

/// Reads an object that has to be there.
async fn found(cluster: &Cluster, address: &Address) -> Result<Object, Failure> {
    let object = cluster.get(address).await?;
    object.ok_or_else(|| Failure::new(format!("{address} not found")))
}
