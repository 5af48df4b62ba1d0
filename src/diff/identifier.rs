//! What tells the entries of a list apart: a field that all of them have, with a value of its own in each.

use std::collections::BTreeMap;
use std::collections::HashSet;

use serde_json::Value;

use super::scalar::text;

/// Fields that serve as names, best first.
const USUAL: &[&str] = &["name", "key", "id", "manager"];

/// How many entries must be different in some other field before it is taken for a name.
const MANY: usize = 3;

/// How the entries of two lists are recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identifier {
    /// By the value of a field.
    Field(String),
    /// By API version, kind, namespace and name.
    Object,
}

impl Identifier {
    /// Finds what tells the entries apart in both lists.
    pub fn of(old: &[Value], new: &[Value]) -> Option<Self> {
        let usual = USUAL
            .iter()
            .find(|field| distinguishes(old, field) && distinguishes(new, field));
        if let Some(field) = usual {
            return Some(Self::Field((*field).into()));
        }
        if let Some(field) = guess(old, new) {
            return Some(Self::Field(field));
        }
        let are_objects = |list: &[Value]| list.iter().all(|entry| object_name(entry).is_some());
        (are_objects(old) && are_objects(new)).then_some(Self::Object)
    }

    /// Returns the field in which an entry has its name, for the path to it.
    pub fn field(&self) -> &str {
        match self {
            Self::Field(field) => field,
            Self::Object => "resource",
        }
    }

    /// Returns the name of an entry.
    pub fn name(&self, entry: &Value) -> Option<String> {
        match self {
            Self::Field(field) => entry.get(field).map(|value| text(value).into_owned()),
            Self::Object => object_name(entry),
        }
    }
}

/// Says whether every entry has another value in a field; there must be entries.
fn distinguishes(list: &[Value], field: &str) -> bool {
    let values: HashSet<_> = list
        .iter()
        .filter_map(|entry| entry.as_object()?.get(field))
        .map(text)
        .collect();
    !list.is_empty() && values.len() == list.len()
}

/// Looks for any field that holds a text of its own in each of many entries.
///
/// Of several the first in the alphabet is taken, where flux takes any.
fn guess(old: &[Value], new: &[Value]) -> Option<String> {
    if old.len() <= MANY {
        return None;
    }
    let (old_counts, new_counts) = (texts_by_field(old)?, texts_by_field(new)?);
    old_counts
        .into_iter()
        .find(|(field, texts)| {
            texts.len() == old.len()
                && new_counts
                    .get(field)
                    .is_some_and(|texts| texts.len() == new.len())
        })
        .map(|(field, _)| field.into())
}

/// Collects the different texts of each field; `None` where an entry is no mapping.
fn texts_by_field(list: &[Value]) -> Option<BTreeMap<&str, HashSet<&str>>> {
    let mut fields = BTreeMap::<&str, HashSet<&str>>::new();
    for entry in list {
        for (field, value) in entry.as_object()? {
            if let Value::String(text) = value {
                fields.entry(field).or_default().insert(text);
            }
        }
    }
    Some(fields)
}

/// Returns the full name of an entry that is a Kubernetes object.
fn object_name(entry: &Value) -> Option<String> {
    let part = |pointer| entry.pointer(pointer).map(text);
    let (version, kind, name) = (
        part("/apiVersion")?,
        part("/kind")?,
        part("/metadata/name")?,
    );
    Some(match part("/metadata/namespace") {
        Some(namespace) => format!("{version}/{kind}/{namespace}/{name}"),
        None => format!("{version}/{kind}/{name}"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(old: &Value, new: &Value) -> Option<String> {
        Identifier::of(old.as_array().unwrap(), new.as_array().unwrap())
            .map(|identifier| identifier.field().to_owned())
    }

    #[test]
    fn prefers_the_usual_names() {
        let both = json!([{"name": "a", "key": "x"}, {"name": "b", "key": "y"}]);
        assert_eq!(found(&both, &both).as_deref(), Some("name"));
        let keys = json!([{"name": "a", "key": "x"}, {"name": "a", "key": "y"}]);
        assert_eq!(found(&keys, &keys).as_deref(), Some("key"));
        assert_eq!(found(&both, &json!([])), None);
        assert_eq!(found(&json!(["a", "b"]), &json!(["a"])), None);
    }

    #[test]
    fn guesses_among_many_entries_only() {
        let hosts = |count: usize| {
            (0..count)
                .map(|index| json!({"host": format!("h{index}"), "same": "s"}))
                .collect()
        };
        assert_eq!(
            found(&Value::Array(hosts(3)), &Value::Array(hosts(3))),
            None
        );
        assert_eq!(
            found(&Value::Array(hosts(4)), &Value::Array(hosts(2))).as_deref(),
            Some("host")
        );
    }

    #[test]
    fn knows_objects() {
        let object =
            |name: &str| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}});
        let list = json!([object("a"), object("b")]);
        assert_eq!(found(&list, &list).as_deref(), Some("resource"));
        assert_eq!(
            Identifier::Object.name(&object("a")).as_deref(),
            Some("v1/Pod/a")
        );
    }
}
