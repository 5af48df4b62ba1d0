//! Random small kustomizations: two layers and a component, with the features of the engine in random company.

use super::random::Random;

/// Names that resources go by: few, so that references meet.
const NAMES: &[&str] = &["a", "b", "web", "db"];
/// Scalars that look like something else.
const SCALARS: &[&str] = &[
    "x",
    "\"5\"",
    "\"yes\"",
    "web",
    "'on'",
    "a-b",
    "\"null\"",
    "\"1e3\"",
    "\"0x1F\"",
    "'2020-01-01'",
    "\"a: b\"",
    "\"\\u00e9\"",
];
const IMAGES: &[&str] = &[
    "nginx",
    "nginx:1",
    "nginx@sha256:abc",
    "\"nginx:1.2\"",
    "reg.io:5000/app:1",
    "app",
    "redis:1@sha256:ff",
    "nginx-side",
];
const KINDS: &[&str] = &[
    "Deployment",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "Service",
    "ConfigMap",
    "ConfigMap",
    "Secret",
    "ServiceAccount",
    "RoleBinding",
    "Role",
    "Namespace",
    "HorizontalPodAutoscaler",
    "Ingress",
    "NetworkPolicy",
    "Foo",
];

/// A file: its path, and its text.
pub type File = (String, String);

/// What the files of a case are about; the rest keeps quiet, so that differences stay small.
#[derive(Clone, Copy)]
struct Theme(&'static [&'static str]);

/// The mixes of features that cases are made of.
const THEMES: &[Theme] = &[
    Theme(&["labels", "patches", "replacements"]),
    Theme(&["namespace", "names", "generators"]),
    Theme(&["labels", "annotations", "patches", "names"]),
    Theme(&["images", "namespace", "component"]),
    Theme(&["replicas", "images", "names", "labels"]),
    Theme(&["replacements", "names"]),
    Theme(&["json", "patches", "generators"]),
    Theme(&[
        "namespace",
        "names",
        "generators",
        "replacements",
        "labels",
        "annotations",
        "images",
        "patches",
        "json",
        "component",
    ]),
    Theme(&["replacements", "generators", "component"]),
    Theme(&["names", "namespace"]),
    Theme(&["generators", "names", "component"]),
];

/// Makes the files of a case; the directory to build is `overlay`.
pub fn files(random: &mut Random) -> Vec<File> {
    let theme = THEMES[random.below(THEMES.len())];
    let mut files = vec![(String::from("base/resources.yaml"), resources(random))];
    let base = kustomization(random, theme, &["resources.yaml"], Layer::Base);
    files.push(("base/kustomization.yaml".into(), base));
    let mut named = vec!["../base"];
    if random.chance(30) {
        let single = resource(random, "Foo", "extra");
        files.push(("overlay/extra.yaml".into(), single));
        named.push("extra.yaml");
    }
    let mut overlay = kustomization(random, theme, &named, Layer::Overlay);
    if theme.0.contains(&"component") {
        overlay.push_str("components: [../component]\n");
        let text = kustomization(random, theme, &[], Layer::Component);
        files.push(("component/kustomization.yaml".into(), text));
    }
    files.push(("overlay/kustomization.yaml".into(), overlay));
    for layer in ["base", "overlay", "component"] {
        files.push((
            format!("{layer}/settings.env"),
            "A=1\n# note\nB = two\nC=\"q\"\n".into(),
        ));
        files.push((
            format!("{layer}/file.txt"),
            random
                .pick(&[
                    "one\ntwo\n",
                    "one\n",
                    "no end",
                    "",
                    " lead\n\n",
                    "é\n",
                    "a\n\tb\n",
                    "\ttab\n",
                    "b\n",
                    "c",
                ])
                .into(),
        ));
    }
    files
}

/// Makes a file of several resources, no two with one kind and name.
fn resources(random: &mut Random) -> String {
    // What most patches, sources and references ask for is there, so that most cases can be built.
    let mut seen = vec![
        ("ConfigMap", "a"),
        ("Deployment", "web"),
        ("Service", "web"),
        ("StatefulSet", "web"),
        ("Foo", "b"),
    ];
    let mut documents: Vec<String> = seen
        .iter()
        .map(|(kind, name)| described(random, kind, name, Company::Expected))
        .collect();
    for _ in 0..random.below(6) {
        let identity = (random.pick(KINDS), random.pick(NAMES));
        if !seen.contains(&identity) {
            seen.push(identity);
            documents.push(resource(random, identity.0, identity.1));
        }
    }
    documents.join("---\n")
}

