//! `tree`, `trace`, `stats` and `debug` where objects are missing, may not be read, or lead in circles.

use serde_json::{Value, json};

use crate::scene::{Scene, TestEnv, User, assert_fits_schema};

/// Two Kustomizations that list each other, and what the second has applied beside.
const CIRCLE: &str = "
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: first}
spec: {interval: 1h, prune: true, sourceRef: {kind: Bucket, name: files}}
status:
  inventory:
    entries:
    - {id: ${NAMESPACE}_second_kustomize.toolkit.fluxcd.io_Kustomization, v: v1}
    - {id: ${NAMESPACE}_shop_helm.toolkit.fluxcd.io_HelmRelease, v: v2}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: second}
spec: {interval: 1h, prune: true, sourceRef: {kind: Bucket, name: files}}
status:
  inventory:
    entries:
    - {id: ${NAMESPACE}_first_kustomize.toolkit.fluxcd.io_Kustomization, v: v1}
    - {id: ${NAMESPACE}_settings__ConfigMap, v: v1}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop}
spec: {interval: 1h, chartRef: {kind: OCIRepository, name: shop}}
status:
  storageNamespace: ${NAMESPACE}
  history:
  - {name: shop, namespace: ${NAMESPACE}, version: 1, chartName: shop, chartVersion: 1.0.0, status: deployed,
     configDigest: 'sha256:a', digest: 'sha256:b', firstDeployed: '2026-11-21T11:00:00Z', lastDeployed: '2026-11-21T11:00:00Z'}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: Bucket
metadata: {name: files}
spec: {interval: 1h, bucketName: files, endpoint: 'minio.example.com'}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  labels: {kustomize.toolkit.fluxcd.io/name: second, kustomize.toolkit.fluxcd.io/namespace: '${NAMESPACE}'}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: stranger}
";

/// Lets jane read Flux's objects, and nothing else.
pub const JANE_READS_FLUX: &str = "
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reads-flux}
rules:
- {apiGroups: [kustomize.toolkit.fluxcd.io, helm.toolkit.fluxcd.io], resources: ['*'], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reads-flux}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reads-flux}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: jane}]
";

/// A release whose values come from everywhere.
const RELEASE: &str = "
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop}
spec:
  interval: 1h
  chartRef: {kind: OCIRepository, name: shop}
  values: {replicas: 3}
  valuesFrom:
  - {kind: ConfigMap, name: defaults}
  - {kind: Secret, name: login, valuesKey: password, targetPath: auth.password}
  - {kind: ConfigMap, name: defaults, valuesKey: absent, optional: true}
  - {kind: ConfigMap, name: absent, optional: true}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: broken}
spec:
  interval: 1h
  chartRef: {kind: OCIRepository, name: shop}
  valuesFrom:
  - {kind: ConfigMap, name: defaults, valuesKey: text}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: defaults}
data: {values.yaml: 'replicas: 1', text: just text}
---
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {password: hunter2}
";

#[test]
fn a_circle_ends_where_it_began() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(CIRCLE);
    let env = TestEnv::in_scene(scene);
    insta::assert_snapshot!(env.run(["tree", "ks", "first"]), @r"
    Kustomization/[NAMESPACE]/first
    ├── Kustomization/[NAMESPACE]/second
    │   ├── Kustomization/[NAMESPACE]/first
    │   └── ConfigMap/[NAMESPACE]/settings
    └── HelmRelease/[NAMESPACE]/shop

    ");
}

#[test]
fn what_may_not_be_read_is_told_and_the_rest_of_a_tree_is_shown() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(CIRCLE);
    scene.apply(JANE_READS_FLUX);
    let env = TestEnv::in_scene(scene).acting_as(User::Jane);
    let output = env.run(["tree", "ks", "first"]);
    assert!(
        output
            .stdout()
            .ends_with("└── HelmRelease/[NAMESPACE]/shop\n\n"),
        "{output}"
    );
    let told = output.failure(1);
    assert!(
        told.contains("⚠️ HelmRelease/[NAMESPACE]/shop: not allowed to get secrets")
            && told.contains("✗ the tree is not complete"),
        "{told}"
    );
}

#[test]
fn what_flux_does_not_manage_is_told_and_the_others_are_traced() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(CIRCLE);
    let env = TestEnv::in_scene(scene);
    insta::assert_snapshot!(env.run(["trace", "configmap", "stranger", "settings"]), @r"
    ---

    Object:          ConfigMap/settings
    Namespace:       [NAMESPACE]
    Status:          Managed by Flux
    ---
    Kustomization:   second
    Namespace:       [NAMESPACE]
    Path:            
    Revision:        
    Status:          Unknown
    ---
    Bucket:          files
    Namespace:       [NAMESPACE]
    URL:             https://minio.example.com/files
    Status:          Unknown
    ------- stderr -------
    ✗ failed to trace ConfigMap/stranger in namespace [NAMESPACE]: object not managed by Flux
    ✗ 1 of 2 objects could not be traced
    [exit status: 1]
    ");
}

#[test]
fn traces_are_documents_too() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(CIRCLE);
    let env = TestEnv::in_scene(scene);
    let raw = env.run(["trace", "cm/settings", "-o", "json"]);
    let schema: Value = serde_json::from_slice(raw.raw_stdout()).unwrap();
    assert_fits_schema("Trace", &schema);
    let document: Value = serde_json::from_str(&raw.success()).unwrap();
    assert_eq!(
        document,
        json!({"apiVersion": "cli.gitops/v1", "kind": "Trace", "traces": [{
            "object": {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "[NAMESPACE]", "name": "settings"},
            "chain": [
                {"kind": "Kustomization", "namespace": "[NAMESPACE]", "name": "second", "path": "", "revision": ""},
                {"kind": "Bucket", "namespace": "[NAMESPACE]", "name": "files", "url": "https://minio.example.com/files"},
            ],
        }]})
    );
}

