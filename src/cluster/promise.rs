//! What objects bring with them: namespaces and kinds that are not there yet (pure).

use std::collections::BTreeSet;

use crate::manifest::Object;

/// The namespaces and kinds that some objects define.
#[derive(Debug, Default)]
pub struct Promised {
    namespaces: BTreeSet<String>,
    kinds: BTreeSet<(String, String)>,
}

impl Promised {
    /// Collects what the objects define.
    pub fn by(objects: &[Object]) -> Self {
        let mut promised = Self::default();
        for object in objects {
            match (object.group(), object.kind()) {
                ("", "Namespace") => {
                    promised.namespaces.insert(object.name().to_owned());
                }
                ("apiextensions.k8s.io", "CustomResourceDefinition") => {
                    let kind = object.text("/spec/names/kind").to_owned();
                    promised
                        .kinds
                        .insert((object.text("/spec/group").to_owned(), kind));
                }
                _ => {}
            }
        }
        promised
    }

    /// Says whether they define the kind of an object.
    pub fn defines(&self, object: &Object) -> bool {
        self.kinds
            .contains(&(object.group().to_owned(), object.kind().to_owned()))
    }

    /// Says whether they define the kind or the namespace of an object.
    pub fn covers(&self, object: &Object) -> bool {
        self.defines(object) || self.namespaces.contains(object.namespace())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn object(value: Value) -> Object {
        Object::new(value).unwrap()
    }

    #[test]
    fn namespaces_and_definitions_promise() {
        let promised = Promised::by(&[
            object(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})),
            object(json!({
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": {"name": "buckets.x.io"}, "spec": {"group": "x.io", "names": {"kind": "Bucket"}},
            })),
        ]);
        let bucket =
            object(json!({"apiVersion": "x.io/v2", "kind": "Bucket", "metadata": {"name": "b"}}));
        assert!(promised.defines(&bucket) && promised.covers(&bucket));
        let pod = |namespace: &str| {
            object(
                json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": namespace}}),
            )
        };
        assert!(promised.covers(&pod("shop")) && !promised.defines(&pod("shop")));
        assert!(!promised.covers(&pod("other")));
        assert!(
            !promised.covers(&pod("")),
            "no namespace is not a promised one"
        );
    }
}
