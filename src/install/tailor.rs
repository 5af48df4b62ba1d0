//! Puts an installation's options into published objects, as an overlay over them would.

use serde_json::{Map, Value, json};

use super::component::{ARTIFACT_MAKER, Artifacts, Component, EVENT_SINK};
use super::generate::{Options, WatchScope};
use super::shared;
use crate::error::Explain;
use crate::manifest::{Object, ObjectError};

/// The kinds that live in no namespace.
const CLUSTER_WIDE: &[&str] = &[
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "Namespace",
    "PriorityClass",
];

/// The kinds that get the namespace of the installation.
const NAMESPACED: &[&str] = &[
    "ConfigMap",
    "Deployment",
    "LimitRange",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "ResourceQuota",
    "Role",
    "RoleBinding",
    "Service",
    "ServiceAccount",
];

/// Where the arguments that options replace stand, for controllers that send events.
const STORAGE_ADDRESS: usize = 6;

/// Why options can't be put into an object of a release.
#[derive(Debug, thiserror::Error)]
pub enum TailorError {
    /// It is no complete object.
    #[error("the release holds an incomplete object")]
    Object(#[source] ObjectError),
    /// A field has another shape than expected.
    #[error("`{field}` of {object} in the release is not {wanted}")]
    Shape {
        /// Kind and name of the object.
        object: String,
        /// The path of the field.
        field: &'static str,
        /// What it should be.
        wanted: &'static str,
    },
    /// A controller has fewer arguments than options replace.
    #[error("{object} in the release has no argument number {index}")]
    Argument {
        /// Kind and name of the object.
        object: String,
        /// The place in the list, from 0.
        index: usize,
    },
    /// Nobody knows whether objects of this kind live in a namespace.
    #[error("the release holds an object of the unexpected kind {0}")]
    Kind(String),
}

impl Explain for TailorError {
    fn hint(&self) -> Option<String> {
        Some("this release is put together in a way that this version does not know: use the gitops of that release".into())
    }
}

/// Names roles, bindings and quota after the namespace, so that installations can stand side by side.
///
/// What they say of the published namespace, they say then of the one that is installed to.
pub(super) fn rights(mut values: Vec<Value>, namespace: &str) -> Result<Vec<Value>, TailorError> {
    if namespace != shared::NAMESPACE {
        for value in &mut values {
            rename(value, namespace);
        }
    }
    let known: Vec<(String, String)> = values
        .iter()
        .map(|value| {
            (
                text(value, "/kind").into(),
                text(value, "/metadata/name").into(),
            )
        })
        .collect();
    let suffixed = |kind: &str, name: &str| {
        known
            .iter()
            .any(|(one, other)| one == kind && other == name)
            .then(|| format!("{name}-{namespace}"))
    };
    for value in &mut values {
        let subjects = value.get_mut("subjects").and_then(Value::as_array_mut);
        for reference in subjects.into_iter().flatten() {
            refer(reference, suffixed);
        }
        if let Some(role) = value.get_mut("roleRef") {
            refer(role, suffixed);
        }
        let name = format!("{}-{namespace}", text(value, "/metadata/name"));
        mapping(value, &["metadata"])?.insert("name".into(), name.into());
    }
    Ok(values)
}

/// Lets a reference follow the new name of what it refers to.
fn refer(reference: &mut Value, suffixed: impl Fn(&str, &str) -> Option<String>) {
    let renamed = suffixed(text(reference, "/kind"), text(reference, "/name"));
    if let (Some(name), Some(reference)) = (renamed, reference.as_object_mut()) {
        reference.insert("name".into(), name.into());
    }
}

/// Writes another namespace wherever a text speaks of the published one.
fn rename(value: &mut Value, namespace: &str) {
    match value {
        Value::String(text) if text.contains(shared::NAMESPACE) => {
            *text = text.replace(shared::NAMESPACE, namespace);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, namespace)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| rename(field, namespace)),
        _ => {}
    }
}

/// Puts the options into a Deployment of a controller: arguments, image, where it may run.
pub(super) fn deployment(
    value: &mut Value,
    component: &Component,
    options: &Options,
) -> Result<(), TailorError> {
    place(value, options)?;
    if text(value, "/metadata/name") == component.name {
        arguments(value, component, options)?;
    }
    if let Some(registry) = &options.registry {
        for list in ["containers", "initContainers"] {
            let containers = value
                .pointer_mut(&format!("/spec/template/spec/{list}"))
                .and_then(Value::as_array_mut);
            for container in containers.into_iter().flatten() {
                image(container, registry, options);
            }
        }
    }
    Ok(())
}

/// Says on which nodes the pods may run, and with which Secret their images are pulled.
fn place(value: &mut Value, options: &Options) -> Result<(), TailorError> {
    let nodes = mapping(value, &["spec", "template", "spec", "nodeSelector"])?;
    nodes.insert("kubernetes.io/os".into(), "linux".into());
    let pod = mapping(value, &["spec", "template", "spec"])?;
    if let Some(name) = &options.image_pull_secret {
        pod.insert("imagePullSecrets".into(), json!([{"name": name}]));
    }
    if !options.toleration_keys.is_empty() {
        let keys = options.toleration_keys.iter();
        pod.insert(
            "tolerations".into(),
            keys.map(|key| json!({"key": key, "operator": "Exists"}))
                .collect(),
        );
    }
    Ok(())
}

