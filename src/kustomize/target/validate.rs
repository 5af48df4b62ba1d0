//! Runs the validators: transformers that may add the label `validated-by`, and change nothing else.

use super::super::resource::{Resource, ResourceList};
use super::directory::Directory;
use super::plugin;
use super::problem::BuildError;
use crate::manifest::{Content, Node};

/// The label that a validator may add.
const MARK: &str = "validated-by";

/// Runs the validators of a directory on what it adds up to.
///
/// # Errors
///
/// Fails where one cannot be loaded, fails itself, or changes a resource.
pub fn run(directory: &Directory<'_>, resources: &mut ResourceList) -> Result<(), BuildError> {
    let listed = directory.kustomization.validators.iter().flatten();
    for validator in plugin::transformers(directory, listed)? {
        let before = resources.clone();
        (validator.run)(resources)?;
        if before.len() != resources.len() {
            return Err(BuildError::Changed {
                what: "lists have different number of entries".into(),
            });
        }
        for (old, new) in before.iter().zip(resources.iter()) {
            let mut new = new.clone();
            if !remove_mark(&mut new) || !is_same(old.root(), new.root()) {
                return Err(BuildError::Changed {
                    what: format!("nodes unequal: {}", old.id()),
                });
            }
        }
    }
    Ok(())
}

/// Takes the label off that validators may add; says whether that leaves the other labels as they were.
///
/// It never does: the reference writes all others anew for it, and takes them for changed.
fn remove_mark(resource: &mut Resource) -> bool {
    let labels = labels_of(resource.root()).filter(|labels| labels.get(MARK).is_some());
    let Some(count) = labels.and_then(Node::entries).map(<[_]>::len) else {
        return true;
    };
    if let Some(metadata) = resource.root_mut().get_mut("metadata") {
        metadata.remove("labels");
    }
    count == 1
}

fn labels_of(root: &Node) -> Option<&Node> {
    root.get("metadata")?.get("labels")
}

/// Says whether two nodes are the same to the line; a type counts as the one that the looks of its text give.
fn is_same(old: &Node, new: &Node) -> bool {
    let tag = |node: &Node| {
        node.settled_tag()
            .filter(|_| node.was_read())
            .unwrap_or_else(|| node.tag.clone())
    };
    (old.style, old.line, old.column) == (new.style, new.line, new.column)
        && tag(old) == tag(new)
        && match (&old.content, &new.content) {
            (Content::Scalar(old), Content::Scalar(new)) => old == new,
            (Content::Sequence(old), Content::Sequence(new)) => {
                old.len() == new.len() && old.iter().zip(new).all(|(old, new)| is_same(old, new))
            }
            (Content::Mapping(old), Content::Mapping(new)) => {
                old.len() == new.len()
                    && old.iter().zip(new).all(|(old, new)| {
                        is_same(&old.key, &new.key) && is_same(&old.value, &new.value)
                    })
            }
            _ => false,
        }
}
