//! A patch on one resource: what it may not change is put back, and what the build remembers survives or is lost.
//!
//! The reference keeps its memory of a resource (earlier names, prefixes and the like) in annotations while it builds.
//! Two things show: a JSON patch can add an annotation where the resource has none, and a patch that takes all
//! annotations away takes the memory with them. A mark among the annotations stands for that memory here.

use super::super::file::PatchOptions;
use super::super::resource::{Resource, text_map};
use super::super::schema::Schemas;
use super::json_error::ApplyError;
use super::json6902::{self, Operation};
use super::merge::{self, Fate};
use super::merge_error::MergeError;
use crate::manifest::{Content, Entry, Node};

/// The annotation that stands for the memory of a resource while it is patched.
const MARK: &str = "internal.config.kubernetes.io/memory";

/// Merges a patch into a resource; what its options do not allow to change stays.
///
/// # Errors
///
/// Fails where the patch does not fit the resource.
pub fn strategic(
    resource: &mut Resource,
    patch: Node,
    options: PatchOptions,
    schemas: &Schemas,
) -> Result<(), MergeError> {
    let before = resource.id().clone();
    if options.allow_name_change || options.allow_kind_change {
        resource.remember();
    }
    let tracked = resource.is_tracked();
    let root = resource.root_mut();
    if tracked {
        set_mark(root);
    }
    if merge::merge(root, patch, schemas)? == Fate::Cleared {
        resource.delete();
        return Ok(());
    }
    root.unify_twins();
    let forgotten = tracked && !take_mark(root);
    if !options.allow_kind_change {
        put_back(root, "kind", &before.gvk.kind);
    }
    let metadata = text_map::metadata(root);
    if !options.allow_name_change {
        put_back(metadata, "name", &before.name);
    }
    if before.namespace.is_empty() {
        metadata.remove("namespace");
    } else {
        put_back(metadata, "namespace", &before.namespace);
    }
    if forgotten {
        resource.forget();
    }
    resource.reread(|gvk| schemas.scope(gvk));
    Ok(())
}

/// Applies a JSON patch to a resource, which may change all of it.
///
/// # Errors
///
/// Fails where an operation does not fit the resource.
pub fn json(
    resource: &mut Resource,
    operations: &[Operation],
    schemas: &Schemas,
) -> Result<(), ApplyError> {
    let tracked = resource.is_tracked();
    let root = resource.root_mut();
    let mut document = std::mem::replace(root, Node::plain(""));
    if tracked {
        set_mark(&mut document);
    }
    *root = json6902::apply(document, operations)?;
    // What the reference remembers in annotations of its own it puts back, but not what it tells of origins.
    if tracked && !take_mark(root) {
        resource.forget_told();
    }
    resource.reread(|gvk| schemas.scope(gvk));
    Ok(())
}

fn set_mark(root: &mut Node) {
    let metadata = text_map::metadata(root);
    let annotations = metadata.get("annotations");
    if annotations.is_none_or(|annotations| annotations.entries().is_none()) {
        metadata.set("annotations", Node::mapping(Vec::new()));
    }
    if let Some(annotations) = metadata.get_mut("annotations") {
        annotations.set(MARK, Node::text(""));
    }
}

/// Takes the mark away, and annotations that hold nothing else; says whether it was there.
fn take_mark(root: &mut Node) -> bool {
    let Some(metadata) = root.get_mut("metadata") else {
        return false;
    };
    let Some(annotations) = metadata.get_mut("annotations") else {
        return false;
    };
    let marked = annotations.remove(MARK).is_some();
    if annotations.entries().is_some_and(<[Entry]>::is_empty) {
        metadata.remove("annotations");
    }
    marked
}

/// Writes a text back, if it is another one now.
fn put_back(parent: &mut Node, field: &str, text: &str) {
    if parent.get(field).and_then(Node::as_text) != Some(text) {
        parent.set(field, Node::text(text));
    }
}

