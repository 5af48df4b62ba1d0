//! What the renders of one run share: builds by all that they depend on, what is kept of earlier runs, and counts.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::super::cache::Cache;
use super::super::decrypt::Decryptor;
use super::chart::Charts;
use super::entry::entries;
use super::key::{Ingredients, Key};
use super::one::{self, Means};
use super::outcome::Outcome;
use super::reach::{Reach, Reaches};
use super::release;
use super::task::{Needs, Task};
use super::tree::Tree;
use crate::kustomize::Unset;
use crate::kustomize::load::{Remote, join};
use crate::manifest::Object;
use crate::threads;

/// What a text holds that may become a release.
const LEADING_TO_RELEASES: &str = "helm.toolkit.fluxcd.io/v";

/// How many builds a run came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Builds that were made.
    pub built: usize,
    /// Builds that were taken from an earlier run.
    pub kept: usize,
}

/// What the renders of one run share.
pub struct Session {
    /// What a variable without a value is.
    pub unset: Unset,
    /// Objects that are in the cluster, but not in the repository.
    pub objects: Vec<Object>,
    cache: Cache,
    remote: Option<Arc<dyn Remote + Send>>,
    decryptor: Mutex<Decryptor>,
    /// What renders charts; without it releases are only listed.
    pub(super) charts: Option<Arc<dyn Charts>>,
    reaches: Reaches,
    outcomes: Mutex<HashMap<Key, Arc<OnceLock<Arc<Outcome>>>>>,
    built: AtomicUsize,
    kept: AtomicUsize,
    /// How many threads build.
    pub(super) threads: usize,
}

impl Session {
    /// Starts a run on as many threads as there are processors.
    pub fn new(cache: Cache, unset: Unset, objects: Vec<Object>, decryptor: Decryptor) -> Self {
        Self {
            unset,
            objects,
            cache,
            remote: None,
            decryptor: Mutex::new(decryptor),
            charts: None,
            reaches: Reaches::default(),
            outcomes: Mutex::default(),
            built: AtomicUsize::default(),
            kept: AtomicUsize::default(),
            threads: threads::count(),
        }
    }

    /// Lets builds reach remote bases and files.
    #[must_use]
    pub fn with_remote(mut self, remote: Arc<dyn Remote + Send>) -> Self {
        self.remote = Some(remote);
        self
    }

    /// Lets releases be rendered.
    #[must_use]
    pub fn with_charts(mut self, charts: Arc<dyn Charts>) -> Self {
        self.charts = Some(charts);
        self.reaches.also_led_by(LEADING_TO_RELEASES);
        self
    }

    /// Returns how many builds there were so far.
    pub fn counts(&self) -> Counts {
        Counts {
            built: self.built.load(Ordering::Relaxed),
            kept: self.kept.load(Ordering::Relaxed),
        }
    }

    /// Returns the keys at hand, and what the builds so far have found about what is encrypted.
    pub fn decryptor(&self) -> MutexGuard<'_, Decryptor> {
        let decryptor = self.decryptor.lock();
        decryptor.unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the builds of this run for the next one.
    ///
    /// # Errors
    ///
    /// Fails where the cache folder can't be written.
    pub fn save(&self) -> std::io::Result<()> {
        self.cache.save()
    }

    /// Returns the entry paths of all clusters of a tree, see `entries`; an earlier run may know those of a commit.
    pub fn entries(&self, tree: &dyn Tree) -> Vec<String> {
        let Some(root) = tree.root() else {
            return entries(tree);
        };
        let key = Key::of_texts("entries", [&*root.to_string()]);
        let earlier = self.cache.text(key);
        if let Some(found) = earlier.and_then(|text| serde_json::from_str(text).ok()) {
            return found;
        }
        let found = entries(tree);
        if let Ok(text) = serde_json::to_string(&found) {
            self.cache.note_text(key, text);
        }
        found
    }

    /// Finds all that a build depends on, without building.
    pub(super) fn key(&self, task: &Task, needs: &Needs) -> (Key, Reach) {
        let directory = task.directory();
        let components = task.recipe.spec.components.iter();
        let components = components.map(|component| join(&directory, component));
        let directories: Vec<_> = components.chain([directory.clone()]).collect();
        let reach = self.reaches.of(&*needs.artifact, directories, &self.cache);
        let ingredients = Ingredients {
            object: &task.object,
            reach: &reach,
            rules: needs.artifact.own_rules(),
            referred: &needs.referred.values,
            missing: &needs.referred.missing,
            unset: self.unset,
            opens: self.decryptor().acts_for(&task.recipe),
        };
        (ingredients.key(), reach)
    }

    /// Builds an owner, or finds what it was built to before; `None` where something is missing for it.
    pub(super) fn outcome(&self, key: Key, task: &Task) -> Option<Arc<Outcome>> {
        match (&task.release, &task.needs) {
            (Some(needs), _) => Some(self.once(key, || release::build(task, needs))),
            (None, Some(needs)) => Some(self.once(key, || self.built(task, needs))),
            (None, None) => None,
        }
    }

    /// Returns the outcome of a key; who comes second waits for it in place of making it too.
    fn once(&self, key: Key, make: impl FnOnce() -> Outcome) -> Arc<Outcome> {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = Arc::clone(outcomes.entry(key).or_default());
        drop(outcomes);
        let outcome = outcome.get_or_init(|| {
            if let Some(outcome) = self.cache.find(key) {
                self.kept.fetch_add(1, Ordering::Relaxed);
                return Arc::new(outcome);
            }
            let outcome = make();
            self.built.fetch_add(1, Ordering::Relaxed);
            self.cache.note(key, &outcome);
            Arc::new(outcome)
        });
        Arc::clone(outcome)
    }

    fn built(&self, task: &Task, needs: &Needs) -> Outcome {
        let mut means = Means {
            unset: self.unset,
            remote: self.remote.as_deref().map(|remote| remote as &dyn Remote),
            decryptor: self.decryptor().beside(),
        };
        let outcome = one::build(task, needs, &mut means);
        self.decryptor().absorb(means.decryptor);
        outcome
    }
}
