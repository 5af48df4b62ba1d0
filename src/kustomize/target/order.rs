//! The order of the output: as accumulated, or by the standing of the kinds.

use std::cmp::Ordering;

use super::super::file::{LegacySortOptions, SortOptions};
use super::super::resource::{FIRST_KINDS, Gvk, Id, LAST_KINDS, Resource, ResourceList, rank};
use super::problem::BuildError;

/// Sorts as `sortOptions` asks for.
///
/// # Errors
///
/// Fails where they ask for an order that is not known, or give kinds that it does not use.
pub fn sort(resources: &mut ResourceList, options: &SortOptions) -> Result<(), BuildError> {
    let failed = |message: &str| {
        Err(BuildError::Order {
            message: message.into(),
        })
    };
    match (options.order.as_str(), &options.legacy_sort_options) {
        ("fifo", None) => Ok(()),
        ("fifo", Some(_)) => failed(
            "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'",
        ),
        ("legacy", Some(kinds)) => sort_by(resources, kinds),
        ("legacy", None) => sort_by_kind(resources),
        _ => failed("the field 'sortOptions.order' must be one of [fifo, legacy]"),
    }
}

/// Sorts by the built-in standing of the kinds.
///
/// # Errors
///
/// Fails where two resources are the same.
pub fn sort_by_kind(resources: &mut ResourceList) -> Result<(), BuildError> {
    let owned = |kinds: &[&str]| kinds.iter().map(ToString::to_string).collect();
    let kinds = LegacySortOptions {
        order_first: owned(FIRST_KINDS),
        order_last: owned(LAST_KINDS),
    };
    sort_by(resources, &kinds)
}

fn sort_by(resources: &mut ResourceList, kinds: &LegacySortOptions) -> Result<(), BuildError> {
    resources.refuse_twice()?;
    let standing =
        |resource: &Resource| rank(resource.kind(), &kinds.order_first, &kinds.order_last);
    let mut order: Vec<(isize, usize)> = resources.iter().map(standing).zip(0..).collect();
    let id = |place: usize| resources.at(place).id();
    order.sort_by(|(left, here), (right, there)| {
        if id(*here).gvk == id(*there).gvk {
            return identity(id(*here)).cmp(identity(id(*there)));
        }
        let texts = || texts(&id(*here).gvk, &id(*there).gvk);
        left.cmp(right).then_with(texts)
    });
    let order: Vec<usize> = order.into_iter().map(|(_, place)| place).collect();
    resources.reorder(&order);
    Ok(())
}

/// Compares two kinds of the same standing.
fn texts(left: &Gvk, right: &Gvk) -> Ordering {
    let texts = left.compare_texts(right);
    let namespaces = left.kind == "Namespace" && right.kind == "Namespace";
    if namespaces && (left.group.is_empty() || right.group.is_empty()) {
        texts.reverse()
    } else {
        texts
    }
}

/// Returns the bytes that settle the order within a kind: namespace and name, with a mark for each that is empty.
fn identity(id: &Id) -> impl Iterator<Item = u8> + '_ {
    fn or<'text>(text: &'text str, empty: &'static str) -> std::str::Bytes<'text> {
        if text.is_empty() { empty } else { text }.bytes()
    }
    or(&id.namespace, "~X")
        .chain(*b"|")
        .chain(or(&id.name, "~N"))
}
