//! `logs` of many clusters at once.

use serde_json::{Value, json};

use super::fleet::{Fleet, assert_told_of_all};
use super::fleet_reading::BOTH;
use crate::scene::{LogServer, documents};

/// A controller in both clusters that answer, on a node whose logs a test writes.
fn controllers(fleet: &Fleet) -> LogServer {
    let kubelet = LogServer::start();
    let namespace = fleet.env.scene().namespace();
    let node = json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": namespace},
        "status": {
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet.port()}},
        },
    });
    for scene in [fleet.env.scene(), &fleet.other] {
        scene.api().apply_all(vec![node.clone()], "");
    }
    let pod = |cluster: &str| {
        format!(
            "
apiVersion: v1
kind: ServiceAccount
metadata: {{name: default}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: source-controller, labels: {{app.kubernetes.io/part-of: flux}}}}
spec:
  selector: {{matchLabels: {{app: source-controller}}}}
  template:
    metadata: {{labels: {{app: source-controller}}}}
    spec: {{containers: [{{name: manager, image: x}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: source-{cluster}, labels: {{app: source-controller}}}}
spec: {{nodeName: '{namespace}', containers: [{{name: manager, image: x}}]}}
status: {{phase: Running}}
"
        )
    };
    for (scene, cluster) in [(fleet.env.scene(), "well"), (&fleet.other, "slow")] {
        scene.api().apply_all(documents(&pod(cluster)), namespace);
        kubelet.restart(
            &key(fleet, cluster),
            &line(fleet, &format!("{cluster} begins")),
        );
    }
    kubelet
}

fn key(fleet: &Fleet, cluster: &str) -> String {
    format!("{}/source-{cluster}/manager", fleet.env.scene().namespace())
}

fn line(fleet: &Fleet, message: &str) -> String {
    let entry = json!({
        "level": "info", "ts": "2026-11-21T11:00:01.000Z", "msg": message, "controllerKind": "Bucket", "name": "b",
        "namespace": fleet.env.scene().namespace(),
    });
    format!("{entry}\n")
}

#[test]
fn entries_of_logs_name_their_clusters() {
    let Some(fleet) = &Fleet::start() else { return };
    let kubelet = controllers(fleet);
    let place = format!("--flux-namespace={}", fleet.env.scene().namespace());
    let output = fleet.env.run(["logs", &place, "--all-contexts"]);
    assert_told_of_all(&output);
    let stdout = output.stdout();
    let mut lines: Vec<&str> = stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "[prod-slow] 2026-11-21T11:00:01.000Z info Bucket/b.[NAMESPACE] - slow begins ",
            "[prod-well] 2026-11-21T11:00:01.000Z info Bucket/b.[NAMESPACE] - well begins ",
        ],
        "{output}"
    );
    let output = fleet
        .env
        .run(["logs", &place, BOTH, "-o", "json"])
        .success();
    let mut entries: Vec<Value> = output
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    entries.sort_by_key(|entry| entry["cluster"].to_string());
    assert_eq!(entries[0]["cluster"], "prod-slow", "{output}");
    assert_eq!(entries[1]["msg"], "well begins", "{output}");

    let following = fleet
        .env
        .command(["logs", &place, "--all-contexts", "--follow"])
        .start();
    following.wait_for("[prod-well] ");
    following.wait_for("[prod-slow] ");
    kubelet.append(&key(fleet, "slow"), &line(fleet, "slow goes on"));
    kubelet.append(&key(fleet, "well"), &line(fleet, "well goes on"));
    following.wait_for("slow goes on");
    following.wait_for("well goes on");
    following.interrupt();
    let output = following.finish();
    assert_eq!(output.status(), Some(130), "{output}");
    assert!(
        output.stderr().contains("✗ [prod-down] the cluster at "),
        "{output}"
    );
}
