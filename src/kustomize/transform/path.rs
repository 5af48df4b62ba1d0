//! Field paths as field specs write them, and the walk along one through a document.

use super::write::{self, Sort, WriteError};
use crate::manifest::{Content, Entry, Node, Tag};

/// One step of a field path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// The key to look up.
    pub name: Box<str>,
    /// Whether the path says that a list is there, as `containers[]` does; then nothing is created.
    pub list: bool,
}

/// A field path, such as `spec/template/spec/containers[]/image`; `\/` is a slash within a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FieldPath(Box<[Step]>);

/// What is put where a path ends and nothing is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank {
    /// A mapping without entries.
    Mapping,
    /// A scalar that is typed by its looks.
    Plain,
    /// A text.
    Text,
    /// An integer.
    Integer,
}

impl FieldPath {
    /// Splits a path at its slashes; one slash at the start is ignored.
    pub fn new(path: &str) -> Self {
        split(path, '/')
            .into_iter()
            .map(|name| {
                let list = name.ends_with("[]");
                let name = name.strip_suffix("[]").unwrap_or(&name).trim().into();
                Step { name, list }
            })
            .collect()
    }

    /// Returns the steps, outermost first.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl FromIterator<Step> for FieldPath {
    fn from_iter<T: IntoIterator<Item = Step>>(steps: T) -> Self {
        Self(steps.into_iter().collect())
    }
}

/// Splits a path at a delimiter that no backslash stands before; one delimiter at the start is ignored.
pub fn split(path: &str, delimiter: char) -> Vec<String> {
    let rest = path.strip_prefix(delimiter).unwrap_or(path);
    let mut parts = rest.split(delimiter);
    let mut result = vec![parts.next().unwrap_or_default().to_owned()];
    for part in parts {
        match result.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push(delimiter);
                last.push_str(part);
            }
            _ => result.push(part.to_owned()),
        }
    }
    result
}

/// Follows a path and calls `set` on each node at its end.
///
/// Lists on the way are walked item by item. Where a key is missing the walk ends silently, or creates mappings and
/// at the end `blank`, if there is one; so is a null on the way replaced.
///
/// # Errors
///
/// Fails where a scalar stands in the way, and where `set` does.
pub fn walk(
    node: &mut Node,
    steps: &[Step],
    blank: Option<Blank>,
    set: &mut dyn FnMut(&mut Node) -> Result<(), WriteError>,
) -> Result<(), WriteError> {
    let Some((step, rest)) = steps.split_first() else {
        return set(node);
    };
    if node.is_null() {
        return Ok(());
    }
    match &mut node.content {
        Content::Scalar(_) => Err(WriteError::InTheWay),
        Content::Sequence(items) => items
            .iter_mut()
            .try_for_each(|item| walk(item, steps, blank, set)),
        Content::Mapping(_) => match step_into(node, step, rest.is_empty(), blank)? {
            Some(field) => walk(field, rest, blank, set),
            None => Ok(()),
        },
    }
}

/// Finds, and creates if asked to, the field that a step names in a mapping.
fn step_into<'node>(
    node: &'node mut Node,
    step: &Step,
    last: bool,
    blank: Option<Blank>,
) -> Result<Option<&'node mut Node>, WriteError> {
    check_name(&step.name)?;
    let blank = blank
        .filter(|_| !step.list)
        .map(|blank| if last { blank } else { Blank::Mapping });
    let Some(entries) = write::entries_mut(node) else {
        return Ok(None);
    };
    let found = entries
        .iter()
        .position(|entry| entry.key.as_text() == Some(&step.name));
    let index = match (found, blank) {
        (Some(index), _) => index,
        (None, None) => return Ok(None),
        (None, Some(blank)) => {
            entries.push(Entry {
                key: Node::plain(&*step.name),
                value: blank.created(),
            });
            entries.len() - 1
        }
    };
    let field = &mut entries[index].value;
    if field.is_null() && found.is_some() {
        if step.list {
            field.content = Content::Sequence(Vec::new());
            field.tag = Tag::None;
        } else if let Some(blank) = blank {
            blank.replace_null(field);
        }
    }
    Ok(Some(field))
}

