//! One resource: its document, who it is, who it was, and what the build must remember of it.

use std::sync::Arc;

use super::behavior::Behavior;
use super::history::Previous;
use super::id::{Gvk, Id, Scope};
use super::origin::Origin;
use super::text_map;
use crate::manifest::{Content, Node};

/// A resource of a build.
///
/// The document is shared until it is changed. The identity is kept beside it: whoever changes
/// `kind`, `metadata.name` or `metadata.namespace` does so through a method here, or calls
/// [`Resource::reread`] after it.
#[derive(Clone, Debug)]
pub struct Resource {
    root: Arc<Node>,
    pub(super) id: Id,
    pub(super) history: Vec<Previous>,
    /// How often identity or history changed; the list's indexes look at it.
    pub(super) changes: u32,
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
