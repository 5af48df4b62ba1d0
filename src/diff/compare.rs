//! Finds the differences between two values, with the rules of flux's printer for what belongs together.
//!
//! A difference is a node with all that changed right there. The rules were read off `dyff` 1.10, which flux links.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::difference::{Difference, Edit, Entries, NodePath, Step};
use super::identifier::Identifier;
use super::scalar::{Sort, text};
use crate::manifest::sort_keys;

/// Returns where two objects differ, in the order of their keys in YAML; a node comes before those below it.
pub fn compare(old: &Value, new: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare_at(&NodePath::default(), old, new, &mut found);
    found
}

fn compare_at(path: &NodePath, old: &Value, new: &Value, found: &mut Vec<Difference>) {
    if old == new {
        return;
    }
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => compare_maps(path, old, new, found),
        (Value::Array(old), Value::Array(new)) => compare_lists(path, old, new, found),
        _ if Sort::of(old) == Sort::of(new) && text(old) == text(new) => {}
        _ => found.push(Difference {
            path: path.clone(),
            edits: vec![Edit::Changed {
                old: old.clone(),
                new: new.clone(),
            }],
        }),
    }
}

fn compare_maps(
    path: &NodePath,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    found: &mut Vec<Difference>,
) {
    let missing_in = |entries: &Map<String, Value>, other: &Map<String, Value>| {
        in_order(entries)
            .into_iter()
            .filter(|(key, _)| !other.contains_key(*key))
            .map(|(key, value)| (key.to_owned(), value.clone()))
            .collect::<Vec<_>>()
    };
    let mut edits = Vec::new();
    let (removed, added) = (missing_in(old, new), missing_in(new, old));
    if !removed.is_empty() {
        edits.push(Edit::Removed(Entries::Map(removed)));
    }
    if !added.is_empty() {
        edits.push(Edit::Added(Entries::Map(added)));
    }
    push(path, edits, found);
    for (key, value) in in_order(old) {
        if let Some(other) = new.get(key) {
            compare_at(&path.below(Step::Key(key.into())), value, other, found);
        }
    }
}

/// Returns the entries of a mapping in the order that they have in YAML.
pub fn in_order(entries: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let mut pairs: Vec<_> = entries
        .iter()
        .map(|(key, value)| (key.as_str(), value))
        .collect();
    sort_keys(&mut pairs);
    pairs
}

fn compare_lists(path: &NodePath, old: &[Value], new: &[Value], found: &mut Vec<Difference>) {
    if old.is_empty() && new.is_empty() {
        return;
    }
    if let Some(identifier) = Identifier::of(old, new) {
        return compare_named(path, &identifier, old, new, found);
    }
    if let ([old], [new]) = (old, new) {
        return compare_at(&path.below(Step::Index(0)), old, new, found);
    }
    compare_unnamed(path, old, new, found);
}

fn compare_named(
    path: &NodePath,
    identifier: &Identifier,
    old: &[Value],
    new: &[Value],
    found: &mut Vec<Difference>,
) {
    let named = |list: &[Value]| -> Vec<String> {
        list.iter()
            .map(|entry| identifier.name(entry).unwrap_or_default())
            .collect()
    };
    let (old_names, new_names) = (named(old), named(new));
    let index_of = |names: &[String]| -> HashMap<String, usize> {
        // Of entries of the same name the first one counts.
        let indexed = names.iter().cloned().enumerate();
        indexed.rev().map(|(index, name)| (name, index)).collect()
    };
    let (old_index, new_index) = (index_of(&old_names), index_of(&new_names));

    let common = |names: &[String], other: &HashMap<String, usize>| -> Vec<Value> {
        let shared = names.iter().filter(|name| other.contains_key(*name));
        shared.map(|name| name.as_str().into()).collect()
    };
    let missing = |list: &[Value], names: &[String], other: &HashMap<String, usize>| {
        let pairs = list.iter().zip(names);
        pairs
            .filter(|(_, name)| !other.contains_key(*name))
            .map(|(entry, _)| entry.clone())
            .collect()
    };
    let (old_common, new_common) = (
        common(&old_names, &new_index),
        common(&new_names, &old_index),
    );
    let order = is_reordered(&old_common, &new_common).then_some((old_common, new_common));
    let removed = missing(old, &old_names, &new_index);
    let added = missing(new, &new_names, &old_index);
    push(path, list_edits(order, removed, added), found);

    for (entry, name) in old.iter().zip(old_names) {
        if let Some(&index) = new_index.get(&name) {
            let field = identifier.field().into();
            let path = path.below(Step::Named { field, name });
            compare_at(&path, entry, &new[index], found);
        }
    }
}

