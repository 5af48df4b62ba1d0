//! Charts of Helm: their files, and the joint behind which they are rendered.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use super::artifact::Artifact;
use crate::kustomize::load::Files as _;

/// More files than any chart has.
const MOST_FILES: usize = 20_000;

/// Deeper than the folders of any chart, with all charts in it.
const MOST_DEPTH: usize = 40;

/// The file that tells a chart.
const CHART: &str = "Chart.yaml";

/// The file with the default values of a chart.
pub const VALUES: &str = "values.yaml";

/// The files of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chart {
    /// Files by their path from its root.
    Folder(BTreeMap<String, Vec<u8>>),
    /// One archive.
    Packed(Vec<u8>),
}

/// What is asked of a chart.
pub struct ChartCall<'a> {
    /// Its files.
    pub chart: &'a Chart,
    /// The name of the release.
    pub release: &'a str,
    /// The namespace that it is released to.
    pub namespace: &'a str,
    /// The values for it, over its own.
    pub values: &'a Map<String, Value>,
    /// Whether values that do not fit the schema of the chart are taken.
    pub skips_schema: bool,
    /// Whether the definitions of custom resources that lie beside the templates are wanted.
    pub with_crds: bool,
}

/// What a chart comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChartRender {
    /// The rendered templates without hooks, as YAML documents.
    pub manifest: String,
    /// The definitions of custom resources that lie beside the templates.
    pub crds: String,
}

/// Renders charts; reads nothing but their files, and fetches nothing.
pub trait Charts: Send + Sync {
    /// Names what renders, and its version: another one may make something else of the same chart.
    ///
    /// # Errors
    ///
    /// Fails where there is nothing to render with; says why in one line.
    fn edition(&self) -> Result<String, String>;

    /// Renders a chart.
    ///
    /// # Errors
    ///
    /// Fails with what went wrong.
    fn render(&self, call: &ChartCall<'_>) -> Result<ChartRender, String>;
}

impl Chart {
    /// Reads the chart that a path of a source leads to: a folder, or an archive.
    ///
    /// # Errors
    ///
    /// Fails where there is none, with what is wrong in one line.
    pub fn read(files: &Artifact, path: &Path) -> Result<Self, String> {
        if !files.is_directory(path) {
            let packed = files.read(path).map_err(|error| error.to_string())?;
            return Ok(Self::Packed(packed));
        }
        let mut found = BTreeMap::new();
        collect(files, path, "", &mut found)?;
        if found.contains_key(CHART) {
            Ok(Self::Folder(found))
        } else {
            Err(format!("there is no {CHART} in it"))
        }
    }

    /// Puts another chart into it, by the name that it needs it under; an archive holds all that it needs.
    pub fn put(&mut self, name: &str, other: Self) {
        let Self::Folder(files) = self else { return };
        match other {
            Self::Packed(content) => {
                files.insert(format!("charts/{name}.tgz"), content);
            }
            Self::Folder(inner) => {
                let inner = inner.into_iter();
                files.extend(
                    inner.map(|(file, content)| (format!("charts/{name}/{file}"), content)),
                );
            }
        }
    }

    /// Puts other default values in the place of its own; `false` for an archive, which is not opened.
    pub fn set_defaults(&mut self, values: &Map<String, Value>) -> bool {
        let Self::Folder(files) = self else {
            return false;
        };
        let text = serde_json::to_string(values).unwrap_or_default();
        files.insert(VALUES.into(), text.into_bytes());
        true
    }
}

fn collect(
    files: &Artifact,
    folder: &Path,
    below: &str,
    found: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), String> {
    if below.matches('/').count() > MOST_DEPTH || found.len() > MOST_FILES {
        return Err("it has more files than a chart can have".into());
    }
    for name in files.names(folder).map_err(|error| error.to_string())? {
        let path = folder.join(&name);
        let shown = format!("{below}{name}");
        if files.is_directory(&path) {
            collect(files, &path, &format!("{shown}/"), found)?;
        } else {
            let content = files.read(&path);
            let content = content.map_err(|error| format!("{shown}: {error}"))?;
            found.insert(shown, content);
        }
    }
    Ok(())
}
