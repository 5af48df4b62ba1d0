//! The way from an object down to the first cause of how it is.

use futures::future::{BoxFuture, FutureExt as _};
use jiff::Timestamp;

use super::super::controller::{Presence, hindrance};
use super::blame::{Toward, is_asked, is_current, is_ready, told, toward};
use super::chain::{CauseKind, Chain, ChainLink, ChainObject, Verdict};
use super::excerpt::brief;
use super::facts::{FluxObject, elsewhere, is_served, unhealthiest};
use super::leaf;
use super::next::{Steps, aimed, step};
use super::sight::Sight;
use crate::api::Kind;
use crate::cluster::{self, Address, Cluster, ClusterError, Resource};
use crate::error::Failure;
use crate::manifest::ObjectId;

/// How many objects a chain may have.
const LONGEST: usize = 24;

/// What is asked.
pub struct WhyRequest<'a> {
    /// The object.
    pub address: Address,
    /// The name by which this program was called, for the next step.
    pub program: &'a str,
    /// The kubeconfig context that the next step names; none where it needs no such name.
    pub context: Option<&'a str>,
}

/// Follows an object down to the first cause of how it is.
///
/// # Errors
///
/// Fails where the cluster cannot be asked. What may not be read ends the chain, as the cause.
pub async fn why(cluster: &Cluster, request: &WhyRequest<'_>) -> Result<Chain, Failure> {
    follow(&Sight::new(cluster, []), request).await
}

/// Follows an object as [`why`] does, and remembers what was read.
pub(super) async fn follow(sight: &Sight<'_>, request: &WhyRequest<'_>) -> Result<Chain, Failure> {
    let mut walk = Walk {
        cluster: sight.cluster,
        sight,
        steps: Steps {
            program: request.program,
        },
        links: Vec::new(),
        visited: Vec::new(),
        notes: Vec::new(),
    };
    let mut verdict = walk.visit("", request.address.clone()).await?;
    if let (Some(next), Some(context)) = (&mut verdict.next, request.context) {
        next.command = aimed(&next.command, request.program, context);
    }
    Ok(Chain::new(walk.links, verdict, walk.notes))
}

/// A walk, and what it has passed.
pub(super) struct Walk<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) sight: &'a Sight<'a>,
    pub(super) steps: Steps<'a>,
    pub(super) links: Vec<ChainLink>,
    pub(super) visited: Vec<ObjectId>,
    pub(super) notes: Vec<String>,
}

impl Walk<'_> {
    /// Looks at an object, whatever its kind, and at all that its state comes from.
    pub(super) fn visit(
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
            let failed = match Kind::of(&id.group, &id.kind) {
                Some(kind) => match self.sight.flux_at(kind, &address).await {
                    Ok(Some(found)) => return Box::pin(self.flux(relation, &found)).await,
                    Ok(None) => None,
                    Err(error) => Some(error),
                },
                None => match self.cluster.get(&address).await {
                    Ok(Some(object)) => return self.other(relation, &object).await,
                    Ok(None) => None,
                    Err(error) => Some(error),
                },
            };
            match failed {
                None => self.missing(relation, &address).await,
                Some(ClusterError::Forbidden { .. }) => Ok(self.unreadable(relation, &address)),
                Some(error) => Err(error.into()),
            }
        }
        .boxed()
    }

    pub(super) async fn visit_flux(
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

    pub(super) fn link(
        &mut self,
        relation: &'static str,
        object: ChainObject,
        state: &str,
        message: &str,
    ) {
        self.links.push(ChainLink {
            relation,
            object,
            state: state.into(),
            message: brief(message),
        });
    }

    pub(super) fn unreadable(&mut self, relation: &'static str, address: &Address) -> Verdict {
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

    pub(super) async fn missing(
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

    pub(super) async fn flux(
        &mut self,
        relation: &'static str,
        found: &FluxObject,
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
            return Ok(self.suspended(found));
        }
        if let Some(verdict) = self.controller(found).await? {
            return Ok(verdict);
        }
        if found.object.get("/metadata/deletionTimestamp").is_some() {
            return Ok(self.terminating(found));
        }
        let toward = toward(found.kind, &found.row);
        let verdict = match toward {
            Toward::Healthy => return self.latent(found).await,
            Toward::Dependencies => self.dependencies(found).await?,
            Toward::Source => self.source(found).await?,
            Toward::Leaves => self.leaves(found, &message).await?,
            Toward::Own(_) => None,
            Toward::Unseen => match self.dependencies(found).await? {
                None => self.source(found).await?,
                found => found,
            },
        };
        if let Some(verdict) = verdict {
            return Ok(verdict);
        }
        if matches!(toward, Toward::Own(CauseKind::Forbidden))
            && let Some(verdict) = self.without_account(found, &message).await
        {
            return Ok(verdict);
        }
        self.note_parents(&found.object).await;
        Ok(match toward {
            Toward::Unseen => self.unseen(found),
            _ => self.own(found),
        })
    }

    pub(super) async fn controller(
        &mut self,
        found: &FluxObject,
    ) -> Result<Option<Verdict>, Failure> {
        if (found.kind.fixed)(&found.row).is_some() {
            return Ok(None);
        }
        let component = found.kind.definition.component;
        let presence = self.sight.presence(component).await;
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

    /// Says whether an object is missing, suspended, not ready or without what it needs; one that may not be read is
    /// looked at.
    pub(super) async fn blocks(&self, id: &ObjectId) -> bool {
        match self.sight.flux(id).await {
            Ok(Some(found)) => {
                found.is_suspended()
                    || !is_ready(found.kind, &found.row)
                    || self.missing_secret(&found).await.is_some()
            }
            _ => true,
        }
    }

    /// Follows the first dependency that is missing or not ready.
    pub(super) async fn dependencies(
        &mut self,
        found: &FluxObject,
    ) -> Result<Option<Verdict>, Failure> {
        let mut waiting = None;
        for id in found.dependencies() {
            match self.sight.flux(&id).await {
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
    pub(super) async fn source(&mut self, found: &FluxObject) -> Result<Option<Verdict>, Failure> {
        for id in found.sources() {
            let is_ready = match self.sight.flux(&id).await {
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
    pub(super) async fn leaves(
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
}
