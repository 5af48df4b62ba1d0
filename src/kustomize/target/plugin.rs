//! Generators and transformers that are resources themselves: the entries of `generators`, `transformers` and `validators`.

use std::sync::Arc;

use serde::Deserialize;

use super::super::file::{self, ConfigMapArgs, HelmGlobals, Rules, SecretArgs};
use super::super::generate;
use super::super::load;
use super::super::resource::{Resource, text_map};
use super::accumulated::Accumulated;
use super::directory::Directory;
use super::fields::charts;
use super::problem::BuildError;
use super::step::{Generate, Generator, Transformer};
use crate::manifest::Node;

/// The `apiVersion` of what is built in.
const BUILT_IN: &str = "builtin";

/// The generators that are built in.
const GENERATORS: [&str; 4] = [
    "ConfigMapGenerator",
    "SecretGenerator",
    "IAMPolicyGenerator",
    "HelmChartInflationGenerator",
];

/// Returns the entries of `generators`, ready to run.
///
/// # Errors
///
/// Fails where one cannot be loaded, or is no built-in generator.
pub fn generators<'dir>(
    directory: &'dir Directory<'_>,
) -> Result<Vec<Generator<'dir>>, BuildError> {
    let listed = directory.kustomization.generators.iter().flatten();
    let mut generators = Vec::new();
    for plugin in load(directory, listed)? {
        let generator = generator(directory, &plugin)
            .map_err(|error| error.during("failed to load generator"))?;
        generators.push(generator);
    }
    Ok(generators)
}

/// Returns the entries of `transformers` or `validators`, ready to run.
///
/// # Errors
///
/// Fails where one cannot be loaded, or is no built-in transformer.
pub fn transformers<'dir, 'path>(
    directory: &'dir Directory<'_>,
    listed: impl Iterator<Item = &'path String>,
) -> Result<Vec<Transformer<'dir>>, BuildError> {
    load(directory, listed)?
        .iter()
        .map(|plugin| {
            refuse_external(plugin)?;
            if GENERATORS.contains(&plugin.kind()) {
                return Err(BuildError::WrongPlugin {
                    id: Box::new(plugin.original_id()),
                    wanted: "transformer",
                });
            }
            let origin = plugin
                .origin
                .as_ref()
                .map(|origin| Arc::new(origin.of_plugin(plugin)));
            Ok(Transformer {
                origin,
                run: super::plugin_transformer::of(directory, plugin)?,
            })
        })
        .collect()
}

/// Loads the resources of a list: what is written in it first, then what its paths lead to.
fn load<'path>(
    directory: &Directory<'_>,
    listed: impl Iterator<Item = &'path String>,
) -> Result<Vec<Resource>, BuildError> {
    let mut sum = Accumulated::default();
    let mut paths = Vec::new();
    for entry in listed {
        let Ok(documents) = load::read(entry.as_bytes()) else {
            paths.push(entry);
            continue;
        };
        let origin = directory
            .origin
            .as_ref()
            .map(|origin| Arc::new(origin.to(directory.file_name)));
        for document in documents {
            let mut plugin = directory.state.resource(&document);
            plugin.origin.clone_from(&origin);
            sum.resources.push(plugin)?;
        }
    }
    let sum = directory.accumulate_resources(sum, paths.into_iter())?;
    Ok(sum.resources.into_vec())
}

/// Refuses what is not built in.
fn refuse_external(plugin: &Resource) -> Result<(), BuildError> {
    let gvk = &plugin.id().gvk;
    if gvk.group.is_empty() && gvk.version == BUILT_IN {
        return Ok(());
    }
    Err(BuildError::ExternalPlugin {
        kind: plugin.original_id().gvk.kind,
    })
}

fn generator<'dir>(
    directory: &'dir Directory<'_>,
    plugin: &Resource,
) -> Result<Generator<'dir>, BuildError> {
    refuse_external(plugin)?;
    let loader = &directory.loader;
    let run: Generate<'dir> = match plugin.kind() {
        "ConfigMapGenerator" => {
            let mut args: ConfigMapArgs = configuration(plugin)?;
            complete(plugin, &mut args.name, &mut args.namespace);
            Box::new(move || Ok(vec![generate::config_map(&args, loader)?]))
        }
        "SecretGenerator" => {
            let mut args: SecretArgs = configuration(plugin)?;
            complete(plugin, &mut args.name, &mut args.namespace);
            Box::new(move || Ok(vec![generate::secret(&args, loader)?]))
        }
        "IAMPolicyGenerator" => {
            let policy: Policy = configuration(plugin)?;
            Box::new(move || Ok(vec![directory.state.resource(&Arc::new(policy.account()?))]))
        }
        "HelmChartInflationGenerator" => {
            let globals: HelmGlobals = configuration(plugin)?;
            charts(directory, configuration(plugin)?, globals)?
        }
        kind if super::plugin_transformer::KINDS.contains(&kind) => {
            return Err(BuildError::WrongPlugin {
                id: Box::new(plugin.original_id()),
                wanted: "generator",
            });
        }
        _ => {
            return Err(BuildError::UnknownPlugin {
                gvk: plugin.id().gvk.to_string(),
            });
        }
    };
    let origin = plugin
        .origin
        .as_ref()
        .map(|origin| Arc::new(origin.of_plugin(plugin)));
    Ok(Generator { origin, run })
}

/// Decodes the configuration of a generator or transformer.
///
/// # Errors
///
/// Fails where a field has a value of the wrong sort.
pub fn configuration<T: serde::de::DeserializeOwned>(plugin: &Resource) -> Result<T, BuildError> {
    file::decode(plugin.root(), Rules::PLUGIN).map_err(|error| {
        BuildError::step(
            format!("plugin {} fails configuration", plugin.original_id()),
            error,
        )
    })
}

/// Takes name and namespace of the generator itself where its arguments give none.
fn complete(plugin: &Resource, name: &mut String, namespace: &mut String) {
    if name.is_empty() {
        plugin.name().clone_into(name);
    }
    if namespace.is_empty() {
        plugin.namespace().clone_into(namespace);
    }
}

/// The configuration of an `IAMPolicyGenerator`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Policy {
    cloud: String,
    kubernetes_service: PolicyAccount,
    service_account: PolicyProject,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PolicyAccount {
    name: String,
    namespace: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PolicyProject {
    name: String,
    project_id: String,
}

impl Policy {
    /// Makes the service account that the policy binds to one of the cloud.
    fn account(&self) -> Result<Node, BuildError> {
        if self.cloud != "gke" {
            return Err(BuildError::Cloud {
                cloud: self.cloud.clone(),
            });
        }
        let account = &self.service_account;
        let bound = format!(
            "{}@{}.iam.gserviceaccount.com",
            account.name, account.project_id
        );
        let mut root = Node::mapping(Vec::new());
        root.set("apiVersion", Node::text("v1"));
        root.set("kind", Node::text("ServiceAccount"));
        let metadata = text_map::metadata(&mut root);
        let annotations = [("iam.gke.io/gcp-service-account".to_owned(), bound)];
        text_map::set(metadata, "annotations", annotations.into());
        metadata.set("name", Node::plain(self.kubernetes_service.name.as_str()));
        if !self.kubernetes_service.namespace.is_empty() {
            metadata.set(
                "namespace",
                Node::plain(self.kubernetes_service.namespace.as_str()),
            );
        }
        Ok(root)
    }
}
