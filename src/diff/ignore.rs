//! Fields that a Kustomization leaves to others: `spec.ignore`.

use serde_json::Value;

use crate::api::{IgnoredPaths, TargetSelector};
use crate::error::Explain;
use crate::kustomize::{LabelSelector, Pattern};
use crate::manifest::Object;

/// A rule that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("invalid {part} in the target of a rule in spec.ignore: {problem}")]
pub struct IgnoreError {
    part: &'static str,
    problem: String,
}

impl Explain for IgnoreError {
    fn hint(&self) -> Option<String> {
        Some("group, version, kind, name and namespace are regular expressions".into())
    }
}

/// The rules of `spec.ignore`, ready to be asked about many objects.
#[derive(Debug, Default)]
pub struct IgnoreRules {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    paths: Vec<String>,
    target: Target,
}

/// Which objects a rule is for; what is not given matches all.
#[derive(Debug, Default)]
struct Target {
    identity: Vec<(Part, Pattern)>,
    labels: Option<LabelSelector>,
    annotations: Option<LabelSelector>,
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Group,
    Version,
    Kind,
    Name,
    Namespace,
}

impl IgnoreRules {
    /// Reads the rules of a Kustomization.
    ///
    /// # Errors
    ///
    /// Fails where a part of a target is no regular expression, or no selector of labels.
    pub fn new(rules: &[IgnoredPaths]) -> Result<Self, IgnoreError> {
        let rules = rules.iter().map(|rule| {
            Ok(Rule {
                paths: rule.paths.clone(),
                target: rule
                    .target
                    .as_ref()
                    .map(Target::new)
                    .transpose()?
                    .unwrap_or_default(),
            })
        });
        Ok(Self {
            rules: rules.collect::<Result<_, _>>()?,
        })
    }

    /// Returns the JSON pointers of the fields that are ignored in an object.
    ///
    /// Ask for the wanted state, and take these fields out of both.
    pub fn pointers(&self, object: &Object) -> Vec<&str> {
        let rules = self.rules.iter().filter(|rule| rule.target.takes(object));
        rules
            .flat_map(|rule| &rule.paths)
            .map(String::as_str)
            .collect()
    }

    /// Takes the ignored fields out of both states of an object; the wanted one decides which rules are for it.
    pub fn apply(&self, live: &mut Value, wanted: &mut Object) {
        let pointers: Vec<String> = self.pointers(wanted).into_iter().map(Into::into).collect();
        for pointer in pointers {
            remove(live, &pointer);
            remove(wanted.value_mut(), &pointer);
        }
    }
}

impl Target {
    fn new(selector: &TargetSelector) -> Result<Self, IgnoreError> {
        let given = [
            (Part::Group, "group", &selector.group),
            (Part::Version, "version", &selector.version),
            (Part::Kind, "kind", &selector.kind),
            (Part::Name, "name", &selector.name),
            (Part::Namespace, "namespace", &selector.namespace),
        ];
        let mut identity = Vec::new();
        for (part, name, text) in given {
            if let Some(text) = text.as_deref().filter(|text| !text.is_empty()) {
                identity.push((part, Pattern::anchored(text).map_err(problem(name))?));
            }
        }
        let labels = |name, text: &Option<String>| match text.as_deref() {
            None | Some("") => Ok(None),
            Some(text) => LabelSelector::new(text).map(Some).map_err(problem(name)),
        };
        Ok(Self {
            identity,
            labels: labels("labelSelector", &selector.label_selector)?,
            annotations: labels("annotationSelector", &selector.annotation_selector)?,
        })
    }

