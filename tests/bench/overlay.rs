//! Generated overlays: a quarter each of config maps, services, deployments and service accounts, 100 to a file.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// How much an overlay does to its resources.
#[derive(Clone, Copy, Debug)]
pub enum Style {
    /// It lists them.
    Plain,
    /// It sets namespace, prefix, labels and images, and patches every deployment twice.
    Full,
}

impl Style {
    /// Says what an overlay of this style does.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Plain => "nothing else",
            Self::Full => "namespace, prefix, labels, images, two patches",
        }
    }
}

/// The overlays of the contest.
pub const SIZES: &[(usize, Style)] = &[
    (1, Style::Plain),
    (1_000, Style::Plain),
    (1_000, Style::Full),
    (2_000, Style::Full),
    (5_000, Style::Full),
    (50_000, Style::Full),
];

/// Above this many resources the peer, whose time grows faster than its work, isn't asked.
pub const PEER_LIMIT: usize = 2_000;

const TO_A_FILE: usize = 100;

const FULL: &str = "\
namespace: fleet
namePrefix: prod-
labels:
- pairs:
    team: platform
  includeSelectors: true
images:
- name: registry.example.com/web
  newTag: 2.0.0
patches:
- target:
    kind: Deployment
  patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: any
    spec:
      template:
        spec:
          containers:
          - name: web
            resources:
              limits:
                memory: 128Mi
- target:
    kind: Deployment
  patch: |
    - op: add
      path: /spec/revisionHistoryLimit
      value: 3
";

/// Writes an overlay of so many resources into a folder.
pub fn write(folder: &Path, resources: usize, style: Style) {
    fs::create_dir_all(folder).expect("the folder of the run can be written");
    let mut kustomization = String::from("resources:\n");
    for (file, first) in (0..resources).step_by(TO_A_FILE).enumerate() {
        let name = format!("resources-{file}.yaml");
        let last = resources.min(first + TO_A_FILE);
        let text: String = (first..last).map(resource).collect();
        fs::write(folder.join(&name), text).expect("the folder of the run can be written");
        let _ = writeln!(kustomization, "- {name}");
    }
    if matches!(style, Style::Full) {
        kustomization.push_str(FULL);
    }
    fs::write(folder.join("kustomization.yaml"), kustomization)
        .expect("the folder of the run can be written");
}

fn resource(number: usize) -> String {
    let name = format!("app-{}", number / 4);
    match number % 4 {
        0 => format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  number: \"{number}\"\n  \
             settings.yaml: |\n    name: {name}\n    level: info\n"
        ),
        1 => format!(
            "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec:\n  selector:\n    app: {name}\n  \
             ports:\n  - name: http\n    port: 80\n    targetPort: 8080\n"
        ),
        2 => format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  replicas: 2\n  \
             selector:\n    matchLabels:\n      app: {name}\n  template:\n    metadata:\n      labels:\n        \
             app: {name}\n    spec:\n      serviceAccountName: {name}\n      containers:\n      - name: web\n        \
             image: registry.example.com/web:1.0.0\n        envFrom:\n        - configMapRef:\n            \
             name: {name}\n        ports:\n        - containerPort: 8080\n"
        ),
        _ => format!("---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {name}\n"),
    }
}
