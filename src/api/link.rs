//! What an object refers to: what it is made from, and what it waits for.

use serde_json::Value;

use super::flux::Kind;
use super::row::{Row, RowReference, row_of};
use crate::manifest::{Object, ObjectId};

/// Why an object needs another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// It waits until the other one is ready: `spec.dependsOn`.
    DependsOn,
    /// It is made from the other one: a source, a chart, an image repository, a provider.
    Source,
}

/// One reference of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Why the other one is needed.
    pub relation: Relation,
    /// The other one.
    pub target: ObjectId,
}

/// The references that stand in one field each: where, and the group of the kind where none is written.
///
/// From the API types of the controllers (`ImagePolicySpec`, `AlertSpec`); their kinds are given where the
/// reference does not name one.
const NAMED: &[(&str, &str, &str)] = &[
    (
        "/spec/imageRepositoryRef",
        "image.toolkit.fluxcd.io",
        "ImageRepository",
    ),
    (
        "/spec/providerRef",
        "notification.toolkit.fluxcd.io",
        "Provider",
    ),
];

/// The lists of references to sources: of artifact generators, and of Git repositories that include others.
const LISTS: &[(&str, &str)] = &[("/spec/sources", ""), ("/spec/include", "repository")];

/// The kinds whose controllers apply objects, and label them with their group.
const APPLIERS: &[&str] = &["Kustomization", "HelmRelease"];

/// Returns what an object of Flux refers to, in the order of its fields; each other object once for each reason.
pub fn links(kind: &Kind, object: &Object) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let mut add = |relation, target: ObjectId| {
        let link = Link { relation, target };
        if !link.target.name.is_empty() && !links.contains(&link) {
            links.push(link);
        }
    };
    let row = row_of(object.value());
    for target in dependencies(kind, &row) {
        add(Relation::DependsOn, target);
    }
    for target in sources(object, &row) {
        add(Relation::Source, target);
    }
    links
}

/// Returns what an object waits for, in its own order.
pub fn dependencies(kind: &Kind, row: &Row) -> impl Iterator<Item = ObjectId> {
    // What an object may wait for is of its own kind.
    row.spec.depends_on.iter().map(|reference| {
        let namespace = match reference.namespace.as_str() {
            "" => &row.metadata.namespace,
            named => named,
        };
        ObjectId {
            group: kind.group.into(),
            kind: kind.name.into(),
            namespace: namespace.into(),
            name: reference.name.clone(),
        }
    })
}

/// Returns who applied an object, by the labels that controllers put on all that they apply; an object is not its
/// own parent.
pub fn parents(object: &Object) -> Vec<ObjectId> {
    let parent = |kind: &&str| {
        let kind = Kind::named(kind)?;
        let label = |name: &str| object.label(&format!("{}/{name}", kind.group));
        Some(ObjectId {
            group: kind.group.into(),
            kind: kind.name.into(),
            namespace: label("namespace")?.into(),
            name: label("name")?.into(),
        })
    };
    let own = object.id();
    let parents = APPLIERS.iter().filter_map(parent);
    parents.filter(|id| *id != own).collect()
}

/// Returns what an object names as its source, as far as a row keeps that: a source, a chart, the source of a chart.
pub fn written_sources(row: &Row) -> impl Iterator<Item = ObjectId> {
    let spec = &row.spec;
    let written = [
        &spec.source_ref,
        &spec.chart_ref,
        &spec.chart.spec.source_ref,
    ];
    written
        .into_iter()
        .flatten()
        .map(|reference| row.resolve(reference))
}

fn sources(object: &Object, row: &Row) -> Vec<ObjectId> {
    let mut sources: Vec<ObjectId> = written_sources(row).collect();
    for (pointer, group, kind) in NAMED {
        if let Some(reference) = object.get(pointer) {
            let reference = reference_of(reference);
            sources.push(resolve(object, &reference, (group, kind)));
        }
    }
    for (pointer, inner) in LISTS {
        for entry in list(object, pointer) {
            let reference = if inner.is_empty() {
                Some(entry)
            } else {
                entry.get(inner)
            };
            let reference = reference_of(reference.unwrap_or(&Value::Null));
            if reference.kind.is_empty() {
                let own = (object.group(), object.kind());
                sources.push(resolve(object, &reference, own));
            } else {
                sources.push(row.resolve(&reference));
            }
        }
    }
    sources
}

fn list<'a>(object: &'a Object, pointer: &str) -> impl Iterator<Item = &'a Value> {
    object
        .get(pointer)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// Reads a reference; what is of a wrong type in it counts as absent, as in rows.
fn reference_of(value: &Value) -> RowReference {
    serde_json::from_value(value.clone()).unwrap_or_default()
}

/// Returns the object of a kind that a reference names; without a namespace it stands beside its own.
fn resolve(object: &Object, reference: &RowReference, (group, kind): (&str, &str)) -> ObjectId {
    let namespace = match reference.namespace.as_str() {
        "" => object.namespace(),
        namespace => namespace,
    };
    ObjectId {
        group: group.into(),
        kind: kind.into(),
        namespace: namespace.into(),
        name: reference.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(kind: &str, spec: &Value) -> Vec<String> {
        let kind = Kind::named(kind).unwrap();
        let object = Object::new(json!({
            "apiVersion": format!("{}/{}", kind.group, kind.version),
            "kind": kind.name,
            "metadata": {"name": "web", "namespace": "apps"},
            "spec": spec,
        }))
        .unwrap();
        links(kind, &object)
            .iter()
            .map(|link| format!("{:?} {}", link.relation, link.target))
            .collect()
    }

    #[test]
    fn finds_what_is_waited_for_and_what_it_is_made_from() {
        let spec = json!({
            "dependsOn": [{"name": "infra"}, {"name": "db", "namespace": "data"}, {"name": "infra"}, 7],
            "sourceRef": {"kind": "GitRepository", "name": "fleet", "namespace": "flux-system"},
        });
        assert_eq!(
            shown("Kustomization", &spec),
            [
                "DependsOn Kustomization/apps/infra",
                "DependsOn Kustomization/data/db",
                "Source GitRepository/flux-system/fleet"
            ]
        );
        let chart =
            json!({"chart": {"spec": {"sourceRef": {"kind": "HelmRepository", "name": "charts"}}}});
        assert_eq!(
            shown("HelmRelease", &chart),
            ["Source HelmRepository/apps/charts"]
        );
    }

    #[test]
    fn finds_the_references_of_the_other_kinds() {
        let policy = json!({"imageRepositoryRef": {"name": "web"}});
        assert_eq!(
            shown("ImagePolicy", &policy),
            ["Source ImageRepository/apps/web"]
        );
        let alert = json!({"providerRef": {"name": "slack"}, "eventSources": []});
        assert_eq!(shown("Alert", &alert), ["Source Provider/apps/slack"]);
        let include = json!({"include": [{"repository": {"name": "shared"}}]});
        assert_eq!(
            shown("GitRepository", &include),
            ["Source GitRepository/apps/shared"]
        );
        let generator = json!({"sources": [{"alias": "a", "kind": "OCIRepository", "name": "o"}]});
        assert_eq!(
            shown("ArtifactGenerator", &generator),
            ["Source OCIRepository/apps/o"]
        );
    }

    #[test]
    fn parents_are_read_from_labels() {
        let object = Object::new(json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "a", "labels": {
                "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "f",
                "helm.toolkit.fluxcd.io/name": "no-namespace",
            }},
        }))
        .unwrap();
        let found: Vec<String> = parents(&object).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["Kustomization/f/apps"]);
    }
}
