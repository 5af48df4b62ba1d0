//! Where the files of a Kustomization come from: this repository, a folder that was given, or somewhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;

use super::artifact::Artifact;
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
    artifacts: BTreeMap<(String, String), Arc<Artifact>>,
}

impl<'a> Sources<'a> {
    /// Starts with the names that a bootstrap gives.
    pub fn new(repository: &'a Repository) -> Self {
        let own = OWN_KINDS.iter().map(|kind| format!("{kind}/{OWN_NAME}"));
        Self {
            repository,
            own: own.collect(),
            objects: BTreeMap::new(),
            artifacts: BTreeMap::new(),
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

    /// Finds the files of a source, given as `Kind/namespace/name`.
    pub fn resolve(&mut self, id: &str) -> Resolved {
        let repository = self.repository;
        if let Some(tree) = repository.given.get(id) {
            return Resolved::Here(self.artifact(id, tree));
        }
        let object = self.objects.get(id);
        if self.own.contains(id) || object.is_some_and(|object| self.is_own(object)) {
            return Resolved::Here(self.artifact(id, &repository.tree));
        }
        let Some(object) = object else {
            return Resolved::Unknown;
        };
        let Some(fetch) = &repository.fetch else {
            return Resolved::Elsewhere(
                format!("its source {id} is not in this repository"),
                format!("give its files with `--local-sources {id}=DIR`, or allow `--fetch`"),
            );
        };
        match fetch.fetch(object) {
            Ok(tree) => Resolved::Here(self.artifact(id, &tree)),
            Err(why) => Resolved::Unfetched(
                format!("its source {id} cannot be fetched: {why}"),
                format!("give its files with `--local-sources {id}=DIR`"),
            ),
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
        let key = (id.to_owned(), rules.to_owned());
        let artifact = self
            .artifacts
            .entry(key)
            .or_insert_with(|| Arc::new(Artifact::new(Arc::clone(tree), rules)));
        Arc::clone(artifact)
    }
}
