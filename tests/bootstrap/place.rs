//! The place of a bootstrap's story: an empty cluster, and what is looked at afterwards.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::scene::{Scene, TestEnv, text};

/// The objects that a complete bootstrap leaves, whatever its repository is.
const OBJECTS: &[&str] = &[
    "GitRepository/flux-system/flux-system",
    "Kustomization/flux-system/flux-system",
    "Secret/flux-system/flux-system",
    "Deployment/flux-system/source-controller",
    "Deployment/flux-system/kustomize-controller",
    "Deployment/flux-system/helm-controller",
    "Deployment/flux-system/notification-controller",
];

/// Makes a place beside an empty cluster of its own; the namespace is the usual one.
pub fn beside_an_empty_cluster() -> Option<TestEnv> {
    Scene::private_bare()
        .map(|scene| TestEnv::in_scene(scene).without_variable("FLUX_SYSTEM_NAMESPACE"))
}

/// Asserts that the cluster follows the repository, at the revision of this commit.
#[track_caller]
pub fn assert_follows(env: &TestEnv, head: &str) {
    let revision = format!("main@sha1:{head}");
    let source = env.scene().object(OBJECTS[0]).expect("the source is there");
    let kustomization = env
        .scene()
        .object(OBJECTS[1])
        .expect("the Kustomization is there");
    assert_eq!(text(&source, "/status/artifact/revision"), revision);
    assert_eq!(
        text(&kustomization, "/status/lastAppliedRevision"),
        revision
    );
}

/// Asserts that nothing of Flux is in the cluster.
#[track_caller]
pub fn assert_untouched(env: &TestEnv) {
    assert_eq!(
        env.scene().writes(),
        "",
        "something was written to the cluster"
    );
    assert!(
        env.scene()
            .object("Secret/flux-system/flux-system")
            .is_none()
    );
    assert!(
        env.scene()
            .object("Deployment/flux-system/source-controller")
            .is_none()
    );
}

/// Returns the generations and versions of the specifications of what a bootstrap made: what a second run must not change.
///
/// The Secret and the others have whole versions; statuses move by themselves.
pub fn generations(env: &TestEnv) -> Vec<String> {
    let show = |target: &&str| {
        let object = env
            .scene()
            .object(target)
            .unwrap_or_else(|| panic!("{target} is gone"));
        let version = if target.starts_with("Secret") {
            text(&object, "/metadata/resourceVersion")
        } else {
            ""
        };
        format!(
            "{target} {} {version} {}",
            object["metadata"]["generation"], object["metadata"]["annotations"]
        )
    };
    OBJECTS.iter().map(show).collect()
}

/// Returns what the Secret with the credentials holds under a key, if it does.
pub fn secret(env: &TestEnv, key: &str) -> Option<String> {
    let secret = env.scene().object("Secret/flux-system/flux-system")?;
    let bytes = STANDARD.decode(secret["data"][key].as_str()?).ok()?;
    String::from_utf8(bytes).ok()
}

/// Turns words into the arguments of a run.
pub fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}
