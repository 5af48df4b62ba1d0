//! Many clusters at once: one is well, one is down, one is slow, and one lets nobody in.

use std::time::Duration;

use serde_json::{Value, json};

use crate::scene::{CommandOutput, Scene, TestEnv, User, Wire, WireFault, assert_fits_schema};

const OBJECTS: &str = "two-kustomizations.yaml";

/// A fleet, and the control planes that it lives on.
pub struct Fleet {
    pub env: TestEnv,
    pub other: Scene,
    _wires: Vec<Wire>,
}

impl Fleet {
    /// Starts it; `None` where there are no programs for it.
    pub fn start() -> Option<Self> {
        let other = Scene::private_server()?;
        let scene = Scene::server()?;
        scene.fill(OBJECTS);
        // The same namespace is in both.
        let objects: Vec<Value> = scene
            .list("Kustomization")
            .into_iter()
            .map(|object| json!({
                "apiVersion": object["apiVersion"], "kind": object["kind"], "spec": object["spec"],
                "metadata": { "name": object["metadata"]["name"] }, "status": object["status"],
            }))
            .collect();
        let namespace = scene.namespace().to_owned();
        other.api().apply_all(
            vec![json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})],
            "",
        );
        other.api().apply_all(objects, &namespace);
        let host = |scene: &Scene| scene.address().trim_start_matches("https://").to_owned();
        let slow = Wire::before(&host(&other)).with(WireFault::Latency(Duration::from_millis(150)));
        let mut down = Wire::before(&host(&other));
        down.refuse();
        let cluster = |name: &str, host: &str, scene: &Scene| {
            let authority = scene.authority();
            format!(
                "  - {{name: {name}, cluster: {{server: 'https://{host}', certificate-authority: {}}}}}\n",
                authority.display()
            )
        };
        let context = |name: &str, user: User| {
            format!(
                "  - {{name: {name}, context: {{cluster: {name}, user: {}}}}}\n",
                user.name()
            )
        };
        let user = |user: User| {
            format!(
                "  - {{name: {}, user: {{token: {}}}}}\n",
                user.name(),
                user.token()
            )
        };
        let text = [
            "apiVersion: v1\nkind: Config\nclusters:\n",
            &cluster("prod-well", &host(&scene), &scene),
            &cluster("prod-down", &down.host(), &other),
            &cluster("prod-slow", &slow.host(), &other),
            &cluster("test-shut", &host(&scene), &scene),
            "users:\n",
            &user(User::Admin),
            &user(User::Jane),
            "contexts:\n",
            &context("prod-well", User::Admin),
            &context("prod-down", User::Admin),
            &context("prod-slow", User::Admin),
            &context("test-shut", User::Jane),
            "current-context: prod-well\n",
        ]
        .concat();
        let env = TestEnv::in_scene(scene);
        let kubeconfig = env.file("fleet", &text).display().to_string();
        let env = env
            .variable("KUBECONFIG", &kubeconfig)
            .redacting(&down.host(), "[DOWN]");
        Some(Self {
            env,
            other,
            _wires: vec![slow, down],
        })
    }
}

#[test]
fn clusters_that_fail_are_rows_and_the_others_are_shown() {
    let Some(Fleet { env, .. }) = &Fleet::start() else {
        return;
    };
    let output = env.run(["get", "ks", "--all-contexts"]);
    assert_eq!(output.status(), Some(1), "{output}");
    let names = |stdout: &str| -> Vec<String> {
        let rows = stdout.lines().skip(1);
        rows.map(|row| row.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
            .collect()
    };
    assert_eq!(
        names(&output.stdout()),
        [
            "prod-well backend",
            "prod-well podinfo",
            "prod-slow backend",
            "prod-slow podinfo"
        ],
        "{output}"
    );
    assert!(output.stdout().starts_with("CLUSTER"), "{output}");
    for words in [
        "✗ [prod-down] the cluster at https://[DOWN] refuses connections",
        "✗ [test-shut] not allowed to list kustomizations",
        "✗ 2 of 4 clusters failed",
    ] {
        assert!(output.stderr().contains(words), "{words}: {output}");
    }

    let two = env
        .run(["get", "ks", "podinfo", "--contexts", "prod-slow,prod-well"])
        .success();
    assert_eq!(names(&two), ["prod-slow podinfo", "prod-well podinfo"]);
    let listed = env
        .run(["get", "ks", "--contexts=*-well,*-slow", "-o", "json"])
        .success();
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let clusters: Vec<&Value> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["metadata"]["annotations"]["cli.gitops/cluster"])
        .collect();
    assert_eq!(
        clusters,
        ["prod-well", "prod-well", "prod-slow", "prod-slow"]
    );
    let grouped = env.run(["get", "all", "--contexts", "prod-*"]);
    assert_eq!(grouped.status(), Some(1), "{grouped}");
    assert!(
        grouped.stdout().contains("kustomization/podinfo"),
        "{grouped}"
    );
}