/// Whether others count on a resource.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Company {
    /// Patches and replacements look for it, and for its labels and annotations.
    Expected,
    /// It is there by chance.
    Chance,
}

fn resource(random: &mut Random, kind: &str, name: &str) -> String {
    described(random, kind, name, Company::Chance)
}

fn described(random: &mut Random, kind: &str, name: &str, company: Company) -> String {
    let version = match kind {
        "Deployment" | "StatefulSet" => "apps/v1",
        "CronJob" => "batch/v1",
        "Role" | "RoleBinding" => "rbac.authorization.k8s.io/v1",
        "HorizontalPodAutoscaler" => "autoscaling/v2",
        "Ingress" | "NetworkPolicy" => "networking.k8s.io/v1",
        "Foo" => "example.com/v1",
        _ => "v1",
    };
    let head = format!("apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n");
    head + &metadata(random, kind, company) + &body(random, kind)
}

fn metadata(random: &mut Random, kind: &str, company: Company) -> String {
    let mut text = String::new();
    let (placed, labelled, noted) = match company {
        Company::Expected => (3, 98, 98),
        Company::Chance => (25, 60, 50),
    };
    if kind != "Namespace" && random.chance(placed) {
        text += &format!("  namespace: {}\n", random.pick(&["n1", "n2", "default"]));
    }
    if random.chance(labelled) {
        text += &format!("  labels:\n    app: {}\n", random.pick(SCALARS));
    }
    if random.chance(noted) {
        let value = random.pick(SCALARS);
        text += &format!("  annotations:\n    note: {value} # why\n");
    }
    text
}

fn body(random: &mut Random, kind: &str) -> String {
    let name = random.pick(NAMES);
    match kind {
        "Deployment" | "StatefulSet" => workload(random),
        "CronJob" => format!(
            "spec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n{}",
            pod(random, 10)
        ),
        "Service" => format!(
            "spec:\n  selector: {{app: {}}}\n  ports:\n  - port: 80\n    targetPort: {}\n",
            random.pick(SCALARS),
            random.pick(&["http", "\"8080\"", "http", "web", "\"http\"", "8080"])
        ),
        "ConfigMap" => format!(
            "data:\n  k: {}\n  j: '{{\"a\": {{\"b\": 1, \"c\": \"x\"}}}}'\n  y: |\n    a:\n      b: 1\n",
            random.pick(SCALARS)
        ),
        "Secret" => format!("stringData:\n  k: {}\n", random.pick(SCALARS)),
        "ServiceAccount" => format!("imagePullSecrets:\n- name: {name}\n"),
        "Role" => format!("rules:\n- resources: [secrets]\n  resourceNames: [{name}, b]\n"),
        "RoleBinding" => format!(
            "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: Role\n  name: {name}\nsubjects:\n- kind: ServiceAccount\n  name: {}\n{}",
            random.pick(&["default", "a", "web"]),
            random.pick(&["", "  namespace: n1\n", "  namespace: default\n"])
        ),
        "HorizontalPodAutoscaler" => format!(
            "spec:\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {name}}}\n"
        ),
        "Ingress" => format!(
            "spec:\n  tls:\n  - secretName: {name}\n  rules:\n  - http:\n      paths:\n      - backend: {{service: {{name: {}}}}}\n",
            random.pick(NAMES)
        ),
        "NetworkPolicy" => format!(
            "spec:\n  podSelector: {{matchLabels: {{app: x}}}}\n  ingress:\n  - from:\n    - podSelector: {{matchLabels: {{app: {}}}}}\n",
            random.pick(SCALARS)
        ),
        "Foo" => format!(
            "spec:\n  ref: {name}\n  list: [{{name: p, v: 1}}, {{name: q, v: \"2\"}}]\n  nothing: null\n  containers:\n  - image: {}\n",
            random.pick(IMAGES)
        ),
        _ => String::new(),
    }
}

