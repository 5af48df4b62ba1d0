//! Renders charts with the `helm` program, which sees nothing but the files of the chart.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

use tempfile::TempDir;

use super::super::helm::HelmProgram;
use crate::kustomize::load::{Helm as _, HelmError, HelmVersion};
use crate::render::repository::{Chart, ChartCall, ChartRender, Charts};

/// The `helm` program, and which cluster it is told of.
pub struct HelmCharts {
    program: HelmProgram,
    /// Flags for all charts.
    flags: Vec<String>,
    edition: OnceLock<Result<String, String>>,
}

impl HelmCharts {
    /// Names the program, and the versions that the cluster is said to have; empty for those that the program knows.
    pub fn new(command: &str, kube_version: &str, api_versions: &[String]) -> Self {
        let kube_version = match kube_version {
            "" => None,
            version => Some(format!("--kube-version={version}")),
        };
        let versions = api_versions.iter();
        let versions = versions.map(|version| format!("--api-versions={version}"));
        Self {
            program: HelmProgram::new(command),
            flags: kube_version.into_iter().chain(versions).collect(),
            edition: OnceLock::new(),
        }
    }

    fn asked(&self) -> Result<String, String> {
        let folder = folder().map_err(|error| error.to_string())?;
        let config = folder.path().to_string_lossy();
        let arguments = ["version", "--short"].map(str::to_owned);
        let printed = self.program.run(&arguments, &config);
        let printed = printed.map_err(|error| told(error, folder.path()))?;
        HelmVersion::check(&printed).map_err(|error| error.to_string())?;
        let version = String::from_utf8_lossy(&printed);
        Ok(format!("{} {}", version.trim(), self.flags.join(" ")))
    }
}

impl Charts for HelmCharts {
    fn edition(&self) -> Result<String, String> {
        self.edition.get_or_init(|| self.asked()).clone()
    }

    fn render(&self, call: &ChartCall<'_>) -> Result<ChartRender, String> {
        let folder = folder().map_err(|error| error.to_string())?;
        let root = folder.path();
        let chart =
            written(root, call).map_err(|error| format!("cannot write the chart: {error}"))?;
        let config = root.join("config").to_string_lossy().into_owned();
        let run = |arguments: &[String]| {
            let printed = self.program.run(arguments, &config);
            let printed = printed.map_err(|error| told(error, root))?;
            String::from_utf8(printed).map_err(|error| error.to_string())
        };
        let mut arguments = vec![
            "template".to_owned(),
            call.release.to_owned(),
            chart.clone(),
            format!("--namespace={}", call.namespace),
            format!("--values={}", root.join("values.json").display()),
            "--no-hooks".into(),
        ];
        if call.skips_schema {
            arguments.push("--skip-schema-validation".into());
        }
        arguments.extend(self.flags.iter().cloned());
        let manifest = run(&arguments)?;
        let crds = if call.with_crds {
            run(&["show".into(), "crds".into(), chart])?
        } else {
            String::new()
        };
        Ok(ChartRender { manifest, crds })
    }
}

fn folder() -> io::Result<TempDir> {
    TempDir::with_prefix("gitops-")
}

/// Writes a chart and its values into a folder; returns the path of the chart.
fn written(root: &Path, call: &ChartCall<'_>) -> io::Result<String> {
    let values = serde_json::to_vec(call.values)?;
    fs::write(root.join("values.json"), values)?;
    let path = match call.chart {
        Chart::Packed(content) => {
            let path = root.join("chart.tgz");
            fs::write(&path, content)?;
            path
        }
        Chart::Folder(files) => {
            let path = root.join("chart");
            for (name, content) in files {
                let file = path.join(name);
                if let Some(above) = file.parent() {
                    fs::create_dir_all(above)?;
                }
                fs::write(file, content)?;
            }
            path
        }
    };
    Ok(path.to_string_lossy().into_owned())
}

/// Returns what the program says, in one line and without the folder that is gone.
fn told(error: HelmError, root: &Path) -> String {
    let text = match error {
        HelmError::Run {
            said,
            program,
            status,
            ..
        } if said.is_empty() => {
            format!("`{program}` cannot be run: {status}")
        }
        HelmError::Run { said, .. } => said.trim_end_matches([':', ' ']).to_owned(),
        other => other.to_string(),
    };
    let text = text.replace(&format!("{}/", root.display()), "");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines.collect::<Vec<_>>().join(" ");
    line.strip_prefix("Error: ").unwrap_or(&line).to_owned()
}