/// Says whether a name stands at another place; of a name that is there twice the last place counts.
fn is_reordered(old: &[Value], new: &[Value]) -> bool {
    let places: HashMap<_, usize> = new.iter().filter_map(Value::as_str).zip(0..).collect();
    let mut names = old.iter().filter_map(Value::as_str).enumerate();
    names.any(|(place, name)| places.get(name).copied().unwrap_or(0) != place)
}

/// Compares lists whose entries have no names: as bags, then by their order.
fn compare_unnamed(path: &NodePath, old: &[Value], new: &[Value], found: &mut Vec<Difference>) {
    let prints = |list: &[Value]| -> Vec<String> { list.iter().map(fingerprint).collect() };
    let (old_prints, new_prints) = (prints(old), prints(new));
    let (old_counts, new_counts) = (counts(&old_prints), counts(&new_prints));

    let removed = surplus(old, &old_prints, &old_counts, &new_counts);
    let added = surplus(new, &new_prints, &new_counts, &old_counts);
    let common = |prints: &[String], other: &HashMap<String, usize>| -> Vec<usize> {
        (0..prints.len())
            .filter(|&index| other.contains_key(&prints[index]))
            .collect()
    };
    let (old_common, new_common) = (
        common(&old_prints, &new_counts),
        common(&new_prints, &old_counts),
    );
    let is_reordered = old_common.len() == new_common.len()
        && old_common
            .iter()
            .zip(&new_common)
            .any(|(&left, &right)| old_prints[left] != new_prints[right]);
    let pick = |list: &[Value], indexes: &[usize]| -> Vec<Value> {
        indexes.iter().map(|&index| list[index].clone()).collect()
    };
    let order = is_reordered.then(|| (pick(old, &old_common), pick(new, &new_common)));
    push(path, list_edits(order, removed, added), found);
}

fn counts(prints: &[String]) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for print in prints {
        *counts.entry(print.clone()).or_default() += 1;
    }
    counts
}

/// Returns the entries of which a list has more than the other, as often as it has more.
fn surplus(
    list: &[Value],
    prints: &[String],
    own: &HashMap<String, usize>,
    other: &HashMap<String, usize>,
) -> Vec<Value> {
    let mut done = HashSet::new();
    let mut result = Vec::new();
    for (entry, print) in list.iter().zip(prints) {
        match other.get(print) {
            None => result.push(entry.clone()),
            Some(others) if done.insert(print) => {
                let more = own[print].saturating_sub(*others);
                result.extend(std::iter::repeat_n(entry.clone(), more));
            }
            Some(_) => {}
        }
    }
    result
}

fn list_edits(
    order: Option<(Vec<Value>, Vec<Value>)>,
    removed: Vec<Value>,
    added: Vec<Value>,
) -> Vec<Edit> {
    let mut edits = Vec::new();
    edits.extend(order.map(|(old, new)| Edit::Reordered { old, new }));
    if !removed.is_empty() {
        edits.push(Edit::Removed(Entries::List(removed)));
    }
    if !added.is_empty() {
        edits.push(Edit::Added(Entries::List(added)));
    }
    edits
}