/// Refuses the keys that stand for the items of a list, for a field spec never names one.
pub fn check_name(name: &str) -> Result<(), WriteError> {
    let is_index = name.parse::<i64>().is_ok() || name == "-" || name == "*";
    if name.is_empty() {
        Err(WriteError::EmptyName)
    } else if is_index || (name.starts_with('[') && name.ends_with(']')) {
        Err(WriteError::Kind {
            expected: Sort::Sequence,
            found: Sort::Mapping,
            contents: String::new(),
        })
    } else {
        Ok(())
    }
}

impl Blank {
    /// Makes what a missing key gets.
    fn created(self) -> Node {
        match self {
            Self::Mapping => Node::mapping(Vec::new()),
            Self::Plain | Self::Text | Self::Integer => Node::plain(""),
        }
    }

    /// Turns a null into what is wanted; a scalar keeps the text of the null.
    fn replace_null(self, node: &mut Node) {
        match self {
            Self::Mapping => {
                node.content = Content::Mapping(Vec::new());
                node.tag = Tag::None;
            }
            Self::Plain => node.tag = Tag::None,
            Self::Text => node.tag = Tag::Text,
            Self::Integer => node.tag = Tag::Integer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Dialect, emit};

    fn set(document: &str, path: &str, blank: Option<Blank>) -> Result<String, String> {
        let mut node = Node::documents(document).unwrap().remove(0);
        walk(
            &mut node,
            FieldPath::new(path).steps(),
            blank,
            &mut |field| {
                write::overwrite_scalar(field, "new");
                Ok(())
            },
        )
        .map_err(|error| error.to_string())?;
        Ok(emit(&node.into_value(Dialect::Resources, 1).unwrap()))
    }

    #[test]
    fn splits_paths() {
        assert_eq!(split("/a/b\\/c/d", '/'), ["a", "b/c", "d"]);
        assert_eq!(split("a.b\\.c", '.'), ["a", "b.c"]);
        assert_eq!(split("", '/'), [""]);
        assert_eq!(split("a//b", '/'), ["a", "", "b"]);
    }

    #[test]
    fn walks_lists_without_being_told() {
        let document = "{a: [{b: 1}, {c: 2}, null]}";
        let expected = "a:\n- b: new\n- c: 2\n- null\n";
        assert_eq!(set(document, "a/b", None).unwrap(), expected);
        assert_eq!(set(document, "a[]/b", None).unwrap(), expected);
    }

    #[test]
    fn creates_only_what_it_may() {
        assert_eq!(set("{x: 1}", "a/b", None).unwrap(), "x: 1\n");
        assert_eq!(
            set("{x: 1}", "a/b", Some(Blank::Plain)).unwrap(),
            "a:\n  b: new\nx: 1\n"
        );
        assert_eq!(
            set("{x: 1}", "a[]/b", Some(Blank::Plain)).unwrap(),
            "x: 1\n"
        );
        assert_eq!(
            set("{a: null}", "a/b", Some(Blank::Plain)).unwrap(),
            "a:\n  b: new\n"
        );
        assert_eq!(set("{a: null}", "a/b", None).unwrap(), "a: null\n");
        assert_eq!(set("{a: null}", "a[]/b", None).unwrap(), "a: []\n");
    }

    #[test]
    fn refuses_a_scalar_in_the_way() {
        assert_eq!(
            set("{a: 1}", "a/b", None).unwrap_err(),
            "expected sequence or mapping node"
        );
        assert!(set("{a: {}}", "a//b", None).is_err());
        assert!(set("{a: {}}", "a/0", None).is_err());
    }
}
