//! `diff kustomization` against a cluster near and far, where nothing and where much has changed.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::ONE_WAY;
use super::contest::{Contest, Entry};
use crate::scene::{Scene, TestEnv, Wire, WireFault, built};

const NAMESPACE: &str = "bench";

/// How many objects a Kustomization has, and whether it is compared from far away too.
const SIZES: &[(usize, bool)] = &[(500, true), (4_000, false)];

/// Every so many objects one differs, where some do.
const DIFFERENT: usize = 10;

/// Compares Kustomizations with what the cluster has of them.
pub fn side_by_side(ours: &Path) {
    let scene = Scene::private_server().expect("its programs are built");
    let far = Wire::before(scene.address().trim_start_matches("https://"))
        .with(WireFault::Latency(ONE_WAY));
    let far_server = format!("--server=https://{}", far.host());
    let env = TestEnv::in_scene(scene);
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
    env.scene().api().apply_all(vec![namespace], "");
    for (count, is_far_too) in SIZES {
        let name = format!("app-{count}");
        fill(&env, &name, *count);
        let same = folder(&env, &name, *count, usize::MAX);
        let changed = folder(&env, &name, *count, DIFFERENT);
        let mut contest =
            Contest::new(&format!("`diff kustomization`, {count} objects"), "flux", 5);
        let places = [("", None), (", 20 ms away", Some(&far_server))];
        for (place, server) in places.iter().take(1 + usize::from(*is_far_too)) {
            for (what, folder, exit) in [
                ("nothing changed", &same, 0),
                ("every tenth changed", &changed, 1),
            ] {
                let arguments = [
                    "diff",
                    "kustomization",
                    &name,
                    "-n",
                    NAMESPACE,
                    "--path",
                    folder,
                ];
                let arguments: Vec<String> = arguments
                    .iter()
                    .map(ToString::to_string)
                    .chain(server.cloned())
                    .collect();
                let all = arguments
                    .iter()
                    .cloned()
                    .chain(["--dry-run-all".to_owned()]);
                let mine = Entry::new(ours, arguments.clone()).ending(exit);
                let rehearsed = Entry::new(ours, all).ending(exit);
                let theirs = Entry::new(&built("flux"), arguments).ending(exit);
                contest.run(&env, &format!("{what}{place}"), [mine, theirs]);
                let work = format!("{what}{place}, every object rehearsed");
                contest.run_alone(&env, &work, &rehearsed);
            }
        }
        contest.print();
    }
}

/// Puts a Kustomization into the cluster, and its objects as its controller would have applied them.
fn fill(env: &TestEnv, name: &str, count: usize) {
    eprintln!("filling the cluster with {count} objects …");
    let mut all: Vec<Value> = (0..count).map(|number| applied(name, number)).collect();
    all.push(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "interval": "1h", "prune": true, "path": "./", "suspend": true,
            "sourceRef": {"kind": "GitRepository", "name": name},
        },
    }));
    env.scene().api().apply_all(all, NAMESPACE);
}

/// Returns an object as the controller applies it.
fn applied(owner: &str, number: usize) -> Value {
    let mut object = object(owner, number, false);
    object["metadata"]["labels"] = json!({
        "kustomize.toolkit.fluxcd.io/name": owner, "kustomize.toolkit.fluxcd.io/namespace": NAMESPACE,
    });
    object["apply-as"] = "kustomize-controller".into();
    object
}

/// Writes the objects into a folder, one of every `different` with another value, and returns its path.
fn folder(env: &TestEnv, name: &str, count: usize, different: usize) -> String {
    let folder = env.folder().join(format!("{name}-{different}"));
    fs::create_dir_all(&folder).expect("the folder of the run can be written");
    let mut text = String::new();
    for number in 0..count {
        let object = object(name, number, number % different == 0 && different <= count);
        // JSON is YAML.
        let _ = writeln!(text, "---\n{object}");
    }
    fs::write(folder.join("objects.yaml"), text).expect("the folder of the run can be written");
    folder.display().to_string()
}

/// Returns one object of four kinds in turn.
fn object(owner: &str, number: usize, is_other: bool) -> Value {
    let value = if is_other { "other" } else { "value" };
    let metadata = json!({"name": format!("{owner}-{number}"), "namespace": NAMESPACE});
    match number % 4 {
        0 => {
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"key": value, "more": "x".repeat(200)}})
        }
        1 => json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {
            "clusterIP": "None", "selector": {"app": value}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}],
        }}),
        2 => {
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, "automountServiceAccountToken": is_other})
        }
        _ => json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": owner}},
            "template": {"metadata": {"labels": {"app": owner}}, "spec": {"containers": [{
                "name": "app", "image": format!("registry.example.com/{value}:1.0.0"),
                "ports": [{"containerPort": 8080}],
                "env": [{"name": "MODE", "value": value}],
                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
            }]}},
        }}),
    }
}
