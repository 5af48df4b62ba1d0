//! The built-in transformers as resources: from their configuration to the step that they run.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::file::{self, FieldSpec, Image, ReplacementField, Replica, Rules};
use super::super::load::Loader;
use super::super::resource::{Resource, ResourceList};
use super::super::transform::{
    self, End, Existing, Labeling, NamespaceMove, Subjects, ValueTarget,
};
use super::directory::Directory;
use super::plugin::configuration;
use super::problem::{BuildError, StepError};
use super::step::Transform;
use crate::manifest::Node;

/// The transformers that are built in.
pub const KINDS: [&str; 14] = [
    "AnnotationsTransformer",
    "HashTransformer",
    "ImageTagTransformer",
    "LabelTransformer",
    "NamespaceTransformer",
    "PatchJson6902Transformer",
    "PatchStrategicMergeTransformer",
    "PatchTransformer",
    "PrefixSuffixTransformer",
    "PrefixTransformer",
    "ReplacementTransformer",
    "ReplicaCountTransformer",
    "SuffixTransformer",
    "ValueAddTransformer",
];

/// Makes the step that a transformer asks for.
///
/// # Errors
///
/// Fails where it is not built in, or its configuration cannot be used.
pub fn of<'dir>(
    directory: &'dir Directory<'_>,
    plugin: &Resource,
) -> Result<Transform<'dir>, BuildError> {
    if let Some(run) = super::patches::of_plugin(directory, plugin)? {
        return Ok(run);
    }
    match plugin.kind() {
        "HashTransformer" => Ok(Box::new(super::finish::add_hashes)),
        "PrefixTransformer" => affixes(plugin, &[End::Front]),
        "SuffixTransformer" => affixes(plugin, &[End::Back]),
        "PrefixSuffixTransformer" => affixes(plugin, &[End::Front, End::Back]),
        "NamespaceTransformer" => namespace(plugin),
        "LabelTransformer" | "AnnotationsTransformer" => labels(plugin),
        "ReplicaCountTransformer" => {
            let own: Configuration = configuration(plugin)?;
            Ok(step(plugin, move |resources| {
                Ok(transform::set_replicas(
                    resources,
                    &own.replica,
                    &own.field_specs,
                )?)
            }))
        }
        "ImageTagTransformer" => {
            let own: Configuration = configuration(plugin)?;
            Ok(step(plugin, move |resources| {
                Ok(transform::change_images(
                    resources,
                    &[own.image_tag],
                    &own.field_specs,
                )?)
            }))
        }
        "ReplacementTransformer" => {
            let own: Configuration = configuration(plugin)?;
            let replacements = transform::collect_replacements(&own.replacements, |path| {
                directory.loader.read(path)
            })
            .or_else(|error| refuse(plugin, error))?;
            Ok(step(plugin, move |resources| {
                Ok(transform::apply_replacements(resources, &replacements)?)
            }))
        }
        "ValueAddTransformer" => value(plugin, &directory.loader),
        _ => Err(BuildError::UnknownPlugin {
            gvk: plugin.id().gvk.to_string(),
        }),
    }
}

/// The fields of most of them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Configuration {
    field_specs: Vec<FieldSpec>,
    prefix: String,
    suffix: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    image_tag: Image,
    replica: Replica,
    replacements: Vec<ReplacementField>,
    unset_only: bool,
    set_role_binding_subjects: String,
}

fn step<'dir>(
    plugin: &Resource,
    run: impl FnOnce(&mut ResourceList) -> Result<(), StepError> + 'dir,
) -> Transform<'dir> {
    let kind = plugin.kind().to_owned();
    Box::new(move |resources| {
        run(resources).map_err(|error| BuildError::step(format!("running {kind}"), error))
    })
}

fn refuse<T>(plugin: &Resource, message: impl Into<StepError>) -> Result<T, BuildError> {
    Err(BuildError::step(
        format!("plugin {} fails configuration", plugin.original_id()),
        message,
    ))
}

fn affixes<'dir>(plugin: &Resource, ends: &'static [End]) -> Result<Transform<'dir>, BuildError> {
    if plugin.root().get("fieldSpecs").is_none_or(Node::is_null) {
        return refuse(plugin, "fieldSpecs is not expected to be nil");
    }
    let own: Configuration = configuration(plugin)?;
    Ok(step(plugin, move |resources| {
        for end in ends {
            let affix = match end {
                End::Front => &own.prefix,
                End::Back => &own.suffix,
            };
            transform::add_affix(resources, *end, affix, &own.field_specs)?;
        }
        Ok(())
    }))
}

fn namespace<'dir>(plugin: &Resource) -> Result<Transform<'dir>, BuildError> {
    let own: Configuration = configuration(plugin)?;
    let subjects = match own.set_role_binding_subjects.as_str() {
        "" | "defaultOnly" => Subjects::Default,
        "allServiceAccounts" => Subjects::ServiceAccounts,
        "none" => Subjects::None,
        other => {
            return refuse(
                plugin,
                format!(
                    "invalid value {other:?} for setRoleBindingSubjects: must be one of \"defaultOnly\", \"none\" or \"allServiceAccounts\""
                ),
            );
        }
    };
    let change = NamespaceMove {
        namespace: plugin.namespace().into(),
        specs: own.field_specs,
        subjects,
        existing: if own.unset_only {
            Existing::Keep
        } else {
            Existing::Replace
        },
    };
    Ok(step(plugin, move |resources| Ok(change.apply(resources)?)))
}

fn labels<'dir>(plugin: &Resource) -> Result<Transform<'dir>, BuildError> {
    let own: Configuration = configuration(plugin)?;
    let pairs = match plugin.kind() {
        "LabelTransformer" => own.labels,
        _ => own.annotations,
    };
    let labeling = Labeling {
        pairs,
        specs: own.field_specs,
    };
    Ok(step(
        plugin,
        move |resources| Ok(labeling.apply(resources)?),
    ))
}

/// The fields of a `ValueAddTransformer`, and of the file that it may name.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Addition {
    value: String,
    targets: Vec<ValueTarget>,
    target_file_path: String,
}

fn value<'dir>(plugin: &Resource, loader: &Loader<'_>) -> Result<Transform<'dir>, BuildError> {
    let own: Addition = configuration(plugin)?;
    let mut targets = own.targets;
    if !own.target_file_path.is_empty() {
        let content = loader.read(&own.target_file_path)?;
        let documents = Node::documents(&String::from_utf8_lossy(&content));
        let documents = documents.or_else(|error| refuse(plugin, error))?;
        if let Some(document) = documents.first() {
            let more: Addition =
                file::decode(document, Rules::PLUGIN).or_else(|error| refuse(plugin, error))?;
            targets.extend(more.targets);
        }
    }
    if targets.is_empty() {
        return refuse(plugin, "must specify at least one target");
    }
    for target in &targets {
        if target.field_path.is_empty() {
            return refuse(plugin, "fieldPath cannot be empty");
        }
        if target.file_path_position < 0 {
            let position = target.file_path_position;
            return refuse(
                plugin,
                format!("value of FilePathPosition ({position}) cannot be negative"),
            );
        }
    }
    let mut value = own.value.trim().to_owned();
    if value.is_empty() {
        value = loader
            .root()
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
    }
    Ok(step(plugin, move |resources| {
        Ok(transform::add_value(resources, &value, &targets)?)
    }))
}
