//! The definitions of Flux's kinds: from the program's own manifests, or from the reference data.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::api::{Api, items};
use super::manifest::{documents, text};
use super::program::reference_data;

/// Every kind that a Flux controller looks for when it starts, as `GROUP/VERSION` and plurals.
const SERVED: &[(&str, &[&str])] = &[
    (
        "source.toolkit.fluxcd.io/v1",
        &[
            "gitrepositories",
            "ocirepositories",
            "helmrepositories",
            "helmcharts",
            "buckets",
            "externalartifacts",
        ],
    ),
    ("kustomize.toolkit.fluxcd.io/v1", &["kustomizations"]),
    ("helm.toolkit.fluxcd.io/v2", &["helmreleases"]),
    ("notification.toolkit.fluxcd.io/v1", &["receivers"]),
    (
        "notification.toolkit.fluxcd.io/v1beta3",
        &["alerts", "providers"],
    ),
    (
        "image.toolkit.fluxcd.io/v1",
        &[
            "imagerepositories",
            "imagepolicies",
            "imageupdateautomations",
        ],
    ),
];

const EXPORT: &[&str] = &[
    "install",
    "--export",
    "--components-extra=image-reflector-controller,image-automation-controller,source-watcher",
];

/// Returns the definitions that a cluster of this run gets, if any can be had.
///
/// They are what the program under test installs; while it can't export them yet, the published ones
/// of the reference data stand in.
pub fn of_this_run() -> Option<&'static [Value]> {
    static DEFINITIONS: OnceLock<Option<Vec<Value>>> = OnceLock::new();
    DEFINITIONS
        .get_or_init(|| {
            exported().or_else(|| reference_data().map(|data| read(&data.join("flux-crds"))))
        })
        .as_deref()
}

fn exported() -> Option<Vec<Value>> {
    let output = Command::new(env!("CARGO_BIN_EXE_gitops"))
        .args(EXPORT)
        .env_clear()
        .output()
        .ok()?;
    let definitions = only_definitions(documents(std::str::from_utf8(&output.stdout).ok()?));
    (output.status.success() && !definitions.is_empty()).then_some(definitions)
}

/// Reads the definitions in a file, or in all YAML files of a folder; other objects are left out.
pub fn read(path: &Path) -> Vec<Value> {
    let files = if path.is_dir() {
        yaml_files(path)
    } else {
        vec![path.to_owned()]
    };
    let text = |file: &PathBuf| {
        fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    };
    only_definitions(
        files
            .iter()
            .flat_map(|file| documents(&text(file)))
            .collect(),
    )
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let files = entries.flatten().map(|entry| entry.path());
    files
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect()
}

fn only_definitions(mut objects: Vec<Value>) -> Vec<Value> {
    objects.retain(|object| text(object, "/kind") == "CustomResourceDefinition");
    objects
}

/// The groups of all Flux kinds that a controller looks for, without their common ending.
const GROUPS: &[&str] = &["source", "kustomize", "helm", "notification", "image"];

/// Says whether the server lists every kind of these groups that a controller looks for.
///
/// The condition `Established` comes up to a second earlier, and a controller that starts then exits.
pub fn are_served(api: &Api, groups: &[&str]) -> bool {
    let wanted =
        |group_version: &str| groups.contains(&group_version.split('.').next().unwrap_or_default());
    let mut of_groups = SERVED
        .iter()
        .filter(|(group_version, _)| wanted(group_version));
    of_groups.all(|(group_version, plurals)| api.serves(group_version, plurals))
}

/// Applies definitions and waits until their kinds are listed, and their objects can be.
///
/// A kind that discovery lists already may answer 429 for a moment, while its storage is made.
pub fn apply(api: &Api, definitions: &[Value], limit: Duration) {
    api.apply_all(definitions.to_vec(), "");
    api.until("every Flux kind is listed by discovery", limit, || {
        are_served(api, GROUPS)
    });
    for path in definitions.iter().flat_map(collections) {
        api.until(&format!("{path} can be read"), limit, || {
            api.call(Method::GET, &format!("{path}?limit=1"), None).0 == 200
        });
    }
}

/// Returns the path of each version of a kind that is served.
fn collections(definition: &Value) -> Vec<String> {
    let (group, plural) = (
        text(definition, "/spec/group"),
        text(definition, "/spec/names/plural"),
    );
    let served = items(&definition["spec"], "versions")
        .iter()
        .filter(|version| version["served"] == true);
    served
        .map(|version| format!("/apis/{group}/{}/{plural}", text(version, "/name")))
        .collect()
}
