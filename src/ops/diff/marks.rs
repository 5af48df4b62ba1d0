//! The labels and annotations by which Flux leaves an object alone, or makes it anew.

use crate::manifest::Object;

/// The label or annotation of objects that are deleted and made anew where they can't be changed.
pub const FORCE: (&str, &str) = ("kustomize.toolkit.fluxcd.io/force", "enabled");

/// The labels or annotations of objects that Flux leaves alone, whether they stand in a file or in the cluster.
const LEFT_ALONE: &[(&str, &str)] = &[
    ("kustomize.toolkit.fluxcd.io/reconcile", "disabled"),
    ("kustomize.toolkit.fluxcd.io/ssa", "ignore"),
];

/// The label or annotation of objects that are made, but never changed.
const MADE_ONCE: (&str, &str) = ("kustomize.toolkit.fluxcd.io/ssa", "ifnotpresent");

/// Returns the mark for which an object is left alone.
pub fn left_alone(live: Option<&Object>, wanted: &Object) -> Option<String> {
    let told = |mark: &(&str, &str)| format!("{}: {}", mark.0, mark.1);
    let is_left = |mark: &&(&str, &str)| {
        is_marked(wanted, **mark) || live.is_some_and(|live| is_marked(live, **mark))
    };
    let left = LEFT_ALONE.iter().find(is_left).map(told);
    left.or_else(|| (live.is_some() && is_marked(wanted, MADE_ONCE)).then(|| told(&MADE_ONCE)))
}

/// Says whether an object has a label or an annotation with a value, in any case of letters.
pub fn is_marked(object: &Object, (key, value): (&str, &str)) -> bool {
    ["/metadata/labels", "/metadata/annotations"]
        .iter()
        .any(|part| {
            let text = object.get(part).and_then(|part| part.get(key)?.as_str());
            text.is_some_and(|text| text.eq_ignore_ascii_case(value))
        })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn marks_count_in_any_case_on_either_side() {
        let object = |metadata: Value| {
            let mut value = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
            value["metadata"]["name"] = "a".into();
            Object::new(value).unwrap()
        };
        let plain = object(json!({}));
        let ignored = object(json!({"annotations": {"kustomize.toolkit.fluxcd.io/ssa": "Ignore"}}));
        let disabled =
            object(json!({"labels": {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}}));
        let once =
            object(json!({"annotations": {"kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent"}}));
        assert!(left_alone(None, &plain).is_none());
        assert!(left_alone(None, &ignored).is_some());
        assert!(left_alone(Some(&disabled), &plain).is_some());
        assert!(left_alone(None, &once).is_none(), "it is made");
        assert!(
            left_alone(Some(&plain), &once).is_some(),
            "and then left alone"
        );
        assert!(left_alone(Some(&once), &plain).is_none());
    }
}
