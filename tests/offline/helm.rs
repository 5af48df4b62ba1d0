//! Releases of charts: rendered where that is asked for, as helm-controller would have them.

use std::collections::BTreeMap;
use std::fs;

use axum::Router;
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use super::{commit, config_map, fleet, kustomization};
use crate::scene::{CommandOutput, Registry, Server, TestEnv, are_built, built};

pub const TEMPLATES: [(&str, &str); 5] = [
    ("Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.2.3\n"),
    (
        "values.yaml",
        "replicas: 1\nimage: web:1\npassword: none\nnested: {kept: yes-it-is, dropped: x}\n",
    ),
    (
        "templates/all.yaml",
        "apiVersion: apps/v1
kind: Deployment
metadata: {name: '{{ .Release.Name }}'}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
      - {name: app, image: '{{ .Values.image }}'}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: '{{ .Release.Name }}-settings'}
data:
  kept: {{ .Values.nested.kept | quote }}
  dropped: {{ .Values.nested.dropped | default \"gone\" | quote }}
  url: 'http://me:{{ .Values.password }}@host/'
  namespace: {{ .Release.Namespace }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: '{{ .Release.Name }}'}
rules: []
",
    ),
    (
        "templates/hook.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: hook\n  annotations: {helm.sh/hook: test}\nspec: {containers: []}\n",
    ),
    (
        "crds/crd.yaml",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: apps.example.com}\nspec: {group: example.com}\n",
    ),
];

fn release(name: &str, spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: {name}, namespace: flux-system}}\nspec:\n  interval: 1m\n{spec}"
    )
}

fn of_repository(chart: &str) -> String {
    format!(
        "chart:\n  spec:\n    chart: {chart}\n    sourceRef: {{kind: GitRepository, name: flux-system}}\n"
    )
}

/// A repository with a chart and its releases.
fn charts(releases: &[String]) -> TestEnv {
    let env = fleet(&[kustomization("apps", "./apps", "")]);
    env.file("apps/releases.yaml", &releases.concat());
    for (path, text) in TEMPLATES {
        env.file(&format!("charts/app/{path}"), text);
    }
    env
}

fn build(env: &TestEnv, more: &[&str]) -> CommandOutput {
    let helm = format!("--helm-command={}", built("helm").display());
    let arguments = ["build", "cluster", "clusters/one", "--helm", &helm];
    env.run(arguments.iter().chain(more).copied())
}

/// Returns the objects that a release made, by kind and name.
fn objects(output: &CommandOutput, release: &str) -> BTreeMap<String, Value> {
    let list: Value = serde_json::from_slice(output.raw_stdout()).unwrap();
    let items = list["items"].as_array().unwrap().iter();
    let label = "/metadata/labels/helm.toolkit.fluxcd.io~1name";
    let own = items.filter(|item| item.pointer(label) == Some(&release.into()));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    own.map(|item| {
        let name = format!(
            "{}/{}",
            text(&item["kind"]),
            text(&item["metadata"]["name"])
        );
        (name, item.clone())
    })
    .collect()
}

#[test]
fn a_release_is_rendered_as_the_controller_would() {
    if !are_built(&["helm"]) {
        return;
    }
    let spec = format!(
        "{}targetNamespace: web
values: {{replicas: 3, nested: {{dropped: null}}}}
valuesFrom:
- {{kind: ConfigMap, name: given}}
- {{kind: Secret, name: hidden, valuesKey: pass, targetPath: password}}
- {{kind: ConfigMap, name: absent, optional: true}}
commonMetadata: {{labels: {{team: blue}}}}
postRenderers:
- kustomize:
    images: [{{name: web, newTag: '9'}}]
    patches:
    - target: {{kind: Deployment}}
      patch: '- {{op: add, path: /spec/paused, value: true}}'
",
        of_repository("./charts/app")
    );
    let env = charts(&[
        release("app", &spec),
        config_map("given", "{values.yaml: \"replicas: 2\\nimage: web:7\\n\"}"),
        "---\napiVersion: v1\nkind: Secret\nmetadata: {name: hidden, namespace: flux-system}\nstringData: {pass: s3cr3t-value}\n".into(),
    ]);
    let output = build(&env, &["-o", "json", "--show-secrets", "--yes"]);
    assert_eq!(output.status(), Some(0), "{output}");
    let made = objects(&output, "app");
    let names: Vec<&str> = made.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "ClusterRole/web-app",
            "ConfigMap/web-app-settings",
            "CustomResourceDefinition/apps.example.com",
            "Deployment/web-app",
        ],
        "{output}"
    );
    let deployment = &made["Deployment/web-app"];
    assert_eq!(deployment["spec"]["replicas"], 3);
    assert_eq!(deployment["spec"]["paused"], true);
    assert_eq!(
        deployment["spec"]["template"]["spec"]["containers"][0]["image"],
        "web:9"
    );
    assert_eq!(deployment["metadata"]["namespace"], "web");
    assert_eq!(deployment["metadata"]["labels"]["team"], "blue");
    assert_eq!(
        made["ClusterRole/web-app"]["metadata"].get("namespace"),
        None
    );
    let data = &made["ConfigMap/web-app-settings"]["data"];
    assert_eq!(data["kept"], "yes-it-is");
    assert_eq!(data["dropped"], "gone");
    assert_eq!(data["namespace"], "web");
    assert_eq!(data["url"], "http://me:s3cr3t-value@host/");
    let hidden = build(&env, &[]).success();
    assert!(!hidden.contains("s3cr3t-value"), "{hidden}");
    assert!(hidden.contains("url: http://me:**sha256:"), "{hidden}");
    for file in fs::read_dir(env.home().join(".cache/gitops/render")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains("s3cr3t-value"), "{text}");
    }
}

