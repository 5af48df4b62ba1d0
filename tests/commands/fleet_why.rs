//! `why` on many clusters at once, of one object and of all that is not ready.

use serde_json::json;

use super::explain::JANE_READS_FLUX;
use super::fleet::assert_told_of_all;
use super::fleet_reading::{BOTH, apply, clusters, list, start};

#[test]
fn causes_have_steps_for_their_own_clusters() {
    let Some(fleet) = &start() else { return };
    let why = ["why", "ks/backend", "--contexts", "prod-*"];
    let output = fleet.env.run(why);
    assert_eq!(output.status(), Some(1), "{output}");
    let (stdout, stderr) = (output.stdout(), output.stderr());
    for cluster in ["prod-well", "prod-slow"] {
        let head = format!("cluster {cluster}\n\nKustomization/[NAMESPACE]/backend (not ready)");
        let step = format!(
            "gitops reconcile kustomization backend -n [NAMESPACE] --with-source --context {cluster}\n"
        );
        assert!(stdout.contains(&head) && stdout.contains(&step), "{output}");
    }
    assert!(stderr.contains("✗ [prod-down] the cluster at "), "{output}");
    assert!(stderr.contains("✗ 1 of 3 clusters failed"), "{output}");
    let chains = list(fleet, "WhyList", &why);
    assert_eq!(clusters(&chains), ["prod-well", "prod-slow"]);
    assert_eq!(chains["items"][1]["cause"]["kind"], "path");
    let refused = fleet.env.run(["why", "ks/backend", "--contexts=test-shut"]);
    // That the object may not be read is an answer here as it is for one cluster.
    assert!(refused.stdout().contains("you may not read"), "{refused}");
    let both = fleet.env.run(["why", "ks/backend", "-A", BOTH]);
    assert!(both.failure(2).contains("a name means one object"));
}

#[test]
fn without_a_name_each_first_cause_is_shown_once() {
    let Some(fleet) = &start() else { return };
    let held = |name: &str, more: &str| {
        format!(
            "
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}}}
spec: {{interval: 1h, path: ./x, prune: true, sourceRef: {{kind: GitRepository, name: {more}}}}}
status:
  observedGeneration: 1
  conditions:
  - {{type: Ready, status: 'False', reason: ArtifactFailed, message: \"no artifact\", lastTransitionTime: '2026-11-21T11:00:00Z', observedGeneration: 1}}
---"
        )
    };
    let none = "gone";
    fleet
        .env
        .scene()
        .apply(&[held("one", none), held("two", none)].concat());
    let output = fleet.env.run(["why", "--all-contexts"]);
    assert_told_of_all(&output);
    insta::assert_snapshot!(output.stdout(), @r"
    cluster prod-well

    Kustomization/[NAMESPACE]/one (not ready): no artifact
    └─ is made from GitRepository/[NAMESPACE]/gone (missing)

    Cause: GitRepository/[NAMESPACE]/gone does not exist
    Also:  Kustomization/[NAMESPACE]/two
    Next:  make it, or correct the reference; this shows which there are
           gitops get sources git -A --context prod-well
    ---
    Kustomization/[NAMESPACE]/backend (not ready): kustomization path not found: stat /tmp/backend: no such file or directory

    Cause: Kustomization/[NAMESPACE]/backend: the path is not in the source: kustomization path not found: stat /tmp/backend: no such file or directory
    Next:  correct spec.path (`./backend`), then
           gitops reconcile kustomization backend -n [NAMESPACE] --with-source --context prod-well

    cluster prod-slow

    Kustomization/[NAMESPACE]/backend (not ready): kustomization path not found: stat /tmp/backend: no such file or directory

    Cause: Kustomization/[NAMESPACE]/backend: the path is not in the source: kustomization path not found: stat /tmp/backend: no such file or directory
    Next:  correct spec.path (`./backend`), then
           gitops reconcile kustomization backend -n [NAMESPACE] --with-source --context prod-slow
    ");
    for words in [
        "► [prod-well] 3 of 7 objects not ready, 2 causes",
        "► [prod-slow] 1 of 5 objects not ready, 1 cause\n",
    ] {
        assert!(output.stderr().contains(words), "{words}: {output}");
    }
    let causes = list(fleet, "CausesList", &["why", BOTH]);
    let well = &causes["items"][0];
    assert_eq!(
        (&well["cluster"], &well["notReady"]),
        (&json!("prod-well"), &json!(3))
    );
    assert_eq!(well["causes"][0]["objects"].as_array().unwrap().len(), 2);

    let one = fleet.env.run(["why"]).success();
    assert!(
        one.starts_with("Kustomization/[NAMESPACE]/one (not ready)"),
        "{one}"
    );
    assert!(
        !one.contains("cluster prod") && !one.contains("--context"),
        "{one}"
    );
    assert_eq!(one.matches("\n---\n").count(), 1, "{one}");
}

#[test]
fn a_cluster_that_is_well_is_told_and_not_shown() {
    let Some(fleet) = &start() else { return };
    let namespace = fleet.env.scene().namespace();
    let target = format!("Kustomization/{namespace}/backend");
    fleet.env.scene().delete(&target);
    let output = fleet.env.run(["why", BOTH]);
    assert!(!output.stdout().contains("cluster prod-well"), "{output}");
    assert!(output.stdout().contains("cluster prod-slow"), "{output}");
    assert!(output.stderr().contains("✔ [prod-well] all "), "{output}");
    output.success();
}

#[test]
fn what_may_not_be_listed_is_told_beside_the_causes() {
    let Some(fleet) = &start() else { return };
    fleet.env.scene().apply(JANE_READS_FLUX);
    let output = fleet.env.run(["why", "--contexts", "test-shut,prod-well"]);
    let head = "cluster test-shut\n\nKustomization/[NAMESPACE]/backend (not ready)";
    assert!(output.stdout().starts_with(head), "{output}");
    let told = output.failure(1);
    for words in [
        "► [test-shut] 1 of 3 objects not ready, 1 cause\n",
        "✗ [test-shut] not allowed to list ",
        "✗ [test-shut] not every kind could be looked at",
        "✗ 1 of 2 clusters failed",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn who_waits_for_each_other_is_one_cause() {
    let Some(fleet) = &start() else { return };
    let waits = |name: &str, other: &str| {
        format!(
            "
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}}}
spec: {{interval: 1h, prune: true, dependsOn: [{{name: {other}}}], sourceRef: {{kind: GitRepository, name: fleet}}}}
status:
  observedGeneration: 1
  conditions:
  - {{type: Ready, status: 'False', reason: DependencyNotReady, message: \"dependency '{other}' is not ready\", lastTransitionTime: '2026-11-21T11:00:00Z', observedGeneration: 1}}
---"
        )
    };
    let circle = [
        waits("b", "c"),
        waits("c", "a"),
        waits("a", "b"),
        waits("d", "a"),
    ]
    .concat();
    apply(fleet, &circle);
    let causes = list(fleet, "CausesList", &["why", "-A", BOTH]);
    let namespace = fleet.env.scene().namespace();
    for cluster in causes["items"].as_array().unwrap() {
        let own = cluster["causes"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|cause| {
                cause["cause"]["kind"] == "cycle"
                    && cause["links"][0]["object"]["namespace"] == namespace
            });
        let objects: Vec<usize> = own
            .map(|cause| cause["objects"].as_array().unwrap().len())
            .collect();
        assert_eq!(objects, [4], "{cluster:#}");
    }
}
