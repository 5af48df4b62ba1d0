//! The way from an object down to the first cause of how it is.

use futures::future::{BoxFuture, FutureExt as _};
use jiff::Timestamp;

use super::super::controller::{Presence, hindrance, presence};
use super::blame::{Toward, is_asked, is_current, is_ready, keeps_from_applying, told, toward};
use super::chain::{CauseKind, Chain, ChainLink, ChainObject, Verdict};
use super::drift::{self, Drift};
use super::facts::{FluxObject, elsewhere, flux, is_served, unhealthiest};
use super::leaf;
use super::message::brief;
use super::next::{Steps, step};
use crate::api::{Kind, SUSPEND_REASON, SUSPEND_UNTIL, parents};
use crate::cluster::{self, Address, Cluster, ClusterError, Resource, State};
use crate::error::Failure;
use crate::manifest::{Object, ObjectId};

/// How many objects a chain may have.
const LONGEST: usize = 24;

/// What is asked.
pub struct WhyRequest<'a> {
    /// The object.
    pub address: Address,
    /// The name by which this program was called, for the next step.
    pub program: &'a str,
}

/// Follows an object down to the first cause of how it is.
///
/// # Errors
///
/// Fails where the cluster cannot be asked. What may not be read ends the chain, as the cause.
pub async fn why(cluster: &Cluster, request: &WhyRequest<'_>) -> Result<Chain, Failure> {
    let mut walk = Walk {
        cluster,
        steps: Steps {
            program: request.program,
        },
        links: Vec::new(),
        visited: Vec::new(),
        notes: Vec::new(),
    };
    let verdict = walk.visit("", request.address.clone()).await?;
    Ok(Chain::new(walk.links, verdict, walk.notes))
}

/// A walk, and what it has passed.
struct Walk<'a> {
    cluster: &'a Cluster,
    steps: Steps<'a>,
    links: Vec<ChainLink>,
    visited: Vec<ObjectId>,
    notes: Vec<String>,
}

