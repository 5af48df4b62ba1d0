//! What `diff` says before a commit is what the controllers then do, and what it applies is taken over by them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};

use crate::scene::{GitHttp, Repository, Scene, TestEnv, text};

/// A source, and the Kustomization that is built from it.
const SYNC: &str = "
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
  prune: true
  path: ./app
  targetNamespace: ${NAMESPACE}
  sourceRef: {kind: GitRepository, name: app}
  ignore: [{paths: [/spec/replicas], target: {kind: Deployment, name: scaled}}]
  postBuild:
    substitute: {REGION: eu-1, EMPTY: ''}
    substituteFrom: [{kind: ConfigMap, name: vars}]
";

/// The kinds that the changes are about.
const KINDS: &[&str] = &[
    "ConfigMap",
    "Secret",
    "Service",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "Deployment",
    "Job",
];

/// One change: what it is, and the files that it writes, or takes away where there is no text.
type Change = (
    &'static str,
    &'static [(&'static str, Option<&'static str>)],
);

const SETTINGS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {mode: light, region: '${REGION}'}\n";
const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: web, image: 'example.com/web:1', resources: {limits: {cpu: '1'}}}]}\n";

macro_rules! config_map {
    ($name:literal, $data:literal) => {
        Some(concat!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ",
            $name,
            "}\ndata: {",
            $data,
            "}\n"
        ))
    };
}

macro_rules! deployment {
    ($name:literal, $meta:literal, $replicas:literal, $pod:literal) => {
        Some(concat!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ",
            $name,
            $meta,
            "}\nspec:\n  replicas: ",
            $replicas,
            "\n  selector: {matchLabels: {app: ",
            $name,
            "}}\n  template:\n    metadata: {labels: {app: ",
            $name,
            "}}\n    spec: {",
            $pod,
            "}\n"
        ))
    };
}

macro_rules! service {
    ($ports:literal) => {
        Some(concat!(
            "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [",
            $ports,
            "]}\n"
        ))
    };
}

macro_rules! role {
    ($rules:literal) => {
        Some(concat!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: reader}\nrules: [",
            $rules,
            "]\n"
        ))
    };
}

