//! From options to the objects of an installation, and to the text that is printed or committed.

use std::fmt::Write as _;

use serde_json::Value;

use super::base::Base;
use super::component::{Component, RELEASE};
use super::components::Components;
use super::document;
use super::shared;
use super::tailor::{self, TailorError};
use crate::manifest::{self, Object};

/// Which namespaces the controllers look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WatchScope {
    /// All of the cluster.
    #[default]
    AllNamespaces,
    /// Only the one that they run in; their rights stay cluster-wide all the same.
    OwnNamespace,
}

/// Whether network policies are part of the installation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NetworkPolicies {
    /// They are.
    #[default]
    Included,
    /// They are left out.
    LeftOut,
}

/// How an installation differs from the standard one.
#[derive(Clone, Debug)]
pub struct Options {
    /// The release, as labels and header name it, such as `v2.9.4`.
    pub version: String,
    /// The namespace that the controllers run in.
    pub namespace: String,
    /// The controllers to install, in order.
    pub components: Components,
    /// What stands before the name of each image; `None` leaves the published names as they are.
    pub registry: Option<String>,
    /// The Secret that images are pulled with.
    pub image_pull_secret: Option<String>,
    /// Which namespaces the controllers look at.
    pub watch: WatchScope,
    /// Whether network policies are part of it.
    pub network_policies: NetworkPolicies,
    /// The log level of the controllers.
    pub log_level: String,
    /// The domain under which the cluster names its services.
    pub cluster_domain: String,
    /// The keys of the taints that the controllers tolerate.
    pub toleration_keys: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            version: RELEASE.into(),
            namespace: shared::NAMESPACE.into(),
            components: Components::default(),
            registry: Some("ghcr.io/fluxcd".into()),
            image_pull_secret: None,
            watch: WatchScope::default(),
            network_policies: NetworkPolicies::default(),
            log_level: "info".into(),
            cluster_domain: "cluster.local".into(),
            toleration_keys: Vec::new(),
        }
    }
}

/// Makes the objects of an installation, in the order of the documents.
///
/// # Errors
///
/// Fails where a downloaded base is not built the way the options count on; our own base always is.
pub fn generate(base: Base, options: &Options) -> Result<Vec<Object>, TailorError> {
    let mut values = vec![shared::namespace(&options.namespace)];
    if options.network_policies == NetworkPolicies::Included {
        values.extend(base.policies);
    }
    values.extend(tailor::rights(base.rights, &options.namespace)?);
    for (component, objects) in base.components {
        values.extend(tailored(objects, component, options)?);
    }
    values
        .into_iter()
        .map(|value| tailor::finished(value, options))
        .collect()
}

/// Puts the options into the Deployments of one controller.
fn tailored(
    objects: Vec<Value>,
    component: &Component,
    options: &Options,
) -> Result<Vec<Value>, TailorError> {
    objects
        .into_iter()
        .map(|mut object| {
            if object["kind"] == "Deployment" {
                tailor::deployment(&mut object, component, options)?;
            }
            Ok(object)
        })
        .collect()
}

/// Writes objects as the file of an installation: header, then one document each.
pub fn render(objects: &[Object], options: &Options) -> String {
    let mut text = header(options);
    for (index, object) in objects.iter().enumerate() {
        if index > 0 {
            text.push_str("---\n");
        }
        manifest::emit_into(object.value(), &mut text);
    }
    text
}

fn header(options: &Options) -> String {
    let mut text = format!("---\n{}\n", document::WARNING);
    // Writing to a text cannot fail.
    let _ = writeln!(text, "# Flux Version: {}", options.version);
    let _ = writeln!(text, "# Components: {}", options.components);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(options: &Options) -> Vec<Object> {
        generate(Base::own(&options.components), options).unwrap()
    }

    fn arguments<'a>(objects: &'a [Object], name: &str) -> Vec<&'a str> {
        let deployment = objects
            .iter()
            .find(|object| object.kind() == "Deployment" && object.name() == name);
        let arguments = deployment
            .unwrap()
            .get("/spec/template/spec/containers/0/args")
            .unwrap();
        arguments
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect()
    }

    #[test]
    fn no_events_without_their_sink() {
        let components = Components::of_names(&["source-controller"], &[] as &[&str]).unwrap();
        let options = Options {
            components,
            watch: WatchScope::OwnNamespace,
            ..Options::default()
        };
        let objects = rendered(&options);
        assert_eq!(
            arguments(&objects, "source-controller")[..2],
            ["--events-addr=", "--watch-all-namespaces=false"]
        );
    }

    #[test]
    fn the_watcher_opens_a_gate_in_its_consumers() {
        let names = ["source-watcher", "helm-controller", "source-controller"];
        let components = Components::of_names(&names, &[] as &[&str]).unwrap();
        let options = Options {
            components,
            cluster_domain: "c.example".into(),
            ..Options::default()
        };
        let objects = rendered(&options);
        let gate = "--feature-gates=ExternalArtifact=true";
        assert_eq!(arguments(&objects, "helm-controller").last(), Some(&gate));
        assert!(!arguments(&objects, "source-controller").contains(&gate));
        assert_eq!(
            arguments(&objects, "source-watcher")[6],
            "--storage-adv-addr=source-watcher.$(RUNTIME_NAMESPACE).svc.c.example."
        );
        let deployments: Vec<_> = objects
            .iter()
            .filter(|object| object.kind() == "Deployment")
            .map(Object::name)
            .collect();
        assert_eq!(deployments, names, "the user's order");
    }

    #[test]
    fn without_a_registry_the_published_names_stay() {
        let options = Options {
            registry: None,
            ..Options::default()
        };
        let objects = rendered(&options);
        let deployment = objects
            .iter()
            .find(|object| object.kind() == "Deployment")
            .unwrap();
        assert_eq!(
            deployment.text("/spec/template/spec/containers/0/image"),
            "fluxcd/source-controller:v1.9.4"
        );
    }
}
