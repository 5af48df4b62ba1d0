//! One resource: its document, who it is, who it was, and what the build must remember of it.

use std::borrow::Cow;
use std::sync::Arc;

use super::id::{self, DEFAULT_NAMESPACE, Gvk, Id, Scope};
use super::origin::Origin;
use super::text_map;
use crate::manifest::{Content, Node};

/// What to do where a generated resource meets one that is already there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behavior {
    /// Nothing was said: as `Create`.
    #[default]
    Unspecified,
    /// There must be none yet.
    Create,
    /// Take its place, keep its labels and annotations.
    Replace,
    /// Merge labels, annotations and data into it.
    Merge,
}

impl Behavior {
    /// Reads a behavior; an unknown word counts as none.
    pub fn of(word: &str) -> Self {
        match word {
            "create" => Self::Create,
            "replace" => Self::Replace,
            "merge" => Self::Merge,
            _ => Self::Unspecified,
        }
    }

    /// Returns its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Create => "create",
            Self::Replace => "replace",
            Self::Merge => "merge",
        }
    }
}

/// Who a resource was before a change of its name, namespace or kind.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Previous {
    name: String,
    namespace: String,
    kind: String,
}

/// A resource of a build.
///
/// The document is shared until it is changed. The identity is kept beside it: whoever changes
/// `kind`, `metadata.name` or `metadata.namespace` does so through a method here, or calls
/// [`Resource::reread`] after it.
#[derive(Clone, Debug)]
pub struct Resource {
    root: Arc<Node>,
    id: Id,
    history: Vec<Previous>,
    /// How often identity or history changed; the list's indexes look at it.
    changes: u32,
    /// Name prefixes put before the name so far, oldest first.
    pub prefixes: Vec<String>,
    /// Name suffixes put after the name so far, oldest first.
    pub suffixes: Vec<String>,
    /// What its generator asked for.
    pub behavior: Behavior,
    /// Whether its name gets a hash of its content.
    pub needs_hash: bool,
    /// Whether a Helm chart made it.
    pub from_helm: bool,
    /// Where it came from, if the build wants to know.
    pub origin: Option<Arc<Origin>>,
    /// What changed it, in order, if the build wants to know.
    pub transformations: Vec<Arc<Origin>>,
    /// Names of the variables that are read from it.
    pub variables: Vec<String>,
    /// Identities of those whose name reference was found to be this one.
    pub referrers: Vec<Id>,
    /// How many groups of twins its document may have, see [`Node::twin`].
    pub twins: u32,
}

impl Resource {
    /// Takes a document for a resource; `scope` says where its kind lives.
    pub fn new(root: Arc<Node>, scope: impl FnOnce(&Gvk) -> Scope) -> Self {
        let id = identify(&root, scope);
        Self {
            root,
            id,
            history: Vec::new(),
            changes: 0,
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            behavior: Behavior::Unspecified,
            needs_hash: false,
            from_helm: false,
            origin: None,
            transformations: Vec::new(),
            variables: Vec::new(),
            referrers: Vec::new(),
            twins: 0,
        }
    }

    /// Returns the document.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// Returns the document as it is shared.
    pub const fn shared_root(&self) -> &Arc<Node> {
        &self.root
    }

    /// Returns the document, to change anything but the identity; it is copied first if others share it.
    pub fn root_mut(&mut self) -> &mut Node {
        Arc::make_mut(&mut self.root)
    }

    /// Puts another document in the place of this one; the identity is not read again.
    pub fn set_root(&mut self, root: Arc<Node>) {
        self.root = root;
    }

    /// Takes everything out of the document: the list drops such a resource after the step.
    pub fn delete(&mut self) {
        self.root = Arc::new(Node::plain("null"));
    }

    /// Says whether the document holds nothing any more.
    pub fn is_empty(&self) -> bool {
        match &self.root.content {
            Content::Mapping(entries) => entries.is_empty(),
            _ => self.root.is_null(),
        }
    }

    /// Returns the current identity.
    pub const fn id(&self) -> &Id {
        &self.id
    }

    /// Returns the kind.
    pub fn kind(&self) -> &str {
        &self.id.gvk.kind
    }

    /// Returns the current name.
    pub fn name(&self) -> &str {
        &self.id.name
    }

    /// Returns the current namespace as it is written; empty where none is.
    pub fn namespace(&self) -> &str {
        &self.id.namespace
    }

    /// Reads the identity again after the document was changed at large.
    pub fn reread(&mut self, scope: impl FnOnce(&Gvk) -> Scope) {
        let id = identify(&self.root, scope);
        if id != self.id {
            self.id = id;
            self.changes += 1;
        }
    }

    /// Reads name and namespace again after they were written into the document.
    pub fn reread_names(&mut self) {
        let metadata = self.root.get("metadata");
        for (field, own) in [
            ("name", &mut self.id.name),
            ("namespace", &mut self.id.namespace),
        ] {
            let text = text_of(metadata.and_then(|metadata| metadata.get(field)));
            if own != text {
                text.clone_into(own);
                self.changes += 1;
            }
        }
    }

