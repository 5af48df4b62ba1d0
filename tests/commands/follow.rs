//! `events` and `logs`: what comes while one looks, through lost connections and restarts.

use std::time::Duration;

use serde_json::{Value, json};

use crate::scene::{LogServer, Scene, TestEnv, Wire, WireFault};

/// Two controllers, each with a pod whose labels are of an older version than its Deployment's.
const CONTROLLERS: &str = "
apiVersion: v1
kind: ServiceAccount
metadata: {name: default}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: kustomize-controller, labels: {app.kubernetes.io/part-of: flux}}
spec:
  selector: {matchLabels: {app: kustomize-controller}}
  template:
    metadata: {labels: {app: kustomize-controller, app.kubernetes.io/version: v2}}
    spec: {containers: [{name: manager, image: x}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: source-controller, labels: {app.kubernetes.io/part-of: flux}}
spec:
  selector: {matchLabels: {app: source-controller}}
  template:
    metadata: {labels: {app: source-controller, app.kubernetes.io/version: v2}}
    spec: {containers: [{name: manager, image: x}]}
";

/// A cluster whose two controllers write what the test says.
struct Controllers {
    env: TestEnv,
    kubelet: LogServer,
}

impl Controllers {
    fn start() -> Option<Self> {
        let scene = Scene::server()?;
        let kubelet = LogServer::start();
        // No node is shared with other tests.
        let node = json!({
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": scene.namespace()},
            "status": {
                "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
                "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet.port()}},
            },
        });
        scene.api().apply_all(vec![node], "");
        scene.apply(CONTROLLERS);
        let controllers = Self {
            env: TestEnv::in_scene(scene),
            kubelet,
        };
        for controller in ["kustomize-controller", "source-controller"] {
            controllers.pod(controller, 1);
        }
        Some(controllers)
    }

    /// Makes a running pod of a controller.
    fn pod(&self, controller: &str, number: usize) {
        let scene = self.env.scene();
        scene.apply(&format!(
            "
apiVersion: v1
kind: Pod
metadata: {{name: {controller}-{number}, labels: {{app: {controller}, app.kubernetes.io/version: v1}}}}
spec: {{nodeName: '${{NAMESPACE}}', containers: [{{name: manager, image: x}}]}}
status: {{phase: Running}}
"
        ));
        let key = self.key(controller, number);
        self.kubelet.restart(&key, "");
    }

    fn key(&self, controller: &str, number: usize) -> String {
        let namespace = self.env.scene().namespace();
        format!("{namespace}/{controller}-{number}/manager")
    }

    fn logs(&self, more: &[&str]) -> Vec<String> {
        let namespace = self.env.scene().namespace();
        let flag = format!("--flux-namespace={namespace}");
        let arguments = ["logs".to_owned(), flag].into_iter();
        arguments
            .chain(more.iter().map(ToString::to_string))
            .collect()
    }

    /// A line about an object of the test's namespace.
    fn line(&self, second: usize, message: &str) -> String {
        let entry = json!({
            "level": "info", "ts": format!("2026-11-21T11:00:{second:02}.000Z"), "msg": message,
            "controllerKind": "Bucket", "name": "b", "namespace": self.env.scene().namespace(),
        });
        format!("{entry}\n")
    }
}

fn event(name: &str, hour: usize) -> String {
    format!(
        "
apiVersion: v1
kind: Event
metadata: {{name: '{name}', namespace: '${{NAMESPACE}}'}}
involvedObject: {{apiVersion: source.toolkit.fluxcd.io/v1, kind: OCIRepository, name: chart, namespace: '${{NAMESPACE}}'}}
type: Normal
reason: Told
message: about {name}
source: {{component: test}}
firstTimestamp: '2026-11-21T{hour:02}:00:00Z'
lastTimestamp: '2026-11-21T{hour:02}:00:00Z'
count: 1
"
    )
}

#[test]
fn events_of_what_a_release_is_made_from_are_shown() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(
        "
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop}
spec: {interval: 1h, chartRef: {kind: OCIRepository, name: chart}}
",
    );
    scene.apply(&event("second", 11));
    scene.apply(&event("first", 9));
    let env = TestEnv::in_scene(scene);
    insta::assert_snapshot!(env.run(["events", "--for", "HelmRelease/shop", "--no-header"]), @"
    3h 	Normal	Told	OCIRepository/chart	about first 	
    60m	Normal	Told	OCIRepository/chart	about second	
    ");
    let output = env.run(["events", "-o", "json"]).success();
    let list: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(list["kind"], "List");
    let items = list["items"].as_array().unwrap();
    let messages: Vec<&str> = items
        .iter()
        .map(|item| item["message"].as_str().unwrap())
        .collect();
    assert_eq!(messages, ["about first", "about second"]);
    assert!(
        items
            .iter()
            .all(|item| item["kind"] == "Event" && item["apiVersion"] == "v1")
    );
    assert!(!output.contains("managedFields"), "{output}");
}

