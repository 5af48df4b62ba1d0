//! What a build makes of a release is what the real helm-controller releases.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde_json::Value;

use super::helm::TEMPLATES;
use super::{fleet, kustomization};
use crate::scene::{GitHttp, Scene, are_built, built, documents};

const RELEASE: &str = "apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: charts, namespace: NAMESPACE}
spec: {interval: 1h, url: 'URL', ref: {branch: main}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: given, namespace: NAMESPACE}
data:
  values.yaml: |
    replicas: 4
    list: [1, 0x10, 2024-01-01, 'yes']
    nested: {dropped: given, kept: given}
  tag: '12'
---
apiVersion: v1
kind: Secret
metadata: {name: hidden, namespace: NAMESPACE}
stringData: {pass: 's3cr3t, value'}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: app, namespace: NAMESPACE}
spec:
  interval: 1h
  chart:
    spec:
      chart: ./charts/umbrella
      sourceRef: {kind: GitRepository, name: charts}
      valuesFiles: [charts/umbrella/values.yaml, shared.yaml]
  install: {disableWait: true}
  valuesFrom:
  - {kind: ConfigMap, name: given}
  - {kind: ConfigMap, name: given, valuesKey: tag, targetPath: app.tag}
  - {kind: Secret, name: hidden, valuesKey: pass, targetPath: app.password, literal: true}
  - {kind: ConfigMap, name: absent, optional: true}
  values: {app: {replicas: 3, nested: {dropped: null}}}
  commonMetadata: {labels: {team: blue}, annotations: {note: all}}
  postRenderers:
  - kustomize:
      images: [{name: web, newTag: '9'}]
      patches:
      - target: {kind: Deployment}
        patch: |
          - {op: add, path: /spec/paused, value: true}
  - kustomize:
      patches:
      - patch: |
          apiVersion: v1
          kind: ConfigMap
          metadata: {name: app-own}
          data: {added: later}
";

const OWN: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: '{{ .Release.Name }}-own', labels: {chart: '{{ .Chart.Name }}'}}
data:
  shared: {{ .Values.shared | quote }}
  list: {{ .Values.list | toJson | quote }}
  tag: {{ .Values.app.tag | quote }}
";

fn charts() -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = TEMPLATES
        .iter()
        .filter(|(path, _)| !path.starts_with("crds/") && !path.contains("hook"))
        .map(|(path, text)| (format!("charts/app/{path}"), (*text).to_owned()))
        .collect();
    let own = [
        (
            "charts/umbrella/Chart.yaml",
            "apiVersion: v2\nname: umbrella\nversion: 0.1.0\ndependencies:\n- {name: app, version: 1.x, repository: 'file://../app'}\n",
        ),
        ("charts/umbrella/values.yaml", "shared: default\nlist: []\n"),
        ("charts/umbrella/templates/own.yaml", OWN),
        ("shared.yaml", "shared: from-the-source\n"),
    ];
    files.extend(own.map(|(path, text)| (path.to_owned(), text.to_owned())));
    files
}

/// Returns the objects that Helm has kept of a release.
fn released(scene: &Scene) -> Vec<Value> {
    let secret = scene
        .object("Secret/sh.helm.release.v1.app.v1")
        .expect("the release is kept");
    let text = secret["data"]["release"].as_str().unwrap();
    let packed = STANDARD.decode(STANDARD.decode(text).unwrap()).unwrap();
    let mut plain = String::new();
    GzDecoder::new(packed.as_slice())
        .read_to_string(&mut plain)
        .unwrap();
    let release: Value = serde_json::from_str(&plain).unwrap();
    documents(release["manifest"].as_str().unwrap())
}

fn sorted(mut objects: Vec<Value>) -> Vec<Value> {
    for object in &mut objects {
        // The controller leaves the namespace to the time when it applies.
        object["metadata"]
            .as_object_mut()
            .unwrap()
            .remove("namespace");
    }
    objects.sort_by_key(|object| format!("{} {}", object["kind"], object["metadata"]["name"]));
    objects
}

#[test]
fn the_controller_releases_what_a_build_gives() {
    let Some(scene) = Scene::shared().filter(|_| are_built(&["helm"])) else {
        return;
    };
    let git = GitHttp::open();
    let files = charts();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    git.repository("charts").commit("begin", &files);
    let objects = RELEASE
        .replace("URL", &git.url("charts"))
        .replace("NAMESPACE", scene.namespace());
    scene.apply(&objects);
    scene.wait_ready("HelmRelease/app");
    let env = fleet(&[kustomization("apps", "./apps", "")]);
    env.file("apps/release.yaml", &objects);
    let helm = format!("--helm-command={}", built("helm").display());
    let arguments = [
        "build",
        "cluster",
        "clusters/one",
        "--helm",
        &helm,
        "--fetch",
    ];
    let more = ["--show-secrets", "--yes", "-o", "json"];
    let output = env.run(arguments.into_iter().chain(more));
    assert_eq!(output.status(), Some(0), "{output}");
    let list: Value = serde_json::from_slice(output.raw_stdout()).unwrap();
    let own = list["items"].as_array().unwrap().iter().filter(|item| {
        item.pointer("/metadata/labels/helm.toolkit.fluxcd.io~1name")
            .is_some()
    });
    let own = sorted(own.cloned().collect());
    let wanted = sorted(released(&scene));
    assert_eq!(wanted.len(), 4, "{wanted:#?}");
    for (own, wanted) in own.iter().zip(&wanted) {
        assert_eq!(own, wanted);
    }
    assert_eq!(own.len(), wanted.len());
}
