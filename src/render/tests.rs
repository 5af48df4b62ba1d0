//! The wrapper around the engine against what Flux's own tests expect, from the corpus beside the project.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::kustomization::Place;
use super::recipe::Recipe;
use super::rules::Ignored;
use super::variables::Variables;
use crate::api::{PostBuild, SubstituteStrategy};
use crate::kustomize::Unset;
use crate::kustomize::load::Disk;
use crate::manifest::{Object, emit, read_objects};

/// Returns the folder of the corpus; says so where there is none.
fn corpus() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let beside = ["../shared", "../../shared"];
    let mut folders = beside
        .map(|shared| root.join(shared).join("kustomize-corpus/cases"))
        .into_iter();
    let found = folders.find(|folder| folder.is_dir());
    if found.is_none() {
        println!("skipped: there is no corpus beside the project");
    }
    found
}

/// One case: its folder and what it asks for.
struct Case {
    input: PathBuf,
    expected: String,
    command: Value,
}

impl Case {
    fn read(folder: &Path) -> Option<Self> {
        let command: Value =
            serde_json::from_str(&fs::read_to_string(folder.join("cmd.json")).unwrap()).unwrap();
        matches!(
            command["cmd"].as_str(),
            Some("flux-generate-and-build" | "flux-build-and-substitute")
        )
        .then(|| Self {
            input: folder.join("in"),
            expected: fs::read_to_string(folder.join("expected.yaml")).unwrap(),
            command,
        })
    }

    fn text(&self, key: &str) -> &str {
        self.command[key].as_str().unwrap_or_default()
    }

    fn recipe(&self) -> Recipe {
        let text = fs::read_to_string(self.input.join(self.text("kustomization_file"))).unwrap();
        Recipe::new(&read_objects(&text).unwrap()[0]).unwrap()
    }

    /// Returns what the holders below a folder hold, as the references of a Kustomization take it.
    fn referred(&self, post_build: &PostBuild) -> BTreeMap<String, String> {
        let mut values = BTreeMap::new();
        for reference in post_build.substitute_from.iter().flatten() {
            for entry in fs::read_dir(self.input.join(self.text("cluster_objects"))).unwrap() {
                let text = fs::read_to_string(entry.unwrap().path()).unwrap();
                for object in read_objects(&text).unwrap() {
                    if object.kind() == reference.kind.to_string()
                        && object.name() == reference.name
                    {
                        values.extend(data(&object));
                    }
                }
            }
        }
        values
    }

    fn objects(&self) -> Vec<Object> {
        let directory = self.input.join(self.text("path"));
        let directory = directory.canonicalize().unwrap();
        let recipe = self.recipe();
        let place = Place {
            files: &Disk,
            directory: &directory,
            remote: None,
        };
        if self.text("cmd") == "flux-generate-and-build" {
            let patterns: Vec<String> =
                serde_json::from_value(self.command["ignore_paths"].clone()).unwrap_or_default();
            let ignored = if self.command["use_sourceignore"] == true {
                Ignored::at(&Disk, &directory, &patterns)
            } else {
                Ignored::nothing()
            };
            let built = place
                .build_with(&recipe, &ignored, &mut super::Decryptor::default())
                .unwrap();
            return built.objects().unwrap();
        }
        let built = super::overlay::build_overlay(&Disk, &directory, None).unwrap();
        let mut objects = built.objects().unwrap();
        let mut post_build = recipe.spec.post_build.unwrap_or_default();
        if self.command["always"] == true {
            post_build.substitute_strategy = Some(SubstituteStrategy::Always);
        }
        let unset = if self.command["strict"] == true {
            Unset::Refused
        } else {
            Unset::Empty
        };
        let referred = self.referred(&post_build);
        let variables = Variables::new(&post_build, referred, unset);
        variables.put_into(&mut objects).unwrap();
        objects
    }
}

fn data(holder: &Object) -> BTreeMap<String, String> {
    let entries = |part: &str| {
        let part = holder.get(part).and_then(Value::as_object).cloned();
        part.unwrap_or_default().into_iter().map(|(key, value)| {
            let value = value.as_str().unwrap_or_default().to_owned();
            (key, value)
        })
    };
    let decoded = |(key, value): (String, String)| {
        let plain = match holder.kind() {
            "Secret" => String::from_utf8(STANDARD.decode(value).unwrap()).unwrap(),
            _ => value,
        };
        (key, plain)
    };
    let plain = entries("/data").map(decoded);
    plain.chain(entries("/stringData")).collect()
}

#[test]
fn builds_what_the_tests_of_flux_expect() {
    let Some(corpus) = corpus() else { return };
    let mut count = 0;
    for folder in fs::read_dir(corpus).unwrap() {
        let folder = folder.unwrap().path();
        let Some(case) = Case::read(&folder) else {
            continue;
        };
        let texts: Vec<String> = case
            .objects()
            .iter()
            .map(|object| emit(object.value()))
            .collect();
        assert_eq!(texts.join("---\n"), case.expected, "{}", folder.display());
        count += 1;
    }
    assert!(count > 0, "the corpus has no case of Flux's wrapper");
}
