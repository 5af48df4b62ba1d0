//! The recordings on disk: what is in the cluster beforehand, what is run, what came of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::scene::documents;

/// The commands whose recordings are replayed; `bootstrap` has its own tests.
const GROUPS: &[&str] = &[
    "get",
    "install",
    "check",
    "version",
    "uninstall",
    "suspend",
    "resume",
    "reconcile",
    "tree",
    "trace",
    "events",
    "logs",
    "stats",
    "debug",
    "build",
    "diff",
    "export",
    "delete",
    "migrate",
];

/// One run of flux.
#[derive(Debug, Deserialize)]
pub struct Case {
    /// The name of its file.
    #[serde(skip)]
    pub name: String,
    /// The world that it begins in.
    pub world: String,
    /// The arguments.
    pub args: Vec<String>,
    /// The working folder before the run, by path.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Variables besides the usual ones.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Standard input.
    #[serde(default)]
    pub stdin: String,
    /// The logs of containers, by `namespace/pod/container`.
    #[serde(default)]
    pub logs: BTreeMap<String, String>,
    /// Objects made before the run, in place of those of the same name.
    #[serde(default)]
    pub objects: Vec<Value>,
    /// Objects taken away before the run.
    #[serde(default)]
    pub absent: Vec<String>,
    /// Labels put on definitions before the run.
    #[serde(default)]
    pub crd_patch: Vec<DefinitionPatch>,
    /// What answers in place of controllers.
    #[serde(default)]
    pub responder: Vec<Rule>,
    /// Whether the changes count only when all definitions on their way out are gone.
    #[serde(default)]
    pub settle: bool,
    /// Whether it asks a question, whose drawing on standard output is not compared.
    #[serde(default)]
    pub prompt: bool,
    /// The exit status of flux.
    pub exit: i32,
    /// Its standard output.
    pub stdout: String,
    /// What it changed in the cluster.
    #[serde(default)]
    pub changes: Vec<Value>,
}

/// Labels for one definition.
#[derive(Debug, Deserialize)]
pub struct DefinitionPatch {
    /// The name of the definition.
    pub crd: String,
    /// The labels; null takes one away.
    pub labels: Value,
}

/// One answer of a stand-in for a controller.
#[derive(Clone, Debug, Deserialize)]
pub struct Rule {
    /// The object that it writes the status of.
    pub object: String,
    /// What it waits for.
    #[serde(default = "created")]
    pub when: String,
    /// The status.
    pub status: Value,
}

fn created() -> String {
    "created".into()
}

/// What is in the cluster before a run.
#[derive(Debug, Default, Deserialize)]
pub struct World {
    /// Which definitions: `plain`, `labelled` or `none`.
    #[serde(default = "plain")]
    pub crds: String,
    /// The recorded installation whose objects are there.
    #[serde(default)]
    pub install: Option<String>,
    /// The files with its objects.
    #[serde(default)]
    pub files: Vec<String>,
    /// Namespaces besides those of the objects.
    #[serde(default)]
    pub namespaces: Vec<String>,
}

fn plain() -> String {
    "plain".into()
}

impl Case {
    /// Says whether it begins in the untouched world.
    pub fn is_plain(&self) -> bool {
        self.objects.is_empty() && self.absent.is_empty() && self.crd_patch.is_empty()
    }
}

/// Reads the cases of `get-cases` and `live-cases` that are ours, by name.
pub fn cases(reference: &Path) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for folder in ["get-cases", "live-cases"] {
        for entry in fs::read_dir(reference.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let value: Value = serde_json::from_str(&text).unwrap();
            if !GROUPS.contains(&value["args"][0].as_str().unwrap_or_default()) {
                continue;
            }
            let mut case: Case = serde_json::from_value(value)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            case.name = path.file_stem().unwrap().to_string_lossy().into_owned();
            cases.push(case);
        }
    }
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    cases
}

/// Reads a world by its name.
pub fn world(reference: &Path, name: &str) -> World {
    let index = fs::read_to_string(reference.join("live-cases/worlds/index.json")).unwrap();
    let mut worlds: BTreeMap<String, World> = serde_json::from_str(&index).unwrap();
    worlds.remove(name).unwrap_or_else(|| World {
        crds: plain(),
        files: vec![format!("get:{name}")],
        namespaces: vec!["empty".into()],
        install: None,
    })
}

impl World {
    /// Reads its objects, with a status alone merged into the object that it is of; its node's kubelet listens
    /// on the port.
    pub fn objects(&self, reference: &Path, kubelet: u16) -> Vec<Value> {
        let mut objects = Vec::new();
        if let Some(installation) = &self.install {
            let path = reference
                .join("install-export")
                .join(format!("{installation}.yaml"));
            objects.extend(documents(&fs::read_to_string(path).unwrap()));
            objects.retain(|object| object["kind"] != "CustomResourceDefinition");
        }
        for file in &self.files {
            let path = match file.strip_prefix("get:") {
                Some(name) => reference
                    .join("get-cases")
                    .join(format!("objects-{name}.yaml")),
                None => reference.join("live-cases/worlds").join(file),
            };
            let text = fs::read_to_string(path).unwrap();
            let text = text.replace("${KUBELET_PORT}", &kubelet.to_string());
            for object in documents(&with_times(&text)) {
                let same = objects.iter_mut().find(|other| key(other) == key(&object));
                match same {
                    Some(other) => other["status"] = object["status"].clone(),
                    None => objects.push(object),
                }
            }
        }
        objects
    }
}

/// Names an object as the recordings do: `apiVersion Kind/namespace/name`.
pub fn key(object: &Value) -> String {
    let text = |pointer: &str| {
        object
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let namespace = text("/metadata/namespace");
    let slash = if namespace.is_empty() { "" } else { "/" };
    format!(
        "{} {}/{namespace}{slash}{}",
        text("/apiVersion"),
        text("/kind"),
        text("/metadata/name")
    )
}

/// Puts times in the place of `${NOW-20h30m}`.
fn with_times(text: &str) -> String {
    let mut parts = text.split("${NOW-");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (age, rest) = part
            .split_once('}')
            .expect("a placeholder ends with a brace");
        let fraction = if age.ends_with('u') { ".000000" } else { "" };
        let seconds = seconds(age.trim_end_matches('u'));
        let time = Timestamp::now() - SignedDuration::from_secs(seconds);
        filled.push_str(&format!(
            "{}{fraction}Z",
            time.strftime("%Y-%m-%dT%H:%M:%S")
        ));
        filled.push_str(rest);
    }
    filled
}

fn seconds(age: &str) -> i64 {
    let (mut total, mut number) = (0, 0);
    for character in age.chars() {
        if let Some(digit) = character.to_digit(10) {
            number = number * 10 + i64::from(digit);
        } else {
            let unit = match character {
                'd' => 86_400,
                'h' => 3_600,
                'm' => 60,
                _ => 1,
            };
            total += number * unit;
            number = 0;
        }
    }
    total
}

#[test]
fn ages_become_times() {
    assert_eq!(seconds("1d2h3m4s"), 93_784);
    assert!(with_times("at ${NOW-1hu}.").ends_with(".000000Z."));
}