#[test]
fn a_message_that_ends_with_its_line_takes_two_as_with_flux() {
    let Some(scene) = Scene::server() else { return };
    let text = event("told", 9).replace("message: about told", r#"message: "about told\n""#);
    scene.apply(&text);
    let env = TestEnv::in_scene(scene);
    let shown = env.run(["events", "--no-header"]).success();
    let rows: Vec<&str> = shown.lines().collect();
    assert_eq!(rows.len(), 2, "{shown}");
    assert!(rows[0].contains("about told"), "{shown}");
    assert_eq!(rows[1].trim(), "", "{shown}");
}

#[test]
fn events_of_what_is_gone_are_shown_where_nothing_else_is_read() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(&event("late", 1));
    let env = TestEnv::in_scene(scene);
    let told = env.run(["events", "--for", "OCIRepository/chart"]);
    assert!(told.stdout().contains("about late"), "{told}");
    told.success();
    insta::assert_snapshot!(env.run(["events", "--for", "Bucket/nowhere"]), @r"
    ------- stderr -------
    ✗ No events found in [NAMESPACE] namespace.
    ");
    insta::assert_snapshot!(env.run(["events", "--for", "Alert/nowhere"]), @r"
    ------- stderr -------
    ✗ Alert/[NAMESPACE]/nowhere not found
    [exit status: 1]
    ");
}

#[test]
fn a_watch_shows_each_event_once_through_lost_connections() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(&event("start", 1));
    let address = scene.address().trim_start_matches("https://").to_owned();
    let wire = Wire::before(&address).with(WireFault::CutAfter(24_000));
    let env = TestEnv::in_scene(scene).through(&format!("https://{}", wire.host()), None);
    let watch = env.command(["events", "--watch", "-o", "json"]).start();
    watch.wait_for("about start");
    for number in 0..40 {
        env.scene().apply(&event(&format!("e{number:02}"), 2));
    }
    watch.wait_for("about e39");
    watch.interrupt();
    let output = watch.finish();
    assert!(wire.connections() > 1, "{} connections", wire.connections());
    let shown = output.stdout();
    let mut messages: Vec<String> = shown
        .lines()
        .map(|line| {
            let event: Value = serde_json::from_str(line).unwrap();
            event["message"].as_str().unwrap().to_owned()
        })
        .collect();
    messages.sort();
    let wanted: Vec<String> = (0..40)
        .map(|number| format!("about e{number:02}"))
        .chain(["about start".to_owned()])
        .collect();
    assert_eq!(messages, wanted);
    assert_eq!(output.status(), Some(130));
}

#[test]
fn a_limit_that_was_asked_for_ends_a_watch_well() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(&event("only", 10));
    let env = TestEnv::in_scene(scene);
    insta::assert_snapshot!(env.run(["events", "--watch", "--timeout=4s"]), @"
    LAST SEEN	TYPE  	REASON	OBJECT             	MESSAGE    
    120m     	Normal	Told  	OCIRepository/chart	about only	
    ");
}

#[test]
fn followed_logs_go_on_through_restarts_new_pods_and_lost_connections() {
    let Some(scene) = Controllers::start() else {
        return;
    };
    let (kustomize, source) = ("kustomize-controller", "source-controller");
    let (first, second) = (scene.key(kustomize, 1), scene.key(source, 1));
    scene.kubelet.append(&first, &scene.line(1, "k begins"));
    scene.kubelet.append(&second, &scene.line(2, "s begins"));
    let run = scene.env.command(scene.logs(&["-f"])).start();
    run.wait_for("k begins");
    run.wait_for("s begins");
    scene.kubelet.append(&first, &scene.line(3, "k goes on"));
    scene.kubelet.append(&second, &scene.line(3, "s goes on"));
    run.wait_for("k goes on");
    run.wait_for("s goes on");
    // The connection is lost: what was read comes again, and is not told again.
    scene.kubelet.lose(&first);
    scene
        .kubelet
        .append(&first, &scene.line(3, "k of the same time"));
    run.wait_for("k of the same time");
    // The container starts anew, with an empty log.
    scene.kubelet.restart(&second, &scene.line(5, "s again"));
    run.wait_for("s again");
    // The pod makes room for another one.
    let api = scene.env.scene().api();
    let namespace = scene.env.scene().namespace();
    let path = format!("/api/v1/namespaces/{namespace}/pods/{kustomize}-1?gracePeriodSeconds=0");
    let (status, answer) = api.call(reqwest::Method::DELETE, &path, None);
    assert_eq!(status, 200, "{answer}");
    scene.pod(kustomize, 2);
    scene.kubelet.restart(&first, "");
    scene
        .kubelet
        .append(&scene.key(kustomize, 2), &scene.line(9, "k in a new pod"));
    run.wait_for("k in a new pod");
    assert!(scene.kubelet.opened(&first) > 1);
    run.interrupt();
    let output = run.finish();
    assert_eq!(output.status(), Some(130));
    let mut messages: Vec<String> = output
        .stdout()
        .lines()
        .map(|line| line.split(" - ").nth(1).unwrap().trim().to_owned())
        .collect();
    messages.sort();
    assert_eq!(
        messages,
        [
            "k begins",
            "k goes on",
            "k in a new pod",
            "k of the same time",
            "s again",
            "s begins",
            "s goes on"
        ]
    );
}

#[test]
fn long_lines_are_shown_and_json_is_the_line_itself() {
    let Some(scene) = Controllers::start() else {
        return;
    };
    let long = "x".repeat(100_000);
    let line = scene.line(1, &long);
    scene
        .kubelet
        .append(&scene.key("source-controller", 1), &line);
    let shown = scene.env.run(scene.logs(&[])).success();
    assert_eq!(
        shown,
        format!("2026-11-21T11:00:01.000Z info Bucket/b.[NAMESPACE] - {long} \n")
    );
    let shown = scene.env.run(scene.logs(&["-o", "json"]));
    assert_eq!(String::from_utf8_lossy(shown.raw_stdout()), line);
}

#[test]
fn a_log_that_cannot_be_had_is_told_and_the_others_are_shown() {
    let Some(scene) = Controllers::start() else {
        return;
    };
    let texts = [(
        scene.key("source-controller", 1),
        scene.line(1, "still here"),
    )];
    scene.kubelet.replace(&texts.into());
    let output = scene.env.run(scene.logs(&[]));
    assert_eq!(
        output.stdout(),
        "2026-11-21T11:00:01.000Z info Bucket/b.[NAMESPACE] - still here \n"
    );
    let told = output.failure(1);
    assert!(
        told.starts_with("✗ failed getting logs: [NAMESPACE]/kustomize-controller-1: ")
            && told.contains("✗ failed to collect logs from all Flux pods"),
        "{told}"
    );
}

#[test]
fn a_follow_ends_at_the_limit_that_was_asked_for() {
    let Some(scene) = Controllers::start() else {
        return;
    };
    scene.kubelet.append(
        &scene.key("source-controller", 1),
        &scene.line(1, "the only one"),
    );
    let command = scene.env.command(scene.logs(&["-f", "--timeout=4s"]));
    let shown = command.run().success();
    assert_eq!(shown.lines().count(), 1, "{shown}");
}

/// The status of a pod whose container was started anew so many times, after it had crashed.
fn crashed(restarts: usize) -> Value {
    json!({"phase": "Running", "containerStatuses": [{
        "name": "manager", "image": "x", "imageID": "x", "ready": true, "restartCount": restarts,
        "state": {"running": {}},
        "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
    }]})
}

#[test]
fn what_a_controller_wrote_before_its_crash_is_shown() {
    let Some(controllers) = Controllers::start() else {
        return;
    };
    let key = controllers.key("kustomize-controller", 1);
    let line = |second, message| controllers.line(second, message);
    controllers.kubelet.append(&key, &line(1, "before"));
    controllers
        .kubelet
        .crash(&key, &line(2, "at last"), &line(5, "after"));
    let scene = controllers.env.scene();
    scene.patch_status("Pod/kustomize-controller-1", &crashed(1));
    let output = controllers.env.run(controllers.logs(&[]));
    let messages = |stdout: &str| -> Vec<String> {
        let lines = stdout.lines().filter_map(|line| line.split_once(" - "));
        lines
            .map(|(_, message)| message.trim().to_owned())
            .collect()
    };
    assert_eq!(
        messages(&output.stdout()),
        ["before", "at last", "after"],
        "{output}"
    );
    assert!(
        output.stderr().contains(
            "[NAMESPACE]/kustomize-controller-1 has crashed (OOMKilled, exit status 137); what it wrote before comes first"
        ),
        "{output}"
    );

    let following = controllers
        .env
        .command(controllers.logs(&["--follow"]))
        .start();
    following.wait_for("after");
    scene.patch_status("Pod/kustomize-controller-1", &crashed(2));
    controllers
        .kubelet
        .crash(&key, &line(6, "again at last"), &line(9, "and after"));
    following.wait_for("and after");
    following.interrupt();
    let output = following.finish();
    assert_eq!(
        messages(&output.stdout()),
        ["before", "at last", "after", "again at last", "and after"],
        "{output}"
    );
    assert_eq!(
        output.stderr().matches("has crashed").count(),
        2,
        "{output}"
    );
}

#[test]
fn requests_are_limited_where_somebody_asks() {
    let Some(scene) = Scene::server() else { return };
    let env = TestEnv::in_scene(scene);
    let took = |flags: &[&str]| {
        let begin = std::time::Instant::now();
        env.run([&["get", "all"], flags].concat()).success();
        begin.elapsed()
    };
    // Fifteen kinds, one request each: four at once, the others at ten a second.
    let limited = took(&["--kube-api-qps=10", "--kube-api-burst=4"]);
    assert!(limited > Duration::from_secs(1), "{limited:?}");
    took(&["--kube-api-qps=-1", "--kube-api-burst=1"]);
}
