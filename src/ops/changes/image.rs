//! Which container images a change brings, takes or replaces.

use std::collections::BTreeMap;

use serde_json::Value;

use super::object_change::ImageChange;

/// Where pods of any kind of object name their containers.
const LISTS: &[&str] = &["initContainers", "containers", "ephemeralContainers"];

/// Returns the containers whose image changes, by name.
///
/// Every list of containers counts, wherever it is: operators wrap pods in kinds of their own.
pub fn image_changes(before: Option<&Value>, after: Option<&Value>) -> Vec<ImageChange> {
    let images = |object: Option<&Value>| {
        let mut found = BTreeMap::new();
        if let Some(object) = object {
            collect(object, "", &mut found);
        }
        found
    };
    let (old, mut new) = (images(before), images(after));
    let mut changes = Vec::new();
    for (key, (container, before)) in old {
        let after = new.remove(&key).map(|(_, image)| image);
        if after.as_ref() != Some(&before) {
            changes.push(ImageChange {
                container,
                before: Some(before),
                after,
            });
        }
    }
    changes.extend(new.into_values().map(|(container, after)| ImageChange {
        container,
        before: None,
        after: Some(after),
    }));
    changes
}

/// Finds containers; the key is their place, by names where there are names.
fn collect(value: &Value, place: &str, found: &mut BTreeMap<String, (String, String)>) {
    match value {
        Value::Object(fields) => {
            for (key, below) in fields {
                if LISTS.contains(&key.as_str()) {
                    for container in below.as_array().into_iter().flatten() {
                        let text = |field: &str| container.get(field).and_then(Value::as_str);
                        if let (Some(name), Some(image)) = (text("name"), text("image")) {
                            found.insert(format!("{place}/{name}"), (name.into(), image.into()));
                        }
                    }
                }
                collect(below, &format!("{place}/{key}"), found);
            }
        }
        Value::Array(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                collect(entry, &format!("{place}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn compares_containers_by_name() {
        let pod =
            |containers: Value| json!({"spec": {"template": {"spec": {"containers": containers}}}});
        let old = pod(json!([{"name": "web", "image": "w:1"}, {"name": "gone", "image": "g:1"}]));
        let new = pod(json!([{"name": "new", "image": "n:1"}, {"name": "web", "image": "w:2"}]));
        let changes = serde_json::to_value(image_changes(Some(&old), Some(&new))).unwrap();
        assert_eq!(
            changes,
            json!([
                {"container": "gone", "before": "g:1"},
                {"container": "web", "before": "w:1", "after": "w:2"},
                {"container": "new", "after": "n:1"},
            ])
        );
        assert!(image_changes(Some(&old), Some(&old)).is_empty());
    }
}