#[test]
fn a_release_that_cannot_be_rendered_is_told_and_the_rest_goes_on() {
    if !are_built(&["helm"]) {
        return;
    }
    let fine = of_repository("charts/app");
    let env = charts(&[
        release("fine", &fine),
        release("no-chart", &of_repository("charts/none")),
        release("no-values", &format!("{fine}valuesFrom: [{{kind: ConfigMap, name: absent}}]\n")),
        release("bad-values", &format!("{fine}values: {{nested: text}}\n")),
        release("flag", &format!("{fine}releaseName: --post-renderer=./run.sh\n")),
        release("out", &of_repository("../../../../../etc")),
        release(
            "remote",
            "chart:\n  spec:\n    chart: app\n    sourceRef: {kind: HelmRepository, name: charts}\n",
        ),
        "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: charts, namespace: flux-system}\nspec: {url: \"http://127.0.0.1:1\"}\n".into(),
    ]);
    let output = build(&env, &["-o", "json"]);
    assert_eq!(objects(&output, "fine").len(), 4, "{output}");
    let told = output.clone().failure(2);
    for (name, line, what) in [
        (
            "no-chart",
            17,
            "its chart `charts/none` is not in GitRepository/flux-system/flux-system",
        ),
        (
            "no-values",
            31,
            "the values in `values.yaml` of ConfigMap/flux-system/absent are not known",
        ),
        ("bad-values", 36, "its chart cannot be rendered: "),
        ("flag", 47, "`--post-renderer=./run.sh` is no name"),
        ("out", 60, "its chart "),
        ("remote", 70, "is not in this repository (allow `--fetch`)"),
    ] {
        let start = format!("apps/releases.yaml:{line}: HelmRelease/flux-system/{name}: ");
        let found = told.lines().find(|line| line.contains(&start));
        let found = found.unwrap_or_else(|| panic!("{start}\n{told}"));
        assert!(found.contains(what), "{found}");
    }
    assert_eq!(objects(&output, "flag").len(), 0);
    assert!(!told.contains("/tmp/"), "{told}");
    // Without the program each is told of; without the flag they are only listed.
    let missing = [
        "build",
        "cluster",
        "clusters/one",
        "--helm",
        "--helm-command=/no/helm",
    ];
    let missing = env.run(missing).failure(2);
    assert!(missing.contains("`/no/helm` cannot be run"), "{missing}");
    let listed = env
        .run(["build", "cluster", "clusters/one", "-o", "name"])
        .success();
    assert!(
        listed.contains("helmrelease.helm.toolkit.fluxcd.io/fine"),
        "{listed}"
    );
    assert!(!listed.contains("deployment"), "{listed}");
}

