//! The verbs that read, on many clusters at once: one is down, one is slow, and one lets nobody in.

use serde_json::{Value, json};

use super::fleet::{Fleet, assert_told_of_all};
use crate::scene::{assert_fits_schema, documents};

/// Both clusters that answer.
pub const BOTH: &str = "--contexts=prod-well,prod-slow";

/// What is in both of them beside two Kustomizations: their source, what one of them has brought, and one release.
const MORE: &str = "
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: fleet}
spec: {interval: 1h, url: 'https://example.com/fleet.git'}
status:
  observedGeneration: 1
  conditions:
  - {type: Ready, status: 'True', reason: Succeeded, message: fine, lastTransitionTime: '2026-11-21T11:00:00Z', observedGeneration: 1}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  labels: {kustomize.toolkit.fluxcd.io/name: podinfo, kustomize.toolkit.fluxcd.io/namespace: '${NAMESPACE}'}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop}
spec: {interval: 1h, chartRef: {kind: OCIRepository, name: shop}, values: {replicas: 3}}
status:
  observedGeneration: 1
  history:
  - {name: shop, namespace: '${NAMESPACE}', version: 1, chartName: shop, chartVersion: 1.0.0, status: deployed,
     configDigest: 'sha256:a', digest: 'sha256:b', firstDeployed: '2026-11-21T11:00:00Z', lastDeployed: '2026-11-21T11:00:00Z'}
  conditions:
  - {type: Ready, status: 'True', reason: Succeeded, message: fine, lastTransitionTime: '2026-11-21T11:00:00Z', observedGeneration: 1}
---
apiVersion: source.extensions.fluxcd.io/v1beta1
kind: ArtifactGenerator
metadata: {name: parts}
spec:
  sources: [{alias: fleet, kind: GitRepository, name: fleet}]
  artifacts: [{name: part, copy: [{from: '@fleet/**', to: '@artifact/'}]}]
status:
  conditions:
  - {type: Ready, status: 'True', reason: Succeeded, message: fine, lastTransitionTime: '2026-11-21T11:00:00Z'}
  inventory: [{namespace: '${NAMESPACE}', name: part, digest: 'sha256:a', filename: a.tar.gz}]
";

/// Starts a fleet in which both clusters that answer have more.
pub fn start() -> Option<Fleet> {
    let fleet = Fleet::start()?;
    apply(&fleet, MORE);
    Some(fleet)
}

/// Applies objects in both clusters that answer.
pub fn apply(fleet: &Fleet, yaml: &str) {
    let namespace = fleet.env.scene().namespace();
    let objects = || documents(&yaml.replace("${NAMESPACE}", namespace));
    fleet.env.scene().api().apply_all(objects(), namespace);
    fleet.other.api().apply_all(objects(), namespace);
}

/// Returns the list that a verb answers as JSON, and holds it against its schema.
#[track_caller]
pub fn list(fleet: &Fleet, kind: &str, verb: &[&str]) -> Value {
    let words = verb.iter().copied().chain(["-o", "json"]);
    let output = fleet.env.run(words);
    let list: Value = serde_json::from_slice(output.raw_stdout())
        .unwrap_or_else(|error| panic!("{error}: {output}"));
    assert_fits_schema(kind, &list);
    assert_eq!(list["kind"], kind, "{output}");
    assert_ne!(list["items"], json!([]), "{output}");
    list
}

/// Returns the names of the clusters of a list.
pub fn clusters(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| item["cluster"].as_str().unwrap())
        .collect()
}

