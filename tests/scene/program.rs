//! Finds the programs of the test environment, and says plainly which are missing.

use std::path::{Path, PathBuf};

use super::run::note;
use super::setting;

/// What a plain API server needs.
pub const API_SERVER: &[&str] = &["etcd", "kube-apiserver"];

/// What a whole cluster needs.
pub const CLUSTER: &[&str] = &[
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kwok",
    "source-controller",
    "kustomize-controller",
    "helm-controller",
    "notification-controller",
    "image-reflector-controller",
    "image-automation-controller",
];

/// Returns the folder that `tests/env/build.sh` fills.
pub fn cache() -> PathBuf {
    let under_cache = || {
        let cache = setting::CACHE.text().map(PathBuf::from);
        cache
            .or_else(|| Some(Path::new(&setting::HOME.text()?).join(".cache")))
            .map(|cache| cache.join("gitops-testenv"))
    };
    setting::PROGRAMS
        .text()
        .map(PathBuf::from)
        .or_else(under_cache)
        .unwrap_or_default()
}

/// Returns the path of a program of the test environment, whether it is there or not.
pub fn built(name: &str) -> PathBuf {
    cache().join("bin").join(name)
}

/// Returns the path of a program of the system.
pub fn installed(name: &str) -> Option<PathBuf> {
    let path = setting::PATH.text().unwrap_or_default();
    // `sbin` is not on everyone's path, and that is where sshd lives.
    let folders = path.split(':').chain(["/usr/sbin", "/usr/local/sbin"]);
    folders
        .map(|folder| Path::new(folder).join(name))
        .find(|candidate| candidate.is_file())
}

/// Says whether all these programs are built. Where some are not, the test is skipped with a line
/// on standard error that names them; on a build machine (`CI` is set) it fails.
pub fn are_built(names: &[&str]) -> bool {
    let missing: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !built(name).is_file())
        .collect();
    missing.is_empty()
        || skip(&format!(
            "{} not in {}: run tests/env/build.sh",
            missing.join(", "),
            built("").display()
        ))
}

/// Says whether all these programs are installed, as [`are_built`] does.
pub fn are_installed(names: &[&str]) -> bool {
    let missing: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| installed(name).is_none())
        .collect();
    missing.is_empty() || skip(&format!("{} not installed", missing.join(", ")))
}

/// Notes that the running test is skipped, and why; returns `false`, for the caller to return.
pub fn skip(reason: &str) -> bool {
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    assert!(setting::CI.text().is_none(), "{name} can't run: {reason}");
    note(&format!("skipped {name}: {reason}"));
    false
}

/// Returns the folder of the reference data, where there is one.
pub fn reference_data() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let beside = [root.join("../shared"), root.join("../../shared")];
    let mut candidates = setting::SHARED
        .text()
        .map(PathBuf::from)
        .into_iter()
        .chain(beside);
    candidates.find(|candidate| candidate.is_dir())
}
