//! The entries of a kustomization that make resources.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One entry of `configMapGenerator`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConfigMapArgs {
    /// Namespace.
    pub namespace: String,
    /// Name, before its hash.
    pub name: String,
    /// `create`, `replace` or `merge`.
    pub behavior: String,
    /// `key=value` pairs.
    pub literals: Vec<String>,
    /// Files, each `[key=]path`.
    pub files: Vec<String>,
    /// Files of `key=value` lines.
    pub envs: Vec<String>,
    /// One such file, in the old spelling.
    pub env: String,
    /// Labels and the like.
    pub options: Option<GeneratorOptions>,
}

/// One entry of `secretGenerator`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecretArgs {
    /// Namespace.
    pub namespace: String,
    /// Name, before its hash.
    pub name: String,
    /// `create`, `replace` or `merge`.
    pub behavior: String,
    /// `key=value` pairs.
    pub literals: Vec<String>,
    /// Files, each `[key=]path`.
    pub files: Vec<String>,
    /// Files of `key=value` lines.
    pub envs: Vec<String>,
    /// One such file, in the old spelling.
    pub env: String,
    /// Labels and the like.
    pub options: Option<GeneratorOptions>,
    /// Type of the secret; empty for `Opaque`.
    #[serde(rename = "type")]
    pub sort: String,
}

/// What generated resources get beside their data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct GeneratorOptions {
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
    /// Whether the name gets no hash.
    pub disable_name_suffix_hash: bool,
    /// Whether it may not be changed in the cluster.
    pub immutable: bool,
}

impl GeneratorOptions {
    /// Completes the options of one generator with those of the whole file; its own labels win.
    #[must_use]
    pub fn with_global(mut self, global: &Self) -> Self {
        let complete = |own: &mut BTreeMap<String, String>, others: &BTreeMap<String, String>| {
            for (key, value) in others {
                own.entry(key.clone()).or_insert_with(|| value.clone());
            }
        };
        complete(&mut self.labels, &global.labels);
        complete(&mut self.annotations, &global.annotations);
        self.disable_name_suffix_hash |= global.disable_name_suffix_hash;
        self.immutable |= global.immutable;
        self
    }
}

/// `helmGlobals`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct HelmGlobals {
    /// Folder of the charts.
    pub chart_home: String,
    /// Folder of Helm's own configuration.
    pub config_home: String,
}

/// One entry of `helmCharts`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the flags of `helm template`"
)]
pub struct HelmChart {
    /// Name of the chart.
    pub name: String,
    /// Version of the chart.
    pub version: String,
    /// Repository URL.
    pub repo: String,
    /// Name of the release.
    pub release_name: String,
    /// Namespace of the release.
    pub namespace: String,
    /// Further files of values.
    pub additional_values_files: Vec<String>,
    /// File of values.
    pub values_file: String,
    /// Values in the kustomization itself.
    pub values_inline: Map<String, Value>,
    /// `merge`, `override` or `replace`.
    pub values_merge: String,
    /// Whether CRDs are rendered.
    #[serde(rename = "includeCRDs")]
    pub include_crds: bool,
    /// Whether hooks are left out.
    pub skip_hooks: bool,
    /// API versions that the cluster is said to have.
    pub api_versions: Vec<String>,
    /// Kubernetes version that the cluster is said to have.
    pub kube_version: String,
    /// Template of the release's name.
    pub name_template: String,
    /// Whether tests are left out.
    pub skip_tests: bool,
    /// Whether Helm tells more.
    pub debug: bool,
    /// Whether development versions count.
    pub devel: bool,
}

/// One entry of `helmChartInflationGenerator`, the old spelling of `helmCharts`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct HelmChartArgs {
    /// Name of the chart.
    pub chart_name: String,
    /// Version of the chart.
    pub chart_version: String,
    /// Repository URL.
    pub chart_repo_url: String,
    /// Folder of the charts.
    pub chart_home: String,
    /// Name of the repository; unused.
    pub chart_repo_name: String,
    /// The program; unused.
    pub helm_bin: String,
    /// Folder of Helm's own configuration.
    pub helm_home: String,
    /// File of values.
    pub values: String,
    /// Values in the kustomization itself.
    pub values_local: Map<String, Value>,
    /// `merge`, `override` or `replace`.
    pub values_merge: String,
    /// Name of the release.
    pub release_name: String,
    /// Namespace of the release; unused.
    pub release_namespace: String,
    /// Further arguments; unused.
    pub extra_args: Vec<String>,
}

impl From<HelmChartArgs> for HelmChart {
    fn from(old: HelmChartArgs) -> Self {
        Self {
            name: old.chart_name,
            version: old.chart_version,
            repo: old.chart_repo_url,
            values_file: old.values,
            values_inline: old.values_local,
            values_merge: old.values_merge,
            release_name: old.release_name,
            ..Self::default()
        }
    }
}
