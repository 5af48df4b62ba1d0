//! The `GitRepository` and the Kustomization that follow the repository, and the files they are kept in.

use std::time;

use serde_json::{Value, json};

use super::document;
use crate::api::Duration;
use crate::manifest;

/// The file that the controllers are kept in.
pub const COMPONENTS_FILE: &str = "gotk-components.yaml";

/// The file that the sync objects are kept in.
pub const SYNC_FILE: &str = "gotk-sync.yaml";

/// The file that lists the two, and that belongs to the user once it is there.
pub const KUSTOMIZATION_FILE: &str = "kustomization.yaml";

/// How often the Kustomization looks for drift.
const KUSTOMIZATION_INTERVAL: time::Duration = time::Duration::from_mins(10);

/// Whether submodules are cloned too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Submodules {
    /// They are left out.
    #[default]
    Ignored,
    /// They are cloned with the repository.
    Cloned,
}

/// What a cluster follows, and how.
#[derive(Clone, Debug)]
pub struct Sync {
    /// The namespace of the installation; both objects are named after it.
    pub namespace: String,
    /// The address that the cluster clones from.
    pub url: String,
    /// The branch that it follows.
    pub branch: String,
    /// How often it looks for commits.
    pub interval: time::Duration,
    /// The Secret with its credentials.
    pub secret: String,
    /// The folder of the cluster in the repository, with or without `./` before it.
    pub path: String,
    /// Whether submodules are cloned too.
    pub submodules: Submodules,
    /// The service whose identity is used in place of credentials, such as `aws`.
    pub provider: Option<String>,
    /// The folders that are checked out; all where none is named.
    pub sparse_checkout: Vec<String>,
}

impl Sync {
    /// Returns the source: what is cloned, from where, how often.
    pub fn git_repository(&self) -> Value {
        let mut spec = json!({
            "interval": Duration::from(self.interval).0,
            "ref": {"branch": self.branch},
            "secretRef": {"name": self.secret},
            "url": self.url,
        });
        if self.submodules == Submodules::Cloned {
            spec["recurseSubmodules"] = true.into();
        }
        if let Some(provider) = &self.provider {
            spec["provider"] = provider.as_str().into();
        }
        if !self.sparse_checkout.is_empty() {
            spec["sparseCheckout"] = self.sparse_checkout.as_slice().into();
        }
        self.object("source.toolkit.fluxcd.io/v1", "GitRepository", spec)
    }

    /// Returns what applies the folder of the cluster.
    pub fn kustomization(&self) -> Value {
        let spec = json!({
            "interval": Duration::from(KUSTOMIZATION_INTERVAL).0,
            "path": format!("./{}", self.path.strip_prefix("./").unwrap_or(&self.path)),
            "prune": true,
            "sourceRef": {"kind": "GitRepository", "name": self.namespace},
        });
        self.object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", spec)
    }

    fn object(&self, version: &str, kind: &str, spec: Value) -> Value {
        let mut object = json!({
            "apiVersion": version,
            "kind": kind,
            "metadata": {"name": self.namespace, "namespace": self.namespace},
        });
        object["spec"] = spec;
        object
    }

    /// Writes the file of the two objects.
    pub fn render(&self) -> String {
        let source = manifest::emit(&self.git_repository());
        let kustomization = manifest::emit(&self.kustomization());
        format!("{}\n---\n{source}---\n{kustomization}", document::WARNING)
    }
}

/// Returns the path of a generated file in the repository: `<path>/<namespace>/<file>`, cleaned of dots.
pub fn file_path(path: &str, namespace: &str, file: &str) -> String {
    let folders = path
        .split('/')
        .filter(|segment| !matches!(*segment, "" | "."));
    folders
        .chain([namespace, file])
        .collect::<Vec<_>>()
        .join("/")
}

/// Writes the kustomization that lists what the folder holds; made only where the user has none.
pub fn render_kustomization<'name>(resources: impl IntoIterator<Item = &'name str>) -> String {
    let resources: Vec<_> = resources.into_iter().collect();
    manifest::emit(&json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": resources,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sync() -> Sync {
        Sync {
            namespace: "flux-system".into(),
            url: "ssh://git@example.com/org/fleet".into(),
            branch: "main".into(),
            interval: time::Duration::from_mins(1),
            secret: "flux-system".into(),
            path: "./clusters/prod".into(),
            submodules: Submodules::default(),
            provider: None,
            sparse_checkout: Vec::new(),
        }
    }

    /// The form of the files that bootstrapped repositories hold.
    #[test]
    fn has_the_form_that_repositories_hold() {
        let expected = "\
# This manifest was generated by flux. DO NOT EDIT.
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: flux-system
  namespace: flux-system
spec:
  interval: 1m0s
  ref:
    branch: main
  secretRef:
    name: flux-system
  url: ssh://git@example.com/org/fleet
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: flux-system
  namespace: flux-system
spec:
  interval: 10m0s
  path: ./clusters/prod
  prune: true
  sourceRef:
    kind: GitRepository
    name: flux-system
";
        assert_eq!(sync().render(), expected);
    }

    #[test]
    fn shows_what_was_asked_for_beside() {
        let sync = Sync {
            submodules: Submodules::Cloned,
            provider: Some("aws".into()),
            sparse_checkout: vec!["clusters/prod".into(), "apps".into()],
            ..sync()
        };
        let text = sync.render();
        let expected = "spec:
  interval: 1m0s
  provider: aws
  recurseSubmodules: true
  ref:
    branch: main
  secretRef:
    name: flux-system
  sparseCheckout:
  - clusters/prod
  - apps
  url: ssh";
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn lists_the_two_files() {
        let expected = "\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- gotk-components.yaml
- gotk-sync.yaml
";
        assert_eq!(render_kustomization([COMPONENTS_FILE, SYNC_FILE]), expected);
    }

    #[test]
    fn files_lie_below_path_and_namespace() {
        assert_eq!(
            file_path("./clusters/prod/", "flux-system", SYNC_FILE),
            "clusters/prod/flux-system/gotk-sync.yaml"
        );
        assert_eq!(
            file_path("./", "flux-system", SYNC_FILE),
            "flux-system/gotk-sync.yaml"
        );
    }
}
