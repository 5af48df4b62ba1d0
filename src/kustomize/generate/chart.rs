//! Renders Helm charts with the `helm` program: what it is called with, and which values it gets.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};
use tempfile::TempDir;

use super::super::file::{HelmChart, HelmGlobals};
use super::super::load::{self, HelmError, HelmOptions, HelmVersion, LoadError, Loader, ReadError};
use crate::error::Explain;
use crate::manifest::{self, Dialect, Node, YamlError};

/// Where charts are, where nobody says otherwise.
const CHART_HOME: &str = "charts";

/// Why a chart cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// It has no name.
    #[error("chart name cannot be empty")]
    NoName,
    /// A text would be taken for an option.
    #[error("`{field}` of a chart may not begin with `-`: `{text}`")]
    Option {
        /// The field.
        field: &'static str,
        /// What stands there.
        text: String,
    },
    /// The way to merge values is not known.
    #[error("valuesMerge must be one of [merge override replace]")]
    ValuesMerge,
    /// A further file of values cannot be read.
    #[error("could not load additionalValuesFile")]
    AdditionalValues(#[source] LoadError),
    /// A file of values cannot be read.
    #[error(transparent)]
    Values(#[from] LoadError),
    /// A file of values is no YAML.
    #[error("could not parse values file into rnode")]
    Malformed(#[source] YamlError),
    /// A file of values is no text.
    #[error("the values file is no text")]
    Encoding(#[source] std::str::Utf8Error),
    /// The values cannot be merged.
    #[error(
        "could not merge values: a mapping, a list and a scalar cannot take each other's place at {path}"
    )]
    Merge {
        /// Where.
        path: String,
    },
    /// The values cannot be written for Helm.
    #[error("failed to write values file")]
    Write(#[source] io::Error),
    /// The chart is not there, and nothing says where to get it.
    #[error("no repo specified for pull, no chart found at '{}'", path.display())]
    NoRepository {
        /// Where it should be.
        path: PathBuf,
    },
    /// The program fails.
    #[error(transparent)]
    Helm(#[from] HelmError),
    /// What the program printed holds no resources.
    #[error("could not parse bytes into resource map")]
    Output(#[source] ReadError),
}

impl Explain for ChartError {}

/// How the values of the kustomization and those of a file come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ValuesMerge {
    /// Those of the file win.
    Merge,
    /// Those of the kustomization win.
    Override,
    /// Those of the kustomization alone count.
    Replace,
}

/// A chart, with everything that its kustomization leaves open filled in.
pub struct Chart<'call> {
    chart: HelmChart,
    merge: ValuesMerge,
    /// The folder that has the chart's own.
    home: PathBuf,
    config_home: Option<String>,
    loader: Loader<'call>,
    helm: HelmOptions<'call>,
}

impl<'call> Chart<'call> {
    /// Completes a chart.
    ///
    /// # Errors
    ///
    /// Fails where something of it cannot be used.
    pub fn new(
        mut chart: HelmChart,
        globals: HelmGlobals,
        loader: &Loader<'call>,
        helm: HelmOptions<'call>,
    ) -> Result<Self, ChartError> {
        if chart.kube_version.is_empty() {
            helm.kube_version.clone_into(&mut chart.kube_version);
        }
        if chart.api_versions.is_empty() {
            chart.api_versions = helm.api_versions.to_vec();
        }
        chart.debug |= helm.debug;
        check(&chart)?;
        let home = home(&chart, &globals, loader.root());
        if chart.values_file.is_empty() {
            let own = home.join(&chart.name).join("values.yaml");
            chart.values_file = own.to_string_lossy().into_owned();
        }
        for file in &mut chart.additional_values_files {
            loader.read(file).map_err(ChartError::AdditionalValues)?;
            *file = load::join(loader.root(), file)
                .to_string_lossy()
                .into_owned();
        }
        let merge = match chart.values_merge.as_str() {
            "" | "override" => ValuesMerge::Override,
            "merge" => ValuesMerge::Merge,
            "replace" => ValuesMerge::Replace,
            _ => return Err(ChartError::ValuesMerge),
        };
        Ok(Self {
            chart,
            merge,
            home,
            config_home: Some(globals.config_home).filter(|home| !home.is_empty()),
            loader: loader.clone(),
            helm,
        })
    }

    /// Renders the chart; one that is not there is pulled first, and stays there.
    ///
    /// # Errors
    ///
    /// Fails where the program does, or what it prints is no list of resources.
    pub fn render(mut self) -> Result<Vec<Arc<Node>>, ChartError> {
        let passing = TempDir::with_prefix("gitops-helm-").map_err(ChartError::Write)?;
        let own = || passing.path().join("helm").to_string_lossy().into_owned();
        let config_home = self.config_home.take().unwrap_or_else(own);
        let run = |arguments: &[String]| self.helm.program.run(arguments, &config_home);
        HelmVersion::check(&run(&["version".into(), "--short".into()])?)?;
        let place = self.home.join(&self.chart.name);
        if !self.loader.has_directory(&place) {
            if self.chart.repo.is_empty() {
                return Err(ChartError::NoRepository { path: place });
            }
            run(&self.pull_arguments())?;
        }
        let values = self.values()?;
        let file = format!("{}-kustomize-values.yaml", self.chart.name);
        let file = passing.path().join(file);
        fs::write(&file, values).map_err(ChartError::Write)?;
        let printed = run(&self.template_arguments(&file))?;
        documents(&printed)
    }

    fn pull_arguments(&self) -> Vec<String> {
        let chart = &self.chart;
        let home = self.home.to_string_lossy().into_owned();
        let mut arguments: Vec<String> = ["pull", "--untar", "--untardir", &home]
            .map(Into::into)
            .into();
        if chart.repo.starts_with("oci://") {
            arguments.push(format!(
                "{}/{}",
                chart.repo.trim_end_matches('/'),
                chart.name
            ));
        } else {
            arguments.extend(["--repo".into(), chart.repo.clone(), chart.name.clone()]);
        }
        if !chart.version.is_empty() {
            arguments.extend(["--version".into(), chart.version.clone()]);
        }
        if chart.devel {
            arguments.push("--devel".into());
        }
        arguments
    }

    fn template_arguments(&self, values: &Path) -> Vec<String> {
        let chart = &self.chart;
        let release = if chart.release_name.is_empty() {
            "--generate-name"
        } else {
            &chart.release_name
        };
        let place = self.home.join(&chart.name);
        let mut arguments = vec![
            "template".to_owned(),
            release.to_owned(),
            place.to_string_lossy().into_owned(),
        ];
        let mut set = |flag: &str, text: &str| {
            if !text.is_empty() {
                arguments.extend([flag.to_owned(), text.to_owned()]);
            }
        };
        set("--namespace", &chart.namespace);
        set("--name-template", &chart.name_template);
        set("-f", &values.to_string_lossy());
        for file in &chart.additional_values_files {
            set("-f", file);
        }
        for version in &chart.api_versions {
            set("--api-versions", version);
        }
        set("--kube-version", &chart.kube_version);
        let flags = [
            (chart.include_crds, "--include-crds"),
            (chart.skip_tests, "--skip-tests"),
            (chart.skip_hooks, "--no-hooks"),
            (chart.debug, "--debug"),
            (chart.devel, "--devel"),
        ];
        let given = flags.into_iter().filter(|(given, _)| *given);
        arguments.extend(given.map(|(_, flag)| flag.to_owned()));
        arguments
    }

    /// Returns the text of the values that Helm gets.
    fn values(&self) -> Result<Vec<u8>, ChartError> {
        let inline = &self.chart.values_inline;
        if inline.is_empty() {
            return Ok(self.loader.read(&self.chart.values_file)?.to_vec());
        }
        let merged = match self.merge {
            ValuesMerge::Replace => Value::Object(inline.clone()),
            ValuesMerge::Override => {
                let mut values = self.values_of_file()?;
                put_over(&mut values, Value::Object(inline.clone()), "values")?;
                values
            }
            ValuesMerge::Merge => {
                let mut values = Value::Object(inline.clone());
                put_over(&mut values, self.values_of_file()?, "values")?;
                values
            }
        };
        Ok(manifest::emit(&merged).into_bytes())
    }

    fn values_of_file(&self) -> Result<Value, ChartError> {
        let content = self.loader.read(&self.chart.values_file)?;
        let text = std::str::from_utf8(&content).map_err(ChartError::Encoding)?;
        let documents = manifest::read_as(text, Dialect::Resources);
        let first = documents.map_err(ChartError::Malformed)?.into_iter().next();
        Ok(first
            .filter(|values| !values.is_null())
            .unwrap_or_else(|| Value::Object(Map::new())))
    }
}

/// Refuses a chart that cannot be asked for.
fn check(chart: &HelmChart) -> Result<(), ChartError> {
    if chart.name.is_empty() {
        return Err(ChartError::NoName);
    }
    for (field, text) in [
        ("name", &chart.name),
        ("releaseName", &chart.release_name),
        ("repo", &chart.repo),
    ] {
        if text.starts_with('-') {
            let text = text.clone();
            return Err(ChartError::Option { field, text });
        }
    }
    Ok(())
}

/// Returns the folder that has the chart's own: one for each version of what comes from a repository.
fn home(chart: &HelmChart, globals: &HelmGlobals, root: &Path) -> PathBuf {
    let home = match globals.chart_home.as_str() {
        "" => CHART_HOME,
        home => home,
    };
    let home = if Path::new(home).is_absolute() {
        load::join(Path::new("/"), home)
    } else {
        load::join(root, home)
    };
    if chart.version.is_empty() || chart.repo.is_empty() {
        home
    } else {
        home.join(format!("{}-{}", chart.name, chart.version))
    }
}

/// Puts values over others: mappings come together, null takes away, all else is replaced.
///
/// # Errors
///
/// Fails where a mapping, a list or a scalar meets something of another sort.
fn put_over(below: &mut Value, above: Value, path: &str) -> Result<(), ChartError> {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                let path = format!("{path}.{key}");
                match below.get_mut(&key) {
                    _ if value.is_null() => drop(below.remove(&key)),
                    Some(present) if !present.is_null() => put_over(present, value, &path)?,
                    _ => drop(below.insert(key, value)),
                }
            }
            Ok(())
        }
        (below, above) if is_collection(below) == is_collection(&above) => {
            *below = above;
            Ok(())
        }
        _ => Err(ChartError::Merge { path: path.into() }),
    }
}