/// Prepares a patch for targets that it does not name: their version counts, and labels and annotations are texts.
///
/// So a null among them deletes nothing: it is written as text.
pub fn prepare_for_targets(patch: &mut Node) {
    patch.remove("apiVersion");
    for field in ["labels", "annotations"] {
        make_texts(patch, field);
    }
}

/// Prepares a patch that may change names or kinds: its annotations are texts.
pub fn prepare_for_options(patch: &mut Node) {
    make_texts(patch, "annotations");
}

/// Makes a map of the metadata one of texts, each as it is written; an empty one goes.
fn make_texts(patch: &mut Node, field: &str) {
    let Some(metadata) = patch.get_mut("metadata") else {
        return;
    };
    let Some(map) = metadata.get_mut(field) else {
        return;
    };
    match &mut map.content {
        Content::Mapping(entries) if !entries.is_empty() => {
            for entry in entries {
                let text = entry.value.as_text().unwrap_or_default();
                entry.value = Node::text(text);
            }
        }
        _ => {
            metadata.remove(field);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::kustomize::resource::Scope;
    use crate::manifest::Dialect;

    fn node(text: &str) -> Node {
        Node::documents(text).unwrap().remove(0)
    }

    fn resource(text: &str) -> Resource {
        Resource::new(Arc::new(node(text)), |_| Scope::Namespaced)
    }

    fn value(resource: &Resource) -> Value {
        let root = resource.root().clone();
        root.into_value(Dialect::Resources, 1).unwrap()
    }

    const POD: &str = "{apiVersion: v1, kind: Pod, metadata: {name: a, annotations: {x: y}}}";

    #[test]
    fn puts_back_who_a_resource_is() {
        let patch = "{kind: Job, metadata: {name: b, namespace: c, labels: {l: m}}}";
        let mut pod = resource(POD);
        strategic(
            &mut pod,
            node(patch),
            PatchOptions::default(),
            &Schemas::new(),
        )
        .unwrap();
        let metadata = json!({"name": "a", "annotations": {"x": "y"}, "labels": {"l": "m"}});
        assert_eq!(
            value(&pod),
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata})
        );
        let options = PatchOptions {
            allow_name_change: true,
            allow_kind_change: true,
        };
        strategic(&mut pod, node(patch), options, &Schemas::new()).unwrap();
        assert_eq!(pod.id().to_string(), "Job.v1.[noGrp]/b.[noNs]");
        assert_eq!(pod.original_id().name, "a");
    }

    #[test]
    fn forgets_what_annotations_would_have_kept() {
        for (patch, kept) in [
            ("{metadata: {annotations: {x: null}}}", true),
            ("{metadata: {annotations: null}}", false),
            ("{metadata: {annotations: {$patch: replace, z: w}}}", false),
        ] {
            let mut pod = resource(POD);
            pod.remember();
            strategic(
                &mut pod,
                node(patch),
                PatchOptions::default(),
                &Schemas::new(),
            )
            .unwrap();
            assert_eq!(pod.has_history(), kept, "{patch}");
            assert!(!pod.root().to_text().contains(MARK));
        }
    }

    #[test]
    fn gives_a_json_patch_annotations_to_add_to() {
        let bare = "{apiVersion: v1, kind: Pod, metadata: {name: a}}";
        let add = json6902::read("- {op: add, path: /metadata/annotations/x, value: z}").unwrap();
        assert!(json(&mut resource(bare), &add, &Schemas::new()).is_err());
        let mut pod = resource(bare);
        pod.remember();
        json(&mut pod, &add, &Schemas::new()).unwrap();
        assert_eq!(
            value(&pod)["metadata"],
            json!({"name": "a", "annotations": {"x": "z"}})
        );
    }

    #[test]
    fn makes_texts_for_targets() {
        let mut patch =
            node("{apiVersion: v2, metadata: {labels: {a: null, b: 1}, annotations: }}");
        prepare_for_targets(&mut patch);
        let wanted = json!({"metadata": {"labels": {"a": "null", "b": "1"}}});
        assert_eq!(patch.into_value(Dialect::Resources, 1).unwrap(), wanted);
    }
}
