//! Variables: reads their values, and puts them where `$(NAME)` stands.

use std::collections::{BTreeMap, BTreeSet};

use super::error::TransformError;
use super::expand::{self, Expanded};
use super::lookup;
use super::places::Places;
use super::trail::{self, Trail};
use super::write;
use crate::error::Explain;
use crate::kustomize::file::{FieldSpec, Variable};
use crate::kustomize::resource::{Resource, ResourceList};
use crate::manifest::{Content, Node, Style, Tag};

/// A variable that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum VariableError {
    /// No resource has the value.
    #[error("var '{name}' cannot be mapped to a field in the set of known resources")]
    NoResource {
        /// Name of the variable.
        name: String,
    },
    /// The resource does not have the field.
    #[error("field specified in var '{name}' not found in corresponding resource: {path}")]
    NoField {
        /// Name of the variable.
        name: String,
        /// Path of the field.
        path: String,
    },
    /// A map has a key that is no text.
    #[error("invalid map key: value='{key}'")]
    Key {
        /// The key.
        key: String,
    },
    /// A list has an item that is no text.
    #[error("invalid value type expect a string")]
    Item,
    /// A field cannot be reached.
    #[error(transparent)]
    Field(#[from] TransformError),
}

impl Explain for VariableError {}

/// The value of a variable.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// An integer.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A boolean.
    Boolean(bool),
    /// A list or a mapping, which nothing can be replaced with.
    Other,
}

/// Puts the values of variables where they are named, and returns the names that were never found.
///
/// # Errors
///
/// Fails where a variable has no value, and where a field with variables is of another shape.
pub fn resolve_variables(
    list: &mut ResourceList,
    variables: &BTreeMap<String, Variable>,
    specs: &[FieldSpec],
) -> Result<Vec<String>, VariableError> {
    if variables.is_empty() {
        return Ok(Vec::new());
    }
    let values = values(list, variables)?;
    let mut used = BTreeSet::new();
    let mut places = Places::new(specs);
    for index in 0..list.len() {
        let gvk = list.at(index).id().gvk.clone();
        for place in places.of(&gvk) {
            let resource = list.at(index);
            let mut trails = Vec::new();
            trail::find(resource.root(), place.steps.steps(), &mut trails)
                .map_err(|source| TransformError::field(&place.path, resource.id(), source))?;
            let mut edits = Vec::new();
            for at in trails {
                if let Some(node) = trail::node(resource.root(), &at) {
                    expand_field(node, &at, &values, &mut used, &mut edits)?;
                }
            }
            if !edits.is_empty() {
                list.edit(index, |resource| apply(resource, edits));
            }
        }
    }
    let unused = variables.keys().filter(|name| !used.contains(*name));
    Ok(unused.cloned().collect())
}

/// Reads the values of all variables.
fn values(
    list: &ResourceList,
    variables: &BTreeMap<String, Variable>,
) -> Result<BTreeMap<String, Value>, VariableError> {
    let mut sources: BTreeMap<&str, &Resource> = BTreeMap::new();
    for resource in list {
        for name in &resource.variables {
            sources.entry(name).or_insert(resource);
        }
    }
    variables
        .iter()
        .map(|(name, variable)| {
            let Some(resource) = sources.get(name.as_str()) else {
                return Err(VariableError::NoResource { name: name.clone() });
            };
            let path = &variable.fieldref.field_path;
            match value(resource.root(), path) {
                Some(value) => Ok((name.clone(), value)),
                None => Err(VariableError::NoField {
                    name: name.clone(),
                    path: path.clone(),
                }),
            }
        })
        .collect()
}

/// Reads a field; a number in brackets after a key is a step of its own.
fn value(root: &Node, path: &str) -> Option<Value> {
    let mut parts = Vec::new();
    for part in lookup::split_smartly(path) {
        match numbered(&part) {
            Some((key, index)) => {
                parts.extend((!key.is_empty()).then(|| key.to_owned()));
                parts.push(index.to_owned());
            }
            None => parts.push(part),
        }
    }
    let node = lookup::lookup(root, &parts).ok()??;
    let Content::Scalar(text) = &node.content else {
        return Some(Value::Other);
    };
    let mut settled = node.clone();
    settled.settle();
    Some(match settled.tag {
        Tag::Integer => Value::Integer(text.parse().ok()?),
        Tag::Float => Value::Float(text.parse().ok()?),
        Tag::Boolean => Value::Boolean(text.eq_ignore_ascii_case("true")),
        _ => Value::Text(text.clone()),
    })
}