#[test]
fn a_context_that_is_not_there_is_named() {
    let env = TestEnv::new();
    let kubeconfig = env.file(
        "fleet",
        "
apiVersion: v1
kind: Config
contexts: [{name: a, context: {cluster: c, user: u}}, {name: b, context: {cluster: c, user: u}}]
",
    );
    let env = env.variable("KUBECONFIG", &kubeconfig.display().to_string());
    insta::assert_snapshot!(env.run(["get", "ks", "--contexts", "a,prod-*"]), @r"
    ------- stderr -------
    ✗ the kubeconfig has no context `prod-*`
      hint: the contexts are: a, b
    [exit status: 1]
    ");
    insta::assert_snapshot!(env.run(["suspend", "ks", "x", "--contexts", "a", "--context", "b"]), @r"
    ------- stderr -------
    ✗ --contexts and --all-contexts choose clusters by themselves
      hint: leave --context and --server out
    [exit status: 2]
    ");
    let reading: &[&[&str]] = &[
        &["check"],
        &["debug", "hr", "x", "--show-status"],
        &["debug", "ks", "x", "--show-vars"],
        &["deps"],
        &["events"],
        &["events", "--watch"],
        &["export", "ks", "x"],
        &["get", "all"],
        &["logs"],
        &["logs", "--follow"],
        &["stats"],
        &["trace", "deployment/x"],
        &["tree", "ks", "x"],
        &["tree", "artifact", "generator", "x"],
        &["version"],
        &["why"],
        &["why", "ks/x"],
    ];
    for verb in reading {
        let run = |flags: &[&str]| env.run(verb.iter().chain(flags).copied());
        let unknown = run(&["--contexts=a,prod-*"]).failure(1);
        assert_eq!(
            unknown, "✗ the kubeconfig has no context `prod-*`\n  hint: the contexts are: a, b\n",
            "{verb:?}"
        );
        let both = run(&["--all-contexts", "--context=a"]).failure(2);
        assert!(
            both.contains("leave --context and --server out"),
            "{verb:?}: {both}"
        );
    }
}

#[test]
fn verbs_go_to_every_cluster() {
    let Some(Fleet { env, other, .. }) = &Fleet::start() else {
        return;
    };
    let output = env.run(["suspend", "ks", "podinfo", "--contexts", "prod-*"]);
    assert_eq!(output.status(), Some(1), "{output}");
    for words in [
        "► [prod-well] suspending kustomization podinfo in [NAMESPACE] namespace",
        "✔ [prod-slow] kustomization suspended",
        "✗ [prod-down] the cluster at https://[DOWN] refuses connections",
        "✗ 1 of 3 clusters failed",
    ] {
        assert!(output.stderr().contains(words), "{words}: {output}");
    }
    let namespace = env.scene().namespace();
    let suspended = |scene: &Scene| {
        let target = format!("Kustomization/{namespace}/podinfo");
        scene.object(&target).unwrap()["spec"]["suspend"] == json!(true)
    };
    assert!(suspended(env.scene()) && suspended(other));
    env.run([
        "resume",
        "ks",
        "podinfo",
        "--wait=false",
        "--contexts",
        "prod-well,prod-slow",
    ])
    .success();
    assert!(!suspended(env.scene()) && !suspended(other));
    let talk = env.run([
        "suspend",
        "ks",
        "podinfo",
        "--contexts",
        "prod-well",
        "--log-format=json",
    ]);
    let line: Value = serde_json::from_str(talk.stderr().lines().next().unwrap()).unwrap();
    assert_eq!(line["cluster"], "prod-well");
}

#[test]
fn checks_are_rows_and_one_document() {
    let Some(Fleet { env, .. }) = &Fleet::start() else {
        return;
    };
    let output = env.run(["check", "--pre", "--contexts", "prod-*"]);
    assert_eq!(output.status(), Some(1), "{output}");
    let rows: Vec<String> = output
        .stdout()
        .lines()
        .map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        rows,
        [
            "CLUSTER PASSED MESSAGE",
            "prod-well True",
            "prod-down False the cluster at https://[DOWN] refuses connections",
            "prod-slow True",
        ],
        "{output}"
    );
    let output = env.run([
        "check",
        "--pre",
        "--contexts",
        "prod-well,prod-slow",
        "-o",
        "json",
    ]);
    let report: Value = serde_json::from_slice(output.raw_stdout()).unwrap();
    assert_fits_schema("CheckReportList", &report);
    assert_eq!(report["items"][1]["cluster"], "prod-slow");
}

#[test]
fn counts_are_rows_of_each_cluster() {
    let Some(Fleet { env, .. }) = &Fleet::start() else {
        return;
    };
    let output = env.run(["stats", "--all-contexts"]);
    let rows: Vec<String> = output
        .stdout()
        .lines()
        .filter(|row| row.contains("Kustomization") || row.starts_with("CLUSTER"))
        .map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        rows,
        [
            "CLUSTER RECONCILERS RUNNING FAILING SUSPENDED STORAGE",
            "prod-well Kustomization 2 1 0 -",
            "prod-slow Kustomization 2 1 0 -",
            "test-shut Kustomization 0 0 0 -",
        ],
        "{output}"
    );
    let told = output.failure(1);
    for words in [
        "✗ [prod-down] the cluster at https://[DOWN] refuses connections",
        "⚠️ [test-shut] not allowed to list: GitRepository, ",
        "✗ 1 of 4 clusters failed",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let output = env.run(["stats", "--contexts", "prod-slow,prod-down", "-o", "json"]);
    let report: Value = serde_json::from_slice(output.raw_stdout()).unwrap();
    assert_fits_schema("StatsList", &report);
    assert_eq!(report["items"][0]["cluster"], "prod-slow");
    assert_eq!(report["items"].as_array().unwrap().len(), 1);
    let one = env
        .run(["stats", "--contexts", "prod-well", "-o", "json"])
        .success();
    assert!(one.contains("\"kind\": \"StatsList\""), "{one}");
}

/// An event about an object of both clusters.
fn event(name: &str, namespace: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": namespace},
        "involvedObject": {
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "name": "podinfo",
            "namespace": namespace,
        },
        "type": "Warning", "reason": "BuildFailed", "message": format!("about {name}"),
        "source": {"component": "kustomize-controller"}, "count": 1,
        "firstTimestamp": "2026-11-21T11:00:00Z", "lastTimestamp": "2026-11-21T11:00:00Z",
    })
}

