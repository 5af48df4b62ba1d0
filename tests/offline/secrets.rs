//! Secrets in renders without a cluster: digests wherever they were carried.

use super::{commit, config_map, fleet, kustomization};
use crate::scene::TestEnv;

const VALUE: &str = "s3cr3t-value";

fn secret(name: &str, data: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: flux-system}}\nstringData: {data}\n"
    )
}

/// A repository whose Secret is carried into a config map and into a URL.
fn carrying() -> TestEnv {
    let from = "postBuild: {substituteFrom: [{kind: Secret, name: token}]}";
    let env = fleet(&[
        kustomization("a", "./a", from),
        secret("token", &format!("{{TOKEN: {VALUE}}}")),
    ]);
    let data = "{url: \"https://me:${TOKEN}@example.com\", plain: stays}";
    env.file("a/map.yaml", &config_map("a", data));
    env
}

#[test]
fn a_build_shows_secrets_only_where_that_is_asked_for() {
    let env = carrying();
    for output in ["yaml", "json", "name", "jsonpath={..data}"] {
        let shown = env.run(["build", "cluster", "clusters/one", "-o", output]);
        let shown = shown.success();
        assert!(!shown.contains(VALUE), "{shown}");
    }
    let hidden = env.run(["build", "cluster", "clusters/one"]).success();
    // The same digest stands in both places, and all else is there.
    let digest = hidden
        .split_once("TOKEN: '")
        .or(hidden.split_once("TOKEN: "));
    let digest: String = digest.unwrap().1.chars().take(23).collect();
    assert!(digest.starts_with("**sha256:"), "{hidden}");
    assert!(
        hidden.contains(&format!("https://me:{digest}@example.com")),
        "{hidden}"
    );
    assert!(hidden.contains("plain: stays"), "{hidden}");
    let refused = env.run(["build", "cluster", "clusters/one", "--show-secrets"]);
    assert_eq!(refused.status(), Some(2), "{refused}");
    assert!(!format!("{refused}").contains(VALUE), "{refused}");
    let shown = env.run([
        "build",
        "cluster",
        "clusters/one",
        "--show-secrets",
        "--yes",
    ]);
    let shown = shown.success();
    assert_eq!(shown.matches(VALUE).count(), 2, "{shown}");
}

#[test]
fn a_secret_from_outside_of_the_repository_is_hidden_too() {
    let from = "postBuild: {substituteFrom: [{kind: Secret, name: given}]}";
    let env = fleet(&[kustomization("a", "./a", from)]);
    env.file("a/map.yaml", &config_map("a", "{own: \"${TOKEN}\"}"));
    let given = secret("given", &format!("{{TOKEN: {VALUE}}}"));
    let given = env.file("given.yaml", &given).display().to_string();
    let shown = env.run(["build", "cluster", "clusters/one", "--set-object", &given]);
    let shown = shown.success();
    assert!(shown.contains("own: '**sha256:"), "{shown}");
    assert!(!shown.contains(VALUE), "{shown}");
}

#[test]
fn a_diff_shows_that_a_secret_changes_and_not_to_what() {
    let env = carrying();
    commit(&env);
    let other = "an0ther-value";
    let from = "postBuild: {substituteFrom: [{kind: Secret, name: token}]}";
    let changed = secret("token", &format!("{{TOKEN: {other}}}"));
    env.file(
        "clusters/one/apps.yaml",
        &[kustomization("a", "./a", from), changed].concat(),
    );
    for form in ["text", "summary", "markdown", "json", "yaml", "html"] {
        let diff = env.run(["diff", "branch", "--base", "HEAD", "-o", form]);
        assert_eq!(diff.status(), Some(1), "{diff}");
        let shown = format!("{diff}");
        assert!(!shown.contains(VALUE) && !shown.contains(other), "{shown}");
    }
    let diff = env.run(["diff", "branch", "--base", "HEAD"]).stdout();
    assert!(diff.contains("ConfigMap/flux-system/a"), "{diff}");
    assert!(diff.contains("Secret/flux-system/token"), "{diff}");
    assert!(diff.contains("+ https://me:**sha256:"), "{diff}");
}

#[test]
fn what_is_wrong_is_told_without_secrets() {
    let env = carrying();
    let data = "{a: x}\nbad: [\"${TOKEN}\"\n";
    env.file("a/other.yaml", &config_map("b", data));
    for (verb, status) in [("build", 2), ("test", 1)] {
        let output = env.run([verb, "cluster", "clusters/one"]);
        assert_eq!(output.status(), Some(status), "{output}");
        assert!(!format!("{output}").contains(VALUE), "{output}");
    }
}
