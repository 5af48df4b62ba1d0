//! `why` where controllers name something else than the cause, or nothing at all.

use serde_json::{Value, json};

use super::why::{Broken, git_repository, kustomization, release};
use crate::scene::{Registry, Scene, TestEnv, condition};

/// A chart that takes the name of its only object from the values; and what is applied elsewhere.
const FILES: &[(&str, &str)] = &[
    (
        "charts/named/Chart.yaml",
        "apiVersion: v2\nname: named\nversion: 0.1.0\n",
    ),
    (
        "charts/named/templates/settings.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Values.name }}'}\n",
    ),
    (
        "settings/settings.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n",
    ),
];

/// Brings the repository that the scenes of this file are made from.
fn start() -> Option<Broken> {
    let broken = Broken::start()?;
    broken.git.repository("more").commit("begin", FILES);
    let url = broken.git.url("more");
    broken.apply(&git_repository("more", &url, "ref: {branch: main}"));
    broken.env.scene().wait_ready("GitRepository/more");
    Some(broken)
}

#[test]
fn a_release_that_was_rolled_back_has_the_cause_of_the_upgrade() {
    let Some(broken) = start() else { return };
    let remediation =
        "upgrade: {remediation: {retries: 0, strategy: rollback, remediateLastFailure: true}}";
    let release = release(
        "undone",
        "named",
        &format!("values: {{name: fine}}, timeout: 10s, {remediation}"),
    );
    broken.apply(&release.replace("name: app}", "name: more}"));
    let scene = broken.env.scene();
    scene.wait_ready("HelmRelease/undone");
    scene.patch(
        "HelmRelease/undone",
        &json!({"spec": {"values": {"name": "Not_A_Name"}}}),
    );
    scene.wait_until("HelmRelease/undone", "rolled back", |object| {
        let conditions = object["status"]["conditions"].as_array();
        let mut conditions = conditions.into_iter().flatten();
        conditions.any(|condition| {
            condition["type"] == "Ready" && condition["reason"] == "RollbackSucceeded"
        })
    });
    broken.assert_cause("hr/undone", ("release", "HelmRelease/undone", "Not_A_Name"));
}

#[test]
fn what_appliers_lack_is_named() {
    let Some(broken) = start() else { return };
    let kubeconfig = "{apiVersion: v1, kind: Config, current-context: c, \
        clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}], \
        contexts: [{name: c, context: {cluster: c, user: u}}], users: [{name: u, user: {token: t}}]}";
    broken.apply(&format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: far}}\nstringData: {{value: \"{kubeconfig}\"}}\n"
    ));
    let appliers = [
        kustomization(
            "no-account",
            "more",
            "settings",
            "serviceAccountName: nobody",
        ),
        kustomization("no-namespace", "more", "settings", "")
            .replace("'${NAMESPACE}'", "not-there"),
        kustomization(
            "far",
            "more",
            "settings",
            "kubeConfig: {secretRef: {name: far}}",
        ),
        kustomization("left-alone", "more", "settings", ""),
    ]
    .concat();
    broken.apply(&appliers);
    let url = broken.git.url("more");
    broken.apply(&git_repository("tagged", &url, "ref: {tag: v9}"));
    broken.apply(&git_repository(
        "includes",
        &url,
        "ref: {branch: main}, include: [{repository: {name: tagged}}]",
    ));
    for name in ["no-account", "no-namespace", "far"] {
        broken.until_not_ready(&format!("Kustomization/{name}"));
    }
    for name in ["tagged", "includes"] {
        broken.until_not_ready(&format!("GitRepository/{name}"));
    }
    let scene = broken.env.scene();
    scene.wait_ready("Kustomization/left-alone");
    let key = "kustomize.toolkit.fluxcd.io/reconcile";
    scene.patch(
        "ConfigMap/settings",
        &json!({"metadata": {"annotations": {key: "disabled"}}}),
    );
    let cases = [
        (
            "gitrepository/includes",
            ("revision", "GitRepository/tagged", "v9"),
        ),
        (
            "ks/no-account",
            ("reference", "ServiceAccount/nobody", "does not exist"),
        ),
        (
            "ks/no-namespace",
            ("reference", "Kustomization/no-namespace", "not-there"),
        ),
        (
            "ks/far",
            (
                "url",
                "Kustomization/far",
                "the other cluster cannot be reached",
            ),
        ),
        (
            "configmap/settings",
            ("suspended", "ConfigMap/settings", "says `disabled`"),
        ),
    ];
    for (target, wanted) in cases {
        broken.assert_cause(target, wanted);
    }
    let step = broken.env.run(["why", "ks/no-namespace"]).success();
    assert!(
        step.contains("kubectl create namespace not-there"),
        "{step}"
    );
}