fn workload(random: &mut Random) -> String {
    let mut text = String::from("spec:\n");
    if random.chance(50) {
        text += &format!("  replicas: {}\n", random.pick(&["1", "2", "null"]));
    }
    let label = random.pick(SCALARS);
    if random.chance(60) {
        text += &format!("  selector:\n    matchLabels: {{app: {label}}}\n");
    }
    text += "  template:\n";
    if random.chance(60) {
        text += &format!("    metadata:\n      labels: {{app: {label}}}\n");
    }
    text + "    spec:\n" + &pod(random, 6)
}

/// Makes the fields of a pod, indented.
fn pod(random: &mut Random, indent: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    if random.chance(30) {
        lines.push(format!("serviceAccountName: {}", random.pick(NAMES)));
    }
    lines.push("containers:".into());
    for place in 0..=random.below(2) {
        lines.push(format!("- name: c{place}"));
        lines.push(format!("  image: {}", random.pick(IMAGES)));
        if random.chance(40) {
            let name = random.pick(NAMES);
            lines.push("  env:".into());
            lines.push(format!("  - name: E\n    value: {}", random.pick(SCALARS)));
            lines.push(format!(
                "  - name: F\n    valueFrom: {{configMapKeyRef: {{name: {name}, key: k}}}}"
            ));
        }
        if random.chance(30) {
            let name = random.pick(NAMES);
            lines.push(format!(
                "  envFrom:\n  - secretRef:\n      name: {name}\n  - configMapRef: {{name: g}}"
            ));
        }
    }
    if random.chance(30) {
        let source = random.pick(&[
            "configMap: {name: a}",
            "secret: {secretName: db}",
            "projected: {sources: [{configMap: {name: g}}, {secret: {name: s}}]}",
        ]);
        lines.push(format!("volumes:\n- name: v\n  {source}"));
    }
    let margin = " ".repeat(indent);
    let all = lines.join("\n");
    all.lines()
        .map(|line| format!("{margin}{line}\n"))
        .collect()
}

/// Where a kustomization stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layer {
    Base,
    Overlay,
    Component,
}

fn kustomization(random: &mut Random, theme: Theme, resources: &[&str], layer: Layer) -> String {
    let mut text = String::from(match layer {
        Layer::Component => "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n",
        Layer::Base | Layer::Overlay => "",
    });
    if !resources.is_empty() {
        text += &format!("resources: [{}]\n", resources.join(", "));
    }
    for feature in theme.0 {
        // What the layers above change, the base makes.
        let made_here = layer == Layer::Base && *feature == "generators";
        if made_here || random.chance(60) {
            text += &match *feature {
                "namespace" => format!("namespace: {}\n", random.pick(&["n1", "n2", "n3"])),
                "names" => names(random),
                "labels" => labels(random),
                "annotations" => format!("commonAnnotations:\n  note: {}\n", random.pick(SCALARS)),
                "images" => images(random),
                "replicas" => format!(
                    "replicas:\n- name: {}\n  count: {}\n",
                    if random.chance(97) { "web" } else { "db" },
                    random.below(5)
                ),
                "replacements" => replacement(random),
                "generators" => generators(random, layer),
                "patches" => patch(random, theme),
                _ => String::new(),
            };
        }
    }
    if layer == Layer::Component && text.lines().count() < 3 {
        // A file that says nothing is refused.
        text += "labels:\n- pairs: {part: \"1\"}\n";
    }
    text
}

fn names(random: &mut Random) -> String {
    let mut text = String::new();
    if random.chance(70) {
        text += &format!("namePrefix: {}\n", random.pick(&["p-", "q-", "\"1\""]));
    }
    if random.chance(40) {
        text += "nameSuffix: -s\n";
    }
    text
}

fn labels(random: &mut Random) -> String {
    let value = random.pick(SCALARS);
    if random.chance(30) {
        return format!("commonLabels:\n  app: {value}\n  team: x\n");
    }
    let more = random.pick(&[
        "",
        "  includeSelectors: true\n",
        "  includeTemplates: true\n",
        "  fields: [{path: spec/foo/labels, create: true, kind: Foo}]\n",
    ]);
    format!("labels:\n- pairs: {{app: {value}, tier: \"1\"}}\n{more}")
}

