//! All fields of one kind that may name others, as a tree of their paths: one walk finds them all.

use std::collections::HashMap;

use crate::kustomize::file::NameReference;
use crate::kustomize::resource::Gvk;
use crate::kustomize::transform::{FieldPath, WriteError, check_name, number};
use crate::manifest::{Content, Node};

/// A step of some paths, what follows it, and the rules whose paths end here.
#[derive(Debug, Default)]
pub struct PathTree {
    children: Vec<(Box<str>, Self)>,
    /// The rules in their order.
    rules: Vec<Rule>,
}

/// A rule that a path belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which kind of resource is named: the number of the reference.
    pub target: usize,
    /// Which of its field specs.
    pub spec: usize,
}

/// The trees of all kinds, each made when it is first asked for.
#[derive(Debug)]
pub struct PathTrees<'rules> {
    references: &'rules [NameReference],
    by_kind: HashMap<Gvk, PathTree>,
}

impl<'rules> PathTrees<'rules> {
    /// Takes the rules.
    pub fn new(references: &'rules [NameReference]) -> Self {
        Self {
            references,
            by_kind: HashMap::new(),
        }
    }

    /// Returns the tree for referrers that were made as this kind.
    pub fn of(&mut self, original: &Gvk) -> &PathTree {
        if !self.by_kind.contains_key(original) {
            let tree = tree(self.references, original);
            self.by_kind.insert(original.clone(), tree);
        }
        &self.by_kind[original]
    }
}

fn tree(references: &[NameReference], original: &Gvk) -> PathTree {
    let mut root = PathTree::default();
    for (target, reference) in references.iter().enumerate() {
        for (spec, field) in reference.field_specs.iter().enumerate() {
            if field.is_for(original) {
                root.add(&FieldPath::new(&field.path), Rule { target, spec });
            }
        }
    }
    root
}

impl PathTree {
    /// Says whether no field of this kind names another resource.
    pub const fn is_empty(&self) -> bool {
        self.children.is_empty() && self.rules.is_empty()
    }

    fn add(&mut self, path: &FieldPath, rule: Rule) {
        let mut node = self;
        for step in path.steps() {
            let known = node
                .children
                .iter()
                .position(|(name, _)| *name == step.name);
            let index = known.unwrap_or_else(|| {
                node.children.push((step.name.clone(), Self::default()));
                node.children.len() - 1
            });
            node = &mut node.children[index].1;
        }
        node.rules.push(rule);
    }

    /// Finds all fields at the ends of the paths; calls `found` with each, its trail and its rules.
    ///
    /// # Errors
    ///
    /// Fails where a scalar stands in the way, and as `found` does.
    pub fn find<E: From<WriteError>>(
        &self,
        node: &Node,
        at: &mut Vec<u32>,
        found: &mut impl FnMut(&Node, &[u32], &[Rule]) -> Result<(), E>,
    ) -> Result<(), E> {
        if !self.rules.is_empty() {
            found(node, at, &self.rules)?;
        }
        if self.children.is_empty() {
            return Ok(());
        }
        self.children_in(node, at, found)
    }

    /// Goes on below a mapping, or below each item of a list.
    fn children_in<E: From<WriteError>>(
        &self,
        node: &Node,
        at: &mut Vec<u32>,
        found: &mut impl FnMut(&Node, &[u32], &[Rule]) -> Result<(), E>,
    ) -> Result<(), E> {
        if node.is_null() {
            return Ok(());
        }
        let entries = match &node.content {
            Content::Scalar(_) => return Err(WriteError::InTheWay.into()),
            Content::Sequence(items) => {
                return items.iter().enumerate().try_for_each(|(index, item)| {
                    at.push(number(index));
                    let result = self.children_in(item, at, found);
                    at.pop();
                    result
                });
            }
            Content::Mapping(entries) => entries,
        };
        for (name, child) in &self.children {
            check_name(name)?;
            let field = entries
                .iter()
                .position(|entry| entry.key.as_text() == Some(name));
            if let Some(index) = field {
                at.push(number(index));
                let result = child.find(&entries[index].value, at, found);
                at.pop();
                result?;
            }
        }
        Ok(())
    }
}
