//! Puts the keys of a mapping into the order that people expect: what identifies it first, long parts last.

use serde_json::Value;

use super::compare::in_order;

/// Keys that stand first where most of them are together in a mapping, as `ytbx` has them; of equals the first.
const KNOWN_ORDERS: &[&[&str]] = &[
    &[
        "name",
        "director_uuid",
        "releases",
        "instance_groups",
        "networks",
        "resource_pools",
        "compilation",
    ],
    &["name", "url", "version", "sha1"],
    &["jobs", "resources", "resource_types"],
    &["name", "type", "source"],
    &["get"],
    &["put"],
    &["task"],
    &["releases", "instance_groups", "configuration", "variables"],
    &["auth", "templates"],
    &["name"],
    &["key"],
    &["id"],
];

/// Returns the entries of a mapping in the order of a report.
///
/// Where no known key is among them they stay as they are.
pub fn arranged<'value>(
    mut entries: Vec<(&'value str, &'value Value)>,
) -> Vec<(&'value str, &'value Value)> {
    let has = |key: &str| entries.iter().any(|(other, _)| *other == key);
    let hits = |order: &[&str]| order.iter().filter(|key| has(key)).count();
    let mut best: (usize, &[&str]) = (0, &[]);
    for order in KNOWN_ORDERS {
        if hits(order) > best.0 {
            best = (hits(order), order);
        }
    }
    if best.0 == 0 {
        return entries;
    }
    let place = |key: &str| best.1.iter().position(|known| *known == key);
    entries.sort_by_key(|(key, value)| match place(key) {
        Some(index) => (0, index),
        None => (1, depth(value)),
    });
    entries
}

/// Returns on how many steps the deepest scalar lies below a value; empty collections hold none.
fn depth(value: &Value) -> usize {
    fn deepest(value: &Value, steps: usize) -> usize {
        match value {
            Value::Object(entries) => in_order(entries)
                .into_iter()
                .map(|(_, value)| deepest(value, steps + 1))
                .max()
                .unwrap_or(0),
            Value::Array(entries) => {
                let name = name_field(entries);
                let below = |entry: &Value| match (name, entry.as_object()) {
                    (Some(name), Some(fields)) => fields
                        .iter()
                        .filter(|(key, _)| *key != name)
                        .map(|(_, value)| deepest(value, steps + 2))
                        .max()
                        .unwrap_or(0),
                    _ => deepest(entry, steps + 1),
                };
                entries.iter().map(below).max().unwrap_or(0)
            }
            _ => steps,
        }
    }
    deepest(value, 0)
}

/// Returns the field that every entry of a list has for a name; the name itself adds no depth.
fn name_field(entries: &[Value]) -> Option<&'static str> {
    ["name", "key", "id"].into_iter().find(|field| {
        !entries.is_empty()
            && entries.iter().all(|entry| {
                entry
                    .as_object()
                    .is_some_and(|fields| fields.contains_key(*field))
            })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys(value: &Value) -> Vec<&str> {
        let entries = in_order(value.as_object().unwrap());
        arranged(entries).into_iter().map(|(key, _)| key).collect()
    }

    #[test]
    fn puts_names_first_and_depth_last() {
        let value = json!({"apiGroup": "g", "kind": "Group", "name": "devs"});
        assert_eq!(keys(&value), ["name", "apiGroup", "kind"]);
        let value = json!({"apiGroups": ["a"], "resources": ["b"], "verbs": ["c"]});
        assert_eq!(keys(&value), ["resources", "apiGroups", "verbs"]);
        let value = json!({"b": {"c": {"d": 1}}, "c": [{"name": "x"}], "d": {"e": 1}, "name": "n"});
        assert_eq!(keys(&value), ["name", "c", "d", "b"]);
        let value = json!({"b": {"c": 1}, "a": {"c": {"d": 1}}, "c": 1});
        assert_eq!(keys(&value), ["a", "b", "c"]);
    }
}
