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

/// Where a resource stands, and what decides where it goes.
struct Entry {
    standing: isize,
    identity: String,
    place: usize,
}

fn sort_by(resources: &mut ResourceList, kinds: &LegacySortOptions) -> Result<(), BuildError> {
    resources.refuse_twice()?;
    let entry = |(place, resource): (usize, &Resource)| Entry {
        standing: rank(resource.kind(), &kinds.order_first, &kinds.order_last),
        identity: identity(resource.id()),
        place,
    };
    let mut order: Vec<Entry> = resources.iter().enumerate().map(entry).collect();
    let gvk = |entry: &Entry| &resources.at(entry.place).id().gvk;
    order.sort_by(|left, right| {
        let (here, there) = (gvk(left), gvk(right));
        if here == there {
            return left.identity.cmp(&right.identity);
        }
        let by_standing = left.standing.cmp(&right.standing);
        by_standing.then_with(|| texts(here, there))
    });
    let order: Vec<usize> = order.into_iter().map(|entry| entry.place).collect();
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

/// Returns the text that settles the order within a kind: namespace and name, with a mark for each that is empty.
fn identity(id: &Id) -> String {
    fn or<'text>(text: &'text str, empty: &'static str) -> &'text str {
        if text.is_empty() { empty } else { text }
    }
    [or(&id.namespace, "~X"), "|", or(&id.name, "~N")].concat()
}
