//! The Kustomization that a cluster begins with.

use std::path::Path;

use serde_json::json;

use super::super::recipe::{Recipe, RecipeSpec, SourceReference};
use crate::kustomize::load::join;
use crate::manifest::Object;

/// Makes the Kustomization that a bootstrap makes for a path.
pub fn root_object(path: &str) -> Object {
    let object = Object::new(json!({
        "apiVersion": format!("{}/v1", Recipe::GROUP),
        "kind": "Kustomization",
        "metadata": {"name": "flux-system", "namespace": "flux-system"},
        "spec": {
            "path": format!("./{path}"),
            "prune": true,
            "sourceRef": {"kind": "GitRepository", "name": "flux-system"},
        },
    }));
    object.expect("it has a name and a kind")
}

/// Finds the Kustomization that builds the path it is in.
pub fn own_object<'a>(objects: &'a [Object], path: &Path) -> Option<&'a Object> {
    let is_own = |object: &&Object| {
        let written = object.text("/spec/path");
        Recipe::is_for(object) && !written.is_empty() && join(Path::new("/"), written) == path
    };
    objects.iter().find(is_own)
}

/// Says whether two Kustomizations build the same from one path.
pub fn builds_alike(one: &Recipe, other: &Recipe) -> bool {
    let bare = |recipe: &Recipe| RecipeSpec {
        path: String::new(),
        source_ref: SourceReference::default(),
        ..recipe.spec.clone()
    };
    one.name == other.name && one.namespace == other.namespace && bare(one) == bare(other)
}