#[test]
fn kinds_that_may_not_be_listed_are_told_beside_the_counts() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(CIRCLE);
    scene.apply(JANE_READS_FLUX);
    let env = TestEnv::in_scene(scene).acting_as(User::Jane);
    let output = env.run(["stats", "-o", "json"]);
    assert!(
        output
            .stderr()
            .starts_with("⚠️ not allowed to list: GitRepository, OCIRepository,"),
        "{output}"
    );
    let document: Value = serde_json::from_str(&output.success()).unwrap();
    assert_eq!(
        (&document["apiVersion"], &document["kind"]),
        (&json!("cli.gitops/v1"), &json!("Stats"))
    );
    let count = |kind: &str| {
        let counts = document["reconcilers"].as_array().unwrap().iter();
        counts
            .clone()
            .find(|count| count["kind"] == kind)
            .unwrap()
            .clone()
    };
    assert_eq!(
        count("Kustomization"),
        json!({"kind": "Kustomization", "running": 2, "failing": 0, "suspended": 0, "storageBytes": 0})
    );
    assert_eq!(count("Bucket")["uncounted"], "notAllowed");
}

#[test]
fn values_are_put_together_as_the_chart_gets_them() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(RELEASE);
    let env = TestEnv::in_scene(scene);
    insta::assert_snapshot!(env.run(["debug", "hr", "shop", "--show-values"]), @r"
    auth:
      password: hunter2
    replicas: 3
    ");
    let output = env
        .run(["debug", "hr", "shop", "--show-values", "-o", "json"])
        .success();
    let document: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(
        document,
        json!({"auth": {"password": "hunter2"}, "replicas": 3})
    );
    insta::assert_snapshot!(env.run(["debug", "hr", "broken", "--show-values"]), @r"
    ------- stderr -------
    ✗ cannot get values from ConfigMap [NAMESPACE]/defaults with key `text`: the document is no mapping of names to values
    [exit status: 1]
    ");
}

#[test]
fn whatever_explains_answers_in_every_form() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(CIRCLE);
    scene.apply(RELEASE);
    let env = TestEnv::in_scene(scene);
    let tree = env.run(["tree", "ks", "second", "-o", "json"]);
    let tree: Value = serde_json::from_slice(tree.raw_stdout()).unwrap();
    assert_fits_schema("Tree", &tree);
    for (arguments, answer) in [
        (
            &["tree", "ks", "second", "-o", "name"] as &[&str],
            "kustomization.kustomize.toolkit.fluxcd.io/second\n\
             kustomization.kustomize.toolkit.fluxcd.io/first\n\
             kustomization.kustomize.toolkit.fluxcd.io/second\n\
             helmrelease.helm.toolkit.fluxcd.io/shop\n\
             configmap/settings\n",
        ),
        (
            &[
                "tree",
                "ks",
                "second",
                "-o",
                "jsonpath={.resources[*].resource.Name}",
            ],
            "first settings",
        ),
        (
            &["trace", "cm/settings", "-o", "name"],
            "kustomization.kustomize.toolkit.fluxcd.io/second\nbucket.source.toolkit.fluxcd.io/files\n",
        ),
        (
            &[
                "trace",
                "cm/settings",
                "-o",
                "custom-columns=BY:.traces[*].chain[0].name",
            ],
            "BY\nsecond\n",
        ),
        (
            &[
                "debug",
                "hr",
                "shop",
                "--show-values",
                "-o",
                "jsonpath={.auth.password}",
            ],
            "hunter2",
        ),
        (
            &[
                "stats",
                "-o",
                "jsonpath={.reconcilers[?(@.kind==\"HelmRelease\")].running}",
            ],
            "2",
        ),
        (
            &["stats", "--no-header", "-o", "custom-columns=KINDS:.kind"],
            "Stats\n",
        ),
    ] {
        assert_eq!(
            env.run(arguments.iter().copied()).success(),
            answer,
            "{arguments:?}"
        );
    }
    let wide = env.run(["stats", "-o", "wide"]).success();
    assert!(wide.lines().next().unwrap().contains("UNCOUNTED"), "{wide}");
    for wrong in [
        &["stats", "-o", "xml"] as &[&str],
        &["stats", "-o", "name"],
        &["trace", "cm/settings", "-o", "xml"],
        &["debug", "hr", "shop", "--show-values", "-o", "name"],
    ] {
        assert_eq!(
            env.run(wrong.iter().copied()).status(),
            Some(2),
            "{wrong:?}"
        );
    }
}

#[test]
fn a_release_that_says_not_where_its_records_are_stands_alone() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(&CIRCLE.replace("  storageNamespace: ${NAMESPACE}\n", ""));
    let env = TestEnv::in_scene(scene);
    let tree = env.run(["tree", "ks", "first"]).success();
    assert!(
        tree.ends_with("└── HelmRelease/[NAMESPACE]/shop\n\n"),
        "{tree}"
    );
}

#[test]
fn empty_fields_of_a_status_are_left_out() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(
        "
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: app}
spec: {interval: 1h, prune: true, sourceRef: {kind: Bucket, name: files}}
status: {conditions: [], lastAppliedRevision: '', lastAttemptedRevision: one, observedGeneration: 1}
",
    );
    let env = TestEnv::in_scene(scene);
    insta::assert_snapshot!(env.run(["debug", "ks", "app", "--show-status", "--no-header"]), @r"
    lastAttemptedRevision: one
    observedGeneration: 1
    ");
}