#[test]
fn events_are_rows_of_each_cluster() {
    let Some(Fleet { env, other, .. }) = &Fleet::start() else {
        return;
    };
    let namespace = env.scene().namespace().to_owned();
    env.scene()
        .api()
        .apply_all(vec![event("here", &namespace)], &namespace);
    other
        .api()
        .apply_all(vec![event("there", &namespace)], &namespace);
    let output = env.run(["events", "--all-contexts", "--types", "Warning"]);
    insta::assert_snapshot!(output.stdout(), @"
    CLUSTER  	LAST SEEN	TYPE   	REASON     	OBJECT               	MESSAGE     
    prod-well	60m      	Warning	BuildFailed	Kustomization/podinfo	about here 	
    prod-slow	60m      	Warning	BuildFailed	Kustomization/podinfo	about there	
    ");
    let told = output.failure(1);
    for words in [
        "✗ [prod-down] the cluster at https://[DOWN] refuses connections",
        "✗ [test-shut] not allowed to list events",
        "✗ 2 of 4 clusters failed",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let fleet = "--contexts=prod-slow,prod-well";
    let listed = env.run(["events", fleet, "-o", "json"]).success();
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["kind"], "List");
    let clusters = listed["items"].as_array().unwrap().iter();
    let clusters: Vec<&Value> = clusters
        .map(|item| &item["metadata"]["annotations"]["cli.gitops/cluster"])
        .collect();
    assert_eq!(clusters, ["prod-slow", "prod-well"]);
    let path = "-ojsonpath={.items[*].metadata.name}";
    assert_eq!(env.run(["events", fleet, path]).success(), "there here");

    let watching = env.command(["events", fleet, "--watch"]).start();
    watching.wait_for("about there");
    watching.wait_for("about here");
    other
        .api()
        .apply_all(vec![event("later", &namespace)], &namespace);
    watching.wait_for("about later");
    watching.interrupt();
    let output = watching.finish();
    let stdout = output.stdout();
    assert_eq!(output.status(), Some(130), "{output}");
    assert_eq!(stdout.matches("CLUSTER").count(), 1, "{stdout}");
    let of = |words: &str| {
        let row = stdout.lines().find(|row| row.contains(words));
        row.unwrap_or_default().split_whitespace().next()
    };
    assert_eq!(of("about later"), Some("prod-slow"), "{stdout}");
    assert_eq!(of("about here"), Some("prod-well"), "{stdout}");
}

#[test]
fn a_wait_goes_to_every_cluster() {
    let Some(Fleet { env, .. }) = &Fleet::start() else {
        return;
    };
    let well = "--contexts=prod-well,prod-slow";
    let waited = env.run([
        "wait",
        "ks/podinfo",
        "--for=condition=Ready",
        "--timeout=2m",
        well,
    ]);
    assert!(
        waited
            .stderr()
            .contains("✔ [prod-slow] Kustomization/[NAMESPACE]/podinfo: "),
        "{waited}"
    );
    waited.success();
    let late = env.run([
        "wait",
        "ks/backend",
        "--for=condition=Ready",
        "--timeout=5s",
        well,
    ]);
    assert!(late.stderr().contains("✗ 2 of 2 clusters failed"), "{late}");
    late.failure(3);
}

/// What is told of the clusters of a fleet where a verb meets all of them.
pub fn assert_told_of_all(output: &CommandOutput) {
    for words in [
        "✗ [prod-down] the cluster at https://[DOWN] refuses connections",
        "[test-shut] not allowed to ",
        "✗ 2 of 4 clusters failed",
    ] {
        assert!(output.stderr().contains(words), "{words}: {output}");
    }
    assert_eq!(output.status(), Some(1), "{output}");
}

#[test]
fn a_reconciliation_goes_to_every_cluster() {
    const REQUESTED: &str = "/metadata/annotations/reconcile.fluxcd.io~1requestedAt";
    let Some(Fleet { env, other, .. }) = &Fleet::start() else {
        return;
    };
    let target = format!("Kustomization/{}/podinfo", env.scene().namespace());
    let verb = ["reconcile", "ks", "podinfo", "--all-contexts"];
    let running = env.command(verb).start();
    for scene in [env.scene(), other] {
        // Nobody else answers here.
        let object = scene.wait_until(&target, "requested", |object| {
            object.pointer(REQUESTED).is_some()
        });
        let mut status = object["status"].clone();
        status["lastHandledReconcileAt"] = object.pointer(REQUESTED).unwrap().clone();
        scene.patch_status(&target, &status);
    }
    let output = running.finish();
    for cluster in ["prod-well", "prod-slow"] {
        let words = format!("✔ [{cluster}] applied revision");
        assert!(output.stderr().contains(&words), "{words}: {output}");
    }
    assert_told_of_all(&output);
}

#[test]
fn what_is_steered_everywhere_is_told_of_every_cluster() {
    let Some(Fleet { env, other, .. }) = &Fleet::start() else {
        return;
    };
    let target = format!("Kustomization/{}/podinfo", env.scene().namespace());
    let suspended = || {
        [env.scene(), other]
            .map(|scene| scene.object(&target).unwrap()["spec"]["suspend"] == json!(true))
    };
    assert_told_of_all(&env.run(["suspend", "ks", "podinfo", "--all-contexts"]));
    assert_eq!(suspended(), [true, true]);
    assert_told_of_all(&env.run(["resume", "ks", "podinfo", "--wait=false", "--all-contexts"]));
    assert_eq!(suspended(), [false, false]);
}

#[test]
fn a_cluster_without_rights_fails_its_check_alone() {
    let Some(Fleet { env, .. }) = &Fleet::start() else {
        return;
    };
    let output = env.run(["check", "--all-contexts", "--timeout=1m", "-o", "json"]);
    assert_eq!(output.status(), Some(1), "{output}");
    let report: Value = serde_json::from_slice(output.raw_stdout()).unwrap();
    let items = report["items"].as_array().unwrap();
    let told: Vec<&str> = items
        .iter()
        .map(|item| item["cluster"].as_str().unwrap())
        .collect();
    assert_eq!(
        told,
        ["prod-well", "prod-down", "prod-slow", "test-shut"],
        "{output}"
    );
    assert_fits_schema("CheckReportList", &report);
    for (place, words) in [(1, "refuses connections"), (3, "not allowed to ")] {
        let finding = &items[place]["findings"][0];
        let message = finding["message"].as_str().unwrap();
        assert_eq!(items[place]["passed"], false, "{output}");
        assert_eq!(finding["topic"], "cluster", "{output}");
        assert!(message.contains(words), "{words}: {output}");
    }
    assert_told_of_all(&output);
}
