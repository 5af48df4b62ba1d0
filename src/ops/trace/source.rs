//! From an applier to where its content comes from.

use serde_json::Value;

use super::link::{Label, Link};
use crate::api::Kind;
use crate::cluster::{Address, Cluster, Resource};
use crate::error::Failure;
use crate::manifest::Object;

/// Tells of a Kustomization and its source.
pub async fn kustomization(cluster: &Cluster, address: &Address) -> Result<Vec<Link>, Failure> {
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

/// Tells of a release, its chart and the source of that.
pub async fn release(cluster: &Cluster, address: &Address) -> Result<Vec<Link>, Failure> {
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

/// Returns where an object of a kind of Flux is.
pub fn flux(kind: &str, namespace: &str, name: &str) -> Address {
    let kind = Kind::named(kind).expect("it is one of the table");
    Resource::from(kind).at(namespace, name)
}

/// Reads an object that has to be there.
async fn found(cluster: &Cluster, address: &Address) -> Result<Object, Failure> {
    let object = cluster.get(address).await?;
    object.ok_or_else(|| Failure::new(format!("{address} not found")))
}
