//! What a bootstrap is going to do, step by step, each with its reason.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use crate::report::summary;

/// One sort of step, in the order in which they are carried out.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Action {
    /// Create the repository at the Git host.
    CreateRepository,
    /// Bring the repository's settings in line with the flags.
    UpdateRepository,
    /// Give groups or teams access to the repository.
    GrantAccess,
    /// Commit and push the manifests of Flux.
    CommitComponents,
    /// Install Flux's components in the cluster.
    InstallComponents,
    /// Write the secret that the controllers pull their images with.
    WritePullSecret,
    /// Register the key or token that the cluster reads the repository with, and keep it as a secret.
    WriteSourceSecret,
    /// Commit and push the objects that make the cluster follow the repository.
    CommitSync,
    /// Apply those objects to the cluster.
    ApplySync,
}

impl Action {
    /// Says it in words for a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::CreateRepository => "create repository",
            Self::UpdateRepository => "update repository settings",
            Self::GrantAccess => "grant access",
            Self::CommitComponents => "commit component manifests",
            Self::InstallComponents => "install components",
            Self::WritePullSecret => "write image pull secret",
            Self::WriteSourceSecret => "write source secret",
            Self::CommitSync => "commit sync manifests",
            Self::ApplySync => "apply sync manifests",
        }
    }
}

/// One step of a plan.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// What it is done to: a repository, a branch, a namespace, an object.
    pub target: String,
    /// Why it is needed.
    pub reason: String,
    /// What changes, one line each: objects, files, grants, keys; files with their diff.
    pub changes: Vec<String>,
}

/// What a bootstrap would do; a document of `cli.gitops/v1`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    api_version: &'static str,
    kind: &'static str,
    /// The repository that the cluster will follow, without credentials.
    pub repository: String,
    /// The branch.
    pub branch: String,
    /// The folder in the repository.
    pub path: String,
    /// The address of the cluster.
    pub cluster: String,
    /// The steps; empty where nothing has to be done.
    pub steps: Vec<Step>,
}

impl Plan {
    /// Makes a plan without steps.
    pub fn new(repository: String, branch: String, path: String, cluster: String) -> Self {
        Self {
            api_version: "cli.gitops/v1",
            kind: "BootstrapPlan",
            repository,
            branch,
            path,
            cluster,
            steps: Vec::new(),
        }
    }

    /// Adds a step.
    pub fn push(
        &mut self,
        action: Action,
        target: impl Into<String>,
        reason: impl Into<String>,
        changes: Vec<String>,
    ) {
        self.steps.push(Step {
            action,
            target: target.into(),
            reason: reason.into(),
            changes,
        });
    }

    /// Says whether the plan has a step of this sort.
    pub fn has(&self, action: Action) -> bool {
        self.steps.iter().any(|step| step.action == action)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "Repository  {} (branch {}, path {})",
            self.repository, self.branch, self.path
        )?;
        writeln!(formatter, "Cluster     {}", self.cluster)?;
        if self.steps.is_empty() {
            return writeln!(
                formatter,
                "\nNothing to do: the cluster follows the repository as asked."
            );
        }
        let rows = self.steps.iter().enumerate().map(|(number, step)| {
            vec![
                (number + 1).to_string(),
                step.action.words().into(),
                step.target.clone(),
                step.reason.clone(),
            ]
        });
        write!(
            formatter,
            "\n{}",
            summary(&["", "STEP", "OF", "BECAUSE"], rows)
        )?;
        for (number, step) in self
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| !step.changes.is_empty())
        {
            writeln!(formatter, "\n{}. {}", number + 1, step.action.words())?;
            for change in &step.changes {
                let mut lines = change.lines();
                writeln!(formatter, "   {}", lines.next().unwrap_or_default())?;
                for line in lines {
                    formatter.write_str("   ")?;
                    formatter.write_str(line)?;
                    formatter.write_char('\n')?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_a_numbered_list() {
        let mut plan = Plan::new(
            "https://host/o/r.git".into(),
            "main".into(),
            "./c".into(),
            "https://api".into(),
        );
        plan.push(
            Action::CreateRepository,
            "o/r",
            "it does not exist",
            vec!["private".into()],
        );
        assert_eq!(
            plan.to_string(),
            "Repository  https://host/o/r.git (branch main, path ./c)\nCluster     https://api\n\n\
             \x20  STEP               OF   BECAUSE\n1  create repository  o/r  it does not exist\n\n\
             1. create repository\n   private\n"
        );
        assert_eq!(
            serde_json::to_value(&plan).unwrap()["steps"][0]["action"],
            "CreateRepository"
        );
    }
}
