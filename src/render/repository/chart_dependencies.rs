//! The charts that a chart of a folder needs and does not hold, as source-controller puts them into it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::artifact::Artifact;
use super::chart::Chart;
use super::source::{Resolved, Sources};
use super::tree::Tree as _;
use crate::kustomize::load::{Files as _, join};
use crate::manifest::{Dialect, read_as};

/// How deep charts of folders may lie in each other.
const MOST_DEPTH: usize = 8;

/// A chart, and those that are put into it.
pub struct ChartPlace {
    /// The files that it is in.
    pub artifact: Arc<Artifact>,
    /// Its path in them.
    pub path: PathBuf,
    /// Those that are put into it, by name.
    pub dependencies: Vec<(String, Self)>,
}

/// Why a dependency can't be had, and what may be tried; an error only where it was to be fetched.
pub struct Missing {
    /// What is wrong.
    pub message: String,
    /// What may be tried.
    pub hint: String,
    /// Whether it is somewhere else, and nobody has allowed to fetch it.
    pub is_elsewhere: bool,
}

/// A line of the list of dependencies.
struct Line {
    name: String,
    version: String,
    repository: String,
}

impl ChartPlace {
    /// Takes a chart that holds all that it needs.
    pub const fn whole(artifact: Arc<Artifact>, path: PathBuf) -> Self {
        Self {
            artifact,
            path,
            dependencies: Vec::new(),
        }
    }

    /// Takes a chart of a source, and finds what it does not hold: beside it, or in other repositories.
    ///
    /// # Errors
    ///
    /// Fails where a dependency can't be had.
    pub fn of_source(
        artifact: Arc<Artifact>,
        path: PathBuf,
        sources: &Sources<'_>,
    ) -> Result<Self, Missing> {
        found(artifact, path, sources, 0)
    }

    /// Reads the files, those of the dependencies included.
    ///
    /// # Errors
    ///
    /// Fails where there is no chart, with what is wrong in one line.
    pub fn read(&self) -> Result<Chart, String> {
        let mut chart = Chart::read(&self.artifact, &self.path)?;
        for (name, dependency) in &self.dependencies {
            let inner = dependency.read();
            let inner = inner.map_err(|error| format!("dependency `{name}`: {error}"))?;
            chart.put(name, inner);
        }
        Ok(chart)
    }

    /// Collects what tells its content: digests of all files, and where they stand.
    pub fn digests(&self, into: &mut Vec<String>) {
        let digest = self.artifact.digest(&self.path);
        into.push(digest.map(|digest| digest.to_string()).unwrap_or_default());
        into.push(self.path.to_string_lossy().into_owned());
        into.push(self.artifact.own_rules().to_owned());
        for (name, dependency) in &self.dependencies {
            into.push(name.clone());
            dependency.digests(into);
        }
    }
}

fn found(
    artifact: Arc<Artifact>,
    path: PathBuf,
    sources: &Sources<'_>,
    depth: usize,
) -> Result<ChartPlace, Missing> {
    let mut dependencies = Vec::new();
    for line in missing_lines(&artifact, &path) {
        let failed = |why: &str| Missing {
            message: format!("the dependency `{}` of its chart {why}", line.name),
            hint: String::new(),
            is_elsewhere: false,
        };
        let dependency = if let Some(beside) = line.repository.strip_prefix("file://") {
            // The tree has a wall around it, so that no such path leads out of the source.
            let beside = join(&path, beside);
            if depth >= MOST_DEPTH {
                return Err(failed("lies too deep in others"));
            }
            if !artifact.is_directory(&beside) {
                return Err(failed(&format!("is not at `{}`", line.repository)));
            }
            found(Arc::clone(&artifact), beside, sources, depth + 1)?
        } else if line.repository.contains("://") {
            fetched(&line, sources)?
        } else {
            return Err(failed(&format!(
                "is in a repository that is only known as `{}`",
                line.repository
            )));
        };
        dependencies.push((line.name, dependency));
    }
    Ok(ChartPlace {
        artifact,
        path,
        dependencies,
    })
}

fn fetched(line: &Line, sources: &Sources<'_>) -> Result<ChartPlace, Missing> {
    let (message, hint, is_elsewhere) =
        match sources.chart_at(&line.repository, &line.name, &line.version) {
            Resolved::Here(artifact) => {
                let path = only_chart(&artifact);
                return Ok(ChartPlace::whole(artifact, path));
            }
            Resolved::Elsewhere(message, hint) => (message, hint, true),
            Resolved::Unfetched(message, hint) | Resolved::Lacking(message, hint) => {
                (message, hint, false)
            }
            Resolved::Unknown => ("it is nowhere".to_owned(), String::new(), false),
        };
    Err(Missing {
        message: format!("a dependency of its chart: {message}"),
        hint,
        is_elsewhere,
    })
}

/// Returns where the one chart of an artifact is: in its root, or in the one entry of it.
pub fn only_chart(artifact: &Artifact) -> PathBuf {
    let root = PathBuf::from("/");
    let names = artifact.names(&root).unwrap_or_default();
    match names.as_slice() {
        [name] => root.join(name),
        _ => root,
    }
}

/// Reads the dependencies of a chart that are not in its folder `charts`, with the versions of its lock file.
fn missing_lines(artifact: &Artifact, path: &Path) -> Vec<Line> {
    let lists = |files: [&str; 2]| {
        let mut lists = files.iter().map(|file| lines(artifact, &path.join(file)));
        lists.find(|lines| !lines.is_empty()).unwrap_or_default()
    };
    let locked = lists(["Chart.lock", "requirements.lock"]);
    let there = artifact.names(&path.join("charts")).unwrap_or_default();
    let is_there = |name: &str| {
        there.iter().any(|file| {
            let packed = file
                .strip_suffix(".tgz")
                .and_then(|file| file.strip_prefix(name));
            file == name || packed.is_some_and(|version| version.starts_with('-'))
        })
    };
    let mut missing = lists(["Chart.yaml", "requirements.yaml"]);
    // What names no repository has to be there; the program says so where it is not.
    missing.retain(|line| !line.repository.is_empty() && !is_there(&line.name));
    for line in &mut missing {
        if let Some(lock) = locked.iter().find(|lock| lock.name == line.name) {
            line.version.clone_from(&lock.version);
        }
    }
    missing
}

fn lines(artifact: &Artifact, file: &Path) -> Vec<Line> {
    let content = artifact.read(file).unwrap_or_default();
    let documents = read_as(&String::from_utf8_lossy(&content), Dialect::Loose);
    let document = documents
        .ok()
        .and_then(|documents| documents.into_iter().next());
    let list = document
        .as_ref()
        .and_then(|document| document.get("dependencies"));
    let list = list.and_then(Value::as_array).into_iter().flatten();
    let line = |entry: &Value| {
        let text = |field: &str| entry.get(field).and_then(Value::as_str).map(str::to_owned);
        Some(Line {
            // A name becomes a folder.
            name: text("name")
                .filter(|name| !name.contains(['/', '\\']) && !name.starts_with('.'))?,
            version: text("version").unwrap_or_default(),
            repository: text("repository").unwrap_or_default(),
        })
    };
    list.filter_map(line).collect()
}
