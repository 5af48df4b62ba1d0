//! Where the files of a Kustomization come from: this repository, a folder that was given, or somewhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::sync::Arc;

use serde_json::json;

use super::artifact::Artifact;
use super::include::{Grafted, Include};
use super::tree::Tree;
use crate::git::GitUrl;
use crate::manifest::Object;

/// The API group of sources.
const GROUP: &str = "source.toolkit.fluxcd.io";

/// The kinds that a cluster may follow its own repository by.
const OWN_KINDS: &[&str] = &["GitRepository", "OCIRepository"];

/// The namespace and the name that a bootstrap gives the source of a cluster.
const OWN_NAME: &str = "flux-system/flux-system";

/// Gets the files of sources that are not at hand.
pub trait Fetch: Send + Sync {
    /// Returns the files that a source object stands for.
    ///
    /// # Errors
    ///
    /// Fails with what went wrong, in one line.
    fn fetch(&self, source: &Object) -> Result<Arc<dyn Tree>, String>;

    /// Returns the files of a chart of a `HelmRepository`, by its name and a range of versions.
    ///
    /// # Errors
    ///
    /// Fails with what went wrong, in one line.
    fn chart(&self, source: &Object, name: &str, version: &str) -> Result<Arc<dyn Tree>, String>;
}

/// A repository at one revision, and what is known of others.
#[derive(Clone)]
pub struct Repository {
    /// Its files.
    pub tree: Arc<dyn Tree>,
    /// The addresses that it is known by.
    pub addresses: Vec<GitUrl>,
    /// The files of other sources, as `Kind/namespace/name`.
    pub given: BTreeMap<String, Arc<dyn Tree>>,
    /// The way to sources that are not at hand; without one they are not looked for.
    pub fetch: Option<Arc<dyn Fetch>>,
}

/// What is known of a source.
pub enum Resolved {
    /// Its files.
    Here(Arc<Artifact>),
    /// Nothing, so far.
    Unknown,
    /// It includes another one, of which nothing is known so far; what is wrong if it stays so, and what may be tried.
    Lacking(String, String),
    /// It is somewhere else; why it is not used, and what may be tried.
    Elsewhere(String, String),
    /// It was to be fetched, and can't be; why, and what may be tried.
    Unfetched(String, String),
}

/// The sources of one cluster.
pub struct Sources<'a> {
    repository: &'a Repository,
    own: BTreeSet<String>,
    objects: BTreeMap<String, Object>,
    artifacts: BTreeMap<ArtifactKey, Arc<Artifact>>,
    /// The sources that were fetched as they would not be in the cluster, and were not told yet.
    untold: Vec<String>,
    /// The sources that were fetched.
    fetched: BTreeSet<String>,
}

/// A source as `Kind/namespace/name`, its ignore rules, and what it includes.
type ArtifactKey = (String, String, String);

impl<'a> Sources<'a> {
    /// Starts with the names that a bootstrap gives.
    pub fn new(repository: &'a Repository) -> Self {
        let own = OWN_KINDS.iter().map(|kind| format!("{kind}/{OWN_NAME}"));
        Self {
            repository,
            own: own.collect(),
            objects: BTreeMap::new(),
            artifacts: BTreeMap::new(),
            untold: Vec::new(),
            fetched: BTreeSet::new(),
        }
    }

    /// Takes a source, as `Kind/namespace/name`, for this repository.
    pub fn add_own(&mut self, source: String) {
        self.own.insert(source);
    }

    /// Takes an object in, if it is a source.
    pub fn add(&mut self, object: &Object) {
        if object.group() == GROUP {
            let id = format!("{}/{}/{}", object.kind(), object.namespace(), object.name());
            self.objects.insert(id, object.clone());
        }
    }

    /// Returns the object of a source, given as `Kind/namespace/name`.
    pub fn object(&self, id: &str) -> Option<&Object> {
        self.objects.get(id)
    }

    /// Says whether a source, given as `Kind/namespace/name`, hands out other files than its repository has: less by
    /// its ignore rules, or more by what it includes.
    pub fn reshapes(&self, id: &str) -> bool {
        self.objects.get(id).is_some_and(|object| {
            !object.text("/spec/ignore").is_empty() || !Include::all_of(object).is_empty()
        })
    }

    /// Says whether the files of a source, given as `Kind/namespace/name`, were handed in.
    pub fn is_given(&self, id: &str) -> bool {
        self.repository.given.contains_key(id)
    }

    /// Finds the files of a chart of a `HelmRepository`, given as `Kind/namespace/name`.
    pub fn chart(&self, id: &str, name: &str, version: &str) -> Resolved {
        if let Some(tree) = self.repository.given.get(id) {
            return Resolved::Here(Arc::new(Artifact::new(Arc::clone(tree), "")));
        }
        match self.objects.get(id) {
            Some(object) => self.fetched(
                object,
                &format!("its chart `{name}` of {id}"),
                name,
                version,
            ),
            None => Resolved::Unknown,
        }
    }

    /// Finds the files of a chart by the address of its repository.
    pub fn chart_at(&self, address: &str, name: &str, version: &str) -> Resolved {
        let object = Object::new(json!({
            "apiVersion": format!("{GROUP}/v1"),
            "kind": "HelmRepository",
            "metadata": {"name": name},
            "spec": {"url": address},
        }));
        match object {
            Ok(object) => self.fetched(&object, &format!("`{name}`"), name, version),
            Err(_) => Resolved::Unknown,
        }
    }

