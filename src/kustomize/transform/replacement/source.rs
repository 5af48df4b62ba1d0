//! Reads the value of a replacement.

use super::super::lookup;
use super::super::trail::{self, Trail};
use super::{ReplacementError, typeless_ids};
use crate::kustomize::file::{DEFAULT_FIELD_PATH, FieldOptions, Replacement, SourceSelector};
use crate::kustomize::resource::{Gvk, Id, ResourceList, Scope};
use crate::manifest::{Content, Node};

/// The value that a replacement copies.
#[derive(Debug)]
pub enum Value {
    /// It is given, or a part of a text.
    Given(Node),
    /// It is a field as it is when it is copied: a replacement may have changed it before.
    Field {
        /// The place of the resource in the list.
        place: usize,
        /// Where in the resource the field is.
        at: Trail,
        /// The field as it was at first.
        first: Node,
    },
}

/// Returns the value that a replacement copies.
///
/// # Errors
///
/// Fails where no resource or more than one is selected, and where the field is missing or empty.
pub fn value(list: &ResourceList, replacement: &Replacement) -> Result<Value, ReplacementError> {
    match (&replacement.source, &replacement.source_value) {
        (Some(_), Some(_)) => Err(ReplacementError::TwoSources),
        (None, None) => Err(ReplacementError::Incomplete),
        (None, Some(text)) => Ok(Value::Given(Node::plain(text.clone()))),
        (Some(source), None) => field(list, source),
    }
}

fn field(list: &ResourceList, source: &SourceSelector) -> Result<Value, ReplacementError> {
    let id = Id {
        gvk: Gvk {
            group: source.group.clone(),
            version: source.version.clone(),
            kind: source.kind.clone(),
        },
        name: source.name.clone(),
        namespace: source.namespace.clone(),
        scope: Scope::Namespaced,
    };
    let candidates: Vec<usize> = match id.name.as_str() {
        "" => (0..list.len()).collect(),
        name => list.ever_named(name).collect(),
    };
    let mut selected = candidates
        .into_iter()
        .filter(|index| typeless_ids(list.at(*index)).any(|own| own.is_selected_by(&id)));
    let place = match (selected.next(), selected.next()) {
        (Some(place), None) => place,
        (None, _) => {
            return Err(ReplacementError::NoSource {
                selector: show(&id, source),
            });
        }
        (Some(_), Some(_)) => {
            return Err(ReplacementError::ManySources {
                selector: show(&id, source),
            });
        }
    };
    let path = match source.field_path.as_str() {
        "" => DEFAULT_FIELD_PATH,
        path => path,
    };
    let root = list.at(place).root();
    let found = lookup::lookup(root, &lookup::split_smartly(path))
        .map_err(ReplacementError::Lookup)?
        .filter(|node| !is_nothing(node));
    match found {
        Some(node) => {
            let first = part(node, source.options.as_ref())?;
            let whole = source
                .options
                .as_ref()
                .is_none_or(|options| options.delimiter.is_empty());
            Ok(match trail::to(root, node).filter(|_| whole) {
                Some(at) => Value::Field { place, at, first },
                None => Value::Given(first),
            })
        }
        None => Err(ReplacementError::EmptySource {
            path: path.into(),
            id: Box::new(id),
        }),
    }
}

/// Says whether a field counts as missing.
fn is_nothing(node: &Node) -> bool {
    match &node.content {
        Content::Scalar(_) => node.is_null(),
        Content::Sequence(items) => items.is_empty(),
        Content::Mapping(entries) => entries.is_empty(),
    }
}

/// Returns the part of a value that is asked for.
fn part(node: &Node, options: Option<&FieldOptions>) -> Result<Node, ReplacementError> {
    let mut node = node.clone();
    node.settle();
    let Some(options) = options.filter(|options| !options.delimiter.is_empty()) else {
        return Ok(node);
    };
    let Content::Scalar(text) = &mut node.content else {
        return Err(ReplacementError::DelimiterOfNoScalar);
    };
    let index = usize::try_from(options.index).ok();
    let mut parts = text.split(options.delimiter.as_str());
    match index.and_then(|index| parts.nth(index)) {
        Some(part) => *text = part.to_owned(),
        None => {
            return Err(ReplacementError::OutOfBounds {
                index: options.index,
                text: text.clone(),
            });
        }
    }
    Ok(node)
}

fn show(id: &Id, source: &SourceSelector) -> String {
    match source.field_path.as_str() {
        "" => id.to_string(),
        path => format!("{id}:{path}"),
    }
}
