//! Finds one field by a path of keys, numbers and `[name=value]`, as replacement sources and variables give it.

use super::write::{self, Sort};
use crate::manifest::{Entry, Node};

/// A path that cannot be followed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LookupError {
    /// A step is for something of another sort.
    #[error("wrong node kind: expected {expected} but got {found} at `{step}`")]
    Kind {
        /// The step.
        step: String,
        /// What it is for.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// A number below zero.
    #[error("array index {step} cannot be negative")]
    Negative {
        /// The step.
        step: String,
    },
    /// The last item of a list that has none.
    #[error("the list has no last item")]
    NoLast,
    /// A `*`, which only targets may have.
    #[error("wildcard is not supported in PathGetter")]
    Wildcard,
    /// Brackets without a `=`.
    #[error("list path element must contain fieldName=fieldValue for element to match")]
    NoMatch,
}

/// One step of a path, as it is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'path> {
    /// The value of a key.
    Key(&'path str),
    /// An item by its number.
    Index(usize),
    /// The last item.
    Last,
    /// The item in which a field has a value; the item itself where the name of the field is empty.
    Item(&'path str, &'path str),
}

/// Splits a path at its dots; `\.` is a dot within a key, and so is one between brackets.
pub fn split_smartly(path: &str) -> Vec<String> {
    let mut parts = super::path::split(path, '.').into_iter();
    let mut result = Vec::new();
    while let Some(part) = parts.next() {
        if !part.starts_with('[') || part.ends_with(']') {
            result.push(part);
            continue;
        }
        let mut whole = part;
        for next in parts.by_ref() {
            whole.push('.');
            whole.push_str(&next);
            if next.ends_with(']') {
                break;
            }
        }
        if whole.contains('=') {
            result.push(whole);
        } else {
            result.push(whole.trim_matches(['[', ']']).to_owned());
        }
    }
    result
}

/// Finds the field that a path leads to; a null on the way is as good as nothing.
///
/// # Errors
///
/// Fails where a step is for something of another sort than what is there.
pub fn lookup<'node>(
    root: &'node Node,
    path: &[String],
) -> Result<Option<&'node Node>, LookupError> {
    let mut node = root;
    for step in path.iter().map(|step| step.trim()) {
        if step.is_empty() {
            continue;
        }
        match follow(node, step)? {
            Some(next) => node = next,
            None => return Ok(None),
        }
    }
    Ok(Some(node))
}

/// Splits a path at its slashes; `\/` is a slash within a key.
pub fn split_unescaped(path: &str) -> Vec<String> {
    let mut result: Vec<String> = Vec::new();
    for part in path.split('/') {
        match result.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push('/');
                last.push_str(part);
            }
            _ => result.push(part.to_owned()),
        }
    }
    result
}

/// Finds the field that a path leads to, and makes what is missing: at the end a scalar, items where `[name=value]`
/// is, but never an item by its number.
///
/// # Errors
///
/// Fails where a step is for something of another sort than what is there.
pub fn lookup_or_create<'node>(
    root: &'node mut Node,
    path: &[String],
) -> Result<Option<&'node mut Node>, LookupError> {
    let steps: Vec<&str> = path
        .iter()
        .map(|step| step.trim())
        .filter(|step| !step.is_empty())
        .collect();
    let mut node = root;
    for (index, step) in steps.iter().enumerate() {
        if node.is_null()
            || (follow(node, step)?.is_none() && !make(node, step, steps.get(index + 1))?)
        {
            return Ok(None);
        }
        match follow_mut(node, step)? {
            Some(next) => node = next,
            None => return Ok(None),
        }
    }
    Ok(Some(node))
}

/// Adds what a step leads to, as the step after it needs it; says whether it could.
fn make(node: &mut Node, step: &str, next: Option<&&str>) -> Result<bool, LookupError> {
    let sort = match next {
        None => Sort::Scalar,
        Some(next) if is_bracketed(next) || index(next).is_some_and(|index| index >= 0) => {
            Sort::Sequence
        }
        Some(_) => Sort::Mapping,
    };
    let entry = |key: &str, value: Node| Entry {
        key: Node::plain(key),
        value,
    };
    match part(step)? {
        Part::Key(key) => {
            if let Some(entries) = write::entries_mut(node) {
                entries.push(entry(key, sort.make()));
            }
        }
        Part::Item(field, value) => {
            if let Some(items) = write::items_mut(node) {
                let value = Node::plain(value);
                items.push(match field {
                    "" => value,
                    field => Node::mapping(vec![entry(field, value)]),
                });
            }
        }
        Part::Index(_) | Part::Last => return Ok(false),
    }
    Ok(true)
}

