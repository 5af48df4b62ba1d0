//! Whether an object has to be applied again, and what of it is shown.

use serde_json::{Map, Value};

/// Says whether an object in the cluster differs from the server's answer to a rehearsed apply of it.
///
/// Labels, annotations and everything but `metadata` and `status` count. Of Secrets the values should be hidden
/// before, since what is encrypted always differs.
pub fn has_drifted(live: &Value, wanted: &Value) -> bool {
    let texts = |object: &Value, field: &str| -> Option<Map<String, Value>> {
        let found = object.get("metadata")?.get(field)?.as_object()?;
        (!found.is_empty()).then(|| found.clone())
    };
    ["labels", "annotations"]
        .iter()
        .any(|field| texts(live, field) != texts(wanted, field))
        || content(live) != content(wanted)
}

/// Takes out of an object what a report never shows: who manages which field.
pub fn strip_managers(object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
}

/// Returns what counts of an object.
fn content(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("metadata");
        fields.remove("status");
    }
    if object.get("kind").and_then(Value::as_str) == Some("HorizontalPodAutoscaler")
        && let Some(metrics) = object
            .pointer_mut("/spec/metrics")
            .and_then(Value::as_array_mut)
    {
        // Kubernetes before 1.27 answers with the first metric twice and an empty one at the end.
        let mut seen: Vec<Value> = Vec::new();
        for metric in metrics.drain(..) {
            let has_type = metric.get("type").is_some_and(|type_| *type_ != "");
            if has_type && !seen.contains(&metric) {
                seen.push(metric);
            }
        }
        *metrics = seen;
    }
    object
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn looks_at_what_people_wrote() {
        let live = json!({"kind": "A", "metadata": {"labels": {}, "generation": 1}, "spec": {"a": 1}, "status": 1});
        for (same, wanted) in [
            (
                true,
                json!({"kind": "A", "metadata": {"generation": 2}, "spec": {"a": 1}}),
            ),
            (
                false,
                json!({"kind": "A", "metadata": {"labels": {"a": "b"}}, "spec": {"a": 1}}),
            ),
            (
                false,
                json!({"kind": "A", "metadata": {"annotations": {"a": "b"}}, "spec": {"a": 1}}),
            ),
            (false, json!({"kind": "A", "spec": {"a": 2}})),
            (false, json!({"kind": "A", "spec": {"a": 1}, "data": {}})),
        ] {
            assert_eq!(has_drifted(&live, &wanted), !same, "{wanted}");
        }
    }

    #[test]
    fn forgives_old_servers() {
        let metric = json!({"type": "Resource", "resource": {"name": "cpu"}});
        let scaler = |metrics: Value| json!({"kind": "HorizontalPodAutoscaler", "spec": {"metrics": metrics}});
        let (live, wanted) = (
            scaler(json!([metric])),
            scaler(json!([metric, metric, {"type": ""}])),
        );
        assert!(!has_drifted(&live, &wanted));
    }
}
