//! `why` on scenes that real controllers broke: the cause that it prints is the true one.

use serde_json::{Value, json};

use crate::scene::{Access, GitHttp, Registry, Scene, TestEnv, assert_fits_schema, condition};

/// What the repository of the broken scenes holds.
const FILES: &[(&str, &str)] = &[
    (
        "good/settings.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n",
    ),
    (
        "broken/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [absent.yaml]\n",
    ),
    (
        "fixed/settings.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fixed}\nimmutable: true\ndata: {value: new}\n",
    ),
    (
        "unknown/thing.yaml",
        "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: thing}\n",
    ),
    (
        "vars/settings.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars}\ndata: {value: '${value}'}\n",
    ),
    (
        "charts/tiny/Chart.yaml",
        "apiVersion: v2\nname: tiny\nversion: 0.1.0\n",
    ),
    ("charts/tiny/values.yaml", "replicas: 1\n"),
    (
        "charts/tiny/values.schema.json",
        r#"{"type": "object", "properties": {"replicas": {"type": "integer"}}}"#,
    ),
    (
        "charts/tiny/templates/settings.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}'}\n",
    ),
];

/// A workload whose pods never get ready.
fn hanging(name: &str) -> String {
    format!(
        "
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}, annotations: {{scene.gitops/never-ready: 'true'}}}}
    spec: {{containers: [{{name: app, image: web}}]}}
"
    )
}

pub fn git_repository(name: &str, url: &str, more: &str) -> String {
    format!(
        "
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {{name: {name}}}
spec: {{interval: 1h, timeout: 5s, url: '{url}', {more}}}
---"
    )
}

pub fn kustomization(name: &str, source: &str, path: &str, more: &str) -> String {
    format!(
        "
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}}}
spec:
  {{interval: 1h, timeout: 4s, retryInterval: 1h, prune: false, targetNamespace: '${{NAMESPACE}}', path: ./{path},
    sourceRef: {{kind: GitRepository, name: {source}}}, {more}}}
---"
    )
}

pub fn release(name: &str, chart: &str, more: &str) -> String {
    format!(
        "
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: {name}}}
spec:
  {{interval: 1h, chart: {{spec: {{chart: ./charts/{chart}, sourceRef: {{kind: GitRepository, name: app}}}}}}, {more}}}
---"
    )
}

/// A cluster with a repository that everything is made from.
pub struct Broken {
    pub env: TestEnv,
    pub git: GitHttp,
}

impl Broken {
    pub fn start() -> Option<Self> {
        let scene = Scene::shared()?;
        let git = GitHttp::open();
        let repository = git.repository("app");
        repository.commit("begin", FILES);
        let (web, crash) = (hanging("web"), hanging("crash"));
        repository.commit(
            "workloads",
            &[("web/web.yaml", &web), ("crash/crash.yaml", &crash)],
        );
        let child = kustomization("child", "app", "good", "")
            .replace("${NAMESPACE}", scene.namespace())
            .trim_end_matches("---")
            .to_owned();
        repository.commit("child", &[("parent/child.yaml", &child)]);
        scene.apply(&git_repository(
            "app",
            &git.url("app"),
            "ref: {branch: main}",
        ));
        scene.wait_ready("GitRepository/app");
        Some(Self {
            env: TestEnv::in_scene(scene),
            git,
        })
    }

    pub fn apply(&self, yaml: &str) {
        self.env.scene().apply(yaml);
    }

    /// Waits until the controller of an object says that it is not ready.
    pub fn until_not_ready(&self, target: &str) {
        let is_failed = |object: &Value| condition(object, "Ready") == "False";
        self.env.scene().wait_until(target, "not ready", is_failed);
    }

    /// Asks why, and holds sort, place and words of the cause against what is true.
    pub fn assert_cause(&self, target: &str, (kind, last, words): (&str, &str, &str)) {
        let output = self.env.run(["why", target, "-o", "json"]).success();
        let report: Value = serde_json::from_str(&output).unwrap();
        assert_fits_schema("Why", &report);
        let message = report["cause"]["message"].as_str().unwrap();
        assert_eq!(report["cause"]["kind"], kind, "{target}: {output}");
        assert!(
            message.contains(words),
            "{target}: `{words}` is not in {output}"
        );
        let end = &report["links"].as_array().unwrap().last().unwrap()["object"];
        let end = format!(
            "{}/{}",
            end["kind"].as_str().unwrap(),
            end["name"].as_str().unwrap()
        );
        assert!(end.starts_with(last), "{target}: ends at {end}: {output}");
        let needs_step = kind != "healthy";
        assert_eq!(report["next"].is_object(), needs_step, "{target}: {output}");
    }
}