    fn fetched(&self, source: &Object, shown: &str, name: &str, version: &str) -> Resolved {
        let Some(fetch) = &self.repository.fetch else {
            return Resolved::Elsewhere(
                format!("{shown} is not in this repository"),
                "allow `--fetch`".to_owned(),
            );
        };
        match fetch.chart(source, name, version) {
            Ok(tree) => Resolved::Here(Arc::new(Artifact::new(tree, ""))),
            Err(why) => {
                Resolved::Unfetched(format!("{shown} cannot be fetched: {why}"), String::new())
            }
        }
    }

    /// Returns the sources that were fetched since the last call.
    pub fn take_fetched(&mut self) -> Vec<Object> {
        let untold = mem::take(&mut self.untold);
        let objects = untold.iter().filter_map(|id| self.objects.get(id));
        objects.cloned().collect()
    }

    /// Finds the files of a source, given as `Kind/namespace/name`.
    pub fn resolve(&mut self, id: &str) -> Resolved {
        self.resolve_below(id, &mut Vec::new())
    }

    /// Finds the files of a source that `way` includes, each the next.
    fn resolve_below(&mut self, id: &str, way: &mut Vec<String>) -> Resolved {
        let tree = match self.tree(id) {
            Ok(tree) => tree,
            Err(unknown) => return unknown,
        };
        let includes = self.objects.get(id).map(Include::all_of);
        let includes = includes.unwrap_or_default();
        if includes.is_empty() {
            return Resolved::Here(self.artifact(id, &tree));
        }
        if way.iter().any(|above| above == id) {
            return Resolved::Unfetched(format!("its source {id} includes itself"), String::new());
        }
        way.push(id.to_owned());
        let grafted = self.grafted(id, tree, &includes, way);
        way.pop();
        match grafted {
            Ok(grafted) => Resolved::Here(self.artifact(id, &grafted)),
            Err(unknown) => unknown,
        }
    }

    /// Puts what a source includes into its tree.
    fn grafted(
        &mut self,
        id: &str,
        tree: Arc<dyn Tree>,
        includes: &[Include],
        way: &mut Vec<String>,
    ) -> Result<Arc<dyn Tree>, Resolved> {
        let mut grafted = Grafted::new(tree);
        for include in includes {
            let other = &include.source;
            let artifact = match self.resolve_below(other, way) {
                Resolved::Here(artifact) => artifact,
                Resolved::Unknown => {
                    return Err(Resolved::Lacking(
                        format!(
                            "its source {id} includes {other}, which is nowhere in the cluster"
                        ),
                        format!("give its files with `--local-sources {other}=DIR`"),
                    ));
                }
                unknown => return Err(unknown),
            };
            grafted.put(include, artifact).map_err(|why| {
                let message = format!("its source {id} cannot include {other}: {why}");
                Resolved::Unfetched(message, String::new())
            })?;
        }
        Ok(Arc::new(grafted))
    }

    /// Finds the files of a source, without those that it includes.
    fn tree(&mut self, id: &str) -> Result<Arc<dyn Tree>, Resolved> {
        let repository = self.repository;
        if let Some(tree) = repository.given.get(id) {
            return Ok(Arc::clone(tree));
        }
        let object = self.objects.get(id);
        if self.own.contains(id) || object.is_some_and(|object| self.is_own(object)) {
            return Ok(Arc::clone(&repository.tree));
        }
        let Some(object) = object else {
            return Err(Resolved::Unknown);
        };
        let Some(fetch) = &repository.fetch else {
            return Err(Resolved::Elsewhere(
                format!("its source {id} is not in this repository"),
                format!("give its files with `--local-sources {id}=DIR`, or allow `--fetch`"),
            ));
        };
        match fetch.fetch(object) {
            Ok(tree) => {
                if self.fetched.insert(id.to_owned()) {
                    self.untold.push(id.to_owned());
                }
                Ok(tree)
            }
            Err(why) => Err(Resolved::Unfetched(
                format!("its source {id} cannot be fetched: {why}"),
                format!("give its files with `--local-sources {id}=DIR`"),
            )),
        }
    }

    /// Says whether a source follows a branch of this repository.
    fn is_own(&self, source: &Object) -> bool {
        let is_pinned = ["tag", "semver", "commit", "name"]
            .iter()
            .any(|field| !source.text(&format!("/spec/ref/{field}")).is_empty());
        let url = source.text("/spec/url").parse::<GitUrl>();
        let is_this = |url: &GitUrl| {
            let mut addresses = self.repository.addresses.iter();
            addresses.any(|address| address.is_same_repository(url))
        };
        source.kind() == "GitRepository" && !is_pinned && url.is_ok_and(|url| is_this(&url))
    }

    fn artifact(&mut self, id: &str, tree: &Arc<dyn Tree>) -> Arc<Artifact> {
        let object = self.objects.get(id);
        let rules = object.map_or("", |object| object.text("/spec/ignore"));
        let included = object.and_then(|object| object.get("/spec/include"));
        let included = included.map(ToString::to_string).unwrap_or_default();
        let key = (id.to_owned(), rules.to_owned(), included);
        let artifact = self
            .artifacts
            .entry(key)
            .or_insert_with(|| Arc::new(Artifact::new(Arc::clone(tree), rules)));
        Arc::clone(artifact)
    }
}
