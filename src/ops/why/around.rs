//! What stands around an object that is as it should be: who applied it, and what it has brought.

use jiff::Timestamp;

use super::blame::{Toward, keeps_from_applying, toward};
use super::chain::{CauseKind, Verdict};
use super::drift::{self, Drift};
use super::facts::FluxObject;
use super::leaf;
use super::next::step;
use super::walk::Walk;
use crate::api::{Kind, parents};
use crate::cluster::{self, State};
use crate::error::Failure;
use crate::manifest::{Object, ObjectId};

impl Walk<'_> {
    /// Looks at an object that is none of Flux: down to its pods, or up to who applied it.
    pub(super) async fn other(
        &mut self,
        relation: &'static str,
        object: &Object,
    ) -> Result<Verdict, Failure> {
        let status = cluster::status(object, Timestamp::now());
        self.link(
            relation,
            object.into(),
            &status.state.to_string(),
            &status.message,
        );
        if status.state != State::Current {
            let verdict = leaf::follow(self.cluster, object, &status, &mut self.links).await;
            self.note_parents(object).await;
            return Ok(verdict);
        }
        if self.is_first() {
            if let Some(verdict) = left_alone(object) {
                return Ok(verdict);
            }
            if let Some(verdict) = self.changed(object).await {
                return Ok(verdict);
            }
        }
        self.upward(object).await
    }

    /// Looks at who brought an object that is as it should be: whether news of it still arrive.
    pub(super) async fn upward(&mut self, object: &Object) -> Result<Verdict, Failure> {
        for parent in self.owners(object).await {
            if self.visited.contains(&parent) {
                continue;
            }
            let (links, visited) = (self.links.len(), self.visited.len());
            let verdict = self.visit_flux("is applied by", &parent).await?;
            let reaches = self.reaches_children(&parent).await;
            if verdict.is_fault() && reaches {
                return Ok(verdict);
            }
            // What does not matter to the object does not stay in its chain.
            self.links.truncate(links);
            self.visited.truncate(visited);
        }
        let message = format!("{} is as it should be", object.id());
        Ok(Verdict::new(CauseKind::Healthy, message, None))
    }

    /// Returns who applied an object; of a pod or a replica set that is who applied its owner.
    pub(super) async fn owners(&self, object: &Object) -> Vec<ObjectId> {
        let direct = parents(object);
        if !direct.is_empty() || Kind::of(object.group(), object.kind()).is_some() {
            return direct;
        }
        match crate::ops::trace(self.cluster, object).await {
            Ok(trace) => trace
                .chain
                .first()
                .and_then(|link| {
                    let kind = Kind::named(link.kind)?;
                    Some(ObjectId {
                        group: kind.group.into(),
                        kind: kind.name.into(),
                        namespace: link.namespace.clone(),
                        name: link.name.clone(),
                    })
                })
                .into_iter()
                .collect(),
            Err(_) => Vec::new(),
        }
    }

    /// Says whether what is wrong with a parent keeps it from applying its children.
    pub(super) async fn reaches_children(&self, parent: &ObjectId) -> bool {
        match self.sight.flux(parent).await {
            Ok(Some(parent)) => {
                parent.is_suspended()
                    || matches!(toward(parent.kind, &parent.row), Toward::Healthy)
                    || keeps_from_applying(toward(parent.kind, &parent.row))
            }
            _ => true,
        }
    }

    /// Notes the suspended parents of an object with a cause of its own: a fix in Git would not arrive.
    pub(super) async fn note_parents(&mut self, object: &Object) {
        for id in self.owners(object).await {
            if let Ok(Some(parent)) = self.sight.flux(&id).await
                && parent.is_suspended()
            {
                self.notes.push(format!(
                    "{id}, which applies it, is suspended: a change in Git does not arrive"
                ));
            }
        }
    }

    /// Looks at what an object that is ready gets its news from.
    pub(super) async fn latent(&mut self, found: &FluxObject) -> Result<Verdict, Failure> {
        if let Some(verdict) = self.without_secret(found).await {
            return Ok(verdict);
        }
        for id in found.sources() {
            if !self.visited.contains(&id) && self.blocks(&id).await {
                return self.visit_flux("is made from", &id).await;
            }
        }
        if self.is_first() {
            if let Some(verdict) = left_alone(&found.object) {
                return Ok(verdict);
            }
            if let Some(verdict) = self.drifted(found).await? {
                return Ok(verdict);
            }
        }
        self.upward(&found.object).await
    }

    /// Says whether only the object that was asked for was looked at so far.
    pub(super) const fn is_first(&self) -> bool {
        self.visited.len() == 1
    }

    /// Looks at what an object that is ready has brought: since then, something may have happened to that.
    pub(super) async fn drifted(&mut self, found: &FluxObject) -> Result<Option<Verdict>, Failure> {
        if let Some(drift) = drift::drift(self.cluster, found).await {
            self.link("has applied", drift.id.clone().into(), drift.state, "");
            return Ok(Some(self.drift(drift, found)));
        }
        let (links, visited, notes) = (self.links.len(), self.visited.len(), self.notes.len());
        let verdict = self.leaves(found, "").await?;
        if verdict.as_ref().is_some_and(Verdict::is_fault) {
            return Ok(verdict);
        }
        self.links.truncate(links);
        self.visited.truncate(visited);
        self.notes.truncate(notes);
        Ok(None)
    }

    pub(super) fn drift(&self, drift: Drift, applier: &FluxObject) -> Verdict {
        // A release is only held against the cluster where it asks for that.
        let is_corrected = applier.kind.name != "HelmRelease"
            || applier.object.text("/spec/driftDetection/mode") == "enabled";
        let advice = if is_corrected {
            "put it back now; the next reconciliation does it by itself"
        } else {
            "put it back; no reconciliation does it by itself, for want of spec.driftDetection"
        };
        let mut next = self
            .steps
            .own(advice, "reconcile", applier.kind, &applier.object);
        if !is_corrected {
            next.command.push_str(" --force");
        }
        Verdict::new(CauseKind::Drift, drift.message, Some(next))
    }

    /// Says whether somebody has changed an object that a Kustomization has applied.
    pub(super) async fn changed(&mut self, object: &Object) -> Option<Verdict> {
        for parent in parents(object) {
            let Ok(Some(applier)) = self.sight.flux(&parent).await else {
                continue;
            };
            if let Some(drift) = drift::changed(object, &applier)
                && !applier.is_suspended()
            {
                self.link("is applied by", parent.into(), "ready", "");
                return Some(self.drift(drift, &applier));
            }
        }
        None
    }
}

