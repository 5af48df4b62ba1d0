//! Clusters: objects reconcile, users are told apart, controllers come back, writes are on record.

use std::time::Duration;

use serde_json::{Value, json};

use crate::scene::{
    DEFAULT_CONTROLLERS, GitHttp, KEEP_FILES, PATIENCE, Scene, TestEnv, User, are_built, built,
    condition, definitions_of_this_run, runtime, text,
};

/// A repository and what applies its folder `app`, for the shared cluster; `URL` is filled in.
pub const SYNC: &str = "
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: app}
spec: {interval: 1h, url: URL, ref: {branch: main}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: app}
spec:
  interval: 1h
  path: ./app
  prune: true
  wait: true
  targetNamespace: ${NAMESPACE}
  sourceRef: {kind: GitRepository, name: app}
";

/// A Deployment whose pods get ready.
const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: 'example.com/web:1'}]}
";

#[test]
fn what_is_in_git_gets_ready_in_the_cluster() {
    let Some(scene) = Scene::shared() else { return };
    let git = GitHttp::open();
    let repository = git.repository("app");
    let commit = repository.commit("add web", &[("app/web.yaml", DEPLOYMENT)]);
    scene.apply(&SYNC.replace("URL", &git.url("app")));
    let synced = scene.wait_ready("Kustomization/app");
    assert_eq!(
        text(&synced, "/status/lastAppliedRevision"),
        format!("main@sha1:{commit}")
    );
    let deployment = scene
        .object("Deployment/web")
        .expect("the Kustomization is ready");
    assert_eq!(deployment["status"]["readyReplicas"], 2);
    assert!(
        git.requests()
            .contains(&"POST /app.git/git-upload-pack".to_owned()),
        "{:?}",
        git.requests()
    );
}

#[test]
fn a_pod_that_never_gets_ready_holds_its_rollout() {
    let Some(scene) = Scene::shared() else { return };
    let hanging = DEPLOYMENT.replace(
        "metadata: {labels",
        "metadata: {annotations: {scene.gitops/never-ready: 'yes'}, labels",
    );
    scene.apply(&hanging);
    scene.wait_until(
        "Deployment/web",
        "rolled out without ready pods",
        |deployment| {
            deployment["status"]["unavailableReplicas"] == 2
                && condition(deployment, "Progressing") == "True"
        },
    );
}

#[test]
fn a_job_completes() {
    let Some(scene) = Scene::shared() else { return };
    scene.apply(
        "
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: once, image: 'example.com/once:1'}]}}}
",
    );
    scene.wait_until("Job/once", "complete", |job| {
        condition(job, "Complete") == "True"
    });
}

#[test]
fn a_status_stays_where_no_controller_runs() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(&SYNC.replace("URL", "https://example.com/app.git"));
    scene.patch_status("GitRepository/app", &json!({ "observedGeneration": 7 }));
    scene.patch("GitRepository/app", &json!({ "spec": { "suspend": true } }));
    let repository = scene.object("GitRepository/app").expect("it was applied");
    assert_eq!(repository["status"]["observedGeneration"], 7);
    assert_eq!(scene.list("Kustomization").len(), 1);
    scene.delete("Kustomization/app");
    scene.wait_gone("Kustomization/app");
    assert_eq!(scene.object("Kustomization/app"), None);
}

#[test]
fn a_scene_is_filled_from_a_file() {
    let Some(env) = TestEnv::with_cluster("two-kustomizations.yaml") else {
        return;
    };
    let ready = |kustomization: &Value| condition(kustomization, "Ready").to_owned();
    let states: Vec<String> = env
        .scene()
        .list("Kustomization")
        .iter()
        .map(ready)
        .collect();
    assert_eq!(states, ["False", "True"], "backend, podinfo");
}

#[test]
fn a_private_server_has_flux_or_not() {
    let Some(bare) = Scene::private_bare_server() else {
        return;
    };
    assert!(
        !bare
            .api()
            .serves("kustomize.toolkit.fluxcd.io/v1", &["kustomizations"])
    );
    let files = bare.authority();
    assert!(files.is_file());
    drop(bare);
    // An etcd allocates 128 MiB, and dozens of servers come and go in a run.
    assert!(KEEP_FILES.text().is_some() || !files.exists());
    let Some(with_flux) = Scene::private_server() else {
        return;
    };
    assert_eq!(with_flux.list("Kustomization"), [] as [Value; 0]);
}

#[test]
fn a_receiver_is_called_and_its_source_is_asked() {
    let Some(scene) = Scene::shared() else { return };
    let git = GitHttp::open();
    let repository = git.repository("app");
    repository.commit("add web", &[("app/web.yaml", DEPLOYMENT)]);
    scene.apply(&SYNC.replace("URL", &git.url("app")));
    scene.apply(
        "
apiVersion: v1
kind: Secret
metadata: {name: receiver}
stringData: {token: open sesame}
---
apiVersion: notification.toolkit.fluxcd.io/v1
kind: Receiver
metadata: {name: app}
spec:
  type: generic
  secretRef: {name: receiver}
  resources: [{apiVersion: source.toolkit.fluxcd.io/v1, kind: GitRepository, name: app}]
",
    );
    let receiver = scene.wait_ready("Receiver/app");
    scene.wait_ready("Kustomization/app");
    let commit = repository.commit("change nothing", &[("README.md", "hello\n")]);
    let cluster = scene.cluster().expect("the shared cluster is whole");
    let port = cluster.kubelet().ports().receivers;
    let url = format!(
        "http://127.0.0.1:{port}{}",
        text(&receiver, "/status/webhookPath")
    );
    let answer = runtime().block_on(async { reqwest::Client::new().post(url).send().await });
    assert_eq!(answer.expect("the controller listens").status(), 200);
    scene.wait_until("Kustomization/app", "at the new commit", |kustomization| {
        text(kustomization, "/status/lastAppliedRevision") == format!("main@sha1:{commit}")
    });
}

