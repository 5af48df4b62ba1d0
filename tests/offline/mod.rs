//! Whole repositories without a cluster: rendered, tested, and compared branch by branch.

mod branch;
mod cluster;
mod comment;
mod fetch;
mod helm;
mod helm_proof;
mod hostile;
mod kept;
mod pipelines;
mod real;
mod secrets;
mod sops;

use std::fs;
use std::path::Path;

use git2::{IndexAddOption, Repository, Signature, Time};

use crate::scene::TestEnv;

/// What a bootstrap leaves in the folder of a cluster.
pub fn sync(path: &str) -> String {
    format!(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\n\
         metadata: {{name: flux-system, namespace: flux-system}}\n\
         spec: {{interval: 1m, url: \"https://git.example.com/fleet.git\", ref: {{branch: main}}}}\n---\n\
         apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n\
         metadata: {{name: flux-system, namespace: flux-system}}\n\
         spec: {{interval: 10m, path: ./{path}, prune: true, sourceRef: {{kind: GitRepository, name: flux-system}}}}\n"
    )
}

/// A Kustomization of the cluster's own repository, with more lines of its spec.
pub fn kustomization(name: &str, path: &str, more: &str) -> String {
    let more: String = more.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n\
         metadata: {{name: {name}, namespace: flux-system}}\nspec:\n  interval: 1m\n  prune: true\n  path: {path}\n\
         \x20 sourceRef: {{kind: GitRepository, name: flux-system}}\n{more}"
    )
}

/// A config map.
pub fn config_map(name: &str, data: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: flux-system}}\ndata: {data}\n"
    )
}

/// Commits everything in the working folder; returns the hash.
pub fn commit(env: &TestEnv) -> String {
    commit_in(&env.folder())
}

/// Commits everything in a folder, which becomes a repository; returns the hash.
pub fn commit_in(folder: &Path) -> String {
    let mut options = git2::RepositoryInitOptions::new();
    let git = Repository::init_opts(folder, options.initial_head("main")).unwrap();
    let mut index = git.index().unwrap();
    index
        .add_all(["*"], IndexAddOption::FORCE, None)
        .and_then(|()| index.update_all(["*"], None))
        .unwrap();
    index.write().unwrap();
    let tree = git.find_tree(index.write_tree().unwrap()).unwrap();
    let author =
        Signature::new("Scene", "scene@example.com", &Time::new(1_760_000_000, 0)).unwrap();
    let parent = git.head().ok().and_then(|head| head.peel_to_commit().ok());
    let parents: Vec<_> = parent.iter().collect();
    let made = git.commit(Some("HEAD"), &author, &author, "a change", &tree, &parents);
    made.unwrap().to_string()
}

/// A repository with one cluster, whose Kustomizations are given.
pub fn fleet(kustomizations: &[String]) -> TestEnv {
    let env = TestEnv::new();
    env.file(
        "clusters/one/flux-system/gotk-sync.yaml",
        &sync("clusters/one"),
    );
    env.file("clusters/one/apps.yaml", &kustomizations.concat());
    env
}

/// Removes a file of the working folder.
pub fn remove(env: &TestEnv, path: &str) {
    fs::remove_file(env.folder().join(path)).unwrap();
}