fn push(path: &NodePath, edits: Vec<Edit>, found: &mut Vec<Difference>) {
    if !edits.is_empty() {
        found.push(Difference {
            path: path.clone(),
            edits,
        });
    }
}

/// Returns a text that is equal for entries that count as equal.
///
/// Scalars are equal by their text, whatever their type; an empty mapping is equal to an empty list.
fn fingerprint(value: &Value) -> String {
    let mut out = String::new();
    print_into(value, &mut out);
    out
}

fn print_into(value: &Value, out: &mut String) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            let mut keys: Vec<_> = entries.keys().collect();
            keys.sort_unstable();
            out.push('{');
            for key in keys {
                write_sized(key, out);
                print_into(&entries[key], out);
            }
            out.push('}');
        }
        Value::Array(entries) if !entries.is_empty() => {
            out.push('[');
            for entry in entries {
                print_into(entry, out);
            }
            out.push(']');
        }
        Value::Object(_) | Value::Array(_) => out.push('0'),
        scalar => write_sized(&text(scalar), out),
    }
}

fn write_sized(text: &str, out: &mut String) {
    let _ = write!(out, "s{}:{text}", text.len());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Writes each difference on one line: path, then what happened.
    fn found(old: &Value, new: &Value) -> Vec<String> {
        compare(old, new)
            .iter()
            .map(|difference| {
                let edits = difference.edits.iter().map(|edit| match edit {
                    Edit::Changed { old, new } => format!("{old}→{new}"),
                    Edit::Reordered { old, new } => {
                        format!("{}⇆{}", json!(old), json!(new))
                    }
                    Edit::Removed(entries) => format!("-{}", shown(entries)),
                    Edit::Added(entries) => format!("+{}", shown(entries)),
                });
                let edits: Vec<_> = edits.collect();
                format!("{} {}", difference.path, edits.join(" "))
            })
            .collect()
    }

    fn shown(entries: &Entries) -> String {
        match entries {
            Entries::Map(entries) => {
                let keys: Vec<_> = entries.iter().map(|(key, _)| key.as_str()).collect();
                keys.join(",")
            }
            Entries::List(entries) => json!(entries).to_string(),
        }
    }

    #[test]
    fn groups_by_node() {
        let old = json!({"a": {"x": 1, "z": 1, "kept": 1}, "b": 1});
        let new = json!({"a": {"x": 2, "y": 1, "kept": 1}, "b": "1"});
        assert_eq!(found(&old, &new), ["a -z +y", "a.x 1→2", "b 1→\"1\""]);
        assert!(found(&old, &old).is_empty());
    }

    #[test]
    fn follows_names() {
        let old = json!([{"name": "a", "v": 1}, {"name": "b", "v": 1}, {"name": "c"}]);
        let new = json!([{"name": "b", "v": 2}, {"name": "a", "v": 1}, {"name": "d"}]);
        assert_eq!(
            found(&old, &new),
            [
                r#"(root level) ["a","b"]⇆["b","a"] -[{"name":"c"}] +[{"name":"d"}]"#,
                "b.v 1→2"
            ]
        );
    }

    #[test]
    fn counts_equal_entries() {
        assert_eq!(
            found(&json!([1, 1, 1, 2]), &json!([2, 1])),
            [r"(root level) -[1,1]"]
        );
        assert_eq!(
            found(&json!(["a", "b", "c"]), &json!(["c", "a", "b"])),
            [r#"(root level) ["a","b","c"]⇆["c","a","b"]"#]
        );
        assert_eq!(found(&json!(["a"]), &json!(["b"])), [r#"0 "a"→"b""#]);
        assert_eq!(
            found(&json!([]), &json!([{}])),
            ["(root level) +[{}]"],
            "an empty list has no name"
        );
        assert_eq!(found(&json!([1, 2]), &json!(["1", "2"])), [""; 0]);
    }
}
