//! Lists whose keys are missing, repeat or only partly agree, merged as the reference does it.
//!
//! It works with three lists that share their items (the document's, the patch's and a new one), and looks items up
//! again and again while it changes them. The result is what that procedure happens to leave; so it is repeated here
//! step by step, on places in a pool of items.

use std::collections::HashMap;
use std::mem;

use super::super::schema::Shape;
use super::directive::{self, Directive, holds_nothing};
use super::list::Source;
use super::merge::{Fate, Walker};
use super::merge_error::MergeError;
use crate::manifest::{Content, Node, Tag};

/// The items of all lists, and the lists as places among them.
pub(super) struct Pool<'s, 'k> {
    walker: Walker<'s>,
    shape: Option<Shape<'s>>,
    keys: &'k [&'k str],
    items: Vec<Node>,
    /// The list of the document.
    document: Vec<usize>,
    /// The list of the patch; `None` where the document's meets nothing or itself.
    patch: Option<Vec<usize>>,
    meets_itself: bool,
}

/// The values of an item's keys; empty for those that it lacks.
type Values = Vec<String>;

impl<'s, 'k> Pool<'s, 'k> {
    /// Puts the items of a list, and of what it meets, together.
    pub fn new(
        walker: Walker<'s>,
        items: Vec<Node>,
        source: Source,
        keys: &'k [&'k str],
        shape: Option<Shape<'s>>,
    ) -> Self {
        let count = items.len();
        let mut pool = Self {
            walker,
            shape,
            keys,
            items,
            document: (0..count).collect(),
            patch: None,
            meets_itself: matches!(source, Source::Itself),
        };
        if let Source::Patch(patches) = source {
            pool.items.extend(patches);
            pool.patch = Some((count..pool.items.len()).collect());
        }
        pool
    }

    /// Returns the items of the document's list.
    pub fn into_items(self) -> Vec<Node> {
        let mut pool: Vec<Option<Node>> = self.items.into_iter().map(Some).collect();
        let mut items: Vec<Node> = Vec::with_capacity(self.document.len());
        let mut given: HashMap<usize, usize> = HashMap::new();
        for place in self.document {
            let item = match pool[place].take() {
                Some(item) => item,
                None => items[given[&place]].clone(),
            };
            given.insert(place, items.len());
            items.push(item);
        }
        items
    }

    /// Merges.
    ///
    /// # Errors
    ///
    /// Fails as the merge of the items does, and where an item is of a sort that has no keys.
    pub fn run(&mut self) -> Result<(), MergeError> {
        let mut all = self.all_values();
        if self.keys.len() > 1 {
            unite(&mut all);
        }
        let some: Vec<bool> = (0..self.keys.len())
            .map(|index| all.iter().any(|values| !values[index].is_empty()))
            .collect();
        let counts = |index: usize| some[index] || !some.contains(&true);
        let keys: Vec<&str> = (0..self.keys.len())
            .filter(|index| counts(*index))
            .map(|index| self.keys[index])
            .collect();
        let mut merged = Vec::new();
        for values in &all {
            let values: Values = (0..self.keys.len())
                .filter(|index| counts(*index))
                .map(|index| values[index].clone())
                .collect();
            let Some(place) = self.meet(&keys, &values)? else {
                let mut document = mem::take(&mut self.document);
                self.set(&mut document, None, &keys, &values)?;
                self.document = document;
                continue;
            };
            self.complete(place, &keys, &values)?;
            self.set(&mut merged, Some(place), &keys, &values)?;
        }
        if !all.is_empty() {
            self.append(&mut merged, &keys)?;
            self.document = merged;
        }
        Ok(())
    }

    /// Collects the values of all items, those of the patch first, each once.
    fn all_values(&self) -> Vec<Values> {
        let mut all: Vec<Values> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let patch = self.patch.iter().flatten();
        for place in patch.chain(&self.document) {
            let item = &self.items[*place];
            let value = |key: &&str| match *key {
                "" => text(item),
                key => item
                    .get(key)
                    .filter(|value| !value.is_null())
                    .map_or("", text),
            };
            let values: Values = self.keys.iter().map(|key| value(key).to_owned()).collect();
            if seen.insert(values.clone()) {
                all.push(values);
            }
        }
        all
    }

    /// Merges the items that have these values; returns the place of what came of it.
    fn meet(&mut self, keys: &[&str], values: &[String]) -> Result<Option<usize>, MergeError> {
        let item = self.find(&self.document, keys, values);
        let patch = self
            .patch
            .as_ref()
            .and_then(|patch| self.find(patch, keys, values));
        let (walker, shape) = (self.walker, self.shape);
        let (place, fate) = match (item, patch) {
            (None, None) => return Ok(None),
            (Some(item), None) if self.meets_itself => {
                (item, walker.adopted(&mut self.items[item], shape)?)
            }
            (Some(item), None) => (item, walker.alone(&mut self.items[item], shape)?),
            (None, Some(patch)) => (patch, walker.added(&mut self.items[patch], shape)?),
            (Some(_), Some(patch))
                if directive::of_mapping(&self.items[patch]) == Some(Directive::Replace) =>
            {
                (patch, walker.added(&mut self.items[patch], shape)?)
            }
            (Some(item), Some(patch)) => {
                // The reference may come back to this item; then its directive is gone.
                let mut other = self.items[patch].clone();
                let fate = walker.both(&mut self.items[item], &mut other, shape)?;
                directive::take_from_mapping(&mut self.items[patch])?;
                (item, fate)
            }
        };
        let stays = fate == Fate::Kept && !holds_nothing(&self.items[place]);
        Ok(stays.then_some(place))
    }

    /// Finds the first item that has these values, as far as they are given.
    fn find(&self, list: &[usize], keys: &[&str], values: &[String]) -> Option<usize> {
        if keys == [""] {
            let wanted = &values[0];
            return list
                .iter()
                .copied()
                .find(|place| text(&self.items[*place]) == wanted);
        }
        let none = values.iter().all(String::is_empty);
        let has = |item: &Node| {
            keys.iter().zip(values).all(|(key, value)| {
                (value.is_empty() && !none) || item.get(key).is_some_and(|own| text(own) == value)
            })
        };
        list.iter().copied().find(|place| has(&self.items[*place]))
    }

    /// Sets the keys that an item lacks.
    fn complete(
        &mut self,
        place: usize,
        keys: &[&str],
        values: &[String],
    ) -> Result<(), MergeError> {
        let item = &mut self.items[place];
        for (key, value) in keys
            .iter()
            .zip(values)
            .filter(|(_, value)| !value.is_empty())
        {
            match &item.content {
                // What is written over a scalar has no type of its own.
                Content::Scalar(_) if key.is_empty() => item.tag = Tag::None,
                Content::Mapping(_) if item.get(key).is_none() => {
                    item.set(key, Node::text(value));
                }
                Content::Mapping(_) => {}
                _ => return Err(MergeError::wrong_sort("MappingNode", item)),
            }
        }
        Ok(())
    }

    /// Puts an item in the place of those that have these values, or at the end; without one, takes them out.
    ///
    /// An empty value is had by every item that has the key; a value that is not given by those that have the one
    /// before it. Items that hold nothing go, and where no values are given, all that do not match.
    fn set(
        &self,
        list: &mut Vec<usize>,
        item: Option<usize>,
        keys: &[&str],
        values: &[String],
    ) -> Result<(), MergeError> {
        let by_mapping =
            !keys[0].is_empty() && values.first().is_some_and(|value| !value.is_empty());
        let mut found = false;
        let mut kept = Vec::with_capacity(list.len() + 1);
        for place in list.iter().copied() {
            let node = &self.items[place];
            if holds_nothing(node) {
                continue;
            }
            if by_mapping && node.entries().is_none() {
                kept.push(place);
            } else if has_all(node, keys, values)? {
                found = true;
                kept.extend(item);
            } else if !values.is_empty() {
                kept.push(place);
            }
        }
        *list = kept;
        if let Some(place) = item.filter(|place| !found && !self.items[*place].is_null()) {
            list.push(place);
        }
        Ok(())
    }

    /// Adds what is left of the document's list.
    fn append(&self, merged: &mut Vec<usize>, keys: &[&str]) -> Result<(), MergeError> {
        for place in self.document.iter().copied() {
            let item = &self.items[place];
            if keys == [""] {
                self.set(merged, Some(place), keys, &[text(item).to_owned()])?;
                continue;
            }
            if item.entries().is_none() && !item.is_null() {
                return Err(MergeError::wrong_sort("MappingNode", item));
            }
            let mut values = Vec::with_capacity(keys.len());
            for key in keys {
                match item.get(key) {
                    Some(value) => values.push(text(value).to_owned()),
                    None => merged.push(place),
                }
            }
            if keys.len() > 1 {
                self.set(merged, None, keys, &values)?;
            }
            self.set(merged, Some(place), keys, &values)?;
        }
        Ok(())
    }
}

