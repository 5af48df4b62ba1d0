//! Writes the value of a replacement to the fields of its targets.

use super::super::lookup;
use super::super::trail::{self, Trail};
use super::super::write::{self, Sort};
use super::path::{Found, PathError, TargetPath};
use super::source::Value;
use super::structured;
use super::{ReplacementError, typeless_ids};
use crate::kustomize::file::{DEFAULT_FIELD_PATH, FieldOptions, TargetSelector};
use crate::kustomize::resource::{Resource, ResourceList};
use crate::kustomize::resource_selector::ResourceSelector;
use crate::manifest::{Content, Node, Tag};

/// Writes a value to all fields that a target selects.
///
/// # Errors
///
/// Fails where a field is not there and may not be made, or is no scalar where parts are asked for.
pub fn write_to(
    list: &mut ResourceList,
    value: &Value,
    target: &TargetSelector,
) -> Result<(), ReplacementError> {
    let Some(select) = &target.select else {
        return Err(ReplacementError::NoSelector);
    };
    let select = ResourceSelector::new(select)?;
    let reject = target
        .reject
        .iter()
        .map(ResourceSelector::new)
        .collect::<Result<Vec<_>, _>>()?;
    let default = [DEFAULT_FIELD_PATH.to_owned()];
    let paths = match target.field_paths.as_slice() {
        [] => &default[..],
        paths => paths,
    };
    let fields: Vec<(&String, Vec<String>)> = paths
        .iter()
        .map(|path| (path, lookup::split_smartly(path)))
        .collect();
    let candidates: Vec<usize> = match select.only_name() {
        Some(name) => list.ever_named(name).collect(),
        None => (0..list.len()).collect(),
    };
    for index in candidates {
        if is_selected(list.at(index), &select, &reject) {
            let value = match value {
                Value::Field { place, at, first } if *place == index => Copied::Own { at, first },
                Value::Field { place, at, first } => {
                    let now = trail::node(list.at(*place).root(), at);
                    Copied::Other(settled(now.unwrap_or(first)))
                }
                Value::Given(node) => Copied::Other(node.clone()),
            };
            list.edit(index, |resource| {
                write_fields(resource, &value, &fields, target.options.as_ref())
            })?;
        }
    }
    Ok(())
}

fn is_selected(
    resource: &Resource,
    select: &ResourceSelector,
    reject: &[ResourceSelector],
) -> bool {
    let mut rejecting = reject.iter();
    !resource.is_empty()
        && select.takes_labels(resource)
        && !reject
            .iter()
            .any(|reject| !reject.has_no_labels() && reject.takes_labels(resource))
        && !rejecting.any(|reject| {
            !reject.has_no_id() && typeless_ids(resource).any(|id| reject.takes_id(&id))
        })
        && typeless_ids(resource).any(|id| select.takes_id(&id))
}

/// The value for one target.
enum Copied<'value> {
    /// It stands elsewhere, and does not change here.
    Other(Node),
    /// It is a field of the target itself.
    Own {
        at: &'value Trail,
        first: &'value Node,
    },
}

impl Copied<'_> {
    /// Returns the value as it is now.
    fn now(&self, root: &Node) -> Node {
        match self {
            Self::Other(node) => node.clone(),
            Self::Own { at, first } => settled(trail::node(root, at).unwrap_or(first)),
        }
    }
}

fn settled(node: &Node) -> Node {
    let mut node = node.clone();
    node.settle();
    node
}

fn write_fields(
    resource: &mut Resource,
    value: &Copied<'_>,
    fields: &[(&String, Vec<String>)],
    options: Option<&FieldOptions>,
) -> Result<(), ReplacementError> {
    let create = options
        .filter(|options| options.create)
        .map(|_| Sort::of(&value.now(resource.root())));
    for (path, parts) in fields {
        let root = resource.root_mut();
        let now = value.now(root);
        if !structured::set_in_text(root, parts, &now, create) {
            write_field(root, value, (path, parts), (create, options))?;
        }
        resource.unify_twins();
    }
    resource.reread_names();
    Ok(())
}

fn write_field(
    root: &mut Node,
    value: &Copied<'_>,
    (path, parts): (&str, &[String]),
    (create, options): (Option<Sort>, Option<&FieldOptions>),
) -> Result<(), ReplacementError> {
    let fail = |source: Option<PathError>| ReplacementError::NoField {
        verb: if create.is_some() {
            "find or create"
        } else {
            "find"
        },
        path: path.to_owned(),
        source,
    };
    let found = TargetPath::new(parts)
        .and_then(|target| target.find(root, create))
        .map_err(|error| fail(Some(error)))?;
    if found.is_empty() {
        return Err(fail(None));
    }
    for place in found {
        let now = value.now(root);
        if let Found::At(at) = place
            && let Some(node) = trail::node_mut(root, &at)
        {
            write_one(node, &now, options)?;
        }
    }
    Ok(())
}

/// Writes a value, or the part of it that is asked for, to one field.
fn write_one(
    node: &mut Node,
    value: &Node,
    options: Option<&FieldOptions>,
) -> Result<(), ReplacementError> {
    let Some(options) = options.filter(|options| !options.delimiter.is_empty()) else {
        set_text_or_all(node, value);
        return Ok(());
    };
    let Content::Scalar(old) = &node.content else {
        return Err(ReplacementError::DelimiterOfNoScalar);
    };
    let mut parts: Vec<&str> = old.split(options.delimiter.as_str()).collect();
    let new = match value.as_text() {
        Some(text) if value.tag != Tag::Null => text,
        _ => "",
    };
    match usize::try_from(options.index) {
        Err(_) => parts.insert(0, new),
        Ok(index) => match parts.get_mut(index) {
            Some(part) => *part = new,
            None => parts.push(new),
        },
    }
    let text = parts.join(&options.delimiter);
    write::replace_text(node, &text);
    Ok(())
}

/// Puts a value in the place of a field: of a scalar, only the text changes.
pub fn set_text_or_all(node: &mut Node, value: &Node) {
    if let Content::Scalar(_) = node.content {
        let text = value.as_text().unwrap_or_default().to_owned();
        write::replace_text(node, &text);
        return;
    }
    let mut copy = value.clone();
    copy.part_twins();
    copy.settle();
    *node = copy;
}
