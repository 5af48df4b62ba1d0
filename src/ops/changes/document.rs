//! The document `Diff`: per cluster and owner, what happens to each object.

use std::ops::AddAssign;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::danger::{dangers_of_change, dangers_of_loss};
use super::fields::field_changes;
use super::image::image_changes;
use crate::diff::{Difference, compare, mask, strip_managers};
use crate::manifest::{Object, ObjectId};

/// What a change will do.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    /// `cli.gitops/v1`.
    pub api_version: &'static str,
    /// `Diff`.
    pub kind: &'static str,
    /// What is compared, in words, such as `main → feature`; empty where that is clear.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// How many objects come to which end, over all clusters.
    pub summary: Counts,
    /// The clusters, those without changes too.
    pub clusters: Vec<ClusterChanges>,
}

/// What happens in one cluster.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterChanges {
    /// Name of the cluster; empty where there is just one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cluster: String,
    /// How many objects come to which end.
    pub summary: Counts,
    /// The owners of objects that change.
    pub owners: Vec<OwnerChanges>,
    /// What could not be worked out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// What happens to the objects of one owner.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnerChanges {
    /// The Kustomization or `HelmRelease` that applies the objects; missing for objects that nobody owns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The owner is suspended: nothing of this happens before it is resumed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub suspended: bool,
    /// How many objects come to which end.
    pub summary: Counts,
    /// The objects that change or are skipped, in the order of their owner.
    pub objects: Vec<ObjectChange>,
}

/// An object that applies others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// `Kustomization` or `HelmRelease`.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl std::fmt::Display for Owner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}/{}", self.kind, self.namespace, self.name)
    }
}

/// What becomes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It is new.
    Created,
    /// Fields of it change.
    Changed,
    /// Another owner applies it from now on.
    Moved,
    /// It is no longer wanted, and its owner prunes.
    Pruned,
    /// It goes together with its owner, or with a release.
    Deleted,
    /// It is no longer wanted, but stays in the cluster: nobody prunes it.
    Orphaned,
    /// Nobody looks at it.
    Skipped,
    /// What becomes of it could not be found out.
    Failed,
}

impl Outcome {
    /// All outcomes, in the order of a report.
    pub const ALL: [Self; 8] = [
        Self::Created,
        Self::Changed,
        Self::Moved,
        Self::Pruned,
        Self::Deleted,
        Self::Orphaned,
        Self::Skipped,
        Self::Failed,
    ];

    /// Returns the outcome as a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Moved => "moved",
            Self::Pruned => "pruned",
            Self::Deleted => "deleted",
            Self::Orphaned => "orphaned",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }

    /// Returns a sign of one column.
    pub const fn sign(self) -> char {
        match self {
            Self::Created => '+',
            Self::Changed => '±',
            Self::Moved => '→',
            Self::Pruned | Self::Deleted => '-',
            Self::Orphaned => '~',
            Self::Skipped => '·',
            Self::Failed => '!',
        }
    }

    /// Says whether the object is gone from the cluster afterwards.
    pub const fn is_loss(self) -> bool {
        matches!(self, Self::Pruned | Self::Deleted)
    }
}

/// How many objects come to which end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// New objects.
    pub created: usize,
    /// Objects with other fields.
    pub changed: usize,
    /// Objects with another owner.
    pub moved: usize,
    /// Objects that are pruned.
    pub pruned: usize,
    /// Objects that go with their owner or release.
    pub deleted: usize,
    /// Objects that nobody applies any more and nobody prunes.
    pub orphaned: usize,
    /// Objects that nobody looks at.
    pub skipped: usize,
    /// Objects whose end could not be found out.
    pub failed: usize,
    /// Objects that stay as they are.
    pub unchanged: usize,
    /// Of the objects above, those whose owner is suspended.
    pub held_back: usize,
    /// Dangers.
    pub dangers: usize,
}

impl Counts {
    /// Returns how many objects come to an end.
    pub const fn of(&self, outcome: Outcome) -> usize {
        match outcome {
            Outcome::Created => self.created,
            Outcome::Changed => self.changed,
            Outcome::Moved => self.moved,
            Outcome::Pruned => self.pruned,
            Outcome::Deleted => self.deleted,
            Outcome::Orphaned => self.orphaned,
            Outcome::Skipped => self.skipped,
            Outcome::Failed => self.failed,
        }
    }

    /// Says whether anything happens; what is skipped does not count.
    pub const fn has_changes(&self) -> bool {
        self.created
            + self.changed
            + self.moved
            + self.pruned
            + self.deleted
            + self.orphaned
            + self.failed
            > 0
    }

    fn add(&mut self, object: &ObjectChange) {
        let count = match object.outcome {
            Outcome::Created => &mut self.created,
            Outcome::Changed => &mut self.changed,
            Outcome::Moved => &mut self.moved,
            Outcome::Pruned => &mut self.pruned,
            Outcome::Deleted => &mut self.deleted,
            Outcome::Orphaned => &mut self.orphaned,
            Outcome::Skipped => &mut self.skipped,
            Outcome::Failed => &mut self.failed,
        };
        *count += 1;
        self.dangers += object.dangers.len();
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.created += other.created;
        self.changed += other.changed;
        self.moved += other.moved;
        self.pruned += other.pruned;
        self.deleted += other.deleted;
        self.orphaned += other.orphaned;
        self.skipped += other.skipped;
        self.failed += other.failed;
        self.unchanged += other.unchanged;
        self.held_back += other.held_back;
        self.dangers += other.dangers;
    }
}

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

/// Something that kept part of a render from being worked out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The owner that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The file, relative to the repository; empty if there is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The line, from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl Diff {
    /// Puts clusters into a document and counts.
    pub fn new(title: impl Into<String>, clusters: Vec<ClusterChanges>) -> Self {
        let mut summary = Counts::default();
        for cluster in &clusters {
            summary += cluster.summary;
        }
        Self {
            api_version: "cli.gitops/v1",
            kind: "Diff",
            title: title.into(),
            summary,
            clusters,
        }
    }

    /// Says whether anything happens.
    pub const fn has_changes(&self) -> bool {
        self.summary.has_changes()
    }

    /// Says whether something could not be worked out.
    pub fn has_findings(&self) -> bool {
        let mut clusters = self.clusters.iter();
        self.summary.failed > 0 || clusters.any(|cluster| !cluster.findings.is_empty())
    }
}

impl ClusterChanges {
    /// Puts owners into a cluster and counts; those of whose objects none changes are left out.
    pub fn new(
        cluster: impl Into<String>,
        mut owners: Vec<OwnerChanges>,
        findings: Vec<Finding>,
    ) -> Self {
        let mut summary = Counts::default();
        for owner in &owners {
            summary += owner.summary;
        }
        owners.retain(|owner| !owner.objects.is_empty());
        Self {
            cluster: cluster.into(),
            summary,
            owners,
            findings,
        }
    }
}

impl OwnerChanges {
    /// Puts objects under their owner and counts; `unchanged` is how many others it has.
    pub fn new(owner: Option<Owner>, objects: Vec<ObjectChange>, unchanged: usize) -> Self {
        let mut summary = Counts {
            unchanged,
            ..Counts::default()
        };
        for object in &objects {
            summary.add(object);
        }
        Self {
            owner,
            suspended: false,
            summary,
            objects,
        }
    }

    /// Marks the owner as suspended: its changes are held back.
    #[must_use]
    pub fn held_back(mut self) -> Self {
        self.suspended = true;
        self.summary.held_back = self.objects.len();
        self
    }
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
