//! A `HelmRelease` as its chart is rendered for it: its names, its values, and what is done with the objects after.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::super::files::Layer;
use super::super::kustomization::set;
use super::super::overlay::build_overlay;
use super::chart::{ChartCall, Charts};
use super::chart_dependencies::ChartPlace;
use super::finding::{Finding, Severity};
use super::nothing::Nothing;
use super::outcome::Outcome;
use super::place::Place;
use super::task::Task;
use crate::error::Failure;
use crate::kustomize::resource::Scope;
use crate::kustomize::schema::scope_of;
use crate::manifest::{self, Object, read_objects};

/// The API group of releases.
pub const GROUP: &str = "helm.toolkit.fluxcd.io";

/// How long the name of a release may be, and how much of a longer one is kept.
const LONGEST_NAME: usize = 53;
const KEPT_NAME: usize = 40;

/// The folder that post-renderers work in, which is nowhere but in memory.
const FOLDER: &str = "/release";

/// What the rendering of a release needs beside it.
pub struct ReleaseNeeds {
    /// The chart.
    pub chart: ChartPlace,
    /// The default values in place of the chart's own.
    pub defaults: Option<Map<String, Value>>,
    /// The values.
    pub values: Map<String, Value>,
    /// Whether values of Secrets are among them.
    pub holds_secrets: bool,
    /// What renders charts.
    pub charts: Arc<dyn Charts>,
    /// Where the release stands.
    pub place: Option<Place>,
}

/// Says whether an object is a release, of whatever version.
pub fn is_release(object: &Object) -> bool {
    object.group() == GROUP && object.kind() == "HelmRelease"
}

/// Returns the name that Helm gets for a release, as helm-controller makes it.
pub fn release_name(object: &Object) -> String {
    let given = object.text("/spec/releaseName");
    if !given.is_empty() {
        return given.to_owned();
    }
    let name = match object.text("/spec/targetNamespace") {
        "" => object.name().to_owned(),
        namespace => format!("{namespace}-{}", object.name()),
    };
    if name.len() <= LONGEST_NAME || !name.is_char_boundary(KEPT_NAME) {
        return name;
    }
    let digest = Sha256::digest(name.as_bytes());
    let mut short = format!("{}-", &name[..KEPT_NAME]);
    for byte in &digest[..6] {
        // Writing to a text cannot fail.
        let _ = write!(short, "{byte:02x}");
    }
    short
}

/// Renders a release; a failure is a finding of the outcome.
pub fn build(task: &Task, needs: &ReleaseNeeds) -> Outcome {
    let mut outcome = Outcome {
        is_passing: needs.holds_secrets,
        ..Outcome::default()
    };
    match rendered(task, needs) {
        Ok(objects) => outcome.objects = objects,
        Err(why) => {
            let message = format!("its chart cannot be rendered: {why}");
            let finding = Finding::new(Severity::Error, &task.owner, message);
            outcome.findings.push(finding.at(needs.place.clone()));
        }
    }
    outcome
}

fn rendered(task: &Task, needs: &ReleaseNeeds) -> Result<Vec<Object>, String> {
    let object = &task.object;
    let (release, namespace) = (release_name(object), namespace_of(object));
    for name in [release.as_str(), namespace] {
        // What begins like a flag would be one to the program.
        if !is_name(name) {
            return Err(format!("`{name}` is no name that Kubernetes has"));
        }
    }
    let mut chart = needs.chart.read()?;
    if let Some(defaults) = &needs.defaults
        && !chart.set_defaults(defaults)
    {
        return Err("`valuesFiles` of a packed chart are not read".into());
    }
    let is_on = |field: &str| object.get(field) == Some(&Value::Bool(true));
    let made = needs.charts.render(&ChartCall {
        chart: &chart,
        release: &release,
        namespace,
        values: &needs.values,
        skips_schema: is_on("/spec/install/disableSchemaValidation"),
        with_crds: object.text("/spec/install/crds") != "Skip",
    })?;
    let mut objects = post_rendered(object, made.manifest)?;
    for (part, field) in [
        ("labels", "/spec/commonMetadata/labels"),
        ("annotations", "/spec/commonMetadata/annotations"),
    ] {
        let pairs = pairs(object.get(field));
        for made in &mut objects {
            set(made, part, &pairs);
        }
    }
    let crds = read_objects(&made.crds).map_err(|error| error.to_string())?;
    let is_definition = |object: &Object| object.kind() == "CustomResourceDefinition";
    let mut all: Vec<Object> = crds.into_iter().filter(is_definition).collect();
    all.append(&mut objects);
    let origin = BTreeMap::from([
        (format!("{GROUP}/name"), object.name().to_owned()),
        (format!("{GROUP}/namespace"), object.namespace().to_owned()),
    ]);
    for made in &mut all {
        set(made, "labels", &origin);
        let scope = scope_of(made.api_version(), made.kind());
        if made.namespace().is_empty() && scope == Some(Scope::Namespaced) {
            let metadata = made.metadata_mut();
            metadata.insert("namespace".into(), namespace.into());
        }
    }
    Ok(all)
}

