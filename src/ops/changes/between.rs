//! What happens between two renders of the same repository.

use std::collections::{HashMap, HashSet};

use super::counts::Outcome;
use super::document::{ClusterChanges, Diff, Finding, Owner, OwnerChanges};
use super::object_change::{Danger, DangerKind, ObjectChange};
use super::side::{ClusterSide, SideObject};
use crate::manifest::ObjectId;

/// How the API groups of Flux end.
const FLUX_GROUPS: &str = ".toolkit.fluxcd.io";

/// Compares two sides, cluster by cluster; clusters and owners keep the order of the new side.
///
/// What an owner lacks that could not be rendered counts as skipped, on either side.
pub fn between(title: &str, base: &[ClusterSide<'_>], head: &[ClusterSide<'_>]) -> Diff {
    let empty = ClusterSide::default();
    let find = |sides: &'_ [ClusterSide<'_>], name: &str| -> Option<usize> {
        sides.iter().position(|side| side.cluster == name)
    };
    let mut names: Vec<&str> = head.iter().map(|side| side.cluster.as_str()).collect();
    let gone = base.iter().map(|side| side.cluster.as_str());
    names.extend(gone.filter(|name| find(head, name).is_none()));
    let clusters = names.into_iter().map(|name| {
        let old = find(base, name).map_or(&empty, |index| &base[index]);
        let new = find(head, name).map_or(&empty, |index| &head[index]);
        between_clusters(name, old, new)
    });
    Diff::new(title, clusters.collect())
}

fn between_clusters(name: &str, base: &ClusterSide<'_>, head: &ClusterSide<'_>) -> ClusterChanges {
    let mut comparison = Comparison::new(base, head);
    for object in &head.objects {
        comparison.take_new(object);
    }
    comparison.take_gone();
    let mut owners = Vec::new();
    for (owner, group) in comparison.groups {
        let suspended = group.suspended;
        let changes = OwnerChanges::new(owner.cloned(), group.objects, group.unchanged);
        owners.push(if suspended {
            changes.held_back()
        } else {
            changes
        });
    }
    let findings: Vec<Finding> = head.findings.clone();
    ClusterChanges::new(name, owners, findings)
}

/// What is gathered for one owner.
#[derive(Default)]
struct Group {
    suspended: bool,
    unchanged: usize,
    objects: Vec<ObjectChange>,
}

/// The objects of one cluster on both sides.
struct Comparison<'side> {
    base: &'side ClusterSide<'side>,
    head: &'side ClusterSide<'side>,
    /// The objects of the base that have no partner yet, by identity.
    open: HashMap<ObjectId, Vec<usize>>,
    /// Where the new side has which object.
    rendered: HashMap<ObjectId, Vec<usize>>,
    /// Owners that the new side still has: whether they are suspended, where that is known.
    alive: HashMap<Owner, Option<bool>>,
    seen: HashSet<ObjectId>,
    places: HashMap<Option<&'side Owner>, usize>,
    groups: Vec<(Option<&'side Owner>, Group)>,
}

impl<'side> Comparison<'side> {
    fn new(base: &'side ClusterSide<'side>, head: &'side ClusterSide<'side>) -> Self {
        let mut open: HashMap<ObjectId, Vec<usize>> = HashMap::new();
        for (index, object) in base.objects.iter().enumerate() {
            open.entry(object.object.id()).or_default().push(index);
        }
        let mut rendered: HashMap<ObjectId, Vec<usize>> = HashMap::new();
        let unrendered = head.unrendered.iter();
        let mut alive: HashMap<Owner, Option<bool>> =
            unrendered.map(|owner| (owner.clone(), None)).collect();
        for (index, object) in head.objects.iter().enumerate() {
            let id = object.object.id();
            // An owner may be rendered itself and have no objects any more.
            if id.group.ends_with(FLUX_GROUPS) {
                alive.entry(owner_of(&id)).or_default();
            }
            if let Some(owner) = &object.owner {
                alive.insert(owner.clone(), Some(object.suspended));
            }
            rendered.entry(id).or_default().push(index);
        }
        Self {
            base,
            head,
            open,
            rendered,
            alive,
            seen: HashSet::new(),
            places: HashMap::new(),
            groups: Vec::new(),
        }
    }

    fn group(&mut self, object: &'side SideObject<'side>) -> &mut Group {
        let owner = object.owner.as_ref();
        let next = self.groups.len();
        let place = *self.places.entry(owner).or_insert(next);
        if place == next {
            self.groups.push((owner, Group::default()));
        }
        &mut self.groups[place].1
    }

