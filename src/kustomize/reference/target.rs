//! The resources that may be named by others, found by the names that they had.

use std::collections::HashMap;

use crate::kustomize::resource::{Gvk, Id, NO_NAMESPACE, Resource, ResourceList, Scope};
use crate::manifest::Node;

/// A resource whose name, namespace or kind was changed.
#[derive(Debug)]
pub struct Target<'list> {
    /// The resource as it is now.
    pub resource: &'list Resource,
}

/// All targets of a build.
#[derive(Debug)]
pub struct Targets<'list> {
    all: Vec<Target<'list>>,
    /// Numbers of targets by each name they had, in order.
    by_name: HashMap<&'list str, Vec<usize>>,
    /// All resources, renamed or not, by their first namespace.
    by_original_namespace: HashMap<&'list str, Vec<&'list Resource>>,
}

/// Whom a referrer can name.
#[derive(Clone, Debug)]
pub struct Reach<'list> {
    id: &'list Id,
    /// Namespaces of the service accounts among the subjects of a role binding.
    subjects: Vec<&'list str>,
}

/// A subject of a role binding that is no map, or whose namespace is no text.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("Invalid Input: namespace is blank for resource {id:?}")]
pub struct SubjectError {
    id: String,
}

impl<'list> Targets<'list> {
    /// Collects the targets of a list.
    pub fn new(list: &'list ResourceList) -> Self {
        let mut targets = Self {
            all: Vec::new(),
            by_name: HashMap::new(),
            by_original_namespace: HashMap::new(),
        };
        for resource in list {
            targets
                .by_original_namespace
                .entry(resource.original_namespace())
                .or_default()
                .push(resource);
            if resource.has_history() {
                targets.add(resource);
            }
        }
        targets
    }

    fn add(&mut self, resource: &'list Resource) {
        let number = self.all.len();
        for name in resource.previous_names() {
            let numbers = self.by_name.entry(name).or_default();
            if numbers.last() != Some(&number) {
                numbers.push(number);
            }
        }
        self.all.push(Target { resource });
    }

    /// Returns the targets that once had a name, in their order.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Target<'list>> {
        let numbers = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        numbers.iter().map(|number| &self.all[*number])
    }

    /// Says whether anything within reach was first in a namespace.
    pub fn knows_namespace(&self, namespace: &str, reach: &Reach<'_>) -> bool {
        namespace != NO_NAMESPACE
            && self
                .by_original_namespace
                .get(namespace)
                .is_some_and(|all| all.iter().any(|resource| reach.covers(resource)))
    }
}

impl Target<'_> {
    /// Says whether it ever was of a kind.
    pub fn was(&self, gvk: &Gvk) -> bool {
        self.resource.was_of(gvk)
    }

    /// Says whether it was first in a namespace.
    pub fn was_in(&self, namespace: &str) -> bool {
        self.resource.original_namespace() == namespace
    }

    /// Says whether it is in a namespace now.
    pub fn is_in(&self, namespace: &str) -> bool {
        namespace != NO_NAMESPACE && self.resource.id().effective_namespace() == namespace
    }
}

impl<'list> Reach<'list> {
    /// Says whom a resource can name.
    ///
    /// # Errors
    ///
    /// Fails where the subjects of a role binding cannot be read.
    pub fn of(referrer: &'list Resource) -> Result<Self, SubjectError> {
        let id = referrer.id();
        let is_binding = id.scope == Scope::Namespaced && id.gvk.kind == "RoleBinding";
        let subjects = match referrer.root().get("subjects").and_then(Node::items) {
            Some(items) if is_binding => items
                .iter()
                .filter_map(|subject| namespace_of(subject, id).transpose())
                .collect::<Result<_, _>>()?,
            _ => Vec::new(),
        };
        Ok(Self { id, subjects })
    }

    /// Says whether a resource can be named at all.
    pub fn covers(&self, resource: &Resource) -> bool {
        self.is_near(resource) || self.subjects.contains(&resource.namespace())
    }

    /// Says whether a resource that was found can be meant; service accounts may live elsewhere.
    pub fn accepts(&self, resource: &Resource) -> bool {
        self.is_near(resource) || resource.kind() == "ServiceAccount"
    }

    fn is_near(&self, resource: &Resource) -> bool {
        self.id.scope == Scope::Cluster
            || resource.id().scope == Scope::Cluster
            || self.id.same_namespace_as(resource.id())
    }
}

/// Returns the namespace of a subject that is a service account.
fn namespace_of<'node>(subject: &'node Node, id: &Id) -> Result<Option<&'node str>, SubjectError> {
    let fail = || SubjectError { id: id.to_string() };
    if subject.entries().is_none() {
        return Err(fail());
    }
    let (Some(namespace), Some(kind)) = (subject.get("namespace"), subject.get("kind")) else {
        return Ok(None);
    };
    match kind.as_text().filter(|_| kind.is_text()) {
        Some("ServiceAccount") => match namespace.as_text().filter(|_| namespace.is_text()) {
            Some(text) => Ok(Some(text)),
            None => Err(fail()),
        },
        Some(_) => Ok(None),
        None => Err(fail()),
    }
}
