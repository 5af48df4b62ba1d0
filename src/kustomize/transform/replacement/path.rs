//! Finds the fields that a replacement writes to, and creates them if it may.

use super::super::lookup::{self, LookupError};
use super::super::trail::{Trail, number};
use super::super::write::{self, Sort, WriteError};
use crate::kustomize::pattern::{Pattern, PatternError};
use crate::manifest::{Content, Entry, Node};

/// A field that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is in the document.
    At(Trail),
    /// It is below a null, or in a text that was taken apart: what is written there is lost.
    Nowhere,
}

/// A path that leads nowhere.
#[derive(Debug, thiserror::Error)]
pub enum PathError {
    /// Something of another sort stands where a step leads.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Brackets cannot be read.
    #[error(transparent)]
    Step(#[from] LookupError),
    /// The value between brackets is no regular expression.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// A list is too short.
    #[error("index {index} specified but only {length} elements found")]
    TooShort {
        /// The number of the item.
        index: usize,
        /// How many there are.
        length: usize,
    },
    /// An item that was made for a step is not found by it.
    #[error("an element that is made for `{step}` does not match it")]
    NoMatch {
        /// The step.
        step: String,
    },
    /// The path goes on in a text that is no YAML.
    #[error("the path goes on in a text that is neither JSON nor YAML")]
    NoStructure,
}

/// A path to fields, its steps understood.
#[derive(Debug)]
pub struct TargetPath {
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Field(String),
    Index(usize),
    Every,
    /// All items in which a field matches; the items themselves where the name of the field is empty.
    Items {
        field: String,
        value: String,
        pattern: Pattern,
    },
}

impl TargetPath {
    /// Understands the steps of a path.
    ///
    /// # Errors
    ///
    /// Fails where brackets hold no `=`, or no regular expression after it.
    pub fn new(parts: &[String]) -> Result<Self, PathError> {
        let steps = parts
            .iter()
            .map(|part| Step::new(part))
            .collect::<Result<_, _>>()?;
        Ok(Self { steps })
    }

    /// Finds all fields of a document that the path leads to; makes what is missing as `create`, if that is given.
    ///
    /// # Errors
    ///
    /// Fails where a step is for something of another sort than what is there.
    pub fn find(&self, root: &mut Node, create: Option<Sort>) -> Result<Vec<Found>, PathError> {
        let mut found = Vec::new();
        Seeker {
            create,
            at: Vec::new(),
            found: &mut found,
            detached: false,
        }
        .seek(root, &self.steps)?;
        Ok(found)
    }
}

impl Step {
    fn new(part: &str) -> Result<Self, PathError> {
        if let Some(index) = lookup::index(part).and_then(|index| usize::try_from(index).ok()) {
            return Ok(Self::Index(index));
        }
        if lookup::is_bracketed(part) {
            let (field, value) = lookup::field_and_value(part)?;
            return Ok(Self::Items {
                field: field.into(),
                value: value.into(),
                pattern: Pattern::new(value)?,
            });
        }
        Ok(match part {
            "*" => Self::Every,
            _ => Self::Field(part.into()),
        })
    }

    /// Says as what the node before this step is made.
    const fn parent_kind(&self) -> Sort {
        match self {
            Self::Index(_) | Self::Items { .. } => Sort::Sequence,
            Self::Field(_) | Self::Every => Sort::Mapping,
        }
    }
}

struct Seeker<'found> {
    create: Option<Sort>,
    at: Vec<u32>,
    found: &'found mut Vec<Found>,
    /// Whether what is looked at is no part of the document.
    detached: bool,
}