#[test]
fn what_is_wrong_with_sources_is_told() {
    let Some(broken) = Broken::start() else {
        return;
    };
    let closed = GitHttp::start(
        Access::Basic {
            user: "jane".into(),
            password: "right".into(),
        },
        None,
    );
    closed.repository("app").commit("begin", FILES);
    broken.apply("apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {username: jane, password: wrong}\n");
    let sources = [
        git_repository("bad-url", "http://127.0.0.1:1/app.git", ""),
        git_repository("no-repository", &broken.git.url("none"), ""),
        git_repository("bad-auth", &closed.url("app"), "secretRef: {name: login}"),
        git_repository(
            "no-secret",
            &broken.git.url("app"),
            "secretRef: {name: absent}",
        ),
        git_repository("no-branch", &broken.git.url("app"), "ref: {branch: nope}"),
        git_repository("held", &broken.git.url("app"), "suspend: true"),
    ]
    .concat();
    let appliers = [
        kustomization("on-bad-url", "bad-url", "good", ""),
        kustomization("on-held", "held", "good", ""),
        kustomization("on-nothing", "nothing", "good", ""),
    ]
    .concat();
    broken.apply(&(sources + &appliers));
    for target in [
        "bad-url",
        "no-repository",
        "bad-auth",
        "no-secret",
        "no-branch",
    ] {
        broken.until_not_ready(&format!("GitRepository/{target}"));
    }
    for target in ["on-bad-url", "on-held", "on-nothing"] {
        broken.until_not_ready(&format!("Kustomization/{target}"));
    }
    let cases = [
        (
            "gitrepository/bad-url",
            ("url", "GitRepository/bad-url", "connection refused"),
        ),
        (
            "gitrepository/no-repository",
            ("url", "GitRepository/no-repository", "not found"),
        ),
        (
            "gitrepository/bad-auth",
            (
                "authentication",
                "GitRepository/bad-auth",
                "credentials are refused",
            ),
        ),
        (
            "gitrepository/no-secret",
            ("reference", "GitRepository/no-secret", "absent"),
        ),
        (
            "gitrepository/no-branch",
            ("revision", "GitRepository/no-branch", "nope"),
        ),
        (
            "gitrepository/held",
            ("suspended", "GitRepository/held", "is suspended"),
        ),
        (
            "ks/on-bad-url",
            ("url", "GitRepository/bad-url", "connection refused"),
        ),
        (
            "ks/on-held",
            ("suspended", "GitRepository/held", "is suspended"),
        ),
        (
            "ks/on-nothing",
            ("missing", "GitRepository/nothing", "does not exist"),
        ),
        (
            "ks/absent",
            ("missing", "Kustomization/absent", "does not exist"),
        ),
        (
            "gitrepository/app",
            ("healthy", "GitRepository/app", "as it should be"),
        ),
    ];
    for (target, wanted) in cases {
        broken.assert_cause(target, wanted);
    }
}

