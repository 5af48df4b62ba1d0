//! Which resources are meant: patterns of their identities, labels and annotations.

use super::file::Selector;
use super::label_selector::{LabelSelector, LabelSelectorError};
use super::pattern::{Pattern, PatternError};
use super::resource::{Gvk, Id, Resource};

/// A selector that is ready to be asked about many resources.
#[derive(Clone, Debug)]
pub struct ResourceSelector {
    group: Option<Pattern>,
    version: Option<Pattern>,
    kind: Option<Pattern>,
    name: Option<Pattern>,
    namespace: Option<Pattern>,
    annotations: LabelSelector,
    labels: LabelSelector,
    has_no_id: bool,
    has_no_labels: bool,
}

/// A selector that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SelectorError {
    /// A part of the identity is no regular expression.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// The labels or annotations are not selected as Kubernetes selects them.
    #[error(transparent)]
    Labels(#[from] LabelSelectorError),
}

impl ResourceSelector {
    /// Reads a selector: parts of an identity are regular expressions that must match as a whole.
    ///
    /// # Errors
    ///
    /// Fails where a part is no regular expression, or no selector of labels.
    pub fn new(selector: &Selector) -> Result<Self, SelectorError> {
        let pattern = |text: &str| {
            let given = Some(text).filter(|text| !text.is_empty());
            given.map(Pattern::anchored).transpose()
        };
        Ok(Self {
            group: pattern(&selector.group)?,
            version: pattern(&selector.version)?,
            kind: pattern(&selector.kind)?,
            name: pattern(&selector.name)?,
            namespace: pattern(&selector.namespace)?,
            annotations: LabelSelector::new(&selector.annotation_selector)?,
            labels: LabelSelector::new(&selector.label_selector)?,
            has_no_id: selector.has_no_id(),
            has_no_labels: selector.annotation_selector.is_empty()
                && selector.label_selector.is_empty(),
        })
    }

    /// Says whether no part of an identity is given.
    pub const fn has_no_id(&self) -> bool {
        self.has_no_id
    }

    /// Says whether neither labels nor annotations are asked for.
    pub const fn has_no_labels(&self) -> bool {
        self.has_no_labels
    }

    /// Says whether group, version and kind match.
    pub fn takes_kind(&self, gvk: &Gvk) -> bool {
        takes(self.group.as_ref(), &gvk.group)
            && takes(self.version.as_ref(), &gvk.version)
            && takes(self.kind.as_ref(), &gvk.kind)
    }

    /// Says whether a name matches.
    pub fn takes_name(&self, name: &str) -> bool {
        takes(self.name.as_ref(), name)
    }

    /// Returns the only name that matches, where there is just one.
    pub fn only_name(&self) -> Option<&str> {
        self.name.as_ref().and_then(Pattern::word)
    }

    /// Says whether an identity matches, its namespace as it is written.
    pub fn takes_id(&self, id: &Id) -> bool {
        self.takes_kind(&id.gvk)
            && self.takes_name(&id.name)
            && takes(self.namespace.as_ref(), &id.namespace)
    }

    /// Says whether labels and annotations match.
    pub fn takes_labels(&self, resource: &Resource) -> bool {
        if self.has_no_labels {
            return true;
        }
        let metadata = resource.root().get("metadata");
        let map = |key: &str| metadata.and_then(|metadata| metadata.get(key));
        self.annotations.matches(map("annotations")) && self.labels.matches(map("labels"))
    }

    /// Says whether a patch for this selector is for a resource.
    ///
    /// Name and effective namespace may be the first or the current ones; the kind is the current one.
    pub fn takes(&self, resource: &Resource) -> bool {
        let (original, current) = (resource.original_id(), resource.id());
        let namespace = |id: &Id| takes(self.namespace.as_ref(), id.effective_namespace());
        self.takes_kind(&current.gvk)
            && (self.takes_name(&original.name) || self.takes_name(&current.name))
            && (namespace(&original) || namespace(current))
            && self.takes_labels(resource)
    }
}

fn takes(pattern: Option<&Pattern>, text: &str) -> bool {
    pattern.is_none_or(|pattern| pattern.matches(text))
}
