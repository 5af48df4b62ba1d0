//! `build cluster` and `test cluster`: what is followed, and what is found.

use std::fs;

use super::{commit, config_map, fleet, kustomization};
use crate::scene::{TestEnv, assert_fits_schema};

/// Returns the names of the config maps of a cluster, with what they hold under `a`.
fn values(env: &TestEnv, more: &[&str]) -> Vec<String> {
    let form = "-o=jsonpath={range .items[?(@.kind==\"ConfigMap\")]}{.metadata.name}={.data.a}{\"\\n\"}{end}";
    let arguments = [
        "build",
        "cluster",
        "clusters/one",
        "--show-secrets",
        "--yes",
        form,
    ];
    let output = env.run(arguments.iter().chain(more).copied());
    String::from_utf8_lossy(output.raw_stdout())
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn follows_kustomizations_their_patches_components_and_variables() {
    let patch = "patches:\n- target: {kind: Kustomization}\n  patch: |\n    - op: add\n      path: /spec/commonMetadata\n      value: {labels: {team: blue}}";
    let from = "postBuild:\n  substitute: {OWN: own}\n  substituteFrom:\n  - {kind: ConfigMap, name: settings}\n  - {kind: Secret, name: token}\n  - {kind: ConfigMap, name: absent, optional: true}";
    let env = fleet(&[
        kustomization("teams", "./teams", patch),
        kustomization("settings", "./settings", ""),
    ]);
    env.file(
        "teams/app.yaml",
        &kustomization(
            "app",
            "./app",
            &format!("{from}\ncomponents: [../component]"),
        ),
    );
    env.file(
        "settings/all.yaml",
        &config_map("settings", "{a: plain, DOMAIN: example.com}"),
    );
    env.file(
        "settings/secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: token, namespace: flux-system}\nstringData: {TOKEN: hidden}\n",
    );
    env.file("app/kustomization.yaml", "resources: [map.yaml]\n");
    env.file(
        "app/map.yaml",
        &config_map("app", "{a: \"${OWN}.${DOMAIN}.${TOKEN}.${NONE:=d}\"}"),
    );
    env.file(
        "component/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: my-\n",
    );
    commit(&env);
    let wanted = ["settings=plain", "my-app=own.example.com.hidden.d"];
    assert_eq!(values(&env, &[]), wanted);
    assert_eq!(values(&env, &["--revision", "HEAD"]), wanted);
    let yaml = env.run(["build", "cluster", "clusters/one"]).success();
    assert!(yaml.contains("team: blue\n"), "{yaml}");
    assert!(
        yaml.contains("kustomize.toolkit.fluxcd.io/name: app\n"),
        "{yaml}"
    );
    // Without Git, the repository begins where its own path says.
    fs::remove_dir_all(env.folder().join(".git")).unwrap();
    assert_eq!(values(&env, &[]), wanted);
}

#[test]
fn other_sources_and_objects_are_given() {
    let source = "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: other, namespace: flux-system}\nspec: {interval: 1m, url: \"https://git.example.com/other.git\"}\n";
    let mine = source
        .replace("name: other", "name: mine")
        .replace("other.git", "fleet");
    let other = kustomization(
        "other",
        "./deploy",
        "postBuild: {substituteFrom: [{kind: ConfigMap, name: live}]}",
    )
    .replace("name: flux-system}\n", "name: other}\n");
    let own = kustomization("own", "./own", "").replace("name: flux-system}\n", "name: mine}\n");
    let env = fleet(&[source.to_owned(), mine, other, own]);
    env.file("own/a.yaml", &config_map("own", "{a: 1s}"));
    env.file(
        "elsewhere/deploy/a.yaml",
        &config_map("other", "{a: \"${A}\"}"),
    );
    env.file("live.yaml", &config_map("live", "{A: given}"));
    commit(&env);
    let git = git2::Repository::open(env.folder()).unwrap();
    git.remote("origin", "ssh://git@git.example.com/fleet.git")
        .unwrap();
    let lone = env.run(["build", "cluster", "clusters/one", "-o", "name"]);
    assert!(lone.stderr().contains("clusters/one/apps.yaml:19: Kustomization/flux-system/other: its source GitRepository/flux-system/other is not in this repository"), "{lone}");
    assert!(lone.stdout().contains("configmap/own"), "{lone}");
    let given = [
        "--local-sources=GitRepository/flux-system/other=elsewhere",
        "--set-object=live.yaml",
    ];
    assert_eq!(values(&env, &given), ["other=given", "own=1s"]);
    let unset = env.run(["build", "cluster", "clusters/one", given[0]]);
    assert!(unset.stdout().contains("a: ${A}\n"), "{unset}");
    assert!(
        unset
            .failure(2)
            .contains("the variables of ConfigMap/flux-system/live are not known")
    );
}

#[test]
fn one_fault_does_not_keep_the_rest() {
    let env = fleet(&[
        kustomization("broken", "./broken", ""),
        kustomization("nopath", "./nowhere", ""),
        kustomization(
            "a",
            "./fine",
            "dependsOn: [{name: b}]\npostBuild: {substitute: {X: \"y\"}}",
        ),
        kustomization("b", "./b", "dependsOn: [{name: a}, {name: absent}]"),
    ]);
    env.file(
        "broken/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a\n",
    );
    env.file("fine/a.yaml", &config_map("fine", "{a: \"x${UNSET}\"}"));
    env.file("b/kustomization.yaml", "resources:\n- ./absent.yaml\n");
    commit(&env);
    assert_eq!(values(&env, &[]), ["fine=x"]);
    let told = env.run(["build", "cluster", "clusters/one"]).failure(2);
    for line in [
        "broken/a.yaml:3: Kustomization/flux-system/broken: ",
        "clusters/one/apps.yaml:17: Kustomization/flux-system/nopath: its path `./nowhere` is not in",
        "b/kustomization.yaml:2: Kustomization/flux-system/b: ",
        "it waits for itself: Kustomization/flux-system/a → Kustomization/flux-system/b → Kustomization/flux-system/a",
        "it waits for Kustomization/flux-system/absent, which is nowhere in the cluster",
        "⚠️ fine/a.yaml:5: Kustomization/flux-system/a: the variable `UNSET` is not set and has no default",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    let strict = env.run(["build", "cluster", "clusters/one", "--strict-substitute"]);
    assert!(!strict.stdout().contains("name: fine"), "{strict}");
    let json = env.run(["test", "cluster", "clusters/one", "-o", "json"]);
    assert_eq!(json.status(), Some(1), "{json}");
    let report: serde_json::Value = serde_json::from_slice(json.raw_stdout()).unwrap();
    assert_fits_schema("ClusterTest", &report);
    assert_eq!(report["failed"], 4, "{report}");
    let junit = env
        .run(["test", "cluster", "clusters/one", "-o", "junit"])
        .stdout();
    assert!(junit.contains("<testcase classname=\"Kustomization/flux-system/a\" name=\"ConfigMap/flux-system/fine\"/>"), "{junit}");
    assert!(junit.contains("failures=\"4\""), "{junit}");
}

#[test]
fn a_path_that_is_not_there_fails() {
    let env = fleet(&[]);
    commit(&env);
    let told = env.run(["build", "cluster", "clusters/two"]).failure(2);
    assert!(
        told.contains("there is no folder `clusters/two` in the repository"),
        "{told}"
    );
    let told = env
        .run(["build", "cluster", "clusters/one", "--revision", "nope"])
        .failure(1);
    assert!(told.contains("`nope` names no commit"), "{told}");
}
