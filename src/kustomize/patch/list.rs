//! Lists that merge: their items are told apart by keys, or by themselves.
//!
//! The reference works with three lists that share their items (the document's, the patch's and a new one), and
//! looks items up again and again while it changes them. Where keys are missing, repeat, or only partly agree, the
//! result is what that procedure happens to leave; so it is repeated here step by step, on places in a pool of
//! items. Lists of mappings that all have their own key, nearly all there are, take a short way to the same end.

use std::collections::HashMap;
use std::mem;

use super::super::schema::Shape;
use super::directive::{self, Directive, holds_nothing};
use super::merge::{Fate, Walker};
use super::merge_error::MergeError;
use crate::manifest::{Content, Node, Tag};

/// What a list meets.
pub enum Source {
    /// Nothing: the patch does not name it.
    Nothing,
    /// Itself: the patch brought it.
    Itself,
    /// The list of the patch.
    Patch(Vec<Node>),
}

/// Merges a list with what it meets.
///
/// # Errors
///
/// Fails as the merge of its items does, and where an item is of a sort that has no keys.
pub fn merge<'s>(
    walker: Walker<'s>,
    items: &mut Vec<Node>,
    source: Source,
    keys: &[&str],
    shape: Option<Shape<'s>>,
) -> Result<(), MergeError> {
    let shape = shape.and_then(Shape::items);
    let keys = if keys.is_empty() { &[""][..] } else { keys };
    if let ([key], Source::Nothing | Source::Itself) = (keys, &source)
        && places_by_key(items, key).is_some()
    {
        return each(walker, items, &source, shape);
    }
    if let ([key], Source::Patch(patches)) = (keys, &source)
        && let (Some(_), Some(_)) = (places_by_key(items, key), places_by_key(patches, key))
        && let Source::Patch(patches) = source
    {
        *items = by_key(walker, mem::take(items), patches, key, shape)?;
        return Ok(());
    }
    let mut lists = Lists::new(walker, mem::take(items), source, keys, shape);
    lists.run()?;
    *items = lists.into_items();
    Ok(())
}

/// Finds the place of each item by its key, if all of them have one and no two the same.
fn places_by_key<'a>(items: &'a [Node], key: &str) -> Option<HashMap<&'a str, usize>> {
    if key.is_empty() {
        return None;
    }
    let mut places = HashMap::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        let text = item.get(key).filter(|value| !value.is_null())?.as_text()?;
        if text.is_empty() || places.insert(text, place).is_some() {
            return None;
        }
    }
    Some(places)
}

/// Meets each item of a list that no patch names.
fn each<'s>(
    walker: Walker<'s>,
    items: &mut Vec<Node>,
    source: &Source,
    shape: Option<Shape<'s>>,
) -> Result<(), MergeError> {
    let mut kept = Vec::with_capacity(items.len());
    for mut item in mem::take(items) {
        let fate = match source {
            Source::Itself => walker.adopted(&mut item, shape)?,
            Source::Nothing | Source::Patch(_) => walker.alone(&mut item, shape)?,
        };
        if fate == Fate::Kept && !holds_nothing(&item) {
            kept.push(item);
        }
    }
    *items = kept;
    Ok(())
}

/// Merges two lists in which every item has a key of its own: those of the patch come first.
fn by_key<'s>(
    walker: Walker<'s>,
    items: Vec<Node>,
    patches: Vec<Node>,
    key: &str,
    shape: Option<Shape<'s>>,
) -> Result<Vec<Node>, MergeError> {
    let mut merged = Vec::with_capacity(items.len() + patches.len());
    let met: Vec<Option<usize>> = {
        let places = places_by_key(&items, key).unwrap_or_default();
        let place = |patch: &Node| places.get(patch.get(key)?.as_text()?).copied();
        patches.iter().map(place).collect()
    };
    let mut items: Vec<Option<Node>> = items.into_iter().map(Some).collect();
    for (mut patch, place) in patches.into_iter().zip(met) {
        let item = place.and_then(|place| items[place].take());
        let (node, fate) = match item {
            None => {
                let fate = walker.added(&mut patch, shape)?;
                (patch, fate)
            }
            // The reference prepares the replacement, and then writes the old item over it.
            Some(item) if directive::of_mapping(&patch) == Some(Directive::Replace) => {
                let fate = walker.added(&mut patch, shape)?;
                (item, fate)
            }
            Some(mut item) => {
                let fate = walker.both(&mut item, &mut patch, shape)?;
                (item, fate)
            }
        };
        if fate == Fate::Kept && !holds_nothing(&node) {
            merged.push(node);
        }
    }
    for mut item in items.into_iter().flatten() {
        if walker.alone(&mut item, shape)? == Fate::Kept && !holds_nothing(&item) {
            merged.push(item);
        }
    }
    Ok(merged)
}

