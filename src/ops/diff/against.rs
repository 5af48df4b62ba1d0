//! Objects held against a cluster: what applying each of them would do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::stream::{self, StreamExt as _};
use serde_json::Value;

use super::compared::{Compared, Fate, conceal};
use super::found::{Found, NoPlace, Place, refused};
use super::marks::{FORCE, is_marked, left_alone};
use super::merge::merge;
use super::owned::is_applied;
use super::undeclared::take_out;
use crate::cluster::{Address, Cluster, ClusterError, Promised, broken_key, normalise};
use crate::diff::{IgnoreRules, compare, has_drifted, mask};
use crate::error::Failure;
use crate::manifest::Object;

/// The field manager of what Flux's Kustomizations apply.
pub const MANAGER: &str = "kustomize-controller";

/// How the change of an object is found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The server rehearses what can't be proved to be unchanged.
    Rehearse,
    /// The server rehearses everything.
    RehearseAll,
    /// We work it out from what can be read, without the right to change anything.
    ReadOnly,
}

/// How objects are held against a cluster.
#[derive(Clone, Copy, Debug)]
pub struct CompareOptions {
    /// How many requests may be on their way at a time.
    pub concurrency: usize,
    /// How changes are found out.
    pub method: Method,
    /// Whether `metadata.generation` is told as a change, as flux does.
    pub generation: Generation,
}

/// Whether `metadata.generation`, which changes with every change, is told as a change of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// It is left out.
    Hidden,
    /// It is told, as flux does.
    Shown,
}

/// The cluster, and what its owner says about the objects.
pub struct Against<'a> {
    /// The cluster, where what is written belongs to [`MANAGER`].
    pub cluster: &'a Cluster,
    /// How to compare.
    pub options: CompareOptions,
    /// Fields that are left to others.
    pub ignored: &'a IgnoreRules,
    /// Whether whatever can't be changed is made anew.
    pub forces: bool,
    /// Values that came from Secrets.
    pub secrets: &'a BTreeSet<String>,
}

/// An object together with what was found of it.
pub struct Held {
    /// What is wanted, as it is sent.
    pub wanted: Object,
    /// Where it belongs; `None` where its kind is not known yet.
    pub address: Option<Address>,
    /// How it is.
    pub live: Option<Object>,
    /// What would happen to it.
    pub compared: Compared,
}

