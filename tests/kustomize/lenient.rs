//! `build kustomization` where it is kinder than kustomize, as flux is, and where it says more than flux.

use crate::scene::{CommandOutput, TestEnv};

/// Builds a config map by a kustomization file and a Kustomization with this metadata and `postBuild`.
fn build(kustomization: &str, metadata: &str, post_build: &str) -> CommandOutput {
    let env = TestEnv::new();
    env.file(
        "app/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {text: \"${number}\", gone: \"${empty}\", same: x}\nspec: {count: \"${number}\"}\n",
    );
    env.file("app/kustomization.yaml", kustomization);
    env.file(
        "ks.yaml",
        &format!("apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {metadata}\nspec: {{interval: 1m, prune: true, path: ./, sourceRef: {{kind: GitRepository, name: a}}{post_build}}}\n"),
    );
    let call =
        "build kustomization a --namespace team --path app --kustomization-file ks.yaml --dry-run";
    env.run(call.split(' '))
}

#[test]
fn fields_that_flux_drops_have_no_effect() {
    let file =
        "resources: [a.yaml]\nbogus: 1\nnamePrefix: 5\nlabels: [{pairs: {x: 'y'}, wrong: z}]\n";
    let printed = build(file, "{name: a, namespace: team}", "").success();
    assert!(
        printed.contains("  name: 5a\n") && printed.contains("    x: \"y\"\n"),
        "{printed}"
    );
    let refused = build("resources: [{a: b}]\n", "{name: a, namespace: team}", "").failure(1);
    assert!(refused.contains("resources[0]"), "{refused}");
}

#[test]
fn owner_is_in_the_namespace_that_was_asked_for() {
    let printed = build("resources: [a.yaml]\n", "{name: a}", "").success();
    assert!(
        printed.contains("kustomize.toolkit.fluxcd.io/namespace: team\n"),
        "{printed}"
    );
}

#[test]
fn substitution_tells_what_values_lose() {
    let values = ", postBuild: {substitute: {number: \"5\", empty: \"\"}}";
    let output = build(
        "resources: [a.yaml]\n",
        "{name: a, namespace: team}",
        values,
    );
    let told = output.stderr();
    assert!(
        told.contains("`data.text` of ConfigMap/a is 5 and no text any more"),
        "{told}"
    );
    assert!(
        told.contains("`data.gone` of ConfigMap/a is null"),
        "{told}"
    );
    assert!(
        !told.contains("spec.count"),
        "a number is meant there: {told}"
    );
    assert!(output.success().contains("  gone: null\n"));
}
