//! One case of the conformance corpus: a tree of files, what to run on it, and what kustomize answered.

use std::fs;
use std::path::{Path, PathBuf};

use gitops::kustomize::load::{Disk, Restriction};
use gitops::kustomize::{self, BuildError, Options, Order};
use serde::Deserialize;

/// What a case says of itself.
#[derive(Debug, Deserialize)]
pub struct Said {
    /// What is run.
    pub cmd: String,
    /// The directory that is built, in the tree of files.
    #[serde(default)]
    dir: Option<String>,
    #[serde(default)]
    reorder: Option<String>,
    #[serde(default)]
    load_restrictor: Option<String>,
    #[serde(default)]
    enable_managedby_label: bool,
    expect: String,
    #[serde(default)]
    error_contains: Option<Vec<String>>,
    #[serde(default)]
    stderr_warnings: Option<Vec<String>>,
    /// The version from which on kustomize answers so.
    #[serde(default)]
    since: Option<String>,
    /// What it is a case of.
    pub features: Vec<String>,
}

/// One case.
#[derive(Debug)]
pub struct Case {
    /// Its folder.
    folder: PathBuf,
    /// What it says of itself.
    pub said: Said,
}

impl Case {
    /// Reads a case.
    pub fn read(folder: &Path) -> Self {
        let text = fs::read(folder.join("cmd.json")).unwrap();
        Self {
            folder: folder.to_owned(),
            said: serde_json::from_slice(&text).unwrap(),
        }
    }

    /// Returns its name.
    pub fn name(&self) -> String {
        self.folder
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned()
    }

    /// Says whether it is a plain build that the version we follow answers so.
    pub fn is_plain_build(&self) -> bool {
        self.said.cmd == "build" && self.said.since.as_deref() != Some("after-5.8.1")
    }

    /// Builds it; says what differs from what kustomize made of it.
    pub fn run(&self) -> Result<(), String> {
        let said = &self.said;
        let options = Options {
            restriction: match said.load_restrictor.as_deref() {
                Some("none") => Restriction::None,
                _ => Restriction::RootOnly,
            },
            order: match said.reorder.as_deref() {
                Some("legacy" | "default") => Order::ByKind,
                _ => Order::Accumulated,
            },
            managed_by_label: said.enable_managedby_label,
            ..Options::default()
        };
        let root = self
            .folder
            .join("in")
            .join(said.dir.as_deref().unwrap_or("."));
        let built = kustomize::build(&Disk, root.to_str().unwrap(), &options);
        let built = built.and_then(|built| Ok((built.text()?, built.warnings)));
        match (said.expect.as_str(), built) {
            ("ok", Ok((text, warnings))) => {
                self.compare(&text)?;
                self.compare_warnings(&warnings)
            }
            ("ok", Err(error)) => Err(format!("expected success: {}", error.in_one_line())),
            (_, Ok(_)) => Err("expected an error".into()),
            (_, Err(error)) => self.find_phrases(&error),
        }
    }

    fn compare(&self, text: &str) -> Result<(), String> {
        let expected = fs::read_to_string(self.folder.join("expected.yaml")).unwrap();
        if text == expected {
            return Ok(());
        }
        let diff = similar::TextDiff::from_lines(expected.as_str(), text);
        Err(diff.unified_diff().context_radius(2).to_string())
    }

    /// Warnings of kustomize's own logger carry a time, and are not compared.
    fn compare_warnings(&self, warnings: &[String]) -> Result<(), String> {
        let expected = self.said.stderr_warnings.iter().flatten();
        match expected
            .filter(|line| line.starts_with('#'))
            .find(|line| !warnings.contains(line))
        {
            Some(missing) => Err(format!("missing on standard error: {missing}")),
            None => Ok(()),
        }
    }

    fn find_phrases(&self, error: &BuildError) -> Result<(), String> {
        let text = error.in_one_line();
        let phrases = self.said.error_contains.iter().flatten();
        match phrases.into_iter().find(|phrase| !text.contains(*phrase)) {
            Some(missing) => Err(format!("`{missing}` is not in: {text}")),
            None => Ok(()),
        }
    }
}