impl Against<'_> {
    /// Finds out what applying the objects would do, in their order.
    ///
    /// # Errors
    ///
    /// Fails where the cluster as a whole is out of reach. What fails for one object is its fate.
    pub async fn hold(&self, objects: &[Object]) -> Result<Vec<Held>, Failure> {
        let mut objects = objects.to_vec();
        objects.iter_mut().for_each(prepare);
        let promised = Promised::by(&objects);
        let places = self.places(&objects).await?;
        let addresses: BTreeSet<Address> = places.iter().flatten().cloned().collect();
        let concurrency = self.options.concurrency;
        let mut live = self.cluster.live_state(&addresses, concurrency).await?;
        let mut found: Vec<(Object, Place, Result<Option<Object>, ClusterError>)> = Vec::new();
        for (object, place) in objects.into_iter().zip(places) {
            let state = match &place {
                Ok(address) => live.remove(address).unwrap_or(Ok(None)),
                Err(_) => Ok(None),
            };
            found.push((object, place, state));
        }
        let works = found
            .into_iter()
            .map(|(object, place, state)| self.one(object, place, state, &promised));
        let mut held = Vec::new();
        let mut works = stream::iter(works).buffered(concurrency);
        while let Some(one) = works.next().await {
            held.push(one?);
        }
        Ok(held)
    }

    /// Finds out where the objects belong.
    async fn places(&self, objects: &[Object]) -> Result<Vec<Place>, Failure> {
        // Each version once, before many ask for the kinds of it at the same time.
        let versions: BTreeMap<&str, &Object> = objects
            .iter()
            .map(|object| (object.api_version(), object))
            .collect();
        let asked = versions
            .values()
            .map(|object| self.cluster.resource(object.api_version(), object.kind()));
        let mut asked = stream::iter(asked).buffer_unordered(self.options.concurrency);
        while let Some(known) = asked.next().await {
            if let Err(error) = known
                && (error.is_of_cluster() || error.is_timeout())
            {
                return Err(error.into());
            }
        }
        let mut places = Vec::with_capacity(objects.len());
        for object in objects {
            places.push(self.place(object).await);
        }
        Ok(places)
    }

    async fn place(&self, object: &Object) -> Place {
        let known = self.cluster.resource(object.api_version(), object.kind());
        let resource = known.await.map_err(NoPlace::Kind)?;
        if resource.namespaced && object.namespace().is_empty() {
            return Err(NoPlace::Namespace);
        }
        Ok(resource.at(object.namespace(), object.name()))
    }

    async fn one(
        &self,
        wanted: Object,
        place: Place,
        state: Result<Option<Object>, ClusterError>,
        promised: &Promised,
    ) -> Result<Held, Failure> {
        let mut wanted = wanted;
        let (address, live, found) = match (place, state) {
            (Err(NoPlace::Kind(error)), _) if error.is_not_found() && promised.defines(&wanted) => {
                (None, None, Found::of(Fate::Created))
            }
            (Err(NoPlace::Namespace), _) if promised.defines(&wanted) => {
                (None, None, Found::of(Fate::Created))
            }
            (Err(no_place), _) => (None, None, Found::of(no_place.fate(&wanted))),
            (Ok(address), Err(error)) => (Some(address), None, Found::of(refused(error))),
            (Ok(address), Ok(live)) => {
                let found = self.fate(&address, live.as_ref(), &mut wanted, promised);
                let found = found.await?;
                (Some(address), live, found)
            }
        };
        let compared = found.compared(&wanted, live.as_ref());
        Ok(Held {
            wanted,
            address,
            live,
            compared,
        })
    }

    /// Finds out what would happen to an object, and what the server warns of.
    async fn fate(
        &self,
        address: &Address,
        live: Option<&Object>,
        wanted: &mut Object,
        promised: &Promised,
    ) -> Result<Found, Failure> {
        let told = |fate: Fate| Ok(Found::of(fate));
        if let Some(mark) = left_alone(live, wanted) {
            return told(Fate::Skipped { mark });
        }
        if let Some(key) = broken_key(wanted) {
            return told(Fate::Refused {
                why: format!("the value of `{key}` is not base64"),
                hint: Some("plain text belongs under `stringData`".into()),
                immutable: false,
            });
        }
        if let Some(live) = live
            && self.options.method != Method::RehearseAll
            && is_applied(live, wanted, MANAGER)
        {
            return told(Fate::Unchanged);
        }
        if self.options.method == Method::ReadOnly {
            let merged = live.map(|live| (live, merge(live, wanted, MANAGER)));
            return Ok(match merged {
                Some((live, merged)) => self.judge(live, merged),
                None => Found::of(Fate::Created),
            });
        }
        match self.rehearse(address, wanted).await {
            Ok((merged, warnings)) => {
                let found = match live {
                    Some(live) => self.judge(live, merged),
                    None => Found::of(Fate::Created),
                };
                Ok(Found { warnings, ..found })
            }
            Err(error) if error.is_of_cluster() || error.is_timeout() => Err(error.into()),
            Err(error) if error.is_immutable() && self.is_forced(wanted) => told(Fate::Recreated),
            Err(error) if error.is_not_found() && promised.covers(wanted) => told(Fate::Created),
            Err(error) => told(refused(error)),
        }
    }

    /// Lets the server rehearse; fields that a kind of Kubernetes does not have are left out, as Flux does, and told.
    async fn rehearse(
        &self,
        address: &Address,
        wanted: &mut Object,
    ) -> Result<(Object, Vec<String>), ClusterError> {
        let mut told = Vec::new();
        loop {
            match self.cluster.rehearse_apply(address, wanted).await {
                Ok((merged, warnings)) => {
                    told.extend(warnings);
                    return Ok((merged, told));
                }
                Err(ClusterError::Rejected { deed, code, source }) => {
                    let gone = take_out(wanted, &source.to_string());
                    if gone.is_empty() {
                        return Err(ClusterError::Rejected { deed, code, source });
                    }
                    let words = |path: &String| format!("unknown field {path} is left out");
                    told.extend(gone.iter().map(words));
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn is_forced(&self, wanted: &Object) -> bool {
        self.forces || is_marked(wanted, FORCE)
    }

    /// Compares an object as it is with what it would be.
    fn judge(&self, live: &Object, mut merged: Object) -> Found {
        let after = Arc::new(merged.clone());
        let mut live = live.value().clone();
        self.ignored.apply(&mut live, &mut merged);
        mask(Some(&mut live), merged.value_mut());
        if !has_drifted(&live, merged.value()) {
            return Found::of(Fate::Unchanged);
        }
        let mut merged = merged.value().clone();
        for state in [&mut live, &mut merged] {
            self.strip(state);
        }
        let mut differences = compare(&live, &merged);
        conceal(&mut differences, self.secrets);
        Found {
            after: Some(after),
            ..Found::of(Fate::Changed(differences))
        }
    }

    /// Takes out what changes by itself, so that only what somebody wrote is told.
    fn strip(&self, state: &mut Value) {
        if let Some(fields) = state.as_object_mut() {
            fields.remove("status");
        }
        let Some(metadata) = state.get_mut("metadata").and_then(Value::as_object_mut) else {
            return;
        };
        for field in ["managedFields", "resourceVersion", "selfLink"] {
            metadata.remove(field);
        }
        if self.options.generation == Generation::Hidden {
            metadata.remove("generation");
        }
    }
}

/// Makes an object fit for being applied, as Flux does.
fn prepare(object: &mut Object) {
    normalise(object);
    if object.kind() == "CustomResourceDefinition"
        && let Some(config) = object
            .value_mut()
            .pointer_mut("/spec/conversion/webhook/clientConfig")
            .and_then(Value::as_object_mut)
    {
        // What the server itself fills in would be told as a change for ever.
        config.remove("caBundle");
    }
}