/// Follows one step, to change what it leads to.
fn follow_mut<'node>(
    node: &'node mut Node,
    step: &str,
) -> Result<Option<&'node mut Node>, LookupError> {
    Ok(match part(step)? {
        Part::Key(key) => node.get_mut(key),
        Part::Index(index) => write::items_mut(node).and_then(|items| items.get_mut(index)),
        Part::Last => write::items_mut(node).and_then(|items| items.last_mut()),
        Part::Item(field, value) => write::items_mut(node)
            .and_then(|items| items.iter_mut().find(|item| has_value(item, field, value))),
    })
}

/// Says whether a step is between brackets.
pub fn is_bracketed(step: &str) -> bool {
    step.starts_with('[') && step.ends_with(']')
}

/// Takes `[name=value]` apart.
///
/// # Errors
///
/// Fails where there is no `=`.
pub fn field_and_value(step: &str) -> Result<(&str, &str), LookupError> {
    let inner = step.strip_suffix(']').unwrap_or(step);
    let inner = inner.strip_prefix('[').unwrap_or(inner);
    inner.split_once('=').ok_or(LookupError::NoMatch)
}

/// Reads a number as Go does, with a sign.
pub fn index(step: &str) -> Option<i64> {
    step.parse().ok()
}

fn part(step: &str) -> Result<Part<'_>, LookupError> {
    if let Some(index) = index(step) {
        let index = usize::try_from(index).map_err(|_| LookupError::Negative {
            step: step.to_owned(),
        })?;
        return Ok(Part::Index(index));
    }
    match step {
        "-" => Ok(Part::Last),
        "*" => Err(LookupError::Wildcard),
        _ if is_bracketed(step) => {
            let (field, value) = field_and_value(step)?;
            Ok(Part::Item(field, value))
        }
        _ => Ok(Part::Key(step)),
    }
}

fn follow<'node>(node: &'node Node, step: &str) -> Result<Option<&'node Node>, LookupError> {
    let wrong = |expected| LookupError::Kind {
        step: step.to_owned(),
        expected,
        found: node.sort(),
    };
    let list = || match node.items() {
        Some(items) => Ok(items),
        None if node.is_null() => Ok(&[][..]),
        None => Err(wrong("a list")),
    };
    Ok(match part(step)? {
        Part::Key(key) if node.entries().is_some() => node.get(key),
        Part::Key(_) if node.is_null() => None,
        Part::Key(_) => return Err(wrong("a mapping")),
        Part::Index(index) => list()?.get(index),
        Part::Last => Some(list()?.last().ok_or(LookupError::NoLast)?),
        Part::Item(field, value) => list()?.iter().find(|item| has_value(item, field, value)),
    })
}

/// Says whether a field of an item, or the item itself, has this text.
fn has_value(item: &Node, field: &str, value: &str) -> bool {
    let node = if field.is_empty() {
        Some(item)
    } else {
        item.get(field)
    };
    node.is_some_and(|node| node.as_text().unwrap_or_default() == value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str) -> Result<Option<String>, LookupError> {
        let text =
            "{a: {b.c: 1, 'd/e': 2}, l: [{name: x, v: 3}, {name: y, v: 4}], s: [p, q], n: null}";
        let root = Node::documents(text).unwrap().remove(0);
        let node = lookup(&root, &split_smartly(path))?;
        Ok(node.and_then(Node::as_text).map(str::to_owned))
    }

    #[test]
    fn splits_at_dots_but_not_between_brackets() {
        assert_eq!(split_smartly("a.b\\.c.d"), ["a", "b.c", "d"]);
        assert_eq!(split_smartly("a.[b.c/d].e"), ["a", "b.c/d", "e"]);
        assert_eq!(split_smartly("a.[n=b.c].e"), ["a", "[n=b.c]", "e"]);
        assert_eq!(split_smartly("a.[n=b].e"), ["a", "[n=b]", "e"]);
    }

    #[test]
    fn finds_fields_and_items() {
        for (path, expected) in [
            ("a.b\\.c", "1"),
            ("a.[b.c]", "1"),
            ("a.d/e", "2"),
            ("l.[name=y].v", "4"),
            ("l.0.v", "3"),
            ("l.-.v", "4"),
            ("s.[=q]", "q"),
        ] {
            assert_eq!(found(path).unwrap().as_deref(), Some(expected), "{path}");
        }
        for path in ["a.x", "l.2", "n.x", "l.[name=z].v"] {
            assert_eq!(found(path), Ok(None), "{path}");
        }
        for path in ["s.x", "a.0", "l.*", "l.-1", "a.[x]"] {
            assert!(found(path).is_err(), "{path}");
        }
    }
}
