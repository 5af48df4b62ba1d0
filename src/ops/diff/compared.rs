//! What applying objects would do to a cluster, as data.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::diff::{Difference, Edit, Entries};
use crate::manifest::{Object, ObjectId};

/// What applying would do to one object.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The object.
    pub id: ObjectId,
    /// What would happen to it.
    pub fate: Fate,
    /// What the server warns of, such as fields that the kind does not have.
    pub warnings: Vec<String>,
    /// The object before and after, for documents; values of Secrets are not hidden in them.
    pub states: States,
}

/// An object before and after a change; `None` where it is not there.
#[derive(Clone, Debug, Default)]
pub struct States {
    /// How it is.
    pub before: Option<Arc<Object>>,
    /// How it would be.
    pub after: Option<Arc<Object>>,
}

/// What would happen to an object.
#[derive(Clone, Debug)]
pub enum Fate {
    /// Nothing.
    Unchanged,
    /// It would be made.
    Created,
    /// It would be deleted and made anew, since a field of it can't be changed.
    Recreated,
    /// It would be changed.
    Changed(Vec<Difference>),
    /// It is left alone.
    Skipped {
        /// The mark that says so, such as `kustomize.toolkit.fluxcd.io/reconcile: disabled`.
        mark: String,
    },
    /// It would be deleted: its owner applied it before, and wants it no more.
    Deleted,
    /// It can't be applied.
    Refused {
        /// Why, in one line.
        why: String,
        /// What may be tried.
        hint: Option<String>,
        /// Whether a field of it is fixed for ever.
        immutable: bool,
    },
}

/// One line of a report, or a report in it.
#[derive(Clone, Debug)]
pub enum Entry {
    /// An object.
    Object(Compared),
    /// What a Kustomization among the objects would change.
    Nested {
        /// The Kustomization.
        id: ObjectId,
        /// Its own lines.
        entries: Vec<Self>,
    },
    /// A Kustomization that applies to another cluster, which is not asked.
    Remote(ObjectId),
}

/// How many objects have which fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Made.
    pub created: usize,
    /// Changed.
    pub changed: usize,
    /// Deleted.
    pub deleted: usize,
    /// Left alone.
    pub skipped: usize,
    /// As they should be.
    pub unchanged: usize,
    /// Can't be applied.
    pub refused: usize,
}

impl Tally {
    /// Counts the objects of a report, and of those in it.
    pub fn of(entries: &[Entry]) -> Self {
        let mut tally = Self::default();
        tally.add(entries);
        tally
    }

    fn add(&mut self, entries: &[Entry]) {
        for entry in entries {
            match entry {
                Entry::Object(compared) => *self.place(&compared.fate) += 1,
                Entry::Nested { entries, .. } => self.add(entries),
                Entry::Remote(_) => {}
            }
        }
    }

    const fn place(&mut self, fate: &Fate) -> &mut usize {
        match fate {
            Fate::Unchanged => &mut self.unchanged,
            Fate::Created | Fate::Recreated => &mut self.created,
            Fate::Changed(_) => &mut self.changed,
            Fate::Skipped { .. } => &mut self.skipped,
            Fate::Deleted => &mut self.deleted,
            Fate::Refused { .. } => &mut self.refused,
        }
    }

    /// Counts what two tallies count.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            created: self.created + other.created,
            changed: self.changed + other.changed,
            deleted: self.deleted + other.deleted,
            skipped: self.skipped + other.skipped,
            unchanged: self.unchanged + other.unchanged,
            refused: self.refused + other.refused,
        }
    }

    /// Says whether anything would change.
    pub const fn differs(&self) -> bool {
        self.created + self.changed + self.deleted > 0
    }
}

/// Shown as `1 created, 2 changed, 12 unchanged`; what does not occur is left out.
impl std::fmt::Display for Tally {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts = [
            (self.created, "created"),
            (self.changed, "changed"),
            (self.deleted, "deleted"),
            (self.skipped, "skipped"),
            (self.refused, "refused"),
            (self.unchanged, "unchanged"),
        ];
        let told: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        match told.as_slice() {
            [] => formatter.write_str("no objects"),
            told => formatter.write_str(&told.join(", ")),
        }
    }
}