    /// Gives what was just written to one of several twins to the others.
    pub fn unify_twins(&mut self) {
        if self.twins > 0 {
            self.root_mut().unify_twins();
        }
    }

    /// Gives it another name; what it was called before is not kept, see [`Self::remember`].
    pub fn set_name(&mut self, name: &str) {
        if self.id.name != name {
            set_metadata(self.root_mut(), "name", name);
            name.clone_into(&mut self.id.name);
            self.changes += 1;
        }
    }

    /// Gives it another namespace; an empty one takes the field away.
    pub fn set_namespace(&mut self, namespace: &str) {
        if self.id.namespace != namespace {
            set_metadata(self.root_mut(), "namespace", namespace);
            namespace.clone_into(&mut self.id.namespace);
            self.changes += 1;
        }
    }

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

    /// Takes over what a merge keeps of the resource whose place it takes: history, prefixes, suffixes, origin.
    pub fn inherit(&mut self, old: &Self) {
        self.history.clone_from(&old.history);
        self.prefixes.clone_from(&old.prefixes);
        self.suffixes.clone_from(&old.suffixes);
        self.variables.clone_from(&old.variables);
        self.referrers.clone_from(&old.referrers);
        self.transformations.clone_from(&old.transformations);
        self.behavior = old.behavior;
        self.changes += 1;
    }

    /// Says whether the build remembers anything of it that the reference keeps in its annotations.
    pub const fn is_tracked(&self) -> bool {
        self.has_history()
            || !self.prefixes.is_empty()
            || !self.suffixes.is_empty()
            || !self.referrers.is_empty()
            || !self.transformations.is_empty()
            || self.origin.is_some()
            || self.needs_hash
            || self.from_helm
            || !matches!(self.behavior, Behavior::Unspecified)
    }

    /// Forgets what the reference keeps in its annotations.
    pub fn forget(&mut self) {
        self.history.clear();
        self.prefixes.clear();
        self.suffixes.clear();
        self.referrers.clear();
        self.transformations.clear();
        self.origin = None;
        self.needs_hash = false;
        self.from_helm = false;
        self.behavior = Behavior::Unspecified;
        self.changes += 1;
    }

    /// Forgets what is told of its origin and its changes.
    pub fn forget_told(&mut self) {
        self.transformations.clear();
        self.origin = None;
    }

    pub(super) const fn changes(&self) -> u32 {
        self.changes
    }
}

/// Reads an identity from a document.
fn identify(root: &Node, scope: impl FnOnce(&Gvk) -> Scope) -> Id {
    let gvk = Gvk::of(text_of(root.get("apiVersion")), text_of(root.get("kind")));
    let metadata = root.get("metadata");
    let scope = scope(&gvk);
    Id {
        gvk,
        name: text_of(metadata.and_then(|metadata| metadata.get("name"))).to_owned(),
        namespace: text_of(metadata.and_then(|metadata| metadata.get("namespace"))).to_owned(),
        scope,
    }
}

/// Returns the text of a field; empty where there is none.
fn text_of(field: Option<&Node>) -> &str {
    let field = field.filter(|field| !field.is_null());
    field.and_then(Node::as_text).unwrap_or_default()
}

/// Sets a text of the metadata; an empty text takes the field away.
fn set_metadata(root: &mut Node, field: &str, text: &str) {
    let metadata = text_map::metadata(root);
    if text.is_empty() {
        metadata.remove(field);
    } else {
        metadata.set(field, Node::text(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(text: &str) -> Resource {
        let root = Node::documents(text).unwrap().remove(0);
        Resource::new(Arc::new(root), |_| Scope::Namespaced)
    }

    #[test]
    fn keeps_who_it_was() {
        let mut web = resource("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}");
        web.remember();
        web.set_name("my-web");
        web.set_namespace("shop");
        assert_eq!(web.id().to_string(), "Deployment.v1.apps/my-web.shop");
        assert_eq!(
            web.original_id().to_string(),
            "Deployment.v1.apps/web.default"
        );
        assert_eq!(
            web.root()
                .get("metadata")
                .unwrap()
                .get("namespace")
                .unwrap()
                .as_text(),
            Some("shop")
        );
        assert!(web.ever_was(&web.original_id()));
        web.set_namespace("");
        assert!(
            web.root()
                .get("metadata")
                .unwrap()
                .get("namespace")
                .is_none()
        );
    }

    #[test]
    fn copies_the_document_only_where_it_changes() {
        let first = resource("{apiVersion: v1, kind: Pod, metadata: {name: a}}");
        let mut second = first.clone();
        assert!(Arc::ptr_eq(first.shared_root(), second.shared_root()));
        second.set_name("b");
        assert_eq!(
            first
                .root()
                .get("metadata")
                .unwrap()
                .get("name")
                .unwrap()
                .as_text(),
            Some("a")
        );
        second.delete();
        assert!(second.is_empty() && !first.is_empty());
    }
}
