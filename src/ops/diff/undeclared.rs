//! Fields that a kind does not have: found in the server's words, and taken out (pure).

use serde_json::Value;

use crate::manifest::Object;

/// The words of the server about such a field, after its path.
const WORDS: &str = ": field not declared in schema";

/// The API groups of Kubernetes itself. Flux reads their objects into types before it applies them, where fields that
/// the types do not have are lost without a word; those of other kinds it sends as they are.
const NATIVE: &[&str] = &[
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apps",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
];

/// Takes the fields out of an object that the server says its kind does not have, and returns their paths; none where
/// the trouble is another one, or Flux would not do so either.
pub fn take_out(object: &mut Object, trouble: &str) -> Vec<String> {
    if !NATIVE.contains(&object.group()) {
        return Vec::new();
    }
    let paths = paths(trouble);
    let gone = |path: &String| remove(object.value_mut(), &steps(path));
    paths.into_iter().filter(gone).collect()
}

/// Returns the paths that stand before the words.
fn paths(trouble: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut rest = trouble;
    while let Some((before, after)) = rest.split_once(WORDS) {
        let start = before.rfind([' ', '\n', '\t']).map_or(0, |place| place + 1);
        paths.push(before[start..].trim_start_matches('(').to_owned());
        rest = after;
    }
    paths
}

/// One step of a path.
#[derive(Debug, PartialEq)]
enum Step {
    Field(String),
    /// The item of a list with these values.
    Item(Vec<(String, Value)>),
    Index(usize),
}

/// Reads a path such as `.spec.containers[name="web"].imag`.
fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').unwrap_or(inner.len());
            steps.push(item(&inner[..end]));
            rest = inner.get(end + 1..).unwrap_or_default();
        } else {
            let field = rest.strip_prefix('.').unwrap_or(rest);
            let end = field.find(['.', '[']).unwrap_or(field.len());
            steps.push(Step::Field(field[..end].to_owned()));
            rest = &field[end..];
        }
    }
    steps
}

fn item(text: &str) -> Step {
    if let Ok(index) = text.parse() {
        return Step::Index(index);
    }
    let pairs = text.split(',').filter_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        Some((key.to_owned(), serde_json::from_str(value).ok()?))
    });
    Step::Item(pairs.collect())
}

/// Removes what is at a path; says whether it was there.
fn remove(value: &mut Value, steps: &[Step]) -> bool {
    let [first, rest @ ..] = steps else {
        return false;
    };
    if let (Step::Field(name), [], Value::Object(fields)) = (first, rest, &mut *value) {
        return fields.remove(name).is_some();
    }
    let next = match first {
        Step::Field(name) => value.get_mut(name),
        Step::Index(index) => value.get_mut(index),
        Step::Item(pairs) => value.as_array_mut().and_then(|items| {
            let is_meant = |item: &&mut Value| {
                pairs
                    .iter()
                    .all(|(key, value)| item.get(key) == Some(value))
            };
            items.iter_mut().find(is_meant)
        }),
    };
    next.is_some_and(|next| remove(next, rest))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn takes_out_what_the_server_names() {
        let mut object = Object::new(json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"replicaz": 1, "template": {"spec": {"containers": [{"name": "a"}, {"name": "b", "imag": "x", "ports": [{"containerPort": 1, "protocol": "TCP", "nam": "y"}]}]}}},
        }))
        .unwrap();
        let trouble = "failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): errors:\n  .spec.replicaz: field not declared in schema\n  \
            .spec.template.spec.containers[name=\"b\"].imag: field not declared in schema\n  \
            .spec.template.spec.containers[name=\"b\"].ports[containerPort=1,protocol=\"TCP\"].nam: field not declared in schema";
        let gone = take_out(&mut object, trouble);
        assert_eq!(gone.len(), 3, "{gone:?}");
        assert_eq!(
            object.get("/spec"),
            Some(
                &json!({"template": {"spec": {"containers": [{"name": "a"}, {"name": "b", "ports": [{"containerPort": 1, "protocol": "TCP"}]}]}}})
            )
        );
        assert!(
            take_out(&mut object, trouble).is_empty(),
            "nothing is left to take out"
        );
        assert!(take_out(&mut object, ".spec.replicas: expected numeric").is_empty());
    }

    #[test]
    fn custom_objects_stay_as_they_are() {
        let value = json!({"apiVersion": "x.io/v1", "kind": "X", "metadata": {"name": "x"}, "spec": {"a": 1}});
        let mut object = Object::new(value).unwrap();
        assert!(take_out(&mut object, ".spec.a: field not declared in schema").is_empty());
    }
}
