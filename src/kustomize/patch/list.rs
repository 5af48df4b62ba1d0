//! Lists that merge: their items are told apart by keys, or by themselves.
//!
//! Lists of mappings that all have their own key, nearly all there are, take a short way; all others take the way of
//! the reference, step by step (`list_pool`), which leads to the same end.

use std::collections::HashMap;
use std::mem;

use super::super::schema::Shape;
use super::directive::{self, Directive, holds_nothing};
use super::list_pool::Pool;
use super::merge::{Fate, Walker};
use super::merge_error::MergeError;
use crate::manifest::Node;

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
    let mut pool = Pool::new(walker, mem::take(items), source, keys, shape);
    pool.run()?;
    *items = pool.into_items();
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
