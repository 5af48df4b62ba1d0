//! The fields of a patch, as a walk takes them one by one.

use std::collections::HashMap;

use crate::manifest::Entry;

/// How many fields are compared each with each; more get an index.
const FEW_FIELDS: usize = 16;

/// The fields of a patch, each taken once; of a repeated key only the first counts.
pub(super) struct Fields {
    entries: Vec<Option<Entry>>,
    index: HashMap<String, usize>,
}

impl Fields {
    /// Takes the fields of a patch.
    pub fn new(entries: Vec<Entry>) -> Self {
        let mut entries: Vec<_> = entries.into_iter().map(Some).collect();
        let mut index = HashMap::new();
        if entries.len() > FEW_FIELDS {
            for (place, entry) in entries.iter_mut().enumerate() {
                let name = name(entry.as_ref()).to_owned();
                if *index.entry(name).or_insert(place) != place {
                    *entry = None;
                }
            }
        } else {
            for place in 1..entries.len() {
                let repeats = entries[..place].iter().any(|entry| {
                    entry.is_some() && name(entry.as_ref()) == name(entries[place].as_ref())
                });
                if repeats {
                    entries[place] = None;
                }
            }
        }
        Self { entries, index }
    }

    /// Takes a field out.
    pub fn take(&mut self, wanted: &str) -> Option<Entry> {
        if self.entries.len() > FEW_FIELDS {
            return self.entries[*self.index.get(wanted)?].take();
        }
        let entry = self
            .entries
            .iter_mut()
            .find(|entry| entry.is_some() && name(entry.as_ref()) == wanted);
        entry?.take()
    }

    /// Takes what is left, in its order.
    pub fn rest(self) -> impl Iterator<Item = Entry> {
        self.entries.into_iter().flatten()
    }
}

fn name(entry: Option<&Entry>) -> &str {
    entry
        .and_then(|entry| entry.key.as_text())
        .unwrap_or_default()
}
