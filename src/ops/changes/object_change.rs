//! What happens to one object: its fields, its images, and what may go wrong or hurt.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::counts::Outcome;
use super::danger::{dangers_of_change, dangers_of_loss};
use super::document::Owner;
use super::fields::field_changes;
use super::image::image_changes;
use crate::diff::{Difference, compare, mask, strip_managers};
use crate::manifest::{Object, ObjectId};

/// What happens to one object.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectChange {
    /// API group; empty for the core group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace; empty for what lives in none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Name.
    pub name: String,
    /// What becomes of it.
    pub outcome: Outcome,
    /// The owner before, of an object that is moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<Owner>,
    /// Why it is skipped, stays or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The fields that change; values of Secrets are hidden.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
    /// What may go wrong or hurt.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dangers: Vec<Danger>,
    /// The container images that change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<ImageChange>,
    /// The differences behind the fields, for the reports for people.
    #[serde(skip)]
    pub differences: Vec<Difference>,
}

impl ObjectChange {
    /// Names an object and its end, with nothing more to say.
    pub fn new(id: ObjectId, outcome: Outcome) -> Self {
        Self {
            group: id.group,
            kind: id.kind,
            namespace: id.namespace,
            name: id.name,
            outcome,
            moved_from: None,
            reason: None,
            fields: Vec::new(),
            dangers: Vec::new(),
            images: Vec::new(),
            differences: Vec::new(),
        }
    }

    /// Says what a new object brings.
    pub fn created(object: &Object) -> Self {
        Self {
            dangers: dangers_of_change(None, object),
            images: image_changes(None, Some(object.value())),
            ..Self::new(object.id(), Outcome::Created)
        }
    }

    /// Says what of an object changes; values of Secrets are hidden here.
    ///
    /// Managed fields never count.
    pub fn changed(before: &Object, after: &Object) -> Self {
        let (mut old, mut new) = (before.value().clone(), after.value().clone());
        strip_managers(&mut old);
        strip_managers(&mut new);
        mask(Some(&mut old), &mut new);
        let differences = compare(&old, &new);
        Self {
            fields: field_changes(&differences),
            dangers: dangers_of_change(Some(before), after),
            images: image_changes(Some(before.value()), Some(after.value())),
            differences,
            ..Self::new(after.id(), Outcome::Changed)
        }
    }

    /// Tells other differences than those of the two states, such as those that are left when rules and secrets count.
    #[must_use]
    pub fn with_differences(mut self, differences: Vec<Difference>) -> Self {
        self.fields = field_changes(&differences);
        self.differences = differences;
        self
    }

    /// Says what goes with an object, or stays behind.
    pub fn gone(object: &Object, outcome: Outcome) -> Self {
        Self {
            dangers: if outcome.is_loss() {
                dangers_of_loss(object)
            } else {
                Vec::new()
            },
            images: image_changes(Some(object.value()), None),
            ..Self::new(object.id(), outcome)
        }
    }

    /// Says that nobody looks at an object, and why.
    pub fn skipped(id: ObjectId, reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..Self::new(id, Outcome::Skipped)
        }
    }

    /// Says that the end of an object could not be found out, and why.
    pub fn failed(id: ObjectId, reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..Self::new(id, Outcome::Failed)
        }
    }

    /// Returns the identity.
    pub fn id(&self) -> ObjectId {
        ObjectId {
            group: self.group.clone(),
            kind: self.kind.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }
}

/// How a field changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FieldChangeKind {
    /// It is new.
    Added,
    /// It goes.
    Removed,
    /// It has another value.
    Changed,
    /// The entries of the list stand in another order.
    Reordered,
}

/// One field that changes.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// Where it is, with dots; entries of lists by their name where they have one. Empty for the object itself.
    pub path: String,
    /// How it changes.
    pub change: FieldChangeKind,
    /// The value before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The value after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// What a danger is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DangerKind {
    /// The server refuses to change a field of an object that exists.
    ImmutableField,
    /// A namespace goes, with everything in it.
    NamespaceDeletion,
    /// A definition goes, with every object of its kind.
    DefinitionDeletion,
    /// A volume or the claim on one goes, perhaps with its data.
    VolumeDeletion,
    /// Somebody may do more than before.
    AccessWidened,
    /// Somebody may do everything.
    ClusterAdmin,
    /// Two owners apply the same object.
    TwoOwners,
}

/// Something about a change that people should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Danger {
    /// What it is about.
    pub kind: DangerKind,
    /// What may happen, in one sentence.
    pub message: String,
    /// The field that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// Another image for a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageChange {
    /// Name of the container.
    pub container: String,
    /// The image before; missing where the container is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The image after; missing where the container goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}