/// Takes `ports[0]` apart.
fn numbered(part: &str) -> Option<(&str, &str)> {
    let (key, index) = part.strip_suffix(']')?.rsplit_once('[')?;
    let is_number = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some((key, index))
}

/// A scalar to write.
type Edit = (Trail, Expanded);

/// Replaces variables in a text, in the values of a map, or in the items of a list.
fn expand_field(
    node: &Node,
    at: &[u32],
    values: &BTreeMap<String, Value>,
    used: &mut BTreeSet<String>,
    edits: &mut Vec<Edit>,
) -> Result<(), VariableError> {
    if node.is_null() {
        return Ok(());
    }
    let mut expand = |at: Trail, node: &Node| {
        if let Some(expanded) = expanded(node, values, used) {
            edits.push((at, expanded));
        }
    };
    let below = |index: usize| -> Trail {
        let mut at = at.to_vec();
        at.push(trail::number(index));
        at.into()
    };
    match &node.content {
        Content::Scalar(_) => expand(at.into(), node),
        Content::Mapping(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                if !entry.key.may_be_text() {
                    return Err(VariableError::Key {
                        key: entry.key.as_text().unwrap_or_default().into(),
                    });
                }
                expand(below(index), &entry.value);
            }
        }
        Content::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                if !item.may_be_text() {
                    return Err(VariableError::Item);
                }
                expand(below(index), item);
            }
        }
    }
    Ok(())
}

/// Returns what a text becomes, if it changes or must be told to be a text.
fn expanded(
    node: &Node,
    values: &BTreeMap<String, Value>,
    used: &mut BTreeSet<String>,
) -> Option<Expanded> {
    let text = node.as_text().filter(|_| node.may_be_text())?;
    let expanded = expand::expand(text, |name| {
        let value = values.get(name).filter(|value| **value != Value::Other)?;
        used.insert(name.to_owned());
        Some(value)
    });
    let same = expanded.tag == Tag::Text && expanded.text == text;
    let is_settled = node.tag == Tag::Text || node.settled_tag() == Some(Tag::Text);
    (!same || !is_settled).then_some(expanded)
}

fn apply(resource: &mut Resource, edits: Vec<Edit>) {
    for (at, expanded) in edits {
        if let Some(node) = trail::node_mut(resource.root_mut(), &at) {
            write::overwrite_scalar(node, &expanded.text);
            node.tag = expanded.tag;
            node.style = Style::Plain;
        }
    }
    resource.unify_twins();
    resource.reread_names();
}

#[cfg(test)]
mod tests {
    use super::super::{default_configuration, proof};
    use super::*;

    fn variable(name: &str, path: &str) -> (String, Variable) {
        let mut variable = Variable {
            name: name.into(),
            ..Variable::default()
        };
        variable.fieldref.field_path = path.into();
        (name.into(), variable)
    }

    fn resolved(
        text: &str,
        variables: &[(&str, &str)],
    ) -> Result<(String, Vec<String>), VariableError> {
        let mut list = proof::list(text);
        let variables: BTreeMap<_, _> = variables
            .iter()
            .map(|(name, path)| variable(name, path))
            .collect();
        list.edit(0, |resource| {
            resource.variables.extend(variables.keys().cloned());
        });
        let specs = &default_configuration().var_reference;
        let unused = resolve_variables(&mut list, &variables, specs)?;
        Ok((proof::print(&list), unused))
    }

    const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 80\n    on: true\n";

    #[test]
    fn replaces_texts_and_keeps_types() {
        let text = format!(
            "{SERVICE}---\napiVersion: v1\nkind: Pod\nmetadata: {{name: a, labels: {{x: $(NAME)}}}}\nspec:\n  containers:\n\
             \x20 - args: ['$(NAME):$(PORT)', $(PORT), $$(NAME), $(OTHER)]\n"
        );
        let (printed, unused) = resolved(
            &text,
            &[
                ("NAME", "metadata.name"),
                ("PORT", "spec.ports[0].port"),
                ("ON", "spec.ports.0.on"),
            ],
        )
        .unwrap();
        assert!(
            printed.contains("  - args:\n    - web:80\n    - 80\n    - $(NAME)\n    - $(OTHER)\n"),
            "{printed}"
        );
        assert!(printed.contains("x: web"));
        assert_eq!(unused, ["ON"]);
    }

    #[test]
    fn refuses_fields_that_are_not_there() {
        let error = resolved(SERVICE, &[("A", "spec.x")]).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("not found in corresponding resource")
        );
    }
}