/// Replaces arguments by their place in the list, and opens the gate for made artifacts.
fn arguments(
    value: &mut Value,
    component: &Component,
    options: &Options,
) -> Result<(), TailorError> {
    let object = shown(value);
    let list = value
        .pointer_mut("/spec/template/spec/containers/0/args")
        .and_then(Value::as_array_mut);
    let Some(list) = list else {
        return Err(TailorError::Shape {
            object,
            field: "spec.template.spec.containers[0].args",
            wanted: "a list",
        });
    };
    for (index, argument) in replacements(component, options) {
        let Some(place) = list.get_mut(index) else {
            return Err(TailorError::Argument { object, index });
        };
        *place = argument.into();
    }
    if component.artifacts == Artifacts::Consumed && options.components.contains(ARTIFACT_MAKER) {
        list.push("--feature-gates=ExternalArtifact=true".into());
    }
    Ok(())
}

/// Lists the arguments that the options decide, each with its place.
fn replacements(component: &Component, options: &Options) -> Vec<(usize, String)> {
    let domain = &options.cluster_domain;
    let all = options.watch == WatchScope::AllNamespaces;
    let common = [
        format!("--watch-all-namespaces={all}"),
        format!("--log-level={}", options.log_level),
    ];
    if component.name == EVENT_SINK {
        return common.into_iter().enumerate().collect();
    }
    // Without someone to receive events the address is empty, and no event is sent.
    // The full name with its final dot keeps the request from going through an HTTP proxy.
    let events = if options.components.contains(EVENT_SINK) {
        format!("--events-addr=http://{EVENT_SINK}.$(RUNTIME_NAMESPACE).svc.{domain}./")
    } else {
        "--events-addr=".into()
    };
    let mut replacements: Vec<_> = std::iter::once(events).chain(common).enumerate().collect();
    if component.artifacts == Artifacts::Stored {
        let address = format!(
            "--storage-adv-addr={}.$(RUNTIME_NAMESPACE).svc.{domain}.",
            component.name
        );
        replacements.push((STORAGE_ADDRESS, address));
    }
    replacements
}

/// Takes the image of a selected component from the registry; tag and digest stay.
fn image(container: &mut Value, registry: &str, options: &Options) {
    let Some(Value::String(image)) = container.get_mut("image") else {
        return;
    };
    let Some(published) = image.strip_prefix("fluxcd/") else {
        return;
    };
    let name = published.split([':', '@']).next().unwrap_or_default();
    if options.components.contains(name) {
        *image = format!("{registry}/{published}");
    }
}

/// Gives an object its namespace and the labels that all objects of an installation have.
pub(super) fn finished(mut value: Value, options: &Options) -> Result<Object, TailorError> {
    let kind = text(&value, "/kind");
    if NAMESPACED.contains(&kind) {
        mapping(&mut value, &["metadata"])?
            .insert("namespace".into(), options.namespace.as_str().into());
    } else if !CLUSTER_WIDE.contains(&kind) {
        return Err(TailorError::Kind(kind.into()));
    }
    label(mapping(&mut value, &["metadata", "labels"])?, options);
    if text(&value, "/kind") == "Deployment" {
        label(
            mapping(&mut value, &["spec", "template", "metadata", "labels"])?,
            options,
        );
    }
    Object::new(value).map_err(TailorError::Object)
}

fn label(labels: &mut Map<String, Value>, options: &Options) {
    labels.insert(
        "app.kubernetes.io/instance".into(),
        options.namespace.as_str().into(),
    );
    labels.insert("app.kubernetes.io/part-of".into(), "flux".into());
    labels.insert(
        "app.kubernetes.io/version".into(),
        options.version.as_str().into(),
    );
}

/// Returns the mapping at a path, made where it is missing.
fn mapping<'value>(
    value: &'value mut Value,
    path: &[&'static str],
) -> Result<&'value mut Map<String, Value>, TailorError> {
    let object = shown(value);
    let mut current = value;
    let mut field = "metadata";
    for key in path {
        let Value::Object(fields) = current else {
            return Err(TailorError::Shape {
                object,
                field,
                wanted: "a mapping",
            });
        };
        field = key;
        current = fields.entry(*key).or_insert(Value::Null);
        if current.is_null() {
            *current = Value::Object(Map::new());
        }
    }
    current.as_object_mut().ok_or(TailorError::Shape {
        object,
        field,
        wanted: "a mapping",
    })
}

fn text<'value>(value: &'value Value, pointer: &str) -> &'value str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Names an object for a message.
fn shown(value: &Value) -> String {
    format!("{} {}", text(value, "/kind"), text(value, "/metadata/name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffixed_role_is_still_referred_to() {
        let values = shared::rights();
        let values = rights(values, "elsewhere").unwrap();
        let binding = values.last().unwrap();
        assert_eq!(binding["metadata"]["name"], "crd-controller-elsewhere");
        assert_eq!(binding["roleRef"]["name"], "crd-controller-elsewhere");
        assert_eq!(binding["subjects"][0]["namespace"], "elsewhere");
        assert_eq!(
            values[4]["roleRef"]["name"], "cluster-admin",
            "what the release does not bring keeps its name"
        );
        assert_eq!(values[0]["metadata"]["namespace"], "elsewhere");
    }

    #[test]
    fn refuses_a_base_of_another_shape() {
        let component = Component::named("source-controller").unwrap();
        let mut short = json!({"kind": "Deployment", "metadata": {"name": "source-controller"}, "spec": {"template":
            {"spec": {"containers": [{"args": ["--events-addr=", "--a", "--b"]}]}}}});
        let error = deployment(&mut short, component, &Options::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Deployment source-controller in the release has no argument number 6"
        );
        let mut flat = json!({"kind": "Deployment", "metadata": {"name": "x"}, "spec": "text"});
        assert!(matches!(
            deployment(&mut flat, component, &Options::default()),
            Err(TailorError::Shape { .. })
        ));
        let alien = json!({"apiVersion": "x/v1", "kind": "Alien", "metadata": {"name": "x"}});
        assert!(matches!(
            finished(alien, &Options::default()),
            Err(TailorError::Kind(_))
        ));
    }
}