#[test]
fn a_diff_renders_only_the_releases_that_differ() {
    if !are_built(&["helm"]) {
        return;
    }
    let of = |replicas: u8| {
        let chart = of_repository("charts/app");
        [
            release("one", &format!("{chart}values: {{replicas: {replicas}}}\n")),
            release("two", &chart),
            release("three", &chart),
        ]
        .concat()
    };
    let env = charts(&[of(1)]);
    commit(&env);
    env.file("apps/releases.yaml", &of(4));
    let helm = format!("--helm-command={}", built("helm").display());
    let diff = |more: &[&str]| {
        let arguments = [
            "diff",
            "branch",
            "--base",
            "HEAD",
            "--helm",
            &helm,
            "--verbose",
        ];
        env.run(arguments.iter().chain(more).copied())
    };
    let output = diff(&[]);
    assert_eq!(output.status(), Some(1), "{output}");
    let shown = output.stdout();
    assert!(shown.contains("HelmRelease/flux-system/one"), "{shown}");
    assert!(shown.contains("Deployment/flux-system/one"), "{shown}");
    assert!(shown.contains("- 1") && shown.contains("+ 4"), "{shown}");
    assert!(!shown.contains("Deployment/flux-system/two"), "{shown}");
    // The entry, both sides of the folder of the releases, and both sides of the one that differs.
    assert!(output.stderr().contains("► 5 built, 0 taken"), "{output}");
    assert!(diff(&[]).stderr().contains("► 0 built, 5 taken"));
    // A template concerns all of them.
    env.file("apps/releases.yaml", &of(1));
    let values = TEMPLATES[1].1.replace("web:1", "web:2");
    env.file("charts/app/values.yaml", &values);
    let shown = diff(&["-o", "json"]);
    let report: Value = serde_json::from_slice(shown.raw_stdout()).unwrap();
    assert_eq!(
        report["clusters"][0]["owners"].as_array().unwrap().len(),
        3,
        "{shown}"
    );
}

