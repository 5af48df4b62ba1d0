//! What one cluster of a repository comes to: its owners, their objects, and what is wrong.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::finding::{Finding, Owner, Severity};
use super::key::Key;
use super::task::Task;
use crate::manifest::Object;

/// What an owner was built to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The objects in the order of the build.
    pub objects: Vec<Object>,
    /// The files that were read for them, from the root of their source.
    pub files: BTreeSet<String>,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// Whether it must not be kept on disk: values of Secrets went into it, or another key would open more of it.
    pub is_passing: bool,
}

/// One owner, and what it was built to.
#[derive(Clone, Debug)]
pub struct OwnerRender {
    /// Who it is.
    pub owner: Owner,
    /// Whether what it no longer has is deleted from the cluster.
    pub prunes: bool,
    /// Whether it is held still, so that nothing of it is applied.
    pub suspended: bool,
    /// All that the outcome depends on.
    pub key: Key,
    /// The outcome; `None` where the build was put off and has not been asked for.
    pub outcome: Option<Arc<Outcome>>,
    pub(super) task: Task,
}

impl OwnerRender {
    /// Says whether nobody knows what it would apply, since it can't be built.
    pub fn is_unknown(&self) -> bool {
        match &self.outcome {
            None => !self.task.is_ready(),
            Some(outcome) => {
                let mut findings = outcome.findings.iter();
                findings.any(|finding| finding.severity == Severity::Error)
            }
        }
    }

    /// Returns the objects.
    pub fn objects(&self) -> &[Object] {
        self.outcome
            .as_ref()
            .map_or(&[], |outcome| outcome.objects.as_slice())
    }
}

/// One cluster.
#[derive(Clone, Debug, Default)]
pub struct ClusterRender {
    /// The path of its entry, from the root of the repository.
    pub cluster: String,
    /// The owners, the entry first, the others in the order in which they were found.
    pub owners: Vec<OwnerRender>,
    /// What is wrong beside what the outcomes of owners say.
    pub findings: Vec<Finding>,
}

impl ClusterRender {
    /// Returns all that is wrong, worst first.
    pub fn all_findings(&self) -> Vec<Finding> {
        let of_owners = self
            .owners
            .iter()
            .filter_map(|owner| owner.outcome.as_ref())
            .flat_map(|outcome| &outcome.findings);
        let all: BTreeSet<&Finding> = self.findings.iter().chain(of_owners).collect();
        all.into_iter().cloned().collect()
    }
}
