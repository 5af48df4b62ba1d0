//! Follows the Kustomizations of a cluster from its entry path, round by round.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::super::recipe::Recipe;
use super::finding::{Finding, Owner, Severity};
use super::holder::{Holders, Referred};
use super::key::Key;
use super::outcome::{ClusterRender, Outcome, OwnerRender};
use super::place::{self, Definitions, Place};
use super::ready::Patience;
use super::release::is_release;
use super::root::{builds_alike, own_object, root_object};
use super::session::Session;
use super::source::{Repository, Resolved, Sources};
use super::task::{Needs, Task};
use super::verdict;
use crate::error::Failure;
use crate::kustomize::load::{Files, join};
use crate::manifest::Object;
use crate::threads;

/// How much is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Everything.
    Whole,
    /// What may lead on to other Kustomizations; the rest is put off until it is asked for.
    Leading,
}

/// A finding about a Kustomization whose place is looked up in the end: the finding, who was built when the
/// Kustomization was found, and the field.
type Open = (Finding, Option<usize>, &'static [&'static str]);

impl Session {
    /// Renders one cluster from its entry path, which stands from the root of the repository.
    ///
    /// What can't be rendered is a finding, and the rest goes on.
    pub fn render(&self, repository: &Repository, entry: &str, depth: Depth) -> ClusterRender {
        let mut work = Work {
            repository,
            session: self,
            depth,
            render: ClusterRender {
                cluster: place::shown(&join(Path::new("/"), entry)),
                ..ClusterRender::default()
            },
            sources: Sources::new(repository),
            holders: Holders::default(),
            waiting: Vec::new(),
            releases: Vec::new(),
            seen: BTreeMap::new(),
            open: Vec::new(),
        };
        for object in &self.objects {
            work.holders.add(object);
            work.sources.add(object);
        }
        work.enter(repository);
        work.follow();
        work.follow_releases();
        work.finish()
    }
}

/// One cluster on its way.
pub(super) struct Work<'a> {
    repository: &'a Repository,
    pub session: &'a Session,
    depth: Depth,
    pub render: ClusterRender,
    pub sources: Sources<'a>,
    pub holders: Holders,
    pub waiting: Vec<Task>,
    /// The releases that were found.
    pub releases: Vec<Task>,
    /// The Kustomizations that were found, and who was built when they were.
    seen: BTreeMap<Owner, Option<usize>>,
    open: Vec<Open>,
}