/// Returns the namespace that a release goes to.
fn namespace_of(object: &Object) -> &str {
    match object.text("/spec/targetNamespace") {
        "" => object.namespace(),
        namespace => namespace,
    }
}

fn is_name(text: &str) -> bool {
    let is_part =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    text.bytes().all(is_part) && text.starts_with(|first: char| first.is_ascii_alphanumeric())
}

fn pairs(value: Option<&Value>) -> BTreeMap<String, String> {
    let map = value.and_then(Value::as_object).into_iter().flatten();
    let pair = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    map.filter_map(pair).collect()
}

/// Sends a manifest through the post-renderers of a release, each a build of kustomize; one that changes nothing, as
/// helm-controller does, where there is none.
fn post_rendered(object: &Object, manifest: String) -> Result<Vec<Object>, String> {
    let renderers = object.get("/spec/postRenderers").and_then(Value::as_array);
    let renderers = renderers.into_iter().flatten();
    let mut steps: Vec<Value> = renderers
        .filter_map(|renderer| renderer.get("kustomize"))
        .map(|renderer| {
            json!({
                "resources": ["manifest.yaml"],
                "patches": renderer.get("patches").filter(|patches| patches.is_array()).unwrap_or(&json!([])),
                "images": renderer.get("images").filter(|images| images.is_array()).unwrap_or(&json!([])),
            })
        })
        .collect();
    if steps.is_empty() {
        steps.push(json!({"resources": ["manifest.yaml"]}));
    }
    let mut objects = read_objects(&manifest).map_err(|error| error.to_string())?;
    let mut text = manifest;
    for step in steps {
        if objects.is_empty() {
            break;
        }
        let folder = Path::new(FOLDER);
        let mut files = Layer::new(&Nothing);
        files.put(folder.join("manifest.yaml"), Some(text.into_bytes()));
        let step = step.to_string().into_bytes();
        files.put(folder.join("kustomization.yaml"), Some(step));
        let failed = |failure: Failure| format!("post-rendering: {}", failure.in_one_line());
        let built = build_overlay(&files, folder, None);
        let built = built.map_err(|error| failed(error.into()))?;
        objects = built.objects().map_err(|error| failed(error.into()))?;
        text = String::new();
        for object in &objects {
            manifest::emit_into(object.value(), &mut text);
            text.push_str("---\n");
        }
    }
    Ok(objects)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(spec: &Value) -> Object {
        let value = json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "app", "namespace": "apps"}, "spec": spec});
        Object::new(value).unwrap()
    }

    #[test]
    fn names_are_those_of_helm_controller() {
        assert_eq!(release_name(&release(&json!({}))), "app");
        assert_eq!(
            release_name(&release(&json!({"targetNamespace": "web"}))),
            "web-app"
        );
        let named = json!({"targetNamespace": "web", "releaseName": "own"});
        assert_eq!(release_name(&release(&named)), "own");
        let long = release_name(&release(&json!({"targetNamespace": "n".repeat(60)})));
        assert_eq!(long.len(), LONGEST_NAME);
        assert!(long.starts_with(&"n".repeat(KEPT_NAME)));
        for bad in ["--post-renderer=x", "-f", "a b", "", "A"] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn post_renderers_work_one_after_the_other() {
        let spec = json!({"postRenderers": [
            {"kustomize": {"images": [{"name": "web", "newTag": "2"}]}},
            {"kustomize": {"patches": [{"target": {"kind": "Pod"}, "patch": "- {op: add, path: /metadata/annotations, value: {a: b}}"}]}},
        ]});
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'web:1'}]}\n";
        let objects = post_rendered(&release(&spec), pod.into()).unwrap();
        assert_eq!(objects[0].text("/spec/containers/0/image"), "web:2");
        assert_eq!(objects[0].text("/metadata/annotations/a"), "b");
        let twice = format!("{pod}---\n{pod}");
        assert!(post_rendered(&release(&json!({})), twice).is_err());
        assert!(
            post_rendered(&release(&json!({})), "# nothing\n".into())
                .unwrap()
                .is_empty()
        );
    }
}