impl Walk<'_> {
    /// Looks at an object, whatever its kind, and at all that its state comes from.
    fn visit(
        &mut self,
        relation: &'static str,
        address: Address,
    ) -> BoxFuture<'_, Result<Verdict, Failure>> {
        async move {
            let id = address.id();
            if self.visited.contains(&id) {
                return Ok(self.cycle(&id));
            }
            if self.visited.len() >= LONGEST {
                let message = format!("the chain has more than {LONGEST} links");
                return Ok(Verdict::new(CauseKind::Other, message, None));
            }
            self.visited.push(id.clone());
            match self.cluster.get(&address).await {
                Ok(Some(object)) => match Kind::of(&id.group, &id.kind) {
                    Some(kind) => {
                        Box::pin(self.flux(relation, FluxObject::new(kind, object))).await
                    }
                    None => self.other(relation, &object).await,
                },
                Ok(None) => self.missing(relation, &address).await,
                Err(ClusterError::Forbidden { .. }) => Ok(self.unreadable(relation, &address)),
                Err(error) => Err(error.into()),
            }
        }
        .boxed()
    }

    async fn visit_flux(
        &mut self,
        relation: &'static str,
        id: &ObjectId,
    ) -> Result<Verdict, Failure> {
        if let Some(kind) = Kind::of(&id.group, &id.kind) {
            return self
                .visit(relation, Resource::from(kind).at(&id.namespace, &id.name))
                .await;
        }
        self.link(relation, id.clone().into(), "unknown", "");
        let message = format!("{id} is of a kind that Flux does not have");
        Ok(Verdict::new(CauseKind::KindMissing, message, None))
    }

    fn link(&mut self, relation: &'static str, object: ChainObject, state: &str, message: &str) {
        self.links.push(ChainLink {
            relation,
            object,
            state: state.into(),
            message: brief(message),
        });
    }

    fn cycle(&self, id: &ObjectId) -> Verdict {
        let start = self
            .visited
            .iter()
            .position(|seen| seen == id)
            .unwrap_or_default();
        let mut names: Vec<String> = self.visited[start..]
            .iter()
            .map(ToString::to_string)
            .collect();
        names.push(id.to_string());
        let word = id.kind.to_lowercase();
        let next = step(
            "take one of the references out of spec.dependsOn",
            format!(
                "{} deps {word}/{} -n {}",
                self.steps.program, id.name, id.namespace
            ),
        );
        let message = format!("they wait for each other: {}", names.join(" → "));
        Verdict::new(CauseKind::Cycle, message, Some(next))
    }

    fn unreadable(&mut self, relation: &'static str, address: &Address) -> Verdict {
        self.link(relation, address.id().into(), "unreadable", "");
        let place = match address.namespace.as_str() {
            "" => String::new(),
            namespace => format!(" -n {namespace}"),
        };
        let next = step(
            "ask for the right to read it",
            format!("kubectl auth can-i get {}{place}", address.resource),
        );
        Verdict::new(
            CauseKind::Unreadable,
            format!("you may not read {address}"),
            Some(next),
        )
    }

    async fn missing(
        &mut self,
        relation: &'static str,
        address: &Address,
    ) -> Result<Verdict, Failure> {
        self.link(relation, address.id().into(), "missing", "");
        let program = self.steps.program;
        let Some(kind) = Kind::of(&address.resource.group, &address.resource.kind) else {
            let next = step(
                "see what is not as it should be, and would bring it",
                format!("{program} get all -A --not-ready"),
            );
            return Ok(Verdict::new(
                CauseKind::Missing,
                format!("{address} does not exist"),
                Some(next),
            ));
        };
        if !is_served(self.cluster, kind).await {
            let message = format!("the cluster does not know the kind {}", kind.name);
            let next = step("see what is installed", format!("{program} check"));
            return Ok(Verdict::new(CauseKind::KindMissing, message, Some(next)));
        }
        let mut message = format!("{address} does not exist");
        let namespaces = elsewhere(self.cluster, kind, &address.name).await;
        if !namespaces.is_empty() {
            message.push_str("; there is one of that name in ");
            message.push_str(&namespaces.join(", "));
        }
        let words = kind.plural_words.join(" ");
        let advice = "make it, or correct the reference; this shows which there are";
        let next = step(advice, format!("{program} get {words} -A"));
        Ok(Verdict::new(CauseKind::Missing, message, Some(next)))
    }

    /// Looks at an object that is none of Flux: down to its pods, or up to who applied it.
    async fn other(&mut self, relation: &'static str, object: &Object) -> Result<Verdict, Failure> {
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
        if self.is_first()
            && let Some(verdict) = self.changed(object).await
        {
            return Ok(verdict);
        }
        self.upward(object).await
    }

    /// Looks at who brought an object that is as it should be: whether news of it still arrive.
    async fn upward(&mut self, object: &Object) -> Result<Verdict, Failure> {
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
    async fn owners(&self, object: &Object) -> Vec<ObjectId> {
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
    async fn reaches_children(&self, parent: &ObjectId) -> bool {
        match flux(self.cluster, parent).await {
            Ok(Some(parent)) => {
                parent.is_suspended()
                    || matches!(toward(parent.kind, &parent.row), Toward::Healthy)
                    || keeps_from_applying(toward(parent.kind, &parent.row))
            }
            _ => true,
        }
    }

    /// Notes the suspended parents of an object with a cause of its own: a fix in Git would not arrive.
    async fn note_parents(&mut self, object: &Object) {
        for id in self.owners(object).await {
            if let Ok(Some(parent)) = flux(self.cluster, &id).await
                && parent.is_suspended()
            {
                self.notes.push(format!(
                    "{id}, which applies it, is suspended: a change in Git does not arrive"
                ));
            }
        }
    }

    /// Looks at an object of Flux.
    async fn flux(
        &mut self,
        relation: &'static str,
        found: FluxObject,
    ) -> Result<Verdict, Failure> {
        let (_, message) = told(&found.row);
        let message = message.to_owned();
        let state = if found.is_suspended() {
            "suspended"
        } else if is_ready(found.kind, &found.row) {
            "ready"
        } else {
            "not ready"
        };
        self.link(relation, (&found.object).into(), state, &message);
        if found.is_suspended() {
            return Ok(self.suspended(&found));
        }
        if let Some(verdict) = self.controller(&found).await? {
            return Ok(verdict);
        }
        if found.object.get("/metadata/deletionTimestamp").is_some() {
            return Ok(self.terminating(&found));
        }
        let toward = toward(found.kind, &found.row);
        let verdict = match toward {
            Toward::Healthy => return self.latent(&found).await,
            Toward::Dependencies => self.dependencies(&found).await?,
            Toward::Source => self.source(&found).await?,
            Toward::Leaves => self.leaves(&found, &message).await?,
            Toward::Own(_) => None,
            Toward::Unseen => match self.dependencies(&found).await? {
                None => self.source(&found).await?,
                found => found,
            },
        };
        if let Some(verdict) = verdict {
            return Ok(verdict);
        }
        self.note_parents(&found.object).await;
        Ok(match toward {
            Toward::Unseen => self.unseen(&found),
            _ => self.own(&found),
        })
    }

    fn suspended(&self, found: &FluxObject) -> Verdict {
        let annotations = found.object.get("/metadata/annotations");
        let said = |key: &str| annotations.and_then(|all| all.get(key)?.as_str());
        let until = said(SUSPEND_UNTIL).map_or_else(String::new, |until| format!(" until {until}"));
        let reason = said(SUSPEND_REASON).map_or_else(String::new, |reason| format!(": {reason}"));
        let message = format!("{} is suspended{until}{reason}", found.object.id());
        let next = self
            .steps
            .own("let it go on", "resume", found.kind, &found.object);
        Verdict::new(CauseKind::Suspended, message, Some(next))
    }

    fn terminating(&self, found: &FluxObject) -> Verdict {
        let message = format!(
            "{} is being deleted, and waits for its finalizers",
            found.object.id()
        );
        let next = step(
            "see what its controller says",
            format!(
                "{} events --for {}/{} -n {}",
                self.steps.program,
                found.kind.name,
                found.object.name(),
                found.object.namespace()
            ),
        );
        Verdict::new(CauseKind::Terminating, message, Some(next))
    }

    /// Looks whether the controller of an object runs; that the cluster has none counts for what nobody has seen.
    async fn controller(&mut self, found: &FluxObject) -> Result<Option<Verdict>, Failure> {
        if (found.kind.fixed)(&found.row).is_some() {
            return Ok(None);
        }
        let component = found.kind.definition.component;
        let presence = presence(self.cluster, component).await;
        let Some(message) = hindrance(component, &presence) else {
            return Ok(None);
        };
        let program = self.steps.program;
        match presence {
            Presence::Runs => Ok(None),
            Presence::Absent if is_current(&found.row) && !is_asked(&found.row) => Ok(None),
            Presence::Absent
                if !found.row.status.conditions.is_empty() && is_current(&found.row) =>
            {
                Ok(None)
            }
            Presence::Absent => {
                let next = step("see what is installed", format!("{program} check"));
                Ok(Some(Verdict::new(
                    CauseKind::Controller,
                    message,
                    Some(next),
                )))
            }
            Presence::ScaledDown(deployment) => {
                self.link("is reconciled by", (&*deployment).into(), "scaled down", "");
                let command = format!(
                    "kubectl scale deployment {} -n {} --replicas=1",
                    deployment.name(),
                    deployment.namespace()
                );
                let next = step("start it again", command);
                Ok(Some(Verdict::new(
                    CauseKind::Controller,
                    message,
                    Some(next),
                )))
            }
            Presence::Down(deployment) => {
                let status = cluster::status(&deployment, Timestamp::now());
                self.link(
                    "is reconciled by",
                    (&*deployment).into(),
                    &status.state.to_string(),
                    &status.message,
                );
                let below = leaf::follow(self.cluster, &deployment, &status, &mut self.links).await;
                let message = format!("{message}: {}", below.cause.message);
                Ok(Some(Verdict::new(
                    CauseKind::Controller,
                    message,
                    below.next,
                )))
            }
        }
    }

    /// Looks at what an object that is ready gets its news from.
    async fn latent(&mut self, found: &FluxObject) -> Result<Verdict, Failure> {
        for id in found.sources() {
            if !self.visited.contains(&id) && self.blocks(&id).await {
                return self.visit_flux("is made from", &id).await;
            }
        }
        if self.is_first()
            && let Some(verdict) = self.drifted(found).await?
        {
            return Ok(verdict);
        }
        self.upward(&found.object).await
    }

    /// Says whether only the object that was asked for was looked at so far.
    const fn is_first(&self) -> bool {
        self.visited.len() == 1
    }

    /// Looks at what an object that is ready has brought: since then, something may have happened to that.
    async fn drifted(&mut self, found: &FluxObject) -> Result<Option<Verdict>, Failure> {
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

    fn drift(&self, drift: Drift, applier: &FluxObject) -> Verdict {
        let next = self.steps.own(
            "put it back now; the next reconciliation does it by itself",
            "reconcile",
            applier.kind,
            &applier.object,
        );
        Verdict::new(CauseKind::Drift, drift.message, Some(next))
    }

    /// Says whether somebody has changed an object that a Kustomization has applied.
    async fn changed(&mut self, object: &Object) -> Option<Verdict> {
        for parent in parents(object) {
            let Ok(Some(applier)) = flux(self.cluster, &parent).await else {
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

    /// Says whether an object is missing, suspended or not ready; one that may not be read is looked at.
    async fn blocks(&self, id: &ObjectId) -> bool {
        match flux(self.cluster, id).await {
            Ok(Some(found)) => found.is_suspended() || !is_ready(found.kind, &found.row),
            _ => true,
        }
    }

    /// Follows the first dependency that is missing or not ready.
    async fn dependencies(&mut self, found: &FluxObject) -> Result<Option<Verdict>, Failure> {
        let mut waiting = None;
        for id in found.dependencies() {
            match flux(self.cluster, &id).await {
                Ok(Some(other)) if is_ready(other.kind, &other.row) => {}
                Ok(Some(_)) => waiting = waiting.or(Some(id)),
                // What is not there will not come by waiting.
                _ => {
                    waiting = Some(id);
                    break;
                }
            }
        }
        match waiting {
            Some(id) => Ok(Some(self.visit_flux("waits for", &id).await?)),
            None => Ok(None),
        }
    }

    /// Follows the first source that is missing or not ready.
    async fn source(&mut self, found: &FluxObject) -> Result<Option<Verdict>, Failure> {
        for id in found.sources() {
            let is_ready = match flux(self.cluster, &id).await {
                Ok(Some(source)) => is_ready(source.kind, &source.row),
                _ => false,
            };
            if !is_ready {
                return Ok(Some(self.visit_flux("is made from", &id).await?));
            }
        }
        Ok(None)
    }

    /// Follows the unhealthiest of what an object has brought.
    async fn leaves(
        &mut self,
        found: &FluxObject,
        message: &str,
    ) -> Result<Option<Verdict>, Failure> {
        match unhealthiest(self.cluster, found, message).await {
            Some(leaf) if !self.visited.contains(&leaf.address.id()) => {
                Ok(Some(self.visit("has applied", leaf.address).await?))
            }
            _ => Ok(None),
        }
    }

    fn unseen(&self, found: &FluxObject) -> Verdict {
        let (_, message) = told(&found.row);
        let id = found.object.id();
        if is_current(&found.row) && !message.is_empty() {
            let next = step(
                "watch it",
                format!(
                    "{} get {} {} -n {} --watch",
                    self.steps.program,
                    found.kind.plural_words.join(" "),
                    found.object.name(),
                    found.object.namespace()
                ),
            );
            let message = format!("{id} is under way: {}", brief(message));
            return Verdict::new(CauseKind::InProgress, message, Some(next));
        }
        let message = format!(
            "{id} has generation {}, and its controller has seen {}",
            found.row.metadata.generation,
            match found.row.status.observed_generation {
                ..=0 => "none".to_owned(),
                seen => seen.to_string(),
            }
        );
        let next = self.steps.own(
            "ask its controller to look at it",
            "reconcile",
            found.kind,
            &found.object,
        );
        Verdict::new(CauseKind::NotObserved, message, Some(next))
    }

    /// Takes the words of an object's own controller for the cause.
    fn own(&self, found: &FluxObject) -> Verdict {
        let (reason, message) = told(&found.row);
        let cause = super::message::classify(found.kind.name, reason, message);
        let next = self.steps.about(cause, found.kind, &found.object, message);
        let what = words(cause);
        let message = format!("{}: {what}{}", found.object.id(), brief(message));
        Verdict::new(cause, message, Some(next))
    }
}

/// Says in a few words what sort of cause it is, before the words of the controller.
const fn words(cause: CauseKind) -> &'static str {
    match cause {
        CauseKind::Reference => "what it refers to is missing: ",
        CauseKind::Url => "its address cannot be reached: ",
        CauseKind::Authentication => "its credentials are refused: ",
        CauseKind::Revision => "the wanted revision does not exist: ",
        CauseKind::Verification => "its content cannot be verified: ",
        CauseKind::Source => "its source cannot be fetched: ",
        CauseKind::Path => "the path is not in the source: ",
        CauseKind::Build => "the manifests cannot be built: ",
        CauseKind::Decryption => "the manifests cannot be decrypted: ",
        CauseKind::Forbidden => "it may not apply this: ",
        CauseKind::Immutable => "a field cannot be changed: ",
        CauseKind::Apply => "the API server refuses this: ",
        CauseKind::KindMissing => "the cluster does not know a kind: ",
        CauseKind::Chart => "the chart is not found: ",
        CauseKind::Values => "the values do not fit: ",
        CauseKind::Release => "the release failed: ",
        CauseKind::ImagePolicy => "no tag fits the policy: ",
        _ => "",
    }
}
