//! What may go wrong or hurt when a change is merged.

use super::access::widened;
use super::immutable::immutable_fields;
use super::object_change::{Danger, DangerKind};
use crate::manifest::Object;

/// The note that lets Flux delete and create anew what cannot be changed.
const FORCE: &str = "/metadata/annotations/kustomize.toolkit.fluxcd.io~1force";

/// Returns the dangers of a new object, or of a change of one.
pub fn dangers_of_change(before: Option<&Object>, after: &Object) -> Vec<Danger> {
    let mut dangers = Vec::new();
    if let Some(before) = before {
        let is_forced = after.text(FORCE).eq_ignore_ascii_case("enabled");
        dangers.extend(
            immutable_fields(before, after)
                .into_iter()
                .map(|field| Danger {
                    kind: DangerKind::ImmutableField,
                    message: if is_forced {
                        format!("{field} cannot be changed: the object is deleted and created anew")
                    } else {
                        format!("{field} cannot be changed: the server will refuse this")
                    },
                    field: Some(field),
                }),
        );
    }
    dangers.extend(widened(before, after));
    dangers
}

/// Returns what goes with an object that is deleted.
pub fn dangers_of_loss(object: &Object) -> Vec<Danger> {
    let (kind, message) = match (object.group(), object.kind()) {
        ("", "Namespace") => (
            DangerKind::NamespaceDeletion,
            "everything in the namespace is deleted with it",
        ),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => (
            DangerKind::DefinitionDeletion,
            "every object of this kind is deleted with its definition",
        ),
        ("", "PersistentVolumeClaim") => (
            DangerKind::VolumeDeletion,
            "the volume behind the claim may be deleted with its data",
        ),
        ("", "PersistentVolume") => (
            DangerKind::VolumeDeletion,
            "the data on the volume may be lost",
        ),
        _ => return Vec::new(),
    };
    vec![Danger {
        kind,
        message: message.into(),
        field: None,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn knows_whether_force_helps() {
        let claim = |class: &str, force: bool| {
            let mut value = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "x"}});
            value["spec"] = json!({"storageClassName": class});
            if force {
                value["metadata"]["annotations"] =
                    json!({"kustomize.toolkit.fluxcd.io/force": "Enabled"});
            }
            Object::new(value).unwrap()
        };
        let message = |force| {
            dangers_of_change(Some(&claim("a", false)), &claim("b", force))[0]
                .message
                .clone()
        };
        assert_eq!(
            message(false),
            "spec.storageClassName cannot be changed: the server will refuse this"
        );
        assert_eq!(
            message(true),
            "spec.storageClassName cannot be changed: the object is deleted and created anew"
        );
        assert_eq!(
            dangers_of_loss(&claim("a", false))[0].kind,
            DangerKind::VolumeDeletion
        );
    }
}
