//! `deps`: what waits for what, in files and in a cluster.

use serde_json::Value;

use crate::scene::{Scene, TestEnv, User, assert_fits_schema};

fn kustomization(name: &str, needs: &str) -> String {
    format!(
        "---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}, namespace: apps}}\n\
         spec: {{interval: 1m, prune: true, path: ./, sourceRef: {{kind: GitRepository, name: repo}}{needs}}}\n"
    )
}

const SOURCE: &str = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: repo, namespace: apps}\nspec: {interval: 1m, url: https://example.com/repo.git}\n";

/// A folder in which `b` waits for `a`, and `a` for what is named.
fn folder(needs: &str) -> TestEnv {
    let env = TestEnv::new();
    let needs = match needs {
        "" => String::new(),
        name => format!(", dependsOn: [{{name: {name}}}]"),
    };
    let text = [
        SOURCE.to_owned(),
        kustomization("a", &needs),
        kustomization("b", ", dependsOn: [{name: a}]"),
    ]
    .concat();
    env.file("clusters/all.yaml", &text);
    env
}

#[test]
fn files_without_fault_are_drawn_in_every_form() {
    let env = folder("");
    let run = |form: &str| {
        env.run(["deps", "--path", "clusters", "-o", form])
            .success()
    };
    let text = run("text");
    assert!(text.contains("waits for Kustomization/apps/a"), "{text}");
    assert!(text.contains("Critical path"), "{text}");
    let dot = run("dot");
    assert!(
        dot.starts_with("digraph flux {\n") && dot.contains(" -> "),
        "{dot}"
    );
    let mermaid = run("mermaid");
    assert!(
        mermaid.starts_with("flowchart LR\n") && mermaid.contains("-->"),
        "{mermaid}"
    );
    let json: Value = serde_json::from_str(&run("json")).unwrap();
    assert_fits_schema("DependencyGraph", &json);
    assert_eq!(json["nodes"].as_array().unwrap().len(), 3, "{json}");
    assert_eq!(json["cycles"], serde_json::json!([]));
    let kinds = run("custom-columns=KIND:.kind");
    let kinds: Vec<&str> = kinds.split_whitespace().collect();
    assert_eq!(kinds, ["KIND", "DependencyGraph"]);
    assert!(run("yaml").contains("kind: DependencyGraph\n"));
    assert_eq!(run("jsonpath={.nodes[*].name}").split(' ').count(), 3);
    assert_eq!(run("table"), text);
    let wrong = env.run(["deps", "--path", "clusters", "-o", "svg"]);
    assert!(
        wrong
            .failure(2)
            .contains("`svg` is none of text, dot, mermaid"),
        "other forms are named"
    );
}

#[test]
fn cycles_and_missing_references_fail() {
    let cycle = folder("b").run(["deps", "--path", "clusters"]);
    assert!(cycle.stdout().contains("Cycle: "), "{cycle}");
    assert!(cycle.stderr().contains("✗ 1 cycle\n"), "{cycle}");
    cycle.failure(1);
    let missing = folder("nowhere").run(["deps", "--path", "clusters", "-o", "json"]);
    assert_eq!(missing.status(), Some(1), "{missing}");
    let json: Value = serde_json::from_slice(missing.raw_stdout()).unwrap();
    assert_fits_schema("DependencyGraph", &json);
    assert_eq!(json["missing"][0]["to"], "Kustomization/apps/nowhere");
    assert_eq!(json["missing"][0]["relation"], "dependsOn");
}

#[test]
fn a_cluster_is_read_as_far_as_one_may() {
    let Some(scene) = Scene::server() else { return };
    scene.fill("two-kustomizations.yaml");
    let env = TestEnv::in_scene(scene);
    let live = env.run(["deps", "-o", "json"]);
    let json: Value = serde_json::from_slice(live.raw_stdout()).unwrap();
    assert_fits_schema("DependencyGraph", &json);
    let names: Vec<&str> = json["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|node| node["name"].as_str())
        .collect();
    assert!(
        names.contains(&"podinfo") && names.contains(&"backend"),
        "{names:?}"
    );
    let shut = env.acting_as(User::Jane).run(["deps"]);
    assert!(shut.stderr().contains("not allowed"), "{shut}");
}