    fn takes(&self, object: &Object) -> bool {
        let is_identity = self.identity.iter().all(|(part, pattern)| {
            pattern.matches(match part {
                Part::Group => object.group(),
                Part::Version => object.version(),
                Part::Kind => object.kind(),
                Part::Name => object.name(),
                Part::Namespace => object.namespace(),
            })
        });
        let holds = |selector: &Option<LabelSelector>, pointer: &str| {
            let values = object.get(pointer);
            selector
                .as_ref()
                .is_none_or(|selector| selector.holds(|key| values?.get(key)?.as_str()))
        };
        is_identity
            && holds(&self.labels, "/metadata/labels")
            && holds(&self.annotations, "/metadata/annotations")
    }
}

fn problem<E: std::fmt::Display>(part: &'static str) -> impl Fn(E) -> IgnoreError {
    move |error| IgnoreError {
        part,
        problem: error.to_string(),
    }
}

/// Takes out what a JSON pointer names; what is not there is no failure. `-1` is the last entry of a list.
fn remove(state: &mut Value, pointer: &str) {
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        return;
    };
    let unescaped = |token: &str| token.replace("~1", "/").replace("~0", "~");
    let mut place = state;
    for token in parent.split('/').skip(1) {
        let token = unescaped(token);
        let below = match place {
            Value::Object(entries) => entries.get_mut(&token),
            Value::Array(entries) => {
                index(&token, entries.len()).and_then(|index| entries.get_mut(index))
            }
            _ => None,
        };
        let Some(below) = below else { return };
        place = below;
    }
    let last = unescaped(last);
    match place {
        Value::Object(entries) => {
            entries.remove(&last);
        }
        Value::Array(entries) => {
            if let Some(index) = index(&last, entries.len()) {
                entries.remove(index);
            }
        }
        _ => {}
    }
}

/// Reads a position in a list; negative ones count from its end.
fn index(token: &str, length: usize) -> Option<usize> {
    let index = match token.strip_prefix('-') {
        Some(back) => length.checked_sub(back.parse().ok().filter(|back| *back > 0)?)?,
        None => token.parse().ok()?,
    };
    (index < length).then_some(index)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules(rules: &Value) -> Result<IgnoreRules, IgnoreError> {
        IgnoreRules::new(&serde_json::from_value::<Vec<_>>(rules.clone()).unwrap())
    }

    fn object() -> Object {
        Object::new(json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop", "labels": {"a": "b"}, "annotations": {"x/y": "1"}},
            "spec": {"replicas": 1, "list": [1, 2, 3]},
        }))
        .unwrap()
    }

    #[test]
    fn chooses_by_target() {
        for (target, is_meant) in [
            (json!({"kind": "Deploy.*", "name": "we"}), false),
            (json!({"kind": "Deploy.*", "name": "we|web"}), true),
            (json!({"group": "", "version": "v1"}), true),
            (json!({"group": "batch"}), false),
            (json!({"labelSelector": "a in (b, c)"}), true),
            (json!({"labelSelector": "!a"}), false),
            (
                json!({"annotationSelector": "x/y=1", "namespace": "shop"}),
                true,
            ),
        ] {
            let rules = rules(&json!([{"paths": ["/spec"], "target": target}])).unwrap();
            assert_eq!(
                rules.pointers(&object()).len(),
                usize::from(is_meant),
                "{target}"
            );
        }
    }

    #[test]
    fn takes_fields_out_of_both_states() {
        let paths = json!([{"paths": ["/spec/replicas", "/metadata/annotations/x~1y", "/spec/list/-1", "/no/such", "spec"]}]);
        let (mut live, mut wanted) = (object().value().clone(), object());
        rules(&paths).unwrap().apply(&mut live, &mut wanted);
        assert_eq!(live["spec"], json!({"list": [1, 2]}));
        assert_eq!(live["metadata"]["annotations"], json!({}));
        assert_eq!(&live, wanted.value());
    }

    #[test]
    fn refuses_what_is_no_selector() {
        let error = rules(&json!([{"paths": [], "target": {"name": "("}}])).unwrap_err();
        assert!(error.to_string().starts_with("invalid name in the target"));
        assert!(rules(&json!([{"paths": [], "target": {"labelSelector": "a b"}}])).is_err());
    }
}