fn images(random: &mut Random) -> String {
    let name = random.pick(&["nginx", "redis", "reg.io:5000/app", "app", "ngin."]);
    let renamed = random.pick(&["", "  newName: reg.io/new\n", "  newName: \"7\"\n"]);
    let version = random.pick(&[
        "",
        "  newTag: \"2\"\n",
        "  digest: sha256:99\n",
        "  newTag: v3\n  digest: sha256:1\n",
        "  tagSuffix: -x\n",
    ]);
    format!("images:\n- name: {name}\n{renamed}{version}")
}

fn generators(random: &mut Random, layer: Layer) -> String {
    let behavior = match layer {
        Layer::Base => "",
        Layer::Overlay | Layer::Component => random.pick(&[
            "  behavior: merge\n",
            "  behavior: merge\n",
            "  behavior: replace\n",
        ]),
    };
    let source = random.pick(&[
        "  literals: [k=v, j='w x', n=5]\n",
        "  files: [file.txt]\n",
        "  files: [named=file.txt]\n",
        "  envs: [settings.env]\n",
        "  envs: [settings.env]\n  literals: [Z=1]\n",
    ]);
    let options = random.pick(&[
        "",
        "",
        "  options: {disableNameSuffixHash: true}\n",
        "  options: {labels: {made: \"1\"}, annotations: {by: x}}\n",
        "  options: {immutable: true}\n",
    ]);
    let mut text = format!(
        "configMapGenerator:\n- name: {}\n{behavior}{source}{options}",
        if random.chance(1) { "a" } else { "g" }
    );
    if layer == Layer::Base || random.chance(40) {
        text += &format!("secretGenerator:\n- name: s\n{behavior}{source}");
    }
    if random.chance(20) {
        text += "generatorOptions:\n  labels: {all: them}\n";
    }
    text
}

fn patch(random: &mut Random, theme: Theme) -> String {
    let kind = random.pick(&["Deployment", "ConfigMap", "Service", "StatefulSet", "Foo"]);
    if theme.0.contains(&"json") && random.chance(60) {
        return json_patch(random, kind);
    }
    let version = match kind {
        "Deployment" | "StatefulSet" => "apps/v1",
        "Foo" => "example.com/v1",
        _ => "v1",
    };
    let change = match kind {
        "Deployment" | "StatefulSet" => random.pick(&[
            "spec: {template: {spec: {containers: [{name: c0, env: [{name: E, value: p}]}]}}}",
            "spec: {template: {spec: {containers: [{name: c0, $patch: delete}, {name: n, image: x}]}}}",
            "spec: {template: {metadata: {labels: {app: tt}}}}",
            "spec: {selector: null}",
            "spec: {template: {spec: {$patch: replace, volumes: []}}}",
            "$patch: delete",
        ]),
        "ConfigMap" => random.pick(&["data: {k: new, x: \"1\"}", "data: null", "$patch: delete"]),
        "Service" => random.pick(&[
            "spec: {ports: [{port: 80, name: n}, {port: 81}]}",
            "spec: {ports: [{port: 80, $patch: delete}]}",
            "spec: {ports: [{$patch: replace}, {port: 9}]}",
        ]),
        _ => random.pick(&["spec: {list: [{name: q}]}", "spec: {nothing: {a: 1}, ref: null}"]),
    };
    let name = match kind {
        "ConfigMap" => "a",
        "Foo" => "b",
        _ => "web",
    };
    let target = if random.chance(70) {
        format!("  target: {{kind: {kind}}}\n")
    } else {
        String::new()
    };
    format!(
        "patches:\n- patch: |-\n    apiVersion: {version}\n    kind: {kind}\n    metadata: {{name: {name}}}\n    {change}\n{target}"
    )
}

