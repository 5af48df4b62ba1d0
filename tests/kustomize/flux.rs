//! The cases of the corpus that are builds of a whole Flux Kustomization, through the command.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::scene::{TestEnv, reference_data, skip};

/// What a case says of itself.
#[derive(Deserialize)]
struct Said {
    cmd: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    kustomization_file: String,
    #[serde(default)]
    ignore_paths: Vec<String>,
    #[serde(default)]
    recursive: bool,
    #[serde(default)]
    local_sources: BTreeMap<String, String>,
}

impl Said {
    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            "build".into(),
            "kustomization".into(),
            self.name.clone(),
            format!("--namespace={}", self.namespace),
            format!("--path={}", self.path),
            format!("--kustomization-file={}", self.kustomization_file),
            format!("--recursive={}", self.recursive),
            "--dry-run".into(),
        ];
        let ignored = self.ignore_paths.iter();
        arguments.extend(ignored.map(|pattern| format!("--ignore-paths={pattern}")));
        let sources = self.local_sources.iter();
        arguments.extend(sources.map(|(name, path)| format!("--local-sources={name}={path}")));
        arguments
    }
}

fn check(case: &Path, said: &Said) {
    let env = TestEnv::new();
    let folder = case.join("in").display().to_string();
    let output = env
        .command(said.arguments())
        .within(Path::new(&folder))
        .run();
    let expected = fs::read(case.join("expected.yaml")).unwrap();
    assert!(
        output.status() == Some(0) && output.raw_stdout() == expected,
        "{}\n{output}",
        case.display()
    );
}

#[test]
fn flux_kustomizations_of_the_corpus_are_built_as_flux_does() {
    let folder = reference_data().map(|data| data.join("kustomize-corpus/cases"));
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        skip("no corpus of kustomize cases beside the project");
        return;
    };
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let case = entry.unwrap().path();
        let said: Said = serde_json::from_slice(&fs::read(case.join("cmd.json")).unwrap()).unwrap();
        if said.cmd == "flux-build-kustomization" {
            check(&case, &said);
            count += 1;
        }
    }
    assert!(count > 0, "the corpus has no build of a Flux Kustomization");
}

#[test]
fn a_kustomization_may_come_through_a_pipe() {
    let env = TestEnv::new();
    env.file(
        "app/map.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    );
    let kustomization = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: app, namespace: apps}\nspec: {path: ./app, prune: true}\n";
    let arguments = [
        "build",
        "kustomization",
        "app",
        "--path=app",
        "--kustomization-file=/dev/stdin",
        "--dry-run",
        "-n=apps",
    ];
    let output = env.command(arguments).stdin(kustomization).run();
    assert!(output.success().contains("name: a\n"));
}
