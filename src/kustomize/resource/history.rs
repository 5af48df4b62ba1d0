//! Who a resource was before it was given other names, and so whom others mean by those.

use std::borrow::Cow;

use super::id::{self, DEFAULT_NAMESPACE, Gvk, Id, Scope};
use super::tracked::Resource;

/// Who a resource was before a change of its name, namespace or kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Previous {
    name: String,
    namespace: String,
    kind: String,
}

impl Resource {
    /// Keeps the current name, namespace and kind as a previous identity; call it before a change.
    pub fn remember(&mut self) {
        self.history.push(Previous {
            name: self.id.name.clone(),
            namespace: self.id.effective_namespace().into(),
            kind: self.id.gvk.kind.clone(),
        });
        self.changes += 1;
    }

    /// Returns all previous identities, oldest first.
    ///
    /// Group and version are the current ones; the namespace is the effective one of that time.
    pub fn previous_ids(&self) -> impl DoubleEndedIterator<Item = Id> + '_ {
        self.history.iter().map(|previous| Id {
            gvk: Gvk {
                kind: previous.kind.clone(),
                ..self.id.gvk.clone()
            },
            name: previous.name.clone(),
            namespace: previous.namespace.clone(),
            scope: Scope::Namespaced,
        })
    }

    /// Returns the keys of all previous identities, see [`Id::key`].
    pub(super) fn previous_keys(&self) -> impl Iterator<Item = u64> {
        let Gvk { group, version, .. } = &self.id.gvk;
        self.history.iter().map(move |previous| {
            let namespace = match previous.namespace.as_str() {
                "" => DEFAULT_NAMESPACE,
                namespace => namespace,
            };
            id::key([group, version, &previous.kind, &previous.name, namespace])
        })
    }

    /// Returns the names it had before, oldest first.
    pub fn previous_names(&self) -> impl Iterator<Item = &str> {
        self.history.iter().map(|previous| previous.name.as_str())
    }

    /// Says whether it ever had another name, namespace or kind.
    pub const fn has_history(&self) -> bool {
        !self.history.is_empty()
    }

    /// Returns all identities it ever had, oldest first, the current one last.
    pub fn any_ids(&self) -> impl Iterator<Item = Id> + '_ {
        self.previous_ids().chain(std::iter::once(self.id.clone()))
    }

    /// Returns the first identity it had.
    pub fn original_id(&self) -> Id {
        self.previous_ids()
            .next()
            .unwrap_or_else(|| self.id.clone())
    }

    /// Says whether the reference could read the history, which it keeps as three texts with commas between.
    pub fn has_sound_history(&self) -> bool {
        let parts = |part: fn(&Previous) -> &str| -> usize {
            let texts = self.history.iter().map(part);
            let given = texts.filter(|text| !text.is_empty());
            given.map(|text| text.split(',').count()).sum()
        };
        let names = parts(|previous| &previous.name);
        names == parts(|previous| &previous.namespace) && names == parts(|previous| &previous.kind)
    }

    /// Returns the kind it was made as.
    pub fn original_kind(&self) -> &str {
        self.history
            .first()
            .map_or(&self.id.gvk.kind, |previous| &previous.kind)
    }

    /// Returns the kind it was made as, with its current group and version.
    pub fn original_gvk(&self) -> Cow<'_, Gvk> {
        match self.original_kind() {
            kind if kind == self.id.gvk.kind => Cow::Borrowed(&self.id.gvk),
            kind => Cow::Owned(Gvk {
                kind: kind.to_owned(),
                ..self.id.gvk.clone()
            }),
        }
    }

    /// Returns the namespace that counted at first.
    pub fn original_namespace(&self) -> &str {
        match self.history.first() {
            None => self.id.effective_namespace(),
            Some(first) if first.namespace.is_empty() => DEFAULT_NAMESPACE,
            Some(first) => &first.namespace,
        }
    }

    /// Says whether it was of a kind before a change; group and version are the current ones.
    pub fn was_of(&self, kind: &Gvk) -> bool {
        let Gvk { group, version, .. } = &self.id.gvk;
        let mut kinds = self.history.iter().map(|previous| &previous.kind);
        kinds.any(|own| kind.selects(group, version, own))
    }

    /// Says whether it is, or ever was, this one.
    pub fn ever_was(&self, id: &Id) -> bool {
        self.id.same_as(id) || self.previous_ids().any(|previous| previous.same_as(id))
    }
}
