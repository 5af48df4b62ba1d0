//! What a check found, and how it is told.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::release::Newer;
use crate::report::{Mark, Ui};

/// How a statement of a report ends.
#[derive(Clone, Copy, Debug, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// Not as it should be.
    Failed,
    /// Only said.
    Noted,
    /// Worth to be acted on, and yet no reason to fail.
    Warned,
}

/// One statement of a check.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Finding {
    /// What it is about: `prerequisites`, `version`, `controllers`, `crds`, `freezes`, or `cluster` where that could
    /// not be asked.
    pub topic: &'static str,
    /// How it ends.
    pub outcome: Outcome,
    /// The statement itself.
    pub message: String,
}

/// What a check found; a document of `cli.gitops/v1`.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckReport {
    #[schemars(extend("const" = "cli.gitops/v1"))]
    api_version: &'static str,
    #[schemars(extend("const" = "CheckReport"))]
    kind: &'static str,
    /// The kubeconfig context of the cluster, where several were checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Whether all is as it should be.
    pub passed: bool,
    /// What was found, in the order in which it was looked at.
    pub findings: Vec<Finding>,
}

/// What checks of several clusters found; a document of `cli.gitops/v1`.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckReportList {
    #[schemars(extend("const" = "cli.gitops/v1"))]
    api_version: &'static str,
    #[schemars(extend("const" = "CheckReportList"))]
    kind: &'static str,
    /// The reports, in the order of the contexts.
    pub items: Vec<CheckReport>,
}

impl CheckReport {
    /// Makes the report on a cluster that could not be asked.
    pub fn without_answer(cluster: &str, message: &str) -> Self {
        Self {
            api_version: "cli.gitops/v1",
            kind: "CheckReport",
            cluster: Some(cluster.to_owned()),
            passed: false,
            findings: vec![Finding {
                topic: "cluster",
                outcome: Outcome::Failed,
                message: message.to_owned(),
            }],
        }
    }
}

impl CheckReportList {
    /// Makes one document of several.
    pub fn new(items: Vec<CheckReport>) -> Self {
        Self {
            api_version: "cli.gitops/v1",
            kind: "CheckReportList",
            items,
        }
    }
}

/// Says each statement as it is found, and keeps it for the report.
pub(super) struct Findings<'a> {
    pub ui: &'a Ui,
    topic: &'static str,
    found: Vec<Finding>,
}

impl<'a> Findings<'a> {
    /// Begins with what must be there before Flux.
    pub const fn new(ui: &'a Ui) -> Self {
        Self {
            ui,
            topic: "prerequisites",
            found: Vec::new(),
        }
    }

    /// Begins with another topic.
    pub fn begin(&mut self, topic: &'static str, words: &str) {
        self.topic = topic;
        self.ui.action(words);
    }

    /// Says one statement.
    pub fn say(&mut self, outcome: Outcome, message: String) {
        let mark = match outcome {
            Outcome::Passed => Mark::Success,
            // flux marks what is out of date as what has failed.
            Outcome::Failed | Outcome::Warned => Mark::Failure,
            Outcome::Noted => Mark::Action,
        };
        self.ui.say(mark, &message);
        self.found.push(Finding {
            topic: self.topic,
            outcome,
            message,
        });
    }

    /// Says that there is a newer release, if there is; that fails no check.
    pub fn tell(&mut self, newer: Option<Newer>) {
        if let Some(Newer { own, other }) = newer {
            self.say(
                Outcome::Warned,
                format!("flux {own} <{other} (new CLI version is available, please upgrade)"),
            );
        }
    }

    /// Makes the report.
    pub fn finish(self) -> CheckReport {
        let passed = self
            .found
            .iter()
            .all(|finding| finding.outcome != Outcome::Failed);
        CheckReport {
            api_version: "cli.gitops/v1",
            kind: "CheckReport",
            cluster: None,
            passed,
            findings: self.found,
        }
    }
}