    /// Compares an object of the new side with its partner on the old one, if there is one.
    fn take_new(&mut self, new: &'side SideObject<'side>) {
        let id = new.object.id();
        let partner = self.partner(&id, new.owner.as_ref());
        let was_unknown = partner.is_none()
            && new
                .owner
                .as_ref()
                .is_some_and(|owner| self.base.unrendered.contains(owner));
        let is_double = !self.seen.insert(id.clone());
        let others = is_double.then(|| self.others(&id, new.owner.as_ref()));
        let group = self.group(new);
        group.suspended |= new.suspended;
        let change = match partner {
            _ if new.skip_reason().is_some() => {
                let is_same = partner.is_some_and(|old| old.is_as(new));
                (!is_same).then(|| ObjectChange::skipped(id, new.skip_reason().unwrap_or_default()))
            }
            None if was_unknown => Some(ObjectChange::skipped(
                id,
                "how it was is unknown: its owner could not be rendered before",
            )),
            None => Some(ObjectChange::created(&new.object)),
            Some(old) if old.owner != new.owner => Some(moved(old, new)),
            Some(old) if old.is_as(new) => None,
            Some(old) => Some(ObjectChange::changed(&old.object, &new.object)),
        };
        match change {
            Some(mut change) => {
                if let Some(others) = others {
                    change.dangers.push(Danger {
                        kind: DangerKind::TwoOwners,
                        message: match others.as_str() {
                            "" => "it is applied twice".into(),
                            others => {
                                format!("{others} applies it too: they will undo each other")
                            }
                        },
                        field: None,
                    });
                }
                group.objects.push(change);
            }
            None => group.unchanged += 1,
        }
    }

    /// Names the other owners on the new side that apply an object.
    fn others(&self, id: &ObjectId, owner: Option<&Owner>) -> String {
        let places = self.rendered.get(id).into_iter().flatten();
        let owners = places.filter_map(|&place| self.head.objects[place].owner.as_ref());
        let mut names: Vec<String> = owners
            .filter(|other| Some(*other) != owner)
            .map(ToString::to_string)
            .collect();
        names.dedup();
        names.join(" and ")
    }

    /// Takes the partner out of the open objects; one of the same owner is preferred.
    fn partner(
        &mut self,
        id: &ObjectId,
        owner: Option<&Owner>,
    ) -> Option<&'side SideObject<'side>> {
        let candidates = self.open.get_mut(id)?;
        let objects = &self.base.objects;
        let same = candidates
            .iter()
            .position(|&index| objects[index].owner.as_ref() == owner);
        let place = same.or_else(|| {
            // What its own owner still renders is not moved, but applied twice.
            let twins = self.rendered.get(id);
            let is_kept = |index: usize| {
                let mut twins = twins.into_iter().flatten();
                twins.any(|&twin| self.head.objects[twin].owner == objects[index].owner)
            };
            candidates.iter().position(|&index| !is_kept(index))
        })?;
        Some(&objects[candidates.remove(place)])
    }

    /// Says what becomes of the objects that only the old side has.
    fn take_gone(&mut self) {
        let mut gone: Vec<usize> = std::mem::take(&mut self.open)
            .into_values()
            .flatten()
            .collect();
        gone.sort_unstable();
        for index in gone {
            let old = &self.base.objects[index];
            // An object that another owner renders too just loses one of its owners.
            if self.seen.contains(&old.object.id()) {
                continue;
            }
            let change = self.gone(old);
            let is_suspended = self.is_suspended(old);
            let group = self.group(old);
            group.suspended |= is_suspended;
            group.objects.push(change);
        }
    }

    fn gone(&self, old: &SideObject<'_>) -> ObjectChange {
        let id = old.object.id();
        let owner = old.owner.as_ref();
        if owner.is_some_and(|owner| self.head.unrendered.contains(owner)) {
            return ObjectChange::skipped(id, "its owner could not be rendered");
        }
        let is_owner_alive = owner.is_some_and(|owner| self.alive.contains_key(owner));
        let is_release = owner.is_some_and(|owner| owner.kind == "HelmRelease");
        let is_kept = old
            .object
            .text("/metadata/annotations/helm.sh~1resource-policy")
            == "keep";
        let outcome = match () {
            () if is_release && is_kept => Outcome::Orphaned,
            () if is_release => Outcome::Deleted,
            () if !old.is_pruned() => Outcome::Orphaned,
            () if is_owner_alive => Outcome::Pruned,
            () => Outcome::Deleted,
        };
        let mut change = ObjectChange::gone(&old.object, outcome);
        if outcome == Outcome::Orphaned {
            let reason = if is_kept {
                "the chart has it kept"
            } else {
                "its owner does not prune it: it stays in the cluster"
            };
            change.reason = Some(reason.into());
        } else if !is_owner_alive {
            change.reason = owner.map(|owner| format!("{owner} goes"));
        }
        change
    }

    /// Says whether the owner of an old object is suspended on the new side; where it is gone, whether it was.
    fn is_suspended(&self, old: &SideObject<'_>) -> bool {
        let now = old.owner.as_ref().and_then(|owner| self.alive.get(owner));
        now.copied().flatten().unwrap_or(old.suspended)
    }
}

/// Returns an object as an owner of others.
fn owner_of(id: &ObjectId) -> Owner {
    Owner {
        kind: id.kind.clone(),
        namespace: id.namespace.clone(),
        name: id.name.clone(),
    }
}

fn moved(old: &SideObject<'_>, new: &SideObject<'_>) -> ObjectChange {
    let mut change = if old.is_as(new) {
        ObjectChange::new(new.object.id(), Outcome::Moved)
    } else {
        ObjectChange::changed(&old.object, &new.object)
    };
    change.outcome = Outcome::Moved;
    change.moved_from.clone_from(&old.owner);
    change
}
