//! Tells which Kustomizations can be built: those whose files and variables are known.

use std::sync::Arc;

use super::artifact::{Artifact, LINK};
use super::explore::Work;
use super::finding::Severity;
use super::source::Resolved;
use super::task::{Needs, Task};
use crate::kustomize::load::Files as _;

/// The field that names the source.
const SOURCE: &[&str] = &["spec", "sourceRef"];

/// Whether something may still turn up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// It may.
    Waiting,
    /// It will not.
    Over,
}

/// What is known of the files of a Kustomization.
enum Way {
    Here(Arc<Artifact>),
    /// They may turn up.
    Later,
    Never,
}

impl Work<'_> {
    /// Takes those out of the waiting whose source and variables are known.
    pub(super) fn ready(&mut self, patience: Patience) -> Vec<(Task, Arc<Needs>)> {
        let mut ready = Vec::new();
        for mut task in std::mem::take(&mut self.waiting) {
            let artifact = match self.artifact(&task, patience) {
                Way::Here(artifact) => artifact,
                Way::Later => {
                    self.waiting.push(task);
                    continue;
                }
                Way::Never => {
                    self.pass_over(task);
                    continue;
                }
            };
            let post_build = task.recipe.spec.post_build.as_ref();
            let namespace = &task.owner.namespace;
            if patience == Patience::Waiting && self.holders.lacks(namespace, post_build) {
                self.waiting.push(task);
                continue;
            }
            let referred = self.referred(&task);
            for missing in &referred.missing {
                let message = format!(
                    "the variables of {missing} are not known: it is nowhere in the cluster"
                );
                let told = (message, "give it with `--set-object FILE`".to_owned());
                let field = &["spec", "postBuild", "substituteFrom"];
                self.note(Severity::Error, &task, told, field);
            }
            let needs = Arc::new(Needs { artifact, referred });
            task.needs = Some(Arc::clone(&needs));
            ready.push((task, needs));
        }
        ready
    }

    /// Says whether the files of a Kustomization are known, and tells why they are not.
    pub(super) fn is_here(&mut self, task: &Task) -> bool {
        matches!(self.artifact(task, Patience::Over), Way::Here(_))
    }

    /// Finds the files of a Kustomization, and tells why there are none.
    fn artifact(&mut self, task: &Task, patience: Patience) -> Way {
        let id = task.recipe.source();
        let resolved = self.sources.resolve(&id);
        self.tell_unfollowed();
        match resolved {
            Resolved::Here(artifact) if artifact.is_directory(&task.directory()) => {
                return Way::Here(artifact);
            }
            Resolved::Here(artifact) => {
                let message = format!("its path `{}` is not in {id}", task.recipe.spec.path);
                let hint = if artifact.is_linked(&task.directory()) {
                    LINK
                } else {
                    ""
                };
                let told = (message, hint.to_owned());
                self.note(Severity::Error, task, told, &["spec", "path"]);
            }
            Resolved::Unknown | Resolved::Lacking(..) if patience == Patience::Waiting => {
                return Way::Later;
            }
            Resolved::Unknown => {
                let message = format!("its source {id} is nowhere in the cluster");
                let hint = format!("give its files with `--local-sources {id}=DIR`");
                self.note(Severity::Error, task, (message, hint), SOURCE);
            }
            Resolved::Elsewhere(message, hint) => {
                self.note(Severity::Warning, task, (message, hint), SOURCE);
            }
            Resolved::Unfetched(message, hint) | Resolved::Lacking(message, hint) => {
                self.note(Severity::Error, task, (message, hint), SOURCE);
            }
        }
        Way::Never
    }
}
