//! The recorded scenarios: what is done step by step, and what came of it with flux.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

/// One scenario.
#[derive(Debug, Deserialize)]
pub struct Script {
    /// The name of its file.
    #[serde(skip)]
    pub name: String,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// One step: something that is done, and what is expected of it.
#[derive(Debug, Deserialize)]
pub struct Step {
    /// What is done.
    #[serde(flatten)]
    pub action: Action,
    /// What comes of it; nothing in particular where it is left out.
    #[serde(default)]
    pub expect: Expected,
}

/// What is done in a step.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Files are committed and pushed.
    Git(Commit),
    /// Objects are applied.
    Apply(String),
    /// An object is changed by hand.
    Patch(Patch),
    /// An object gets ready, or says for good that it is not.
    Wait(Wait),
    /// An object goes.
    Gone(String),
    /// Fields are looked at.
    Facts(Vec<Fact>),
    /// The program runs.
    #[serde(untagged)]
    Run(Run),
}

/// A run of the program, in a folder of its own.
#[derive(Debug, Deserialize)]
pub struct Run {
    /// The arguments, as a shell would read them.
    pub run: String,
    /// The files of the folder.
    #[serde(default)]
    pub folder: BTreeMap<String, String>,
}

/// Files that are committed; one without a text is removed.
#[derive(Debug, Deserialize)]
pub struct Commit {
    /// Paths and texts.
    pub files: BTreeMap<String, Option<String>>,
    /// The letter that stands for the commit.
    #[serde(rename = "as")]
    pub letter: String,
}

/// A change by hand.
#[derive(Debug, Deserialize)]
pub struct Patch {
    /// The object, as `Kind/name`.
    pub object: String,
    /// What is merged into it.
    pub patch: Value,
}

/// How an object must become.
#[derive(Debug, Deserialize)]
pub struct Wait {
    /// The object, as `Kind/name`.
    pub object: String,
    /// The status of its ready condition.
    pub ready: String,
    /// The commit that it must be at.
    pub revision: Option<String>,
}

/// A field of an object.
#[derive(Debug, Deserialize)]
pub struct Fact {
    /// The object, as `Kind/name`.
    pub object: String,
    /// The way to the field: keys and places, with dots between.
    pub path: String,
}

/// What comes of a step.
#[derive(Debug, Default, Deserialize)]
pub struct Expected {
    /// The reason of the ready condition.
    pub reason: Option<String>,
    /// The exit status of flux.
    pub exit: Option<i32>,
    /// What flux printed.
    pub stdout: Option<String>,
    /// The values of the fields.
    pub values: Option<Vec<Value>>,
}

/// Reads all scenarios, by name.
pub fn scripts(reference: &Path) -> Vec<Script> {
    let folder = reference.join("live-cases/scenarios");
    let mut scripts = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let mut script: Script = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        script.name = path.file_stem().unwrap().to_string_lossy().into_owned();
        scripts.push(script);
    }
    scripts.sort_by(|one, other| one.name.cmp(&other.name));
    scripts
}

impl Script {
    /// Returns the first words of the program's runs.
    pub fn commands(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match &step.action {
            Action::Run(run) => run.run.split_whitespace().next(),
            _ => None,
        })
    }
}