/// Says which sort of collection a value is, if it is one.
const fn is_collection(value: &Value) -> Option<bool> {
    match value {
        Value::Object(_) => Some(true),
        Value::Array(_) => Some(false),
        _ => None,
    }
}

/// Reads what Helm printed; it may have said something before the first document.
fn documents(printed: &[u8]) -> Result<Vec<Arc<Node>>, ChartError> {
    let error = match load::read(printed) {
        Ok(documents) => return Ok(documents),
        Err(error) => error,
    };
    let text = String::from_utf8_lossy(printed);
    let start = text.find("\n---").filter(|_| !text.starts_with("---"));
    let rest = start.and_then(|start| load::read(&text.as_bytes()[start + 1..]).ok());
    rest.filter(|documents| !documents.is_empty())
        .ok_or(ChartError::Output(error))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_come_over_others() {
        let over =
            |mut below: Value, above: Value| put_over(&mut below, above, "values").map(|()| below);
        let below = json!({"a": {"b": 1, "c": "5"}, "l": [1, 2], "n": null});
        let above = json!({"a": {"b": 2, "c": null, "d": null}, "l": [3], "n": {"x": 1}});
        assert_eq!(
            over(below, above).unwrap(),
            json!({"a": {"b": 2}, "l": [3], "n": {"x": 1}})
        );
        let error = over(json!({"a": {"b": 1}}), json!({"a": {"b": [1]}})).unwrap_err();
        assert!(error.to_string().ends_with("at values.a.b"), "{error}");
    }

    #[test]
    fn words_before_the_first_document_are_passed_over() {
        let object = "{kind: A, metadata: {name: a}}\n";
        let count = |text: String| {
            documents(text.as_bytes())
                .map(|documents| documents.len())
                .ok()
        };
        assert_eq!(count(format!("---\n{object}---\n{object}")), Some(2));
        assert_eq!(
            count(format!("Pulled: x\n\tDigest: [\n---\n{object}")),
            Some(1)
        );
        assert_eq!(count("Pulled: x\n".into()), None);
    }
}