#[test]
fn trees_stand_below_the_names_of_their_clusters() {
    let Some(fleet) = &start() else { return };
    let output = fleet.env.run(["tree", "ks", "podinfo", "--all-contexts"]);
    assert_told_of_all(&output);
    insta::assert_snapshot!(output.stdout(), @r"
    cluster prod-well

    Kustomization/[NAMESPACE]/podinfo

    cluster prod-slow

    Kustomization/[NAMESPACE]/podinfo
    ");
    let generator = ["tree", "artifact", "generator", "parts", "--all-contexts"];
    let output = fleet.env.run(generator);
    assert_told_of_all(&output);
    let made = output.stdout().matches("ExternalArtifact/").count();
    assert_eq!(made, 2, "{output}");
    let trees = list(fleet, "TreeList", &generator);
    assert_eq!(clusters(&trees), ["prod-well", "prod-slow"]);
    assert_eq!(trees["items"][0]["resource"]["Name"], "parts");
    let names = fleet.env.run(["tree", "ks", "podinfo", BOTH, "-o", "name"]);
    let name = "kustomization.kustomize.toolkit.fluxcd.io/podinfo\n";
    assert_eq!(names.success(), name.repeat(2));
    let columns = "custom-columns=CLUSTER:.cluster,NAME:.resource.Name";
    let rows = fleet
        .env
        .run(["tree", "ks", "podinfo", BOTH, "-o", columns]);
    let rows = rows.success();
    let rows: Vec<&str> = rows.split_whitespace().skip(2).collect();
    assert_eq!(rows, ["prod-well", "podinfo", "prod-slow", "podinfo"]);
}

#[test]
fn an_object_is_traced_in_every_cluster() {
    let Some(fleet) = &start() else { return };
    let trace = ["trace", "configmap", "settings", "--all-contexts"];
    let output = fleet.env.run(trace);
    assert_told_of_all(&output);
    let stdout = output.stdout();
    for words in [
        "cluster prod-well\n\nObject:          ConfigMap/settings\n",
        "\ncluster prod-slow\n\nObject:          ConfigMap/settings\n",
    ] {
        assert!(stdout.contains(words), "{words}: {output}");
    }
    let traces = list(fleet, "TraceList", &trace);
    assert_eq!(clusters(&traces), ["prod-well", "prod-slow"]);
    assert_eq!(
        traces["items"][1]["traces"][0]["chain"][0]["name"],
        "podinfo"
    );

    fleet
        .env
        .scene()
        .apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: here}\n");
    let output = fleet.env.run(["trace", "configmap/here", BOTH]);
    assert_eq!(output.status(), Some(1), "{output}");
    assert_eq!(output.stdout(), "", "{output}");
    for words in [
        "✗ [prod-well] failed to trace ConfigMap/here in namespace [NAMESPACE]: ",
        "✗ [prod-slow] ConfigMap/[NAMESPACE]/here not found",
        "✗ 2 of 2 clusters failed",
    ] {
        assert!(output.stderr().contains(words), "{words}: {output}");
    }
}

