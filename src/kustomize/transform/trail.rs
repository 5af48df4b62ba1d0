//! Where in a document a node is, found without changing the document.

use super::path::Step;
use super::write::WriteError;
use crate::manifest::{Content, Node};

/// The way to a node: the number of each item or entry on it.
pub type Trail = Box<[u32]>;

/// What a search met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// Nothing worth a word.
    Plain,
    /// A null where the path says that a list is; the walk that writes would make it one.
    NullForList,
}

/// Finds the nodes at the end of a path, as [`super::path::walk`] does where it creates nothing.
///
/// # Errors
///
/// Fails where a scalar stands in the way, and where the path has a step without a name.
pub fn find(root: &Node, steps: &[Step], trails: &mut Vec<Trail>) -> Result<Search, WriteError> {
    let mut search = Search::Plain;
    follow(root, steps, &mut Vec::new(), &mut |found| match found {
        Some(trail) => trails.push(trail.into()),
        None => search = Search::NullForList,
    })?;
    Ok(search)
}

/// Follows a path; hands out each trail, and `None` for a null in the place of a list.
fn follow(
    node: &Node,
    steps: &[Step],
    at: &mut Vec<u32>,
    found: &mut dyn FnMut(Option<&[u32]>),
) -> Result<(), WriteError> {
    let Some((step, rest)) = steps.split_first() else {
        found(Some(at));
        return Ok(());
    };
    if node.is_null() {
        return Ok(());
    }
    match &node.content {
        Content::Scalar(_) => Err(WriteError::InTheWay),
        Content::Sequence(items) => items.iter().enumerate().try_for_each(|(index, item)| {
            at.push(number(index));
            let result = follow(item, steps, at, found);
            at.pop();
            result
        }),
        Content::Mapping(entries) => {
            super::path::check_name(&step.name)?;
            let Some(index) = entries
                .iter()
                .position(|entry| entry.key.as_text() == Some(&step.name))
            else {
                return Ok(());
            };
            let value = &entries[index].value;
            if step.list && value.is_null() {
                found(None);
                return Ok(());
            }
            at.push(number(index));
            let result = follow(value, rest, at, found);
            at.pop();
            result
        }
    }
}

/// Returns the number of an item or entry for a trail; documents are far smaller than that.
pub fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// Returns the trail to a node of a document.
pub fn to(root: &Node, wanted: &Node) -> Option<Trail> {
    let mut at = Vec::new();
    search(root, wanted, &mut at).then(|| at.into())
}

fn search(node: &Node, wanted: &Node, at: &mut Vec<u32>) -> bool {
    if std::ptr::eq(node, wanted) {
        return true;
    }
    let mut below = |index: usize, child: &Node| {
        at.push(number(index));
        let found = search(child, wanted, at);
        if !found {
            at.pop();
        }
        found
    };
    match &node.content {
        Content::Scalar(_) => false,
        Content::Sequence(items) => items
            .iter()
            .enumerate()
            .any(|(index, item)| below(index, item)),
        Content::Mapping(entries) => entries
            .iter()
            .enumerate()
            .any(|(index, entry)| below(index, &entry.value)),
    }
}

/// Returns the node at the end of a trail.
pub fn node<'node>(root: &'node Node, trail: &[u32]) -> Option<&'node Node> {
    trail.iter().try_fold(root, |node, index| {
        let index = *index as usize;
        match &node.content {
            Content::Scalar(_) => None,
            Content::Sequence(items) => items.get(index),
            Content::Mapping(entries) => entries.get(index).map(|entry| &entry.value),
        }
    })
}

/// Returns the node at the end of a trail, to change it.
pub fn node_mut<'node>(root: &'node mut Node, trail: &[u32]) -> Option<&'node mut Node> {
    trail.iter().try_fold(root, |node, index| {
        let index = *index as usize;
        match &mut node.content {
            Content::Scalar(_) => None,
            Content::Sequence(items) => items.get_mut(index),
            Content::Mapping(entries) => entries.get_mut(index).map(|entry| &mut entry.value),
        }
    })
}
