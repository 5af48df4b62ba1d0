//! What is known of the objects that are watched, and what a change adds to it (pure).

use std::collections::BTreeMap;

use super::super::listed::Listed;
use crate::cluster::Change;

/// What is known of each source.
pub(super) struct Board<T> {
    known: Vec<BTreeMap<Key, T>>,
}

/// Namespace and name.
type Key = (String, String);

impl<T: Listed> Board<T> {
    /// Knows nothing yet of so many sources.
    pub fn new(sources: usize) -> Self {
        Self {
            known: (0..sources).map(|_| BTreeMap::new()).collect(),
        }
    }

    /// Returns what is known of a source, by namespace and name.
    pub fn items(&self, source: usize) -> impl Iterator<Item = &T> {
        self.known[source].values()
    }

    /// Takes a change in and returns what is to be shown of it: what is new or different, and the last state of what
    /// is gone.
    pub fn apply(&mut self, source: usize, change: Change<T>) -> Vec<T> {
        let known = &mut self.known[source];
        let key = |item: &T| {
            let metadata = &item.row().metadata;
            (metadata.namespace.clone(), metadata.name.clone())
        };
        match change {
            Change::Put(item) => {
                known.insert(key(&item), item.clone());
                vec![item]
            }
            Change::Gone(item) => {
                known.remove(&key(&item));
                vec![item]
            }
            Change::All(items) => {
                let mut before = std::mem::take(known);
                let mut shown = Vec::new();
                for item in items {
                    if before.remove(&key(&item)).as_ref() != Some(&item) {
                        shown.push(item.clone());
                    }
                    known.insert(key(&item), item);
                }
                shown.extend(before.into_values());
                shown
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::{Row, row_of};

    fn row(name: &str, suspended: bool) -> Row {
        row_of(&json!({"metadata": {"name": name}, "spec": {"suspend": suspended}}))
    }

    fn names(rows: &[Row]) -> Vec<&str> {
        rows.iter().map(|row| row.metadata.name.as_str()).collect()
    }

    #[test]
    fn only_differences_count_when_all_is_told_again() {
        let mut board = Board::new(1);
        let all = |rows: &[Row]| Change::All(rows.to_vec());
        let shown = board.apply(0, all(&[row("a", false), row("b", false)]));
        assert_eq!(names(&shown), ["a", "b"]);
        let shown = board.apply(0, Change::Put(row("a", true)));
        assert_eq!(names(&shown), ["a"]);
        let shown = board.apply(0, all(&[row("a", true), row("c", false)]));
        assert_eq!(names(&shown), ["c", "b"], "what is gone is shown too");
        let shown = board.apply(0, Change::Gone(row("a", true)));
        assert_eq!(names(&shown), ["a"]);
        let left: Vec<Row> = board.items(0).cloned().collect();
        assert_eq!(names(&left), ["c"]);
    }
}