#[test]
fn what_images_and_notifications_lack_is_named() {
    let Some(broken) = start() else { return };
    let Some(registry) = Registry::shared() else {
        return;
    };
    registry.push_tag("why/unnamed", "1.0.0");
    let host = registry.host();
    broken.apply(&format!(
        "
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: {{name: web}}
spec: {{interval: 1h, insecure: true, image: {host}/why/unnamed}}
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: {{name: bad-range}}
spec: {{imageRepositoryRef: {{name: web}}, policy: {{semver: {{range: no range}}}}}}
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageUpdateAutomation
metadata: {{name: no-repository}}
spec: {{interval: 1h, sourceRef: {{kind: GitRepository, name: gone}}, git: {{commit: {{author: {{email: a@example.com}}}}}}}}
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageUpdateAutomation
metadata: {{name: no-folder}}
spec:
  interval: 1h
  sourceRef: {{kind: GitRepository, name: more}}
  update: {{path: ./nowhere, strategy: Setters}}
  git: {{checkout: {{ref: {{branch: main}}}}, commit: {{author: {{email: a@example.com}}}}, push: {{branch: main}}}}
---
apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Provider
metadata: {{name: no-secret}}
spec: {{type: slack, secretRef: {{name: absent}}}}
---
apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Provider
metadata: {{name: held}}
spec: {{type: slack, suspend: true, address: 'http://127.0.0.1:1'}}
---
apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Alert
metadata: {{name: to-no-secret}}
spec: {{providerRef: {{name: no-secret}}, eventSources: [{{kind: Kustomization, name: none}}]}}
---
apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Alert
metadata: {{name: to-nobody}}
spec: {{providerRef: {{name: nobody}}, eventSources: [{{kind: Kustomization, name: none}}]}}
---
apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Alert
metadata: {{name: to-held}}
spec: {{providerRef: {{name: held}}, eventSources: [{{kind: Kustomization, name: none}}]}}
---
apiVersion: notification.toolkit.fluxcd.io/v1
kind: Receiver
metadata: {{name: no-secret}}
spec: {{type: github, secretRef: {{name: absent}}, resources: [{{kind: GitRepository, name: more}}]}}
"
    ));
    for target in [
        "ImagePolicy/bad-range",
        "ImageUpdateAutomation/no-repository",
        "ImageUpdateAutomation/no-folder",
        "Receiver/no-secret",
    ] {
        broken.until_not_ready(target);
    }
    let cases = [
        (
            "imagepolicy/bad-range",
            ("other", "ImagePolicy/bad-range", "invalid policy"),
        ),
        (
            "imageupdateautomation/no-repository",
            ("missing", "GitRepository/gone", "does not exist"),
        ),
        (
            "imageupdateautomation/no-folder",
            ("path", "ImageUpdateAutomation/no-folder", "nowhere"),
        ),
        (
            "provider/no-secret",
            ("reference", "Secret/absent", "does not exist"),
        ),
        (
            "alert/to-no-secret",
            ("reference", "Secret/absent", "does not exist"),
        ),
        (
            "alert/to-nobody",
            ("missing", "Provider/nobody", "does not exist"),
        ),
        (
            "alert/to-held",
            ("suspended", "Provider/held", "is suspended"),
        ),
        (
            "receiver/no-secret",
            ("reference", "Receiver/no-secret", "absent"),
        ),
    ];
    for (target, wanted) in cases {
        broken.assert_cause(target, wanted);
    }
}

/// An applier that is ready, and whose only object is not there.
fn content(kind: &str, api_version: &str, spec: &str) -> String {
    format!(
        "
apiVersion: {api_version}
kind: {kind}
metadata: {{name: app}}
spec: {spec}
status:
  observedGeneration: 1
  conditions:
  - {{type: Ready, status: 'True', reason: Succeeded, message: fine, lastTransitionTime: '2026-11-21T11:00:00Z', observedGeneration: 1}}
  inventory: {{entries: [{{id: '${{NAMESPACE}}_settings__ConfigMap', v: v1}}]}}
"
    )
}

#[test]
fn what_is_gone_is_missed_only_where_it_should_be() {
    let Some(scene) = Scene::server() else { return };
    let source = "sourceRef: {kind: Bucket, name: none}";
    let applier = |more: &str| {
        content(
            "Kustomization",
            "kustomize.toolkit.fluxcd.io/v1",
            &format!("{{interval: 1h, prune: true, {source}{more}}}"),
        )
    };
    scene.apply(
        "
apiVersion: source.toolkit.fluxcd.io/v1
kind: Bucket
metadata: {name: none}
spec: {interval: 1h, bucketName: files, endpoint: minio.example.com}
status:
  observedGeneration: 1
  conditions:
  - {type: Ready, status: 'True', reason: Succeeded, message: fine, lastTransitionTime: '2026-11-21T11:00:00Z', observedGeneration: 1}
",
    );
    scene.apply(&applier(""));
    let env = TestEnv::in_scene(scene);
    let report = |target: &str| -> Value {
        let output = env.run(["why", target, "-o", "json"]).success();
        serde_json::from_str(&output).unwrap()
    };
    let here = report("ks/app");
    assert_eq!(here["cause"]["kind"], "drift", "{here}");
    let scene = env.scene();
    scene.delete("Kustomization/app");
    scene.apply(&applier(", kubeConfig: {secretRef: {name: far}}"));
    let far = report("ks/app");
    assert_eq!(far["cause"]["kind"], "healthy", "{far}");

    let chart = "{interval: 1h, chartRef: {kind: OCIRepository, name: chart}";
    for (spec, is_corrected) in [
        (format!("{chart}}}"), false),
        (
            format!("{chart}, driftDetection: {{mode: enabled}}}}"),
            true,
        ),
    ] {
        scene.apply(
            "
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: chart}
spec: {interval: 1h, url: 'oci://registry.example.com/chart'}
status:
  observedGeneration: 1
  conditions:
  - {type: Ready, status: 'True', reason: Succeeded, message: fine, lastTransitionTime: '2026-11-21T11:00:00Z', observedGeneration: 1}
",
        );
        scene.apply(&content("HelmRelease", "helm.toolkit.fluxcd.io/v2", &spec));
        assert_eq!(
            condition(&scene.object("HelmRelease/app").unwrap(), "Ready"),
            "True"
        );
        let release = report("hr/app");
        assert_eq!(release["cause"]["kind"], "drift", "{release}");
        let command = release["next"]["command"].as_str().unwrap();
        assert_eq!(command.ends_with(" --force"), !is_corrected, "{release}");
        scene.delete("HelmRelease/app");
    }
}
