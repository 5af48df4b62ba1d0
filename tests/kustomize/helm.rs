//! Helm charts of a kustomization: what `helm` is called with, and the same as kustomize makes of the real one.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::scene::{TestEnv, are_built, built};

/// A program that writes down how it is called, keeps the values that it gets, and prints one object.
const FAKE: &str = r#"#!/bin/sh
echo "$@" >>calls
case $1 in
version) echo "v4.1.3+g0"; exit ;;
pull) while [ "$1" != --untardir ]; do shift; done
  mkdir -p "$2/app"; echo 'size: 1' >"$2/app/values.yaml"; exit ;;
esac
while [ "$1" != -f ]; do shift; done
while IFS= read -r line; do echo "$line" >>values; done <"$2"
echo "Pulled: nothing to see"
echo ---
echo '{apiVersion: v1, kind: ConfigMap, metadata: {name: made, namespace: '"${HELM_CONFIG_HOME##*/}"'}}'
"#;

fn with_fake() -> TestEnv {
    let env = TestEnv::new().with_program("mkdir");
    let program = env.file("helm", FAKE);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    env
}

fn told(env: &TestEnv, file: &str) -> String {
    fs::read_to_string(env.folder().join(file)).unwrap()
}

#[test]
fn chart_is_refused_without_the_flag() {
    let env = TestEnv::new();
    env.file("app/kustomization.yaml", "helmCharts: [{name: app}]\n");
    let refused = env.run(["build", "overlay", "app"]).failure(1);
    assert!(refused.contains("must specify --enable-helm"), "{refused}");
}

#[test]
fn chart_is_pulled_and_rendered_with_all_its_fields() {
    let env = with_fake();
    env.file("more.yaml", "");
    env.file("app/more.yaml", "a: b\n");
    env.file(
        "app/kustomization.yaml",
        "namespace: shop\nnamePrefix: my-\nhelmGlobals: {chartHome: kept, configHome: /cfg/own}\nhelmCharts:\n- name: app\n  version: 1.2.3\n  repo: https://charts.example.com\n  releaseName: rel\n  nameTemplate: tpl\n  additionalValuesFiles: [more.yaml]\n  valuesInline: {size: 2, list: [x]}\n  includeCRDs: true\n  skipTests: true\n  skipHooks: true\n  devel: true\n  apiVersions: [a/v1, b/v1]\n  kubeVersion: \"1.30\"\n",
    );
    let call = [
        "build",
        "overlay",
        "app",
        "--enable-helm",
        "--helm-command",
        "./helm",
        "--helm-kube-version",
        "1.1",
    ];
    let output = env.run(call).success();
    assert_eq!(
        output, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: my-made\n  namespace: own\n",
        "what Helm made stays in its namespace"
    );
    let home = env.folder().join("app").display().to_string();
    let calls = told(&env, "calls").replace(&home, "APP");
    let calls: Vec<&str> = calls.lines().collect();
    assert_eq!(calls[0], "version --short");
    assert_eq!(
        calls[1],
        "pull --untar --untardir APP/kept/app-1.2.3 --repo https://charts.example.com app --version 1.2.3 --devel"
    );
    let (before, after) = calls[2].split_once(" -f ").unwrap();
    assert_eq!(
        before,
        "template rel APP/kept/app-1.2.3/app --namespace shop --name-template tpl"
    );
    let (values, after) = after.split_once(' ').unwrap();
    assert!(values.ends_with("/app-kustomize-values.yaml"), "{values}");
    assert_eq!(
        after,
        "-f APP/more.yaml --api-versions a/v1 --api-versions b/v1 --kube-version 1.30 --include-crds --skip-tests --no-hooks --devel"
    );
    assert_eq!(told(&env, "values"), "list:\n- x\nsize: 2\n");
    assert_eq!(env.run(call).success(), output);
    let pulls = told(&env, "calls")
        .lines()
        .filter(|call| call.starts_with("pull"))
        .count();
    assert_eq!(pulls, 1, "a chart that is there is used as it is");
}