const CHANGES: &[Change] = &[
    (
        "the first objects",
        &[
            ("settings.yaml", Some(SETTINGS)),
            ("web.yaml", Some(DEPLOYMENT)),
        ],
    ),
    (
        "nothing but a comment",
        &[(
            "settings.yaml",
            Some(
                "# a comment\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {region: eu-1, mode: light}\n",
            ),
        )],
    ),
    (
        "another value",
        &[(
            "settings.yaml",
            config_map!("settings", "mode: dark, region: '${REGION}'"),
        )],
    ),
    (
        "a key more",
        &[(
            "settings.yaml",
            config_map!("settings", "mode: dark, region: '${REGION}', more: x"),
        )],
    ),
    (
        "a key less",
        &[("settings.yaml", config_map!("settings", "mode: dark"))],
    ),
    (
        "a variable of the cluster",
        &[(
            "settings.yaml",
            config_map!("settings", "mode: '${MODE}', tier: '${TIER:=basic}'"),
        )],
    ),
    (
        "a variable that is empty",
        &[(
            "settings.yaml",
            config_map!("settings", "mode: 'a${EMPTY}'"),
        )],
    ),
    (
        "the same amount in other words",
        &[(
            "web.yaml",
            deployment!(
                "web",
                "",
                "1",
                "containers: [{name: web, image: 'example.com/web:1', resources: {limits: {cpu: 1000m}}}]"
            ),
        )],
    ),
    (
        "another image",
        &[(
            "web.yaml",
            deployment!(
                "web",
                "",
                "1",
                "containers: [{name: web, image: 'example.com/web:2'}]"
            ),
        )],
    ),
    (
        "more replicas",
        &[(
            "web.yaml",
            deployment!(
                "web",
                "",
                "2",
                "containers: [{name: web, image: 'example.com/web:2'}]"
            ),
        )],
    ),
    (
        "an environment",
        &[(
            "web.yaml",
            deployment!(
                "web",
                "",
                "2",
                "containers: [{name: web, image: 'example.com/web:2', env: [{name: A, value: '1'}, {name: B, value: '2'}]}]"
            ),
        )],
    ),
    (
        "an environment in another order",
        &[(
            "web.yaml",
            deployment!(
                "web",
                "",
                "2",
                "containers: [{name: web, image: 'example.com/web:2', env: [{name: B, value: '2'}, {name: A, value: '1'}]}]"
            ),
        )],
    ),
    (
        "a label",
        &[(
            "web.yaml",
            deployment!(
                "web",
                ", labels: {tier: front}",
                "2",
                "containers: [{name: web, image: 'example.com/web:2'}]"
            ),
        )],
    ),
    (
        "a label and an annotation less and more",
        &[(
            "web.yaml",
            deployment!(
                "web",
                ", annotations: {note: x}",
                "2",
                "containers: [{name: web, image: 'example.com/web:2'}]"
            ),
        )],
    ),
    (
        "a field that nobody knows",
        &[(
            "web.yaml",
            deployment!(
                "web",
                ", annotations: {note: x}",
                "2",
                "restartPolicies: Always, containers: [{name: web, image: 'example.com/web:2'}]"
            ),
        )],
    ),
    (
        "a second container",
        &[(
            "web.yaml",
            deployment!(
                "web",
                "",
                "2",
                "containers: [{name: web, image: 'example.com/web:2'}, {name: side, image: 'example.com/side:1'}]"
            ),
        )],
    ),
    (
        "one container again",
        &[(
            "web.yaml",
            deployment!(
                "web",
                "",
                "2",
                "containers: [{name: web, image: 'example.com/web:2'}]"
            ),
        )],
    ),
    ("a service", &[("service.yaml", service!("{port: 80}"))]),
    (
        "a port that names what is the default",
        &[(
            "service.yaml",
            service!("{port: 80, protocol: TCP, targetPort: 80}"),
        )],
    ),
    (
        "two ports",
        &[(
            "service.yaml",
            service!("{name: a, port: 80}, {name: b, port: 81}"),
        )],
    ),
    (
        "another of two ports",
        &[(
            "service.yaml",
            service!("{name: a, port: 80}, {name: c, port: 82}"),
        )],
    ),
    (
        "a secret",
        &[(
            "login.yaml",
            Some(
                "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {user: a, password: b}\n",
            ),
        )],
    ),
    (
        "the same secret in other words",
        &[(
            "login.yaml",
            Some(
                "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\ndata: {user: YQ==, password: Yg==}\n",
            ),
        )],
    ),
    (
        "another value of the secret",
        &[(
            "login.yaml",
            Some("apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {user: a}\n"),
        )],
    ),
    (
        "a role",
        &[(
            "role.yaml",
            role!("{apiGroups: [''], resources: [pods], verbs: [get]}"),
        )],
    ),
    (
        "a wider role",
        &[(
            "role.yaml",
            role!("{apiGroups: [''], resources: [pods], verbs: [get, list]}"),
        )],
    ),
    ("an object less", &[("role.yaml", None)]),
    (
        "one in the place of another",
        &[
            ("login.yaml", None),
            (
                "account.yaml",
                Some("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: bot}\n"),
            ),
        ],
    ),
    (
        "an object that is made once",
        &[(
            "once.yaml",
            Some(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: once, annotations: {kustomize.toolkit.fluxcd.io/ssa: IfNotPresent}}\ndata: {a: '1'}\n",
            ),
        )],
    ),
    (
        "which stays as it is",
        &[(
            "once.yaml",
            Some(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: once, annotations: {kustomize.toolkit.fluxcd.io/ssa: IfNotPresent}}\ndata: {a: '2'}\n",
            ),
        )],
    ),
    (
        "an object that is left alone",
        &[(
            "settings.yaml",
            Some(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, annotations: {kustomize.toolkit.fluxcd.io/reconcile: disabled}}\ndata: {mode: other}\n",
            ),
        )],
    ),
    (
        "replicas that others set",
        &[(
            "scaled.yaml",
            deployment!(
                "scaled",
                "",
                "1",
                "containers: [{name: web, image: 'example.com/web:2'}]"
            ),
        )],
    ),
    (
        "which are ignored",
        &[(
            "scaled.yaml",
            deployment!(
                "scaled",
                "",
                "3",
                "containers: [{name: web, image: 'example.com/web:2'}]"
            ),
        )],
    ),
    (
        "a job",
        &[(
            "job.yaml",
            Some(
                "apiVersion: batch/v1\nkind: Job\nmetadata: {name: init, annotations: {kustomize.toolkit.fluxcd.io/force: enabled}}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: init, image: 'example.com/init:1'}]}}}\n",
            ),
        )],
    ),
    (
        "a kustomization with a patch, an image and a component",
        &[
            (
                "kustomization.yaml",
                Some(
                    "resources: [web.yaml, service.yaml]\ncomponents: [extra]\nimages: [{name: example.com/web, newTag: '3'}]\npatches: [{patch: '[{\"op\": \"replace\", \"path\": \"/spec/replicas\", \"value\": 1}]', target: {kind: Deployment}}]\n",
                ),
            ),
            (
                "extra/kustomization.yaml",
                Some(
                    "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nconfigMapGenerator: [{name: made, literals: [a=1]}]\n",
                ),
            ),
        ],
    ),
    (
        "a generated name",
        &[(
            "extra/kustomization.yaml",
            Some(
                "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nconfigMapGenerator: [{name: made, literals: [a=2]}]\n",
            ),
        )],
    ),
];

