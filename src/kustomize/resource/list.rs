//! All resources of a build in their order, and the indexes that find them.

use std::hash::{Hash as _, Hasher as _};

use super::id::Id;
use super::places::Places;
use super::tracked::Resource;
use crate::error::Explain;

/// Why a resource cannot be added or found.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// One with the same current identity is there.
    #[error("may not add resource with an already registered id: {id}")]
    Registered {
        /// The identity that is taken.
        id: Box<Id>,
    },
    /// None is, or ever was, the one that is asked for.
    #[error("no matches for Id {id}; failed to find unique target for patch {id}")]
    NoMatch {
        /// What was looked for.
        id: Box<Id>,
    },
    /// Several are, or were.
    #[error("multiple matches for Id {id}; failed to find unique target for patch {id}")]
    ManyMatches {
        /// What was looked for.
        id: Box<Id>,
    },
}

impl Explain for ListError {}

/// Resources in the order in which they were accumulated, found by who they are or were.
///
/// Places (indexes) stay valid until [`ResourceList::drop_empty`], [`ResourceList::reorder`] or
/// [`ResourceList::replace_all`].
#[derive(Clone, Debug, Default)]
pub struct ResourceList {
    items: Vec<Resource>,
    /// The key of the current id of each, as the index knows it.
    keys: Vec<u64>,
    by_current: Places,
    by_any: Places,
    by_name: Places,
}

impl ResourceList {
    /// Returns how many there are.
    pub const fn len(&self) -> usize {
        self.items.len()
    }

    /// Says whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Returns all of them in order.
    pub fn as_slice(&self) -> &[Resource] {
        &self.items
    }

    /// Goes through all of them in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Resource> {
        self.items.iter()
    }

    /// Returns the one at a place.
    pub fn at(&self, place: usize) -> &Resource {
        &self.items[place]
    }

    /// Gives all of them away.
    pub fn into_vec(self) -> Vec<Resource> {
        self.items
    }

    /// Adds one at the end.
    ///
    /// # Errors
    ///
    /// Fails where one with the same current id is there.
    pub fn push(&mut self, resource: Resource) -> Result<(), ListError> {
        let key = resource.id().key();
        if self.current_with(key, resource.id()).next().is_some() {
            let id = Box::new(resource.id().clone());
            return Err(ListError::Registered { id });
        }
        self.push_with(key, resource);
        Ok(())
    }

    /// Adds one at the end, whoever is there.
    pub fn push_unchecked(&mut self, resource: Resource) {
        self.push_with(resource.id().key(), resource);
    }

    fn push_with(&mut self, key: u64, resource: Resource) {
        let place = self.items.len();
        self.keys.push(key);
        self.items.push(resource);
        self.by_current.insert(key, place);
        self.index_past(place);
    }

    /// Adds all of another list at the end.
    ///
    /// # Errors
    ///
    /// Fails where one with the same current id is there.
    pub fn append(&mut self, other: Self) -> Result<(), ListError> {
        if self.is_empty() {
            other.refuse_twice()?;
            *self = other;
            return Ok(());
        }
        other
            .items
            .into_iter()
            .try_for_each(|resource| self.push(resource))
    }

    /// Refuses resources that have become the same as another one.
    ///
    /// # Errors
    ///
    /// Fails where two have the same current id.
    pub fn refuse_twice(&self) -> Result<(), ListError> {
        let twice = self.iter().enumerate().find(|(place, resource)| {
            let mut same = self.current_with(self.keys[*place], resource.id());
            same.next() != Some(*place)
        });
        match twice {
            Some((_, resource)) => Err(ListError::Registered {
                id: Box::new(resource.id().clone()),
            }),
            None => Ok(()),
        }
    }

    /// Finds the places of those that are this one now, in order.
    pub fn current(&self, id: &Id) -> impl Iterator<Item = usize> {
        self.current_with(id.key(), id)
    }

    /// Says whether no other one is now the one at a place.
    pub fn is_alone(&self, place: usize) -> bool {
        let same = self.current_with(self.keys[place], self.items[place].id());
        same.count() == 1
    }

    fn current_with(&self, key: u64, id: &Id) -> impl Iterator<Item = usize> {
        self.find(&self.by_current, key, |resource| resource.id().same_as(id))
    }

    /// Finds the places of those that are or were this one, in order; the empty are passed over.
    pub fn ever(&self, id: &Id) -> impl Iterator<Item = usize> {
        self.find(&self.by_any, id.key(), |resource| {
            !resource.is_empty() && resource.ever_was(id)
        })
    }

    /// Finds the places of those that have or had this name, in order; the empty are passed over.
    pub fn ever_named(&self, name: &str) -> impl Iterator<Item = usize> {
        self.find(&self.by_name, name_key(name), move |resource| {
            let named = resource.name() == name || resource.previous_names().any(|old| old == name);
            named && !resource.is_empty()
        })
    }

    /// Finds the place of the only one that is or was this one.
    ///
    /// # Errors
    ///
    /// Fails where there is none, or more than one.
    pub fn only(&self, id: &Id) -> Result<usize, ListError> {
        let mut found = self.ever(id);
        match (found.next(), found.next()) {
            (Some(place), None) => Ok(place),
            (None, _) => Err(ListError::NoMatch {
                id: Box::new(id.clone()),
            }),
            (Some(_), Some(_)) => Err(ListError::ManyMatches {
                id: Box::new(id.clone()),
            }),
        }
    }

    /// Changes the one at a place; the indexes follow.
    pub fn edit<T>(&mut self, place: usize, change: impl FnOnce(&mut Resource) -> T) -> T {
        let before = self.items[place].changes();
        let result = change(&mut self.items[place]);
        if self.items[place].changes() != before {
            self.index_again(place);
        }
        result
    }

    /// Changes each in order, up to the first failure; the indexes follow.
    ///
    /// # Errors
    ///
    /// Fails as the change does.
    pub fn edit_each<E>(
        &mut self,
        mut change: impl FnMut(&mut Resource) -> Result<(), E>,
    ) -> Result<(), E> {
        (0..self.items.len()).try_for_each(|place| self.edit(place, &mut change))
    }

    /// Puts another resource at a place.
    pub fn replace(&mut self, place: usize, resource: Resource) {
        self.items[place] = resource;
        self.index_again(place);
    }

    /// Drops those whose document holds nothing any more.
    pub fn drop_empty(&mut self) {
        if self.items.iter().any(Resource::is_empty) {
            let mut items = std::mem::take(&mut self.items);
            items.retain(|resource| !resource.is_empty());
            self.replace_all(items);
        }
    }

    /// Puts other resources, or the same in another order, in the place of all.
    pub fn replace_all(&mut self, items: Vec<Resource>) {
        *self = items.into_iter().collect();
    }

    /// Puts them in another order: the one at `order[n]` goes to the place `n`.
    pub fn reorder(&mut self, order: &[usize]) {
        let mut items: Vec<_> = std::mem::take(&mut self.items)
            .into_iter()
            .map(Some)
            .collect();
        self.items = order.iter().filter_map(|old| items[*old].take()).collect();
        self.keys = order.iter().map(|old| self.keys[*old]).collect();
        let mut places = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            places[*old] = new;
        }
        for index in [&mut self.by_current, &mut self.by_any, &mut self.by_name] {
            index.move_to(&places);
        }
    }

    fn find(
        &self,
        places: &Places,
        key: u64,
        accepts: impl Fn(&Resource) -> bool,
    ) -> impl Iterator<Item = usize> {
        places
            .at(key)
            .iter()
            .copied()
            .filter(move |place| accepts(&self.items[*place]))
    }

    fn index_again(&mut self, place: usize) {
        let key = self.items[place].id().key();
        let old = std::mem::replace(&mut self.keys[place], key);
        if old != key {
            self.by_current.remove(old, place);
            self.by_current.insert(key, place);
        }
        self.index_past(place);
    }

    /// Writes down who it is and was; what is no longer true stays, since hits are checked.
    fn index_past(&mut self, place: usize) {
        let resource = &self.items[place];
        self.by_any.insert(self.keys[place], place);
        self.by_name.insert(name_key(resource.name()), place);
        for key in resource.previous_keys() {
            self.by_any.insert(key, place);
        }
        for name in resource.previous_names() {
            self.by_name.insert(name_key(name), place);
        }
    }
}