impl Seeker<'_> {
    fn seek(&mut self, node: &mut Node, steps: &[Step]) -> Result<(), PathError> {
        let Some((step, rest)) = steps.split_first() else {
            self.found.push(if self.detached {
                Found::Nowhere
            } else {
                Found::At(self.at.as_slice().into())
            });
            return Ok(());
        };
        match step {
            Step::Field(name) => self.field(node, name, rest),
            Step::Index(index) => self.item(node, *index, rest),
            Step::Every => self.each(node, |_| true, rest),
            Step::Items { .. } => self.items(node, step, rest),
        }
    }

    /// Returns what a new node gets that stands before these steps.
    fn made(&self, rest: &[Step]) -> Option<Node> {
        let leaf = self.create?;
        Some(rest.first().map_or(leaf, Step::parent_kind).make())
    }

    fn field(&mut self, node: &mut Node, name: &str, rest: &[Step]) -> Result<(), PathError> {
        if node.is_null() {
            return self.below_null(rest);
        }
        let made = self.made(rest);
        let Some(entries) = write::entries_mut(node) else {
            return Err(WriteError::kind(Sort::Mapping, node).into());
        };
        let known = entries
            .iter()
            .position(|entry| entry.key.as_text() == Some(name));
        let index = match (known, made) {
            (Some(index), _) => index,
            (None, None) => return Ok(()),
            (None, Some(value)) => {
                let key = Node::plain(name);
                entries.push(Entry { key, value });
                entries.len() - 1
            }
        };
        let value = &mut entries[index].value;
        if !rest.is_empty()
            && let Content::Scalar(text) = &value.content
        {
            return self.in_text(&text.clone(), rest);
        }
        self.step_to(index, value, rest)
    }

    /// Goes on below a null: what is made there is never seen.
    fn below_null(&mut self, rest: &[Step]) -> Result<(), PathError> {
        match self.made(rest) {
            Some(mut made) => self.apart(&mut made, rest),
            None => Ok(()),
        }
    }

    /// Goes on in a text that holds a document.
    fn in_text(&mut self, text: &str, rest: &[Step]) -> Result<(), PathError> {
        let mut documents = Node::documents(text).map_err(|_| PathError::NoStructure)?;
        if documents.is_empty() || text.trim().is_empty() {
            return Err(PathError::NoStructure);
        }
        self.apart(&mut documents.swap_remove(0), rest)
    }

    fn apart(&mut self, node: &mut Node, rest: &[Step]) -> Result<(), PathError> {
        let before = std::mem::replace(&mut self.detached, true);
        let result = self.seek(node, rest);
        self.detached = before;
        result
    }

    fn step_to(&mut self, index: usize, node: &mut Node, rest: &[Step]) -> Result<(), PathError> {
        self.at.push(number(index));
        let result = self.seek(node, rest);
        self.at.pop();
        result
    }

    fn item(&mut self, node: &mut Node, index: usize, rest: &[Step]) -> Result<(), PathError> {
        let made = self.made(rest);
        if node.is_null() && index == 0 && made.is_some() {
            return self.below_null(rest);
        }
        if list(node)?.len() == index
            && let Some(made) = made
        {
            push(node, made);
        }
        let items = list(node)?;
        let length = items.len();
        match items.get_mut(index) {
            Some(item) => self.step_to(index, item, rest),
            None => Err(PathError::TooShort { index, length }),
        }
    }

    /// Goes on in each item that is accepted.
    fn each(
        &mut self,
        node: &mut Node,
        accepts: impl Fn(&Node) -> bool,
        rest: &[Step],
    ) -> Result<(), PathError> {
        for (index, item) in list(node)?.iter_mut().enumerate() {
            if accepts(item) {
                self.step_to(index, item, rest)?;
            }
        }
        Ok(())
    }

    fn items(&mut self, node: &mut Node, step: &Step, rest: &[Step]) -> Result<(), PathError> {
        let Step::Items {
            field,
            value,
            pattern,
        } = step
        else {
            return Ok(());
        };
        let before = self.found.len();
        // The items themselves are the end of a path, whatever follows.
        let rest = if field.is_empty() { &[] } else { rest };
        let accepts = |item: &Node| matches(item, field, pattern);
        self.each(node, accepts, rest)?;
        if self.create.is_none() || self.found.len() > before {
            return Ok(());
        }
        let mut made = Node::plain(value.clone());
        if !field.is_empty() {
            let key = Node::plain(field.clone());
            made = Node::mapping(vec![Entry { key, value: made }]);
        }
        if node.is_null() {
            return self.apart(&mut Node::sequence(vec![made]), std::slice::from_ref(step));
        }
        push(node, made);
        self.each(node, accepts, rest)?;
        if self.found.len() > before {
            return Ok(());
        }
        Err(PathError::NoMatch {
            step: format!("[{field}={value}]"),
        })
    }
}

/// Returns the items of a list, to change them; a null has none.
fn list(node: &mut Node) -> Result<&mut [Node], PathError> {
    if node.is_null() {
        return Ok(&mut []);
    }
    if node.items().is_none() {
        return Err(WriteError::kind(Sort::Sequence, node).into());
    }
    Ok(write::items_mut(node).map_or(&mut [], Vec::as_mut_slice))
}

/// Adds an item to a list.
fn push(node: &mut Node, item: Node) {
    if let Some(items) = write::items_mut(node) {
        items.push(item);
    }
}

/// Says whether a field of an item, or the item itself, matches as it would be written.
fn matches(item: &Node, field: &str, pattern: &Pattern) -> bool {
    let node = if field.is_empty() {
        Some(item)
    } else {
        item.get(field)
    };
    node.is_some_and(|node| pattern.matches(node.to_text().trim()))
}