/// Packs the chart, with another default image.
fn packed(image: &str) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, text) in TEMPLATES {
        let text = text.replace("web:1", image);
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive
            .append_data(&mut header, format!("app/{path}"), text.as_bytes())
            .unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

#[test]
fn charts_of_repositories_are_fetched_where_that_is_asked_for() {
    if !are_built(&["helm"]) {
        return;
    }
    let index = "entries:\n  app:\n  - {version: 1.2.3, urls: [files/app.tgz]}\n  - {version: 2.0.0, urls: [gone.tgz]}\n";
    let router = Router::new()
        .route("/stable/index.yaml", get(move || async move { index }))
        .route(
            "/stable/files/app.tgz",
            get(|| async { packed("web:http") }),
        );
    let server = Server::http(router);
    let repository = format!(
        "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {{name: charts, namespace: flux-system}}\nspec: {{url: \"{}/stable\"}}\n",
        server.url()
    );
    let of = |version: &str| {
        format!(
            "chart:\n  spec:\n    chart: app\n    version: '{version}'\n    sourceRef: {{kind: HelmRepository, name: charts}}\n"
        )
    };
    let chart_object = "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmChart\nmetadata: {name: named, namespace: flux-system}\nspec: {chart: app, version: 1.2.3, sourceRef: {kind: HelmRepository, name: charts}}\n";
    let env = charts(&[
        repository,
        chart_object.into(),
        release("exact", &of("1.2.3")),
        release("range", &of("1.x")),
        release("broken", &of("2.x")),
        release("by-object", "chartRef: {kind: HelmChart, name: named}\n"),
    ]);
    let fetched = build(&env, &["-o", "json", "--fetch"]);
    for name in ["exact", "range", "by-object"] {
        let made = objects(&fetched, name);
        let deployment = &made[&format!("Deployment/{name}")];
        let image = &deployment["spec"]["template"]["spec"]["containers"][0]["image"];
        assert_eq!(image, "web:http", "{fetched}");
    }
    let told = fetched.failure(2);
    assert!(
        told.contains("HelmRelease/flux-system/broken: its chart `app` of HelmRepository/flux-system/charts cannot be fetched: the server answered 404"),
        "{told}"
    );
    drop(server);
    let offline = build(&env, &["-o", "json", "--offline"]);
    assert_eq!(objects(&offline, "exact").len(), 4, "{offline}");
    assert_eq!(objects(&offline, "range").len(), 0, "{offline}");
}

#[test]
fn charts_of_registries_are_fetched_where_that_is_asked_for() {
    let Some(registry) = Registry::shared().filter(|_| are_built(&["helm"])) else {
        return;
    };
    let host = registry.host();
    let sources = format!(
        "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {{name: charts, namespace: flux-system}}\nspec: {{type: oci, insecure: true, url: \"oci://{host}/offline\"}}\n---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {{name: app, namespace: flux-system}}\nspec: {{insecure: true, url: \"oci://{host}/offline/app\", ref: {{tag: 1.2.3}}}}\n"
    );
    let of_charts = "chart:\n  spec:\n    chart: app\n    version: 1.x\n    sourceRef: {kind: HelmRepository, name: charts}\n";
    let env = charts(&[
        sources,
        release("range", of_charts),
        release(
            "by-source",
            "chartRef: {kind: OCIRepository, name: app}\nvalues: {replicas: 5}\n",
        ),
    ]);
    fs::write(env.folder().join("app-1.2.3.tgz"), packed("web:oci")).unwrap();
    let address = format!("oci://{host}/offline");
    let push = ["push", "app-1.2.3.tgz", &address, "--plain-http"];
    drop(env.other_command(&built("helm"), push).run().success());
    let fetched = build(&env, &["-o", "json", "--fetch"]);
    assert_eq!(fetched.status(), Some(0), "{fetched}");
    for (name, replicas) in [("range", 1), ("by-source", 5)] {
        let made = objects(&fetched, name);
        let spec = &made[&format!("Deployment/{name}")]["spec"];
        assert_eq!(spec["replicas"], replicas, "{fetched}");
        assert_eq!(
            spec["template"]["spec"]["containers"][0]["image"],
            "web:oci"
        );
    }
}

#[test]
fn what_a_chart_needs_is_put_into_it() {
    if !are_built(&["helm"]) {
        return;
    }
    let index = "entries:\n  app:\n  - {version: 1.2.3, urls: [app.tgz]}\n  - {version: 1.9.9, urls: [gone.tgz]}\n";
    let router = Router::new()
        .route("/index.yaml", get(move || async move { index }))
        .route("/app.tgz", get(|| async { packed("web:needed") }));
    let server = Server::http(router);
    let umbrella = |name: &str, dependency: &str, version: &str| {
        (
            format!("charts/{name}/Chart.yaml"),
            format!(
                "apiVersion: v2\nname: {name}\nversion: 1.0.0\ndependencies:\n- {{name: app, version: '{version}', repository: '{dependency}'}}\n"
            ),
        )
    };
    let env = charts(&[
        release("beside", &of_repository("charts/beside")),
        release("remote", &of_repository("charts/remote")),
        release("outside", &of_repository("charts/outside")),
    ]);
    for (path, text) in [
        umbrella("beside", "file://../app", "1.x"),
        umbrella("remote", &server.url(), "1.x"),
        umbrella("outside", "file://../../../../../../etc", "1.x"),
    ] {
        env.file(&path, &text);
    }
    env.file(
        "charts/remote/Chart.lock",
        "dependencies:\n- {name: app, version: 1.2.3, repository: x}\n",
    );
    let lone = build(&env, &["-o", "json"]);
    let image = |output: &CommandOutput, release: &str| {
        let made = objects(output, release);
        let deployment = made.get(&format!("Deployment/{release}"))?;
        Some(deployment["spec"]["template"]["spec"]["containers"][0]["image"].clone())
    };
    assert_eq!(image(&lone, "beside"), Some("web:1".into()), "{lone}");
    let told = lone.stderr();
    assert!(
        told.contains("`app` is not in this repository (allow `--fetch`)"),
        "{told}"
    );
    assert!(
        told.contains("of its chart is not at `file://../../../../../../etc`"),
        "{told}"
    );
    let fetched = build(&env, &["-o", "json", "--fetch"]);
    assert_eq!(
        image(&fetched, "remote"),
        Some("web:needed".into()),
        "{fetched}"
    );
    assert_eq!(image(&fetched, "outside"), None, "{fetched}");
    // A change beside is a change of the chart.
    env.file(
        "charts/app/values.yaml",
        &TEMPLATES[1].1.replace("web:1", "web:2"),
    );
    assert_eq!(
        image(&build(&env, &["-o", "json"]), "beside"),
        Some("web:2".into())
    );
}

#[test]
fn values_files_stand_in_for_those_of_the_chart() {
    if !are_built(&["helm"]) {
        return;
    }
    let files = |files: &str| {
        format!(
            "chart:\n  spec:\n    chart: charts/app\n    valuesFiles: [{files}]\n    ignoreMissingValuesFiles: true\n    sourceRef: {{kind: GitRepository, name: flux-system}}\n"
        )
    };
    let env = charts(&[
        release(
            "both",
            &files("charts/app/values.yaml, shared/more.yaml, absent.yaml"),
        ),
        release("alone", &files("shared/more.yaml")),
    ]);
    env.file("shared/more.yaml", "replicas: 8\nnested: {kept: more}\n");
    let output = build(&env, &["-o", "json"]);
    let made = objects(&output, "both");
    assert_eq!(made["Deployment/both"]["spec"]["replicas"], 8, "{output}");
    assert_eq!(made["ConfigMap/both-settings"]["data"]["kept"], "more");
    assert_eq!(made["ConfigMap/both-settings"]["data"]["dropped"], "x");
    let alone = objects(&output, "alone");
    assert_eq!(alone["ConfigMap/alone-settings"]["data"]["dropped"], "gone");
}