impl FromIterator<Resource> for ResourceList {
    fn from_iter<I: IntoIterator<Item = Resource>>(items: I) -> Self {
        let mut list = Self::default();
        for resource in items {
            list.push_unchecked(resource);
        }
        list
    }
}

impl<'list> IntoIterator for &'list ResourceList {
    type Item = &'list Resource;
    type IntoIter = std::slice::Iter<'list, Resource>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

fn name_key(name: &str) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::id::Scope;
    use super::*;
    use crate::manifest::Node;

    fn pod(name: &str) -> Resource {
        let text = format!("{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}}}");
        let root = Node::documents(&text).unwrap().remove(0);
        Resource::new(Arc::new(root), |_| Scope::Namespaced)
    }

    #[test]
    fn refuses_whom_it_has() {
        let mut list = ResourceList::default();
        list.push(pod("a")).unwrap();
        let error = list.push(pod("a")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "may not add resource with an already registered id: Pod.v1.[noGrp]/a.[noNs]"
        );
    }

    #[test]
    fn finds_by_what_they_were() {
        let mut list: ResourceList = ["a", "b", "c"].into_iter().map(pod).collect();
        let (a, b) = (list.at(0).id().clone(), list.at(1).id().clone());
        list.edit(0, |pod| {
            pod.remember();
            pod.set_name("b");
        });
        assert_eq!(list.current(&a).count(), 0);
        assert_eq!(list.current(&b).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(list.ever(&a).collect::<Vec<_>>(), [0]);
        assert_eq!(list.ever_named("b").collect::<Vec<_>>(), [0, 1]);
        assert_eq!(list.only(&a).unwrap(), 0);
        assert!(matches!(list.only(&b), Err(ListError::ManyMatches { .. })));
        list.reorder(&[1, 2, 0]);
        assert_eq!(list.current(&b).collect::<Vec<_>>(), [0, 2]);
        assert_eq!(list.only(&a).unwrap(), 2);
        list.reorder(&[2, 0, 1]);
        list.edit(0, Resource::delete);
        assert_eq!(list.only(&b).unwrap(), 1);
        list.drop_empty();
        assert_eq!((list.len(), list.only(&b).unwrap()), (2, 0));
    }
}