/// Up to so many characters, a value that came from a Secret hides only texts that are equal to it: a longer text
/// with a `1` in it tells nothing.
const SHORT: usize = 3;

/// Hides what variables from Secrets have carried into other objects.
///
/// The old texts at the same place are hidden too: they may hold the value that the Secret had before.
pub fn conceal(differences: &mut [Difference], secrets: &BTreeSet<String>) {
    let is_secret = |text: &str| {
        secrets.iter().any(|secret| {
            let bare = secret.trim();
            !bare.is_empty() && (text.trim() == bare || (bare.len() > SHORT && text.contains(bare)))
        })
    };
    for difference in differences {
        let mut edits = difference.edits.iter();
        if edits.any(|edit| values(edit).iter().any(|value| holds(value, &is_secret))) {
            difference.edits.iter_mut().for_each(hide);
        }
    }
}

/// Returns the values that an edit shows.
fn values(edit: &Edit) -> Vec<&Value> {
    match edit {
        Edit::Changed { old, new } => vec![old, new],
        Edit::Reordered { old, new } => old.iter().chain(new).collect(),
        Edit::Removed(entries) | Edit::Added(entries) => match entries {
            Entries::Map(entries) => entries.iter().map(|(_, value)| value).collect(),
            Entries::List(values) => values.iter().collect(),
        },
    }
}

fn holds(value: &Value, is_secret: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => is_secret(text),
        Value::Array(items) => items.iter().any(|item| holds(item, is_secret)),
        Value::Object(fields) => fields.values().any(|value| holds(value, is_secret)),
        other => is_secret(&other.to_string()),
    }
}

fn hide(edit: &mut Edit) {
    match edit {
        Edit::Changed { old, new } => {
            cover(old, "*** (before)");
            cover(new, "*** (after)");
        }
        Edit::Reordered { old, new } => {
            let all = old.iter_mut().chain(new);
            all.for_each(|value| cover(value, "***"));
        }
        Edit::Removed(entries) | Edit::Added(entries) => match entries {
            Entries::Map(entries) => entries
                .iter_mut()
                .for_each(|(_, value)| cover(value, "***")),
            Entries::List(values) => values.iter_mut().for_each(|value| cover(value, "***")),
        },
    }
}

fn cover(value: &mut Value, with: &str) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter_mut().for_each(|item| cover(item, with)),
        Value::Object(fields) => fields.values_mut().for_each(|value| cover(value, with)),
        other => *other = with.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::compare;

    #[test]
    fn secrets_are_hidden_wherever_variables_carry_them() {
        let live = json!({"data": {"url": "db://u:old-pw@host", "mode": "a", "flag": "x"}});
        let wanted = json!({"data": {"url": "db://u:new-pw@host", "mode": "b", "more": {"deep": ["new-pw"]}, "flag": "1 of 2"}});
        let mut differences = compare(&live, &wanted);
        let secrets = BTreeSet::from(["new-pw\n".to_owned(), "1".to_owned(), String::new()]);
        conceal(&mut differences, &secrets);
        let told = format!("{differences:?}");
        assert!(
            !told.contains("new-pw") && !told.contains("old-pw"),
            "{told}"
        );
        assert!(
            told.contains("1 of 2") && told.contains("*** (after)"),
            "{told}"
        );
    }

    #[test]
    fn a_tally_leaves_out_what_does_not_occur() {
        let object = |fate| {
            let id = ObjectId::from_inventory("a_b__ConfigMap").unwrap();
            let warnings = Vec::new();
            Entry::Object(Compared {
                id,
                fate,
                warnings,
                states: States::default(),
            })
        };
        let entries = [
            object(Fate::Created),
            object(Fate::Recreated),
            object(Fate::Unchanged),
        ];
        assert_eq!(Tally::of(&entries).to_string(), "2 created, 1 unchanged");
        assert!(Tally::of(&entries).differs() && !Tally::of(&entries[2..]).differs());
    }
}