#[test]
fn users_have_their_own_rights_and_their_writes_are_on_record() {
    if !are_built(&["kubectl"]) {
        return;
    }
    let Some(scene) = Scene::server() else { return };
    let kubectl = built("kubectl");
    let env = TestEnv::in_scene(scene);
    let namespace = env.scene().namespace().to_owned();
    let kubectl = |env: &TestEnv, arguments: &[&str]| {
        env.other_command(
            &kubectl,
            ["-n", &namespace]
                .into_iter()
                .chain(arguments.iter().copied()),
        )
        .run()
    };
    let create = ["create", "configmap", "one", "--from-literal=a=b"];
    drop(kubectl(&env, &create).success());
    drop(
        kubectl(
            &env,
            &[
                "patch",
                "configmap",
                "one",
                "--type=merge",
                "-p",
                r#"{"data":{"a":"c"}}"#,
            ],
        )
        .success(),
    );
    drop(
        kubectl(
            &env,
            &["annotate", "configmap", "one", "x=y", "--dry-run=server"],
        )
        .success(),
    );
    // Neither the harness's own writes nor refused ones are the program's.
    env.scene()
        .patch("ConfigMap/one", &json!({ "data": { "a": "d" } }));
    drop(kubectl(&env, &create).failure(1));
    insta::assert_snapshot!(env.scene().writes(), @r"
    CREATE configmaps/one
    PATCH configmaps/one data.a=c
    ");
    let env = env.acting_as(User::Jane);
    insta::assert_snapshot!(kubectl(&env, &["get", "configmaps"]), @r#"
    ------- stderr -------
    Error from server (Forbidden): configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" in the namespace "[NAMESPACE]"
    [exit status: 1]
    "#);
}

#[test]
fn controllers_come_with_their_kinds_after_a_crash_and_go_with_them() {
    let limit = PATIENCE;
    let Some(scene) = Scene::private_bare() else {
        return;
    };
    let Some(definitions) = definitions_of_this_run() else {
        return;
    };
    let cluster = scene.cluster().expect("a private cluster is whole");
    assert!(
        !cluster
            .kubelet()
            .until_ready(DEFAULT_CONTROLLERS, Duration::ZERO)
    );
    let is_image = |definition: &Value| text(definition, "/spec/group").starts_with("image.");
    let plain = definitions
        .iter()
        .filter(|definition| !is_image(definition));
    scene.api().apply_all(plain.cloned().collect(), "");
    assert!(
        cluster.kubelet().until_ready(DEFAULT_CONTROLLERS, limit),
        "{}",
        cluster.log_tails()
    );
    assert_eq!(cluster.kubelet().running().len(), DEFAULT_CONTROLLERS.len());

    cluster.kubelet().crash("kustomize-controller");
    assert!(
        cluster.kubelet().until_ready(DEFAULT_CONTROLLERS, limit),
        "{}",
        cluster.log_tails()
    );
    assert_eq!(cluster.kubelet().restarts(), 1);

    scene.delete("CustomResourceDefinition/helmreleases.helm.toolkit.fluxcd.io");
    scene.api().until("helm-controller is gone", limit, || {
        !cluster.kubelet().running().contains(&"helm-controller")
    });
}

#[test]
fn controller_logs_are_served_as_the_logs_of_their_pods() {
    let Some(scene) = Scene::private() else {
        return;
    };
    scene.apply(
        "
apiVersion: v1
kind: Pod
metadata: {name: source-controller, namespace: flux-system}
spec: {containers: [{name: manager, image: 'example.com/source-controller:1'}]}
",
    );
    scene.wait_until("Pod/flux-system/source-controller", "running", |pod| {
        text(pod, "/status/phase") == "Running"
    });
    let path = "/api/v1/namespaces/flux-system/pods/source-controller/log";
    scene
        .api()
        .until("the log names the program", PATIENCE, || {
            let (status, log) = scene.api().call(reqwest::Method::GET, path, None);
            status == 200
                && log
                    .as_str()
                    .is_some_and(|log| log.contains("\"msg\":\"starting manager\""))
        });
}

#[test]
fn two_environments_run_at_once_and_share_nothing() {
    let both = std::thread::scope(|scope| {
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        let start = || {
            std::thread::Builder::new()
                .name(name.clone())
                .spawn_scoped(scope, Scene::private)
        };
        let pair = [start(), start()].map(|thread| thread.expect("threads can be started"));
        pair.map(|thread| thread.join().expect("the scene starts"))
    });
    let [Some(one), Some(two)] = both else { return };
    assert_ne!(one.address(), two.address());
    one.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: mine, namespace: default}}");
    assert!(one.object("ConfigMap/default/mine").is_some());
    assert_eq!(two.object("ConfigMap/default/mine"), None);
    for scene in [&one, &two] {
        let git = GitHttp::open();
        git.repository("app")
            .commit("add web", &[("app/web.yaml", DEPLOYMENT)]);
        scene.apply(&SYNC.replace("URL", &git.url("app")));
        scene.wait_ready("Kustomization/app");
    }
}
