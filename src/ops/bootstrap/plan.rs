//! What a bootstrap is going to do, step by step, each with its reason.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::summary;

/// One sort of step, in the order in which they are carried out.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
pub enum Action {
    /// Create the repository at the Git host.
    CreateRepository,
    /// Bring the repository's settings in line with the flags.
    UpdateRepository,
    /// Give groups or teams access to the repository.
    GrantAccess,
    /// Give an empty repository its branch.
    CreateBranch,
    /// Commit and push the manifests of Flux.
    CommitComponents,
    /// Open a merge or pull request.
    OpenRequest,
    /// Wait until somebody merges it.
    AwaitMerge,
    /// Install Flux's components in the cluster.
    InstallComponents,
    /// Write the secret that the controllers pull their images with.
    WritePullSecret,
    /// Keep what the cluster reads the repository with as a secret.
    WriteSourceSecret,
    /// Register the cluster's key at the Git host.
    AddDeployKey,
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
            Self::CreateBranch => "create branch",
            Self::OpenRequest => "open request",
            Self::AwaitMerge => "wait for merge",
            Self::CommitComponents => "commit component manifests",
            Self::InstallComponents => "install components",
            Self::WritePullSecret => "write image pull secret",
            Self::WriteSourceSecret => "write source secret",
            Self::AddDeployKey => "add deploy key",
            Self::CommitSync => "commit sync manifests",
            Self::ApplySync => "apply sync manifests",
        }
    }
}

/// One step of a plan.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// What it is done to: a repository, a branch, a namespace, an object.
    pub target: String,
    /// Why it is needed.
    pub reason: String,
    /// What changes, one line each: files with their diff, grants, keys.
    pub changes: Vec<String>,
    /// The objects that are applied; empty where the step applies none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<ObjectChange>,
}

/// What a step does to one object of the cluster.
#[derive(Clone, Debug, JsonSchema, PartialEq, Eq, Serialize)]
pub struct ObjectChange {
    /// The object: `Kind/namespace/name`, or `Kind/name`.
    pub object: String,
    /// `created`, `configured` or `unchanged`; nothing where the cluster was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
}

impl fmt::Display for ObjectChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.object)?;
        self.action
            .iter()
            .try_for_each(|action| write!(formatter, " {action}"))
    }
}

/// What a bootstrap would do; a document of `cli.gitops/v1`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "BootstrapPlan")]
pub struct Plan {
    #[schemars(extend("const" = "cli.gitops/v1"))]
    api_version: &'static str,
    #[schemars(extend("const" = "BootstrapPlan"))]
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
            objects: Vec::new(),
        });
    }

    /// Adds a step that applies objects.
    pub fn push_objects(
        &mut self,
        action: Action,
        target: impl Into<String>,
        reason: impl Into<String>,
        objects: Vec<ObjectChange>,
    ) {
        self.push(action, target, reason, Vec::new());
        if let Some(step) = self.steps.last_mut() {
            step.objects = objects;
        }
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
        for (number, step) in self.steps.iter().enumerate() {
            if step.changes.is_empty() && step.objects.is_empty() {
                continue;
            }
            writeln!(formatter, "\n{}. {}", number + 1, step.action.words())?;
            let lines = step.changes.iter().flat_map(|change| change.lines());
            lines
                .map(str::to_owned)
                .chain(step.objects.iter().map(ToString::to_string))
                .try_for_each(|line| writeln!(formatter, "   {line}"))?;
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