impl Work<'_> {
    /// Finds the Kustomization that stands for the entry path, and builds it.
    fn enter(&mut self, repository: &Repository) {
        let path = join(Path::new("/"), &self.render.cluster);
        let task = match Task::new(root_object(&self.render.cluster), None) {
            Ok(task) => task,
            Err(error) => return self.refuse(&Owner::nobody(), &error.into(), None),
        };
        if !repository.tree.is_directory(&path) {
            let message = format!(
                "there is no folder `{}` in the repository",
                self.render.cluster
            );
            self.render
                .findings
                .push(Finding::new(Severity::Error, &task.owner, message));
            return;
        }
        let Some(guess) = self.built(&task) else {
            return;
        };
        let own = own_object(guess.objects(), &path).cloned();
        let mut entry = guess;
        if let Some(own) = own {
            match Task::new(own.clone(), None) {
                Ok(own) => {
                    self.sources.add_own(own.recipe.source());
                    for object in entry.objects() {
                        self.sources.add(object);
                    }
                    let is_other = !builds_alike(&own.recipe, &task.recipe)
                        || self.sources.reshapes(&own.recipe.source());
                    // Where its source can't be had whole, which is told, the folder alone says what it can.
                    if is_other && self.is_here(&own) {
                        entry = self.built(&own).unwrap_or(entry);
                    }
                    entry.prunes = own.is_on("prune");
                    entry.suspended = own.is_on("suspend");
                    entry.task.object = own.object;
                }
                Err(error) => self.refuse(&Owner::of(&own), &error.into(), None),
            }
        }
        self.seen.insert(entry.owner.clone(), None);
        self.render.owners.push(entry);
        self.register(0);
    }

    /// Builds a Kustomization in any case.
    fn built(&mut self, task: &Task) -> Option<OwnerRender> {
        let Resolved::Here(artifact) = self.sources.resolve(&task.recipe.source()) else {
            return None;
        };
        let mut task = task.clone();
        let needs = Arc::new(Needs {
            artifact,
            referred: self.referred(&task),
        });
        let (key, _) = self.session.key(&task, &needs);
        task.needs = Some(needs);
        let outcome = self.session.outcome(key, &task);
        Some(owner_render(task, key, outcome))
    }

    /// Puts the variables of its references together.
    pub fn referred(&self, task: &Task) -> Referred {
        let post_build = task.recipe.spec.post_build.as_ref();
        self.holders.referred(&task.owner.namespace, post_build)
    }

    /// Goes on until nothing is left to be built.
    fn follow(&mut self) {
        loop {
            let mut ready = self.ready(Patience::Waiting);
            if ready.is_empty() && !self.waiting.is_empty() {
                // What was put off may hold what the others wait for.
                let built = self.session.build_put_off(&mut self.render, |_| true);
                if !built.is_empty() {
                    for place in built {
                        self.register(place);
                    }
                    continue;
                }
                ready = self.ready(Patience::Over);
            }
            if ready.is_empty() {
                return;
            }
            let (session, depth) = (self.session, self.depth);
            let built = threads::each(&ready, session.threads, |(task, needs)| {
                let (key, reach) = session.key(task, needs);
                let is_wanted = depth == Depth::Whole || reach.leads_on;
                let outcome = is_wanted.then(|| session.outcome(key, task)).flatten();
                (key, outcome)
            });
            for ((task, _), (key, outcome)) in ready.into_iter().zip(built) {
                self.render.owners.push(owner_render(task, key, outcome));
                self.register(self.render.owners.len() - 1);
            }
        }
    }

    /// Says whether everything is built.
    pub fn is_whole(&self) -> bool {
        self.depth == Depth::Whole
    }

    /// Keeps an owner that can't be built, so that others can refer to it.
    pub fn pass_over(&mut self, task: Task) {
        self.render
            .owners
            .push(owner_render(task, Key::default(), None));
    }

    /// Notes what is wrong with an owner, at a field of it.
    pub fn note(
        &mut self,
        severity: Severity,
        task: &Task,
        (message, hint): (String, String),
        field: &'static [&'static str],
    ) {
        let finding = Finding::new(severity, &task.owner, message).with_hint(hint);
        self.open.push((finding, task.parent, field));
    }

    fn refuse(&mut self, owner: &Owner, failure: &Failure, parent: Option<usize>) {
        let finding = Finding::new(Severity::Error, owner, failure.in_one_line());
        self.open.push((finding, parent, &["spec"]));
    }

    /// Takes in what the objects of an owner lead to.
    pub fn register(&mut self, place: usize) {
        let Some(outcome) = self.render.owners[place].outcome.clone() else {
            return;
        };
        let (owner, own) = {
            let owner = &self.render.owners[place];
            (owner.owner.clone(), owner.task.recipe.clone())
        };
        for object in &outcome.objects {
            self.holders.add(object);
            self.sources.add(object);
            if Recipe::is_for(object) && !own.is(object) {
                self.found(object, place, &owner);
            } else if is_release(object) {
                let task = Task::of_release(object.clone(), (place, &owner.namespace));
                self.releases.push(task);
            }
        }
    }

    fn found(&mut self, object: &Object, place: usize, owner: &Owner) {
        let task = match Task::new(object.clone(), Some((place, &owner.namespace))) {
            Ok(task) => task,
            Err(error) => return self.refuse(&Owner::of(object), &error.into(), Some(place)),
        };
        if object.namespace().is_empty() {
            let message = "it has no namespace, so that it can't be applied".to_owned();
            self.note(
                Severity::Error,
                &task,
                (message, String::new()),
                &["metadata"],
            );
        }
        match self.seen.get(&task.owner) {
            None => {
                self.seen.insert(task.owner.clone(), Some(place));
                self.waiting.push(task);
            }
            Some(first) => {
                let first = first.map(|first| self.render.owners[first].owner.to_string());
                let first = first.unwrap_or_else(|| "the entry of the cluster".into());
                let message = format!("{owner} applies it too, beside {first}");
                self.note(Severity::Warning, &task, (message, String::new()), &[]);
            }
        }
    }

    /// Looks for what is wrong between owners, and for the places of all findings.
    fn finish(mut self) -> ClusterRender {
        for (place, message) in verdict::dependencies(&self.render.owners) {
            let task = self.render.owners[place].task.clone();
            self.note(
                Severity::Error,
                &task,
                (message, String::new()),
                &["spec", "dependsOn"],
            );
        }
        if self.depth == Depth::Whole {
            let findings = verdict::repeated(&self.render.owners);
            self.render.findings.extend(findings);
        }
        let mut definitions: BTreeMap<usize, Definitions> = BTreeMap::new();
        for (finding, parent, field) in std::mem::take(&mut self.open) {
            let parent = parent.unwrap_or_default();
            let place = self.place(&mut definitions, parent, &finding.owner, field);
            self.render.findings.push(finding.at(place));
        }
        self.render
    }

    /// Finds where a field of an owner stands, which was built by another one, its parent.
    pub fn place(
        &self,
        definitions: &mut BTreeMap<usize, Definitions>,
        parent: usize,
        owner: &Owner,
        field: &[&str],
    ) -> Option<Place> {
        let parent_render = self.render.owners.get(parent)?;
        let definitions = definitions.entry(parent).or_insert_with(|| {
            let files: &dyn Files = match &parent_render.task.needs {
                Some(needs) => &*needs.artifact,
                None => &*self.repository.tree,
            };
            let read = parent_render.outcome.as_ref().map(|outcome| &outcome.files);
            Definitions::read(files, read.unwrap_or(&BTreeSet::new()))
        });
        definitions.field(&owner.kind, &owner.name, field)
    }
}

/// Makes an owner of what was built.
pub(super) fn owner_render(task: Task, key: Key, outcome: Option<Arc<Outcome>>) -> OwnerRender {
    OwnerRender {
        owner: task.owner.clone(),
        prunes: task.is_on("prune"),
        suspended: task.is_on("suspend"),
        key,
        outcome,
        task,
    }
}
