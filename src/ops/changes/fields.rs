//! Differences as a flat list of fields, for programs.

use serde_json::{Value, json};

use super::object_change::{FieldChange, FieldChangeKind};
use crate::diff::{Difference, Edit, Entries, NodePath, Step};

/// Returns one entry for each field that changes; of mappings each key counts, of lists each entry.
pub fn field_changes(differences: &[Difference]) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    for difference in differences {
        let path = shown(&difference.path);
        for edit in &difference.edits {
            match edit {
                Edit::Changed { old, new } => changes.push(FieldChange {
                    path: path.clone(),
                    change: FieldChangeKind::Changed,
                    before: Some(old.clone()),
                    after: Some(new.clone()),
                }),
                Edit::Reordered { old, new } => changes.push(FieldChange {
                    path: path.clone(),
                    change: FieldChangeKind::Reordered,
                    before: Some(json!(old)),
                    after: Some(json!(new)),
                }),
                Edit::Removed(entries) => {
                    let removed = each(&difference.path, entries);
                    changes.extend(removed.map(|(path, value)| FieldChange {
                        path,
                        change: FieldChangeKind::Removed,
                        before: Some(value),
                        after: None,
                    }));
                }
                Edit::Added(entries) => {
                    let added = each(&difference.path, entries);
                    changes.extend(added.map(|(path, value)| FieldChange {
                        path,
                        change: FieldChangeKind::Added,
                        before: None,
                        after: Some(value),
                    }));
                }
            }
        }
    }
    changes
}

fn shown(path: &NodePath) -> String {
    if path.steps().is_empty() {
        return String::new();
    }
    path.to_string()
}

fn each(path: &NodePath, entries: &Entries) -> Box<dyn Iterator<Item = (String, Value)>> {
    match entries {
        Entries::Map(entries) => {
            let path = path.clone();
            let entries = entries.clone().into_iter();
            Box::new(entries.map(move |(key, value)| (shown(&path.below(Step::Key(key))), value)))
        }
        Entries::List(entries) => {
            let path = shown(path);
            let entries = entries.clone().into_iter();
            Box::new(entries.map(move |value| (path.clone(), value)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::compare;

    #[test]
    fn flattens_entries() {
        let old = json!({"a": {"x": 1}, "list": [1, 2, 3]});
        let new = json!({"a": {"y": 2}, "list": [2, 1], "b": 1});
        let changes = serde_json::to_value(field_changes(&compare(&old, &new))).unwrap();
        assert_eq!(
            changes,
            json!([
                {"path": "b", "change": "added", "after": 1},
                {"path": "a.x", "change": "removed", "before": 1},
                {"path": "a.y", "change": "added", "after": 2},
                {"path": "list", "change": "reordered", "before": [1, 2], "after": [2, 1]},
                {"path": "list", "change": "removed", "before": 3},
            ])
        );
    }
}