/// What happened to objects: created, drifted or deleted.
type Events = BTreeSet<(String, &'static str)>;

/// The place of the proof.
struct Proof {
    env: TestEnv,
    repository: Repository,
    files: BTreeMap<String, String>,
}

impl Proof {
    /// Returns what the diff says.
    fn told(&self) -> Events {
        let namespace = self.env.scene().namespace();
        let output = self
            .env
            .run(["diff", "ks", "app", "--path", "./app", "-n", namespace]);
        assert!(matches!(output.status(), Some(0 | 1)), "{output}");
        let stdout = output.stdout();
        let lines = stdout.lines().filter_map(|line| line.strip_prefix("► "));
        let event = |line: &str| {
            let (id, word) = line.rsplit_once(' ')?;
            let word = ["created", "drifted", "deleted"]
                .into_iter()
                .find(|known| *known == word)?;
            Some((id.to_owned(), word))
        };
        lines.filter_map(event).collect()
    }

    /// Commits the files, and lets the controllers do their work.
    fn commit(&self, what: &str, files: &[(&str, Option<&str>)]) {
        let files: Vec<(String, Option<&str>)> = files
            .iter()
            .map(|(name, text)| (format!("app/{name}"), *text))
            .collect();
        let files: Vec<(&str, Option<&str>)> = files
            .iter()
            .map(|(name, text)| (name.as_str(), *text))
            .collect();
        self.repository.commit_to("main", what, &files);
        let namespace = self.env.scene().namespace();
        let output = self
            .env
            .run(["reconcile", "ks", "app", "--with-source", "-n", namespace]);
        assert_eq!(output.status(), Some(0), "{what}: {output}");
    }

    /// Returns the objects of the Kustomization, without what changes by itself.
    fn state(&self) -> BTreeMap<String, Value> {
        let mut state = BTreeMap::new();
        for kind in KINDS {
            for mut object in self.env.scene().list(kind) {
                if text(
                    &object,
                    "/metadata/labels/kustomize.toolkit.fluxcd.io~1name",
                ) != "app"
                {
                    continue;
                }
                // What the program prints has a placeholder for the namespace.
                let id = format!("{kind}/[NAMESPACE]/{}", text(&object, "/metadata/name"));
                let fields = object.as_object_mut().unwrap();
                fields.remove("status");
                let metadata = fields["metadata"].as_object_mut().unwrap();
                metadata.retain(|name, _| matches!(name.as_str(), "labels" | "annotations"));
                if let Some(annotations) = metadata
                    .get_mut("annotations")
                    .and_then(Value::as_object_mut)
                {
                    annotations.remove("deployment.kubernetes.io/revision");
                }
                metadata.retain(|_, value| value != &json!({}));
                state.insert(id, object);
            }
        }
        state
    }
}

/// Returns what differs between two states.
fn done(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> Events {
    let mut events = Events::new();
    for (id, object) in after {
        match before.get(id) {
            None => events.insert((id.clone(), "created")),
            Some(old) if old != object => events.insert((id.clone(), "drifted")),
            Some(_) => false,
        };
    }
    let gone = before.keys().filter(|id| !after.contains_key(*id));
    events.extend(gone.map(|id| (id.clone(), "deleted")));
    events
}

#[test]
fn the_controllers_do_what_the_diff_says() {
    let Some(scene) = Scene::shared() else { return };
    let git = GitHttp::open();
    let repository = git.repository("app");
    let settings = CHANGES[0].1[0];
    repository.commit("begin", &[("app/settings.yaml", settings.1.unwrap())]);
    scene.apply(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars}\ndata: {MODE: from-cluster}\n",
    );
    scene.apply(&SYNC.replace("URL", &git.url("app")));
    scene.wait_ready("Kustomization/app");
    let mut proof = Proof {
        env: TestEnv::in_scene(scene),
        repository,
        files: BTreeMap::from([(settings.0.to_owned(), settings.1.unwrap().to_owned())]),
    };
    assert!(CHANGES.len() >= 30);
    let mut changes = 0;
    for (what, files) in CHANGES {
        for (name, text) in *files {
            if let Some(text) = text {
                proof.files.insert((*name).to_owned(), (*text).to_owned());
                proof.env.file(&format!("app/{name}"), text);
            } else {
                proof.files.remove(*name);
                fs::remove_file(proof.env.folder().join("app").join(name)).unwrap();
            }
        }
        let before = proof.state();
        let told = proof.told();
        proof.commit(what, files);
        let done = done(&before, &proof.state());
        assert_eq!(told, done, "{what}");
        assert_eq!(
            proof.told(),
            Events::new(),
            "{what}: something is left to be done"
        );
        changes += usize::from(!done.is_empty());
    }
    assert!(changes >= 20, "only {changes} changes did anything");
}

#[test]
fn what_a_diff_has_applied_is_taken_over_without_a_restart() {
    let Some(scene) = Scene::shared() else { return };
    let env = TestEnv::in_scene(scene);
    let scene = env.scene();
    let namespace = scene.namespace().to_owned();
    let folder = format!(
        "{DEPLOYMENT}---\n{}",
        config_map!("plain", "a: '1'").unwrap()
    );
    env.file("app/all.yaml", &folder);
    let output = env.run([
        "diff", "overlay", "app", "-n", &namespace, "--apply", "--yes",
    ]);
    assert_eq!(output.status(), Some(0), "{output}");
    let who = |kind: &str| -> Vec<(String, Value)> {
        let identity = |object: &Value| {
            let metadata = &object["metadata"];
            (
                text(object, "/metadata/name").to_owned(),
                json!([metadata["uid"], metadata["generation"]]),
            )
        };
        scene.list(kind).iter().map(identity).collect()
    };
    let workloads = || ["Deployment", "ReplicaSet", "Pod"].map(who);
    let before = workloads();
    assert!(
        before.iter().all(|objects| !objects.is_empty()),
        "{before:?}"
    );

    let git = GitHttp::open();
    git.repository("app")
        .commit("the same folder", &[("app/all.yaml", &folder)]);
    let sync = SYNC
        .replace("URL", &git.url("app"))
        .replace("  postBuild:", "  postBuild: {}\n  x:");
    let sync = sync.split("  postBuild: {}").next().unwrap();
    scene.apply(sync);
    scene.wait_ready("Kustomization/app");
    let deployment = scene.object("Deployment/web").unwrap();
    assert_eq!(
        text(
            &deployment,
            "/metadata/labels/kustomize.toolkit.fluxcd.io~1name"
        ),
        "app"
    );
    assert_eq!(workloads(), before, "taken over without a restart");
    let managers: BTreeSet<&str> = deployment["metadata"]["managedFields"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["operation"] == "Apply")
        .map(|entry| text(entry, "/manager"))
        .collect();
    assert_eq!(managers, BTreeSet::from(["kustomize-controller"]));
    // What Flux has taken over is not ours to delete any more.
    env.file("app/all.yaml", config_map!("another", "a: '1'").unwrap());
    let pruned = env.run(["diff", "overlay", "app", "-n", &namespace, "--prune"]);
    assert!(!pruned.stdout().contains("deleted"), "{pruned}");
}
