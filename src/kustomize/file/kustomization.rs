//! The kustomization file as a type.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::generators::{
    ConfigMapArgs, GeneratorOptions, HelmChart, HelmChartArgs, HelmGlobals, SecretArgs,
};
use super::replacement::{ReplacementField, Variable};
use super::transformers::{Image, Label, Patch, Replica};

/// What a kustomization file says; a list that is there but empty counts as said.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Kustomization {
    /// `apiVersion`.
    pub api_version: String,
    /// `Kustomization` or `Component`.
    pub kind: String,
    /// Without effect.
    pub metadata: Option<ObjectMeta>,
    /// `path` of a schema, or its `version`.
    pub openapi: Option<BTreeMap<String, String>>,
    /// Text before every name.
    pub name_prefix: String,
    /// Text after every name.
    pub name_suffix: String,
    /// Namespace of everything.
    pub namespace: String,
    /// Labels, also of selectors.
    pub common_labels: Option<BTreeMap<String, String>>,
    /// Labels.
    pub labels: Option<Vec<Label>>,
    /// Annotations.
    pub common_annotations: Option<BTreeMap<String, String>>,
    /// Strategic merge patches, inline or by path.
    pub patches_strategic_merge: Option<Vec<String>>,
    /// JSON patches.
    #[serde(rename = "patchesJson6902")]
    pub patches_json6902: Option<Vec<Patch>>,
    /// Patches of both sorts.
    pub patches: Option<Vec<Patch>>,
    /// Images.
    pub images: Option<Vec<Image>>,
    /// Images, in the old spelling.
    pub image_tags: Option<Vec<Image>>,
    /// Values to copy.
    pub replacements: Option<Vec<ReplacementField>>,
    /// Replica counts.
    pub replicas: Option<Vec<Replica>>,
    /// Variables.
    pub vars: Option<Vec<Variable>>,
    /// The order of the output.
    pub sort_options: Option<SortOptions>,
    /// Files, directories and URLs.
    pub resources: Option<Vec<String>>,
    /// Directories and URLs of components.
    pub components: Option<Vec<String>>,
    /// Files of old definitions.
    pub crds: Option<Vec<String>>,
    /// Directories, in the old spelling.
    pub bases: Option<Vec<String>>,
    /// Config maps to make.
    pub config_map_generator: Option<Vec<ConfigMapArgs>>,
    /// Secrets to make.
    pub secret_generator: Option<Vec<SecretArgs>>,
    /// What Helm needs to know.
    pub helm_globals: Option<HelmGlobals>,
    /// Charts to render.
    pub helm_charts: Option<Vec<HelmChart>>,
    /// Charts to render, in the old spelling.
    pub helm_chart_inflation_generator: Option<Vec<HelmChartArgs>>,
    /// What everything that is made gets.
    pub generator_options: Option<GeneratorOptions>,
    /// Files of transformer configuration.
    pub configurations: Option<Vec<String>>,
    /// Generators of one's own.
    pub generators: Option<Vec<String>>,
    /// Transformers of one's own.
    pub transformers: Option<Vec<String>>,
    /// Transformers that may change nothing.
    pub validators: Option<Vec<String>>,
    /// What to write into the output about the build.
    pub build_metadata: Option<Vec<String>>,
}

/// The metadata of a kustomization.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ObjectMeta {
    /// Name.
    pub name: String,
    /// Namespace.
    pub namespace: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
}

/// `sortOptions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct SortOptions {
    /// `fifo` or `legacy`.
    pub order: String,
    /// Which kinds come first and last.
    pub legacy_sort_options: Option<LegacySortOptions>,
}

/// `sortOptions.legacySortOptions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct LegacySortOptions {
    /// Kinds that come first, in their order.
    pub order_first: Vec<String>,
    /// Kinds that come last, in their order.
    pub order_last: Vec<String>,
}