/// The annotations, and their values, by which kustomize-controller leaves an object as it is.
const LEFT_ALONE: &[(&str, &str)] = &[
    ("kustomize.toolkit.fluxcd.io/reconcile", "disabled"),
    ("kustomize.toolkit.fluxcd.io/ssa", "ignore"),
];

/// Says of an object whether a Kustomization has applied it once, and no longer does because it says so itself.
fn left_alone(object: &Object) -> Option<Verdict> {
    let is_applied = parents(object)
        .iter()
        .any(|parent| parent.kind == "Kustomization");
    let annotations = object.get("/metadata/annotations").filter(|_| is_applied)?;
    let (key, value) = LEFT_ALONE.iter().find_map(|(key, wanted)| {
        let value = annotations.get(key)?.as_str()?;
        value.eq_ignore_ascii_case(wanted).then_some((key, value))
    })?;
    let message = format!(
        "{} is left as it is: its annotation {key} says `{value}`",
        object.id()
    );
    let place = match object.namespace() {
        "" => String::new(),
        namespace => format!(" -n {namespace}"),
    };
    let (kind, name) = (object.kind().to_lowercase(), object.name());
    let command = format!("kubectl annotate {kind} {name}{place} {key}-");
    let next = step("let it be applied again", command);
    Some(Verdict::new(CauseKind::Suspended, message, Some(next)))
}