#[test]
fn graphs_are_blocks_and_frames() {
    let Some(fleet) = &start() else { return };
    let deps = ["deps", "ks/podinfo", "--all-contexts"];
    let output = fleet.env.run(deps);
    assert_told_of_all(&output);
    insta::assert_snapshot!(output.stdout(), @r"
    cluster prod-well

    Kustomization/[NAMESPACE]/podinfo (ready)
    └── is made from GitRepository/[NAMESPACE]/fleet (ready)

    cluster prod-slow

    Kustomization/[NAMESPACE]/podinfo (ready)
    └── is made from GitRepository/[NAMESPACE]/fleet (ready)
    ");
    let drawn = |form: &str| {
        fleet
            .env
            .run(["deps", "ks/podinfo", BOTH, "-o", form])
            .success()
    };
    insta::assert_snapshot!(drawn("dot"), @r#"
    digraph flux {
      rankdir=LR;
      node [shape=box];
      subgraph cluster_0 {
        label="prod-well";
        c0n0 [label="Kustomization/[NAMESPACE]/podinfo (ready)"];
        c0n1 [label="GitRepository/[NAMESPACE]/fleet (ready)"];
        c0n0 -> c0n1 [style=dotted];
      }
      subgraph cluster_1 {
        label="prod-slow";
        c1n0 [label="Kustomization/[NAMESPACE]/podinfo (ready)"];
        c1n1 [label="GitRepository/[NAMESPACE]/fleet (ready)"];
        c1n0 -> c1n1 [style=dotted];
      }
    }
    "#);
    insta::assert_snapshot!(drawn("mermaid"), @r#"
    flowchart LR
      subgraph c0["prod-well"]
        c0n0["Kustomization/[NAMESPACE]/podinfo (ready)"]
        c0n1["GitRepository/[NAMESPACE]/fleet (ready)"]
        c0n0 -.-> c0n1
      end
      subgraph c1["prod-slow"]
        c1n0["Kustomization/[NAMESPACE]/podinfo (ready)"]
        c1n1["GitRepository/[NAMESPACE]/fleet (ready)"]
        c1n0 -.-> c1n1
      end
    "#);
    let graphs = list(fleet, "DependencyGraphList", &deps);
    assert_eq!(clusters(&graphs), ["prod-well", "prod-slow"]);
    let everything = fleet.env.run(["deps", BOTH]);
    // The chart of the release is nowhere.
    for cluster in ["prod-well", "prod-slow"] {
        let words = format!("✗ [{cluster}] 1 reference to what is not there");
        assert!(everything.stderr().contains(&words), "{everything}");
    }
    assert!(everything.failure(1).contains("✗ 2 of 2 clusters failed"));
}

#[test]
fn what_asks_no_cluster_is_not_for_many() {
    let Some(fleet) = &Fleet::start() else { return };
    for (words, flag) in [
        (&["deps", "--path", ".", BOTH] as &[_], "--path"),
        (&["version", "--client", BOTH], "--client"),
    ] {
        let told = fleet.env.run(words.iter().copied()).failure(2);
        assert!(told.contains(&format!("{flag} asks no cluster")), "{told}");
    }
}

#[test]
fn parts_of_objects_stand_below_comments() {
    let Some(fleet) = &start() else { return };
    let values = ["debug", "hr", "shop", "--show-values", "--all-contexts"];
    let output = fleet.env.run(values);
    assert_told_of_all(&output);
    insta::assert_snapshot!(output.stdout(), @r"
    # cluster prod-well
    replicas: 3

    # cluster prod-slow
    replicas: 3
    ");
    let read = list(fleet, "DebugList", &values);
    assert_eq!(clusters(&read), ["prod-well", "prod-slow"]);
    assert_eq!(read["items"][1]["values"], json!({"replicas": 3}));
    let status = ["debug", "ks", "backend", "--show-status", "--all-contexts"];
    let output = fleet.env.run(status);
    assert_told_of_all(&output);
    let comments = output
        .stdout()
        .matches("# Status documentation: https://")
        .count();
    assert_eq!(comments, 2, "{output}");
    let read = list(fleet, "DebugList", &status);
    assert_eq!(read["items"][0]["status"]["observedGeneration"], 1);
    apply(
        fleet,
        "
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: filled}
spec:
  interval: 1h
  prune: true
  sourceRef: {kind: GitRepository, name: fleet}
  postBuild: {substitute: {region: west}}
",
    );
    for (object, flag, field) in [
        (["hr", "shop"], "--show-history", "history"),
        (["ks", "filled"], "--show-vars", "variables"),
    ] {
        let [kind, name] = object;
        let read = list(fleet, "DebugList", &["debug", kind, name, flag, BOTH]);
        assert!(read["items"][1].get(field).is_some(), "{read}");
    }
}

#[test]
fn each_exported_document_names_its_cluster() {
    let Some(fleet) = &start() else { return };
    let export = ["export", "ks", "--all", "--all-contexts"];
    let output = fleet.env.run(export);
    assert_told_of_all(&output);
    let stdout = output.stdout();
    let parts: Vec<&str> = stdout.split("---\n").skip(1).collect();
    let heads: Vec<Option<&str>> = parts.iter().map(|part| part.lines().next()).collect();
    let (well, slow) = (Some("# cluster prod-well"), Some("# cluster prod-slow"));
    assert_eq!(heads, [well, well, slow, slow], "{output}");
    for (document, name) in documents(&stdout)
        .iter()
        .zip(["backend", "podinfo", "backend", "podinfo"])
    {
        assert_eq!(document["metadata"]["name"], name, "{document}");
    }
    let alone = fleet
        .env
        .run(["export", "ks", "--all", "--context", "prod-well"])
        .success();
    let bare: String = parts[..2]
        .iter()
        .map(|part| format!("---\n{}", part.split_once('\n').unwrap().1))
        .collect();
    assert_eq!(bare, alone);
    // What there is of the names is shown, and where one is missing, the cluster has failed.
    fleet
        .env
        .scene()
        .apply(&MORE.replace("{name: fleet}", "{name: fleet-two}"));
    let some = fleet.env.run(["export", "gitrepository/fleet-two", BOTH]);
    assert!(
        some.stdout().starts_with("---\n# cluster prod-well\n"),
        "{some}"
    );
    assert!(
        some.failure(1)
            .contains("✗ [prod-slow] GitRepository object 'fleet-two' not found")
    );
}

#[test]
fn versions_are_rows_of_each_cluster() {
    let Some(fleet) = &start() else { return };
    apply(
        fleet,
        "
apiVersion: apps/v1
kind: Deployment
metadata: {name: kustomize-controller, labels: {app.kubernetes.io/part-of: flux}}
spec:
  replicas: 0
  selector: {matchLabels: {app: kustomize-controller}}
  template:
    metadata: {labels: {app: kustomize-controller}}
    spec: {containers: [{name: manager, image: 'example.com/kustomize-controller:v1.9.0'}]}
",
    );
    let output = fleet.env.run(["version", "--all-contexts"]);
    assert_told_of_all(&output);
    let rows: Vec<String> = output
        .stdout()
        .lines()
        .filter(|row| !row.contains("distribution"))
        .map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        rows,
        [
            "CLUSTER COMPONENT VERSION",
            "prod-well kustomize-controller v1.9.0",
            "prod-slow kustomize-controller v1.9.0",
        ],
        "{output}"
    );
    let versions = list(fleet, "VersionsList", &["version", "--all-contexts"]);
    assert_eq!(clusters(&versions), ["prod-well", "prod-slow"]);
    let well = &versions["items"][0]["versions"];
    assert_eq!(well["kustomize-controller"], "v1.9.0");
    assert!(well["flux"].is_string(), "{versions}");
}