#[test]
fn what_is_wrong_with_kustomizations_is_told() {
    let Some(broken) = Broken::start() else {
        return;
    };
    broken.apply("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: poor}\n");
    broken.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fixed}\nimmutable: true\ndata: {value: old}\n");
    let appliers = [
        kustomization("wrong-path", "app", "nope", ""),
        kustomization("build", "app", "broken", ""),
        kustomization("denied", "app", "good", "serviceAccountName: poor"),
        kustomization("fixed", "app", "fixed", ""),
        kustomization("unknown", "app", "unknown", ""),
        kustomization(
            "vars",
            "app",
            "vars",
            "postBuild: {substituteFrom: [{kind: ConfigMap, name: absent}]}",
        ),
        kustomization("waits", "app", "good", "dependsOn: [{name: nobody}]"),
        kustomization("after-build", "app", "good", "dependsOn: [{name: build}]"),
        kustomization("one", "app", "good", "dependsOn: [{name: two}]"),
        kustomization("two", "app", "good", "dependsOn: [{name: one}]"),
        kustomization("own-hold", "app", "good", "suspend: true"),
        kustomization("parent", "app", "parent", ""),
    ]
    .concat();
    broken.apply(&appliers);
    for name in [
        "wrong-path",
        "build",
        "denied",
        "fixed",
        "unknown",
        "vars",
        "waits",
        "after-build",
        "one",
        "two",
    ] {
        broken.until_not_ready(&format!("Kustomization/{name}"));
    }
    broken.env.scene().wait_ready("Kustomization/parent");
    broken.env.scene().wait_ready("Kustomization/child");
    broken
        .env
        .scene()
        .patch("Kustomization/parent", &json!({"spec": {"suspend": true}}));
    let cases = [
        (
            "ks/wrong-path",
            ("path", "Kustomization/wrong-path", "nope"),
        ),
        ("ks/build", ("build", "Kustomization/build", "absent.yaml")),
        (
            "ks/denied",
            ("forbidden", "Kustomization/denied", "cannot patch"),
        ),
        (
            "ks/fixed",
            ("immutable", "Kustomization/fixed", "immutable"),
        ),
        (
            "ks/unknown",
            ("kindMissing", "Kustomization/unknown", "Thing"),
        ),
        ("ks/vars", ("reference", "Kustomization/vars", "absent")),
        (
            "ks/waits",
            ("missing", "Kustomization/nobody", "does not exist"),
        ),
        (
            "ks/after-build",
            ("build", "Kustomization/build", "absent.yaml"),
        ),
        (
            "ks/one",
            ("cycle", "Kustomization/two", "wait for each other"),
        ),
        (
            "ks/own-hold",
            ("suspended", "Kustomization/own-hold", "is suspended"),
        ),
        (
            "ks/child",
            ("suspended", "Kustomization/parent", "is suspended"),
        ),
    ];
    for (target, wanted) in cases {
        broken.assert_cause(target, wanted);
    }
}

#[test]
fn failing_health_checks_are_followed_to_the_container() {
    let Some(broken) = Broken::start() else {
        return;
    };
    let appliers = [
        kustomization("web", "app", "web", "wait: true"),
        kustomization("crash", "app", "crash", "wait: true"),
    ];
    broken.apply(&appliers.concat());
    broken.until_not_ready("Kustomization/web");
    broken.until_not_ready("Kustomization/crash");
    let scene = broken.env.scene();
    let pods = scene.list("Pod");
    let name = |pod: &Value| pod["metadata"]["name"].as_str().unwrap().to_owned();
    let crashing = pods
        .iter()
        .map(name)
        .find(|name| name.starts_with("crash-"))
        .unwrap();
    scene.patch_status(
        &format!("Pod/{crashing}"),
        &json!({"phase": "Running", "containerStatuses": [{
            "name": "app", "image": "web", "imageID": "", "ready": false, "restartCount": 7,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}},
            "lastState": {"terminated": {"exitCode": 3, "reason": "Error"}},
        }]}),
    );
    let cases = [
        ("ks/web", ("health", "Pod/web-", "is not ready")),
        ("ks/crash", ("container", "Pod/crash-", "exit code 3")),
        (
            "deployment/crash",
            ("container", "Pod/crash-", "exit code 3"),
        ),
    ];
    for (target, wanted) in cases {
        broken.assert_cause(target, wanted);
    }
    let text = broken
        .env
        .run(["why", "ks", "crash"])
        .redacting(&crashing, "[POD]")
        .success();
    assert!(
        text.contains("has applied Deployment/[NAMESPACE]/crash"),
        "{text}"
    );
    assert!(
        text.contains("kubectl logs [POD] -n [NAMESPACE] -c app --previous"),
        "{text}"
    );
}

