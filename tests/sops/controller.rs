//! An encrypted repository, applied by the real kustomize-controller: each object is the one that a build gives.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::{fixture, key};
use crate::scene::{GitHttp, Scene, TestEnv, documents};

const OVERLAY: &str = "resources: [secret.yaml, settings.yaml, base]
secretGenerator:
- name: generated
  files:
  - document.yaml
  - renamed.json=document.json
  - settings.ini
  - bytes.bin
- name: variables
  envs: [settings.env]
patches:
- path: patch.yaml
  target: {kind: ConfigMap, name: settings}
replacements:
- source: {kind: Secret, name: variables, fieldPath: data.USER}
  targets:
  - select: {kind: ConfigMap, name: settings}
    fieldPaths: [data.carried]
    options: {create: true}
";

const SETTINGS: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {greeting: 'hello ${who}', kept: x}
";

const OBJECTS: &str = "apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData: {age.agekey: '${AGE}'}
---
apiVersion: v1
kind: Secret
metadata: {name: who}
stringData: {who: somebody secret}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: apps}
spec: {interval: 1h, url: '${URL}', ref: {branch: main}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps}
spec:
  interval: 1h
  retryInterval: 2s
  path: ./apps
  prune: true
  targetNamespace: ${NAMESPACE}
  sourceRef: {kind: GitRepository, name: apps}
  decryption: {provider: sops, secretRef: {name: keys}}
  postBuild: {substituteFrom: [{kind: Secret, name: who}]}
";

fn files() -> Vec<(&'static str, String)> {
    let encrypted = |name: &str| fixture(&format!("encrypted/{name}"));
    vec![
        ("apps/kustomization.yaml", OVERLAY.into()),
        ("apps/settings.yaml", SETTINGS.into()),
        ("apps/secret.yaml", encrypted("secret.yaml")),
        ("apps/document.yaml", encrypted("document.yaml")),
        ("apps/document.json", encrypted("document.json")),
        ("apps/settings.ini", encrypted("settings.ini")),
        ("apps/settings.env", encrypted("settings.env")),
        ("apps/bytes.bin", encrypted("bytes.bin")),
        ("apps/patch.yaml", encrypted("patch.yaml")),
        (
            "apps/base/kustomization.yaml",
            "secretGenerator: [{name: base, files: [groups.env]}]\n".into(),
        ),
        ("apps/base/groups.env", encrypted("settings.env")),
    ]
}

/// Returns the data of a Secret or config map as the server keeps them.
fn data(object: &Value) -> Map<String, Value> {
    let fields = |part: &str| object[part].as_object().cloned().unwrap_or_default();
    let mut data = fields("data");
    for value in data.values_mut().filter(|_| object["kind"] == "Secret") {
        let text: String = value.as_str().unwrap().split_whitespace().collect();
        *value = text.into();
    }
    let texts = fields("stringData").into_iter();
    data.extend(texts.map(|(key, text)| (key, STANDARD.encode(text.as_str().unwrap()).into())));
    data
}

#[test]
fn the_controller_applies_what_a_build_gives() {
    let Some(scene) = Scene::shared() else {
        return;
    };
    let git = GitHttp::open();
    let files = files();
    let files: Vec<_> = files
        .iter()
        .map(|(path, text)| (*path, text.as_str()))
        .collect();
    git.repository("apps").commit("begin", &files);
    let age = fixture("keys/age.txt");
    let age = age.lines().last().unwrap();
    scene.apply(
        &OBJECTS
            .replace("${URL}", &git.url("apps"))
            .replace("${AGE}", age),
    );
    scene.wait_ready("Kustomization/apps");
    let namespace = scene.namespace().to_owned();
    let env = TestEnv::in_scene(scene);
    for (path, text) in files {
        env.file(path, text);
    }
    let build = |more: &[&str]| {
        let namespace = format!("--namespace={namespace}");
        let arguments = ["build", "kustomization", "apps", "--path=apps", &namespace];
        env.run(arguments.into_iter().chain(more.iter().copied()))
            .success()
    };
    let text = build(&["--decryption-secret", "--show-secrets", "--yes"]);
    let objects = documents(&text);
    assert_eq!(objects.len(), 5, "{text}");
    for object in objects {
        let target = format!(
            "{}/{}",
            object["kind"].as_str().unwrap(),
            object["metadata"]["name"].as_str().unwrap()
        );
        let live = env.scene().object(&target);
        let live = live.unwrap_or_else(|| panic!("the controller has made no {target}\n{text}"));
        assert_eq!(data(&object), data(&live), "{target}");
    }
    // With another way to the same key, and nothing shown: neither the values nor the variable.
    let hidden = build(&[&format!("--decryption-key={}", key("age.txt"))]);
    for secret in [
        "somebody secret",
        "correct horse",
        "patched in secret",
        "admin",
    ] {
        assert!(text.contains(secret), "{secret}: {text}");
        assert!(!hidden.contains(secret), "{secret}: {hidden}");
    }
}
