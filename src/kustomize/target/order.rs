//! The order of the output: as accumulated, or by the standing of the kinds.

use std::cmp::Ordering;

use super::super::file::{LegacySortOptions, SortOptions};
use super::super::resource::{FIRST_KINDS, Id, LAST_KINDS, ResourceList, rank};
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
    let mut items = std::mem::take(resources).into_vec();
    items.sort_by(|left, right| compare(left.id(), right.id(), kinds));
    items
        .into_iter()
        .try_for_each(|resource| resources.push(resource))?;
    Ok(())
}

fn compare(left: &Id, right: &Id, kinds: &LegacySortOptions) -> Ordering {
    if left.gvk == right.gvk {
        return identity(left).cmp(&identity(right));
    }
    let rank = |id: &Id| rank(&id.gvk.kind, &kinds.order_first, &kinds.order_last);
    let texts = || left.gvk.sort_text().cmp(&right.gvk.sort_text());
    rank(left).cmp(&rank(right)).then_with(|| {
        let namespaces = left.gvk.kind == "Namespace" && right.gvk.kind == "Namespace";
        let one_is_core = left.gvk.group.is_empty() || right.gvk.group.is_empty();
        if namespaces && one_is_core {
            texts().reverse()
        } else {
            texts()
        }
    })
}

/// Returns the text that settles the order within a kind.
fn identity(id: &Id) -> String {
    let or = |text: &str, empty: &str| {
        if text.is_empty() {
            empty.to_owned()
        } else {
            text.to_owned()
        }
    };
    format!(
        "{}|{}|{}",
        id.gvk,
        or(&id.namespace, "~X"),
        or(&id.name, "~N")
    )
}