#[test]
fn what_is_wrong_with_releases_and_images_is_told() {
    let Some(broken) = Broken::start() else {
        return;
    };
    let Some(registry) = Registry::shared() else {
        return;
    };
    registry.push_tag("why/web", "1.0.0");
    let host = registry.host();
    let releases = [
        release("no-chart", "none", ""),
        release("bad-values", "tiny", "values: {replicas: many}"),
        release(
            "no-values",
            "tiny",
            "valuesFrom: [{kind: ConfigMap, name: absent}]",
        ),
    ]
    .concat();
    let images = format!(
        "
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: {{name: web}}
spec: {{interval: 1h, insecure: true, image: {host}/why/web}}
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: {{name: nowhere}}
spec: {{interval: 1h, insecure: true, image: '127.0.0.1:1/web', timeout: 3s}}
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: {{name: web}}
spec: {{imageRepositoryRef: {{name: web}}, policy: {{semver: {{range: '>=2'}}}}}}
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: {{name: nowhere}}
spec: {{imageRepositoryRef: {{name: nowhere}}, policy: {{semver: {{range: '>=2'}}}}}}
"
    );
    broken.apply(&(releases + &images));
    broken.env.scene().wait_ready("ImageRepository/web");
    for target in [
        "HelmRelease/no-chart",
        "HelmRelease/bad-values",
        "HelmRelease/no-values",
    ] {
        broken.until_not_ready(target);
    }
    for target in [
        "ImageRepository/nowhere",
        "ImagePolicy/web",
        "ImagePolicy/nowhere",
    ] {
        broken.until_not_ready(target);
    }
    let cases = [
        ("hr/no-chart", ("chart", "HelmChart/", "none")),
        (
            "hr/bad-values",
            ("values", "HelmRelease/bad-values", "replicas"),
        ),
        (
            "hr/no-values",
            ("reference", "HelmRelease/no-values", "absent"),
        ),
        (
            "imagepolicy/web",
            ("imagePolicy", "ImagePolicy/web", "no tag fits the policy"),
        ),
        (
            "imagerepository/nowhere",
            ("url", "ImageRepository/nowhere", "connection refused"),
        ),
        (
            "imagepolicy/nowhere",
            ("url", "ImageRepository/nowhere", "connection refused"),
        ),
    ];
    for (target, wanted) in cases {
        broken.assert_cause(target, wanted);
    }
}

#[test]
fn a_controller_that_is_missing_or_scaled_down_is_the_cause() {
    let Some(scene) = Scene::private_server() else {
        return;
    };
    scene.apply(&kustomization("apps", "app", "apps", ""));
    let env = TestEnv::in_scene(scene);
    let missing = env.run(["why", "ks/apps"]).success();
    assert!(
        missing.contains("Cause: the cluster has no kustomize-controller"),
        "{missing}"
    );
    env.scene().apply(
        "
apiVersion: apps/v1
kind: Deployment
metadata: {name: kustomize-controller, labels: {app.kubernetes.io/component: kustomize-controller}}
spec:
  replicas: 0
  selector: {matchLabels: {app: kustomize-controller}}
  template:
    metadata: {labels: {app: kustomize-controller}}
    spec: {containers: [{name: manager, image: x}]}
",
    );
    let down = env.run(["why", "ks/apps"]).success();
    assert!(
        down.contains("Cause: kustomize-controller is scaled down to nothing"),
        "{down}"
    );
    assert!(
        down.contains("kubectl scale deployment kustomize-controller -n [NAMESPACE] --replicas=1"),
        "{down}"
    );
}

#[test]
fn what_changed_since_a_good_reconciliation_is_told() {
    let Some(broken) = Broken::start() else {
        return;
    };
    let scene = broken.env.scene();
    broken.apply(
        &[
            kustomization("edited", "app", "good", ""),
            kustomization("robbed", "app", "vars", ""),
        ]
        .concat(),
    );
    for target in ["Kustomization/edited", "Kustomization/robbed"] {
        scene.wait_ready(target);
    }
    broken.assert_cause(
        "ks/edited",
        ("healthy", "Kustomization/edited", "as it should be"),
    );
    // The API server counts in whole seconds.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    scene.patch("ConfigMap/good", &json!({"data": {"by": "hand"}}));
    scene.delete("ConfigMap/vars");
    scene.wait_gone("ConfigMap/vars");
    for (target, wanted) in [
        (
            "ks/edited",
            ("drift", "ConfigMap/good", "was changed with gitops-scene"),
        ),
        (
            "cm/good",
            (
                "drift",
                "Kustomization/edited",
                "was changed with gitops-scene",
            ),
        ),
        (
            "ks/robbed",
            ("drift", "ConfigMap/vars", "somebody has deleted it"),
        ),
    ] {
        broken.assert_cause(target, wanted);
    }
    broken.env.run(["reconcile", "ks", "robbed"]).success();
    broken.assert_cause(
        "ks/robbed",
        ("healthy", "Kustomization/robbed", "as it should be"),
    );
    // A release of the workload that nobody waits for: the Kustomization is ready, and its leaf is not.
    broken.apply(&kustomization("careless", "app", "web", ""));
    scene.wait_ready("Kustomization/careless");
    let output = broken
        .env
        .run(["why", "ks/careless", "-o", "json"])
        .success();
    let report: Value = serde_json::from_str(&output).unwrap();
    assert_ne!(report["cause"]["kind"], "healthy", "{output}");
    assert!(report["links"].as_array().unwrap().len() > 1, "{output}");
}
