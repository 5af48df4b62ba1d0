//! Holds generated installations to recorded ones: same documents, same order, same header.

use std::time::Instant;

use serde_json::Value;

use super::base::Base;
use super::components::Components;
use super::document;
use super::generate::{NetworkPolicies, Options, WatchScope, generate, render};
use crate::shared;

/// Reads the arguments of a recorded case; one that is not known fails the test.
fn options(arguments: &[Value]) -> Options {
    let list = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
    let mut options = Options::default();
    let mut names: Vec<String> = options
        .components
        .iter()
        .map(|component| component.name.into())
        .collect();
    let mut extra = Vec::new();
    let mut arguments = arguments.iter().map(|argument| argument.as_str().unwrap());
    while let Some(argument) = arguments.next() {
        let (flag, value) = argument.split_once('=').unwrap_or((argument, ""));
        match flag {
            "install" | "--export" => {}
            "-n" => options.namespace = arguments.next().unwrap().into(),
            "--components" => names = list(value),
            "--components-extra" => extra = list(value),
            "--network-policy" if value == "false" => {
                options.network_policies = NetworkPolicies::LeftOut;
            }
            "--watch-all-namespaces" if value == "false" => {
                options.watch = WatchScope::OwnNamespace;
            }
            "--registry" => options.registry = Some(value.into()),
            "--image-pull-secret" => options.image_pull_secret = Some(value.into()),
            "--toleration-keys" => options.toleration_keys = list(value),
            "--cluster-domain" => options.cluster_domain = value.into(),
            "--log-level" => options.log_level = value.into(),
            _ => panic!("the case uses {argument}, which this test does not read"),
        }
    }
    options.components = Components::of_names(&names, &extra).unwrap();
    options
}

/// Names the first path where two values differ; descriptions in schemas may.
fn difference(path: &str, wanted: &Value, found: &Value) -> Option<String> {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            let is_prose = |key: &str, value: &Value| {
                key == "description" && value.is_string() && path.contains("openAPIV3Schema")
            };
            for (key, value) in wanted.iter().filter(|(key, value)| !is_prose(key, value)) {
                let path = format!("{path}/{key}");
                let Some(other) = found.get(key) else {
                    return Some(format!("{path} is missing"));
                };
                if let Some(difference) = difference(&path, value, other) {
                    return Some(difference);
                }
            }
            let mut keys = found
                .iter()
                .filter(|(key, value)| !is_prose(key, value) && !wanted.contains_key(*key));
            keys.next()
                .map(|(key, _)| format!("{path}/{key} is too much"))
        }
        (Value::Array(wanted), Value::Array(found)) => {
            if wanted.len() != found.len() {
                return Some(format!(
                    "{path} has {} items for {}",
                    found.len(),
                    wanted.len()
                ));
            }
            let mut pairs = wanted.iter().zip(found).enumerate();
            pairs.find_map(|(index, (wanted, found))| {
                difference(&format!("{path}/{index}"), wanted, found)
            })
        }
        _ => (wanted != found).then(|| format!("{path} is {found} for {wanted}")),
    }
}

/// Splits a file into its comments and its documents.
fn parsed(text: &str) -> (Vec<&str>, Vec<Value>) {
    let header = text
        .lines()
        .take_while(|line| line.starts_with('#') || *line == "---")
        .collect();
    (header, document::values(text).unwrap())
}

/// Splits a file into the texts of its documents.
fn texts(text: &str) -> Vec<&str> {
    text.split("\n---\n").map(str::trim_end).collect()
}

fn identity(value: &Value) -> String {
    let text = |pointer| {
        value
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    format!(
        "{} {}/{}",
        text("/kind"),
        text("/metadata/namespace"),
        text("/metadata/name")
    )
}

#[test]
fn equals_what_flux_exports() {
    let Some(folder) = shared::folder("flux-reference/install-export") else {
        return;
    };
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let index: Value = serde_json::from_str(&read("index.json")).unwrap();
    let cases = index.as_object().unwrap();
    assert!(!cases.is_empty());
    for (name, case) in cases {
        let options = options(case["args"].as_array().unwrap());
        let begin = Instant::now();
        let objects = generate(Base::own(&options.components), &options).unwrap();
        let text = render(&objects, &options);
        println!("{name}: {:?}", begin.elapsed());
        let wanted_text = read(&format!("{name}.yaml"));
        let ((wanted_header, wanted), (header, found)) = (parsed(&wanted_text), parsed(&text));
        assert_eq!(header, wanted_header, "{name}");
        let identities = |values: &[Value]| values.iter().map(identity).collect::<Vec<_>>();
        assert_eq!(
            identities(&found),
            identities(&wanted),
            "{name}: other documents, or another order"
        );
        for (wanted, found) in texts(&wanted_text).iter().zip(texts(&text)) {
            // The descriptions in definitions are ours; everything else has the same bytes.
            if !wanted.contains("\nkind: CustomResourceDefinition\n") {
                assert_eq!(&found, wanted, "{name}");
            }
        }
        for (wanted, found) in wanted.iter().zip(&found) {
            let difference = difference(&identity(wanted), wanted, found);
            assert_eq!(difference, None, "{name}");
        }
    }
}