/// Says whether an item has all values.
fn has_all(item: &Node, keys: &[&str], values: &[String]) -> Result<bool, MergeError> {
    let mut has = false;
    for (index, key) in keys.iter().enumerate() {
        if let Some(value) = values.get(index) {
            has = has_value(item, key, value)?;
        }
        if !has {
            return Ok(false);
        }
    }
    Ok(has)
}

fn has_value(item: &Node, key: &str, value: &str) -> Result<bool, MergeError> {
    match (&item.content, key) {
        (Content::Scalar(own), "") => Ok(own == value),
        (_, "") => Err(MergeError::wrong_sort("ScalarNode", item)),
        (Content::Mapping(_), _) => {
            let own = item.get(key);
            Ok(own.is_some_and(|own| value.is_empty() || text(own) == value))
        }
        _ => Err(MergeError::wrong_sort("MappingNode", item)),
    }
}

/// Makes values the same that agree in one part, and in the others as far as both have them.
fn unite(all: &mut [Values]) {
    for first in 0..all.len() {
        let values = all[first].clone();
        for second in 0..all.len() {
            if let Some(united) = united(&values, &all[second]) {
                all[first].clone_from(&united);
                all[second] = united;
            }
        }
    }
}

fn united(first: &[String], second: &[String]) -> Option<Values> {
    let mut agree = false;
    let mut united = Vec::with_capacity(first.len());
    for (own, other) in first.iter().zip(second) {
        agree |= own == other;
        if own != other && !own.is_empty() && !other.is_empty() {
            return None;
        }
        united.push(if own.is_empty() { other } else { own }.clone());
    }
    agree.then_some(united)
}

/// Returns the text of a scalar, and an empty one for everything else.
fn text(node: &Node) -> &str {
    node.as_text().unwrap_or_default()
}