fn json_patch(random: &mut Random, kind: &str) -> String {
    let anywhere = [
        "{op: replace, path: /metadata/labels/app, value: \"jj\"}",
        "{op: add, path: /metadata/labels, value: {n: \"5\"}}",
        "{op: add, path: /metadata/annotations/note, value: yes}",
        "{op: replace, path: /metadata/annotations/note, value: \"1\"}",
        "{op: remove, path: /metadata/annotations/note}",
        "{op: copy, from: /metadata/name, path: /metadata/annotations/note}",
        "{op: move, from: /metadata/labels/app, path: /metadata/annotations/app}",
    ];
    let operation = match kind {
        "Deployment" | "StatefulSet" if random.chance(50) => random.pick(&[
            "{op: add, path: /spec/template/spec/containers/-, value: {name: n, image: i}}",
            "{op: replace, path: /spec/template/spec/containers/0/image, value: 7}",
            "{op: copy, from: /spec/template/spec/containers/0, path: /spec/template/spec/containers/-1}",
        ]),
        "Foo" if random.chance(50) => random.pick(&[
            "{op: add, path: /spec/list/0, value: {name: z}}",
            "{op: remove, path: /spec/list/-1}",
        ]),
        "Service" if random.chance(30) => "{op: test, path: /kind, value: Service}",
        _ => random.pick(&anywhere),
    };
    // Others of the kind may lack what is changed here.
    let name = match kind {
        "ConfigMap" => "a",
        "Foo" => "b",
        _ => "web",
    };
    let target = if random.chance(85) {
        format!("{{kind: {kind}, name: {name}}}")
    } else {
        selector(random)
    };
    format!("patches:\n- patch: |-\n    - {operation}\n  target: {target}\n")
}

fn selector(random: &mut Random) -> String {
    let mut parts = vec![format!(
        "kind: {}",
        random.pick(&[
            "Deployment",
            "ConfigMap",
            "Service",
            "Foo",
            "\"Deployment|Foo\""
        ])
    )];
    if random.chance(40) {
        let name = random.pick(&["a", "b", "web", "\"a|b\"", "p-a", ".*"]);
        parts.push(format!("name: {name}"));
    }
    if random.chance(15) {
        parts.push("namespace: n1".into());
    }
    if random.chance(15) {
        let label = random.pick(&["app=x", "app", "!app", "app in (x,web)"]);
        parts.push(format!("labelSelector: \"{label}\""));
    }
    format!("{{{}}}", parts.join(", "))
}

fn replacement(random: &mut Random) -> String {
    let (kind, name, field) = [
        ("ConfigMap", "a", ""),
        ("ConfigMap", "a", ", fieldPath: data.k"),
        ("Service", "web", ", fieldPath: metadata.name"),
        ("Service", "web", ", fieldPath: spec.ports.0.port"),
        ("Service", "web", ", fieldPath: metadata.labels.app"),
        ("Foo", "b", ", fieldPath: spec"),
        ("Foo", "b", ", fieldPath: spec.ref"),
    ][random.below(7)];
    let cut = random.pick(&["", "", ", options: {delimiter: \"-\", index: 0}"]);
    let source = format!(
        "source: {{kind: {}, name: {}{field}{cut}}}",
        kind,
        if random.chance(3) { "gone" } else { name }
    );
    let (select, target) = place_of_replacement(random);
    let select = if random.chance(88) {
        format!("{{{select}}}")
    } else {
        selector(random)
    };
    let options = random.pick(&[
        "",
        "    options: {create: true}\n",
        "    options: {create: true}\n",
        "    options: {create: true}\n",
        "    options: {delimiter: \":\", index: 0}\n",
        "    options: {delimiter: \"-\", index: -1, create: true}\n",
    ]);
    format!(
        "replacements:\n- {source}\n  targets:\n  - select: {select}\n    fieldPaths: ['{target}']\n{options}"
    )
}

/// Picks a resource, and a field that it is likely to have.
fn place_of_replacement(random: &mut Random) -> (&'static str, &'static str) {
    match random.below(4) {
        0 => (
            "kind: Deployment, name: web",
            random.pick(&[
                "spec.template.spec.containers.[name=c0].image",
                "spec.template.spec.containers.*.image",
                "spec.template.spec.containers.0.image",
                "metadata.labels.app",
            ]),
        ),
        1 => (
            "kind: ConfigMap, name: a",
            random.pick(&["data.k", "metadata.annotations.note", "metadata.name"]),
        ),
        2 => (
            "kind: Foo, name: b",
            random.pick(&[
                "spec.list.[name=p].v",
                "spec.nothing",
                "spec.list.[name=q].v",
            ]),
        ),
        _ => (
            "kind: Service, name: web",
            random.pick(&["spec.ports.[port=80].targetPort", "metadata.labels.app"]),
        ),
    }
}