/// The three lists of the reference, as places in one pool of items.
struct Lists<'s, 'k> {
    walker: Walker<'s>,
    shape: Option<Shape<'s>>,
    keys: &'k [&'k str],
    pool: Vec<Node>,
    /// The list of the document.
    document: Vec<usize>,
    /// The list of the patch; `None` where the document's meets nothing or itself.
    patch: Option<Vec<usize>>,
    meets_itself: bool,
}

/// The values of an item's keys; empty for those that it lacks.
type Values = Vec<String>;

impl<'s, 'k> Lists<'s, 'k> {
    fn new(
        walker: Walker<'s>,
        items: Vec<Node>,
        source: Source,
        keys: &'k [&'k str],
        shape: Option<Shape<'s>>,
    ) -> Self {
        let count = items.len();
        let mut lists = Self {
            walker,
            shape,
            keys,
            pool: items,
            document: (0..count).collect(),
            patch: None,
            meets_itself: matches!(source, Source::Itself),
        };
        if let Source::Patch(patches) = source {
            lists.pool.extend(patches);
            lists.patch = Some((count..lists.pool.len()).collect());
        }
        lists
    }

    /// Returns the items of the document's list.
    fn into_items(self) -> Vec<Node> {
        let mut pool: Vec<Option<Node>> = self.pool.into_iter().map(Some).collect();
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

    fn run(&mut self) -> Result<(), MergeError> {
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
            let item = &self.pool[*place];
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
                (item, walker.adopted(&mut self.pool[item], shape)?)
            }
            (Some(item), None) => (item, walker.alone(&mut self.pool[item], shape)?),
            (None, Some(patch)) => (patch, walker.added(&mut self.pool[patch], shape)?),
            (Some(_), Some(patch))
                if directive::of_mapping(&self.pool[patch]) == Some(Directive::Replace) =>
            {
                (patch, walker.added(&mut self.pool[patch], shape)?)
            }
            (Some(item), Some(patch)) => {
                // The reference may come back to this item; then its directive is gone.
                let mut other = self.pool[patch].clone();
                let fate = walker.both(&mut self.pool[item], &mut other, shape)?;
                directive::take_from_mapping(&mut self.pool[patch])?;
                (item, fate)
            }
        };
        let stays = fate == Fate::Kept && !holds_nothing(&self.pool[place]);
        Ok(stays.then_some(place))
    }

    /// Finds the first item that has these values, as far as they are given.
    fn find(&self, list: &[usize], keys: &[&str], values: &[String]) -> Option<usize> {
        if keys == [""] {
            let wanted = &values[0];
            return list
                .iter()
                .copied()
                .find(|place| text(&self.pool[*place]) == wanted);
        }
        let none = values.iter().all(String::is_empty);
        let has = |item: &Node| {
            keys.iter().zip(values).all(|(key, value)| {
                (value.is_empty() && !none) || item.get(key).is_some_and(|own| text(own) == value)
            })
        };
        list.iter().copied().find(|place| has(&self.pool[*place]))
    }

    /// Sets the keys that an item lacks.
    fn complete(
        &mut self,
        place: usize,
        keys: &[&str],
        values: &[String],
    ) -> Result<(), MergeError> {
        let item = &mut self.pool[place];
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
            let node = &self.pool[place];
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
        if let Some(place) = item.filter(|place| !found && !self.pool[*place].is_null()) {
            list.push(place);
        }
        Ok(())
    }

    /// Adds what is left of the document's list.
    fn append(&self, merged: &mut Vec<usize>, keys: &[&str]) -> Result<(), MergeError> {
        for place in self.document.iter().copied() {
            let item = &self.pool[place];
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