#[test]
fn chart_that_cannot_be_asked_for_is_refused() {
    let env = with_fake();
    let refused = |chart: &str| {
        env.file(
            "app/kustomization.yaml",
            &format!("helmCharts: [{chart}]\n"),
        );
        env.run([
            "build",
            "overlay",
            "app",
            "--enable-helm",
            "--helm-command",
            "./helm",
        ])
        .failure(1)
    };
    for (chart, problem) in [
        ("{version: '1'}", "chart name cannot be empty"),
        ("{name: -x}", "may not begin with `-`"),
        (
            "{name: app, releaseName: --post-renderer=x}",
            "may not begin with `-`",
        ),
        (
            "{name: app}",
            "no repo specified for pull, no chart found at",
        ),
        (
            "{name: app, valuesMerge: both}",
            "valuesMerge must be one of [merge override replace]",
        ),
        (
            "{name: app, additionalValuesFiles: [gone.yaml]}",
            "could not load additionalValuesFile",
        ),
    ] {
        let said = refused(chart);
        assert!(said.contains(problem), "{chart}: {said}");
    }
    env.file("app/kustomization.yaml", "helmCharts: [{name: app}]\n");
    let missing = env.run([
        "build",
        "overlay",
        "app",
        "--enable-helm",
        "--helm-command",
        "./gone",
    ]);
    let said = missing.failure(1);
    assert!(said.contains("is './gone' installed?"), "{said}");
}

/// A chart with a definition, a hook, a test and values of all sorts.
fn chart(env: &TestEnv) {
    env.file(
        "app/charts/web/Chart.yaml",
        "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    );
    env.file(
        "app/charts/web/values.yaml",
        "size: 1\nports: [80, 443]\nlabels: {a: b, gone: x}\ntext: \"5\"\n",
    );
    env.file("app/charts/web/crds/crd.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\n");
    env.file(
        "app/charts/web/templates/all.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-web\n  namespace: {{ .Release.Namespace }}\ndata:\n  values: {{ toJson .Values | quote }}\n  kube: {{ .Capabilities.KubeVersion.Version | quote }}\n  has: {{ .Capabilities.APIVersions.Has \"a/v1\" | quote }}\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: check\n  annotations: {helm.sh/hook: test}\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: hook\n  annotations: {helm.sh/hook: pre-install}\n",
    );
}

#[test]
fn charts_are_built_as_kustomize_builds_them() {
    if !are_built(&["kustomize", "helm"]) {
        return;
    }
    let env = TestEnv::new();
    chart(&env);
    env.file("app/more.yaml", "labels: {c: d}\nsize: 3\n");
    let (helm, kustomize) = (built("helm"), built("kustomize"));
    let command = helm.display().to_string();
    for chart in [
        "{name: web, releaseName: r}",
        "{name: web, releaseName: r, namespace: own, includeCRDs: true, skipTests: true}",
        "{name: web, releaseName: r, skipHooks: true, kubeVersion: 1.30.1, apiVersions: [a/v1]}",
        "{name: web, releaseName: r, valuesInline: {size: 2, ports: [8080], labels: {gone: null}, text: 6}}",
        "{name: web, releaseName: r, valuesMerge: merge, valuesInline: {size: 2, new: {x: y}, ports: [8080]}}",
        "{name: web, releaseName: r, valuesMerge: replace, valuesInline: {only: this}}",
        "{name: web, releaseName: r, additionalValuesFiles: [more.yaml]}",
        "{name: web, releaseName: r, valuesFile: more.yaml, valuesInline: {size: 12345678}}",
    ] {
        env.file(
            "app/kustomization.yaml",
            &format!(
                "namespace: shop\nnamePrefix: my-\ncommonLabels: {{x: z}}\nhelmCharts:\n- {chart}\n"
            ),
        );
        let flags = ["--enable-helm", "--helm-command", &command];
        let theirs = env
            .other_command(&kustomize, ["build", "app"].into_iter().chain(flags))
            .run()
            .success();
        let ours = env
            .run(["build", "overlay", "app"].into_iter().chain(flags))
            .success();
        assert_eq!(ours, theirs, "{chart}");
    }
}
