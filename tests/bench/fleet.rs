//! A large cluster: Kustomizations that look as if controllers had reconciled them for long.

use std::thread;

use reqwest::Method;
use serde_json::{Value, json};

use crate::scene::{Api, Scene};

const GROUP_VERSION: &str = "kustomize.toolkit.fluxcd.io/v1";
const NAMESPACES: usize = 20;
const INVENTORY: usize = 20;
const AT_ONCE: usize = 16;
const TIME: &str = "2026-11-20T10:00:00Z";

/// Fills the cluster of a scene with so many Kustomizations, spread over the namespaces `team-0` to `team-19`.
pub fn fill(scene: &Scene, count: usize) {
    eprintln!("filling the cluster with {count} Kustomizations …");
    let api = scene.api();
    let namespaces = (0..NAMESPACES).map(|team| {
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": format!("team-{team}") } })
    });
    api.apply_all(namespaces.collect(), "");
    thread::scope(|scope| {
        for worker in 0..AT_ONCE {
            let api = api.clone();
            scope.spawn(move || {
                for number in (worker..count).step_by(AT_ONCE) {
                    create(&api, number);
                }
            });
        }
    });
}

fn create(api: &Api, number: usize) {
    let namespace = format!("team-{}", number % NAMESPACES);
    let name = format!("app-{number}");
    let collection = format!("/apis/{GROUP_VERSION}/namespaces/{namespace}/kustomizations");
    let object = json!({
        "apiVersion": GROUP_VERSION,
        "kind": "Kustomization",
        "metadata": { "name": name },
        "spec": {
            "interval": "10m",
            "path": format!("./apps/{name}"),
            "prune": true,
            "sourceRef": { "kind": "GitRepository", "name": "flux-system" },
        },
    });
    send(api, Method::POST, &collection, &object);
    let status = json!({ "status": status(&namespace, &name) });
    send(
        api,
        Method::PATCH,
        &format!("{collection}/{name}/status"),
        &status,
    );
}

fn send(api: &Api, method: Method, path: &str, body: &Value) {
    let (status, answer) = api.call(method, path, Some(body));
    assert!(status < 300, "{path}: {status} {answer}");
}

/// Returns what the kustomize controller would have written.
fn status(namespace: &str, name: &str) -> Value {
    let revision = format!("main@sha1:{}", "a".repeat(40));
    let entries: Vec<Value> = (0..INVENTORY)
        .map(|entry| json!({ "id": format!("{namespace}_{name}-object-{entry}_apps_Deployment"), "v": "v1" }))
        .collect();
    json!({
        "observedGeneration": 1,
        "lastAppliedRevision": revision,
        "lastAttemptedRevision": revision,
        "conditions": [{
            "type": "Ready",
            "status": "True",
            "reason": "ReconciliationSucceeded",
            "message": format!("Applied revision: {revision}"),
            "lastTransitionTime": TIME,
            "observedGeneration": 1,
        }],
        "inventory": { "entries": entries },
        "history": [{
            "digest": format!("sha256:{}", "b".repeat(64)),
            "firstReconciled": TIME,
            "lastReconciled": TIME,
            "lastReconciledDuration": "1.2s",
            "lastReconciledStatus": "ReconciliationSucceeded",
            "totalReconciliations": 5,
            "metadata": { "revision": revision },
        }],
    })
}
