//! Files that SOPS has encrypted in a repository: opened with the keys at hand, shown to nobody, never kept.

use std::fs;
use std::path::Path;

use super::{commit, config_map, fleet, kustomization};
use crate::scene::{CommandOutput, TestEnv};

/// What no output may hold: the values of the fixtures, and what base64 makes of them.
const SECRETS: &[&str] = &[
    "correct horse",
    "Y29ycmVjdCBob3Jz",
    "battery",
    "p=a#ss",
    "cD1hI3Nz",
];

const SOPS: &str = "decryption: {provider: sops}\n";

fn fixture(path: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sops");
    fs::read_to_string(folder.join(path)).unwrap()
}

fn key(name: &str) -> String {
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sops/keys");
    format!("--decryption-key={}", keys.join(name).display())
}

/// An encrypted Secret, an encrypted file that a generator reads, and what carries both on within and to others.
fn encrypted() -> TestEnv {
    let from =
        format!("{SOPS}postBuild: {{substituteFrom: [{{kind: Secret, name: credentials}}]}}\n");
    let env = fleet(&[
        kustomization("secrets", "./secrets", SOPS),
        kustomization("carrier", "./carrier", &from),
        kustomization("other", "./other", ""),
    ]);
    env.file("secrets/secret.yaml", &fixture("encrypted/secret.yaml"));
    env.file("secrets/settings.env", &fixture("encrypted/settings.env"));
    env.file("secrets/map.yaml", &config_map("replaced", "{carried: x}"));
    env.file(
        "secrets/kustomization.yaml",
        "namespace: flux-system
resources: [secret.yaml, map.yaml]
secretGenerator:
- {name: generated, envs: [settings.env]}
replacements:
- source: {kind: Secret, name: generated, fieldPath: data.PASSWORD}
  targets:
  - {select: {kind: ConfigMap, name: replaced}, fieldPaths: [data.carried]}
",
    );
    let data = "{url: \"http://${username}:${password}@host/\"}";
    env.file("carrier/map.yaml", &config_map("substituted", data));
    env.file("other/map.yaml", &config_map("other", "{a: plain}"));
    env
}

fn build(env: &TestEnv, more: &[&str]) -> CommandOutput {
    let arguments = ["build", "cluster", "clusters/one"];
    env.run(arguments.iter().chain(more).copied())
}

fn assert_hidden(shown: &str) {
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{secret} is in {shown}");
    }
    assert!(!shown.contains("ENC["), "{shown}");
}

#[test]
fn what_the_keys_open_is_carried_and_hidden() {
    let env = encrypted();
    let with_key = build(&env, &[&key("age.txt")]);
    let shown = with_key.success();
    assert_hidden(&shown);
    assert!(shown.contains("url: http://**sha256:"), "{shown}");
    assert!(shown.contains("a: plain"), "{shown}");
    let digests = |field: &str| -> Vec<String> {
        let lines = shown.lines().map(str::trim);
        lines
            .filter_map(|line| line.strip_prefix(field))
            .map(|rest| rest.trim_matches(['\'', ' ']).to_owned())
            .collect()
    };
    assert_eq!(digests("PASSWORD:"), digests("carried:"));
    let open = build(&env, &[&key("age.txt"), "--show-secrets", "--yes"]).success();
    assert!(
        open.contains("url: http://admin:correct horse battery staple@host/"),
        "{open}"
    );
    assert!(open.contains("carried: cD1hI3Nz"), "{open}");
}

#[test]
fn without_a_key_it_is_masked_and_told_once() {
    let env = encrypted();
    let output = build(&env, &[]);
    let told = output.stderr();
    let shown = output.success();
    assert_hidden(&shown);
    assert!(shown.contains("password: '**SOPS**'"), "{shown}");
    // What nobody can know stays a variable.
    assert!(
        shown.contains("http://${username}:${password}@host/"),
        "{shown}"
    );
    assert_eq!(told.matches("no key at hand opens").count(), 1, "{told}");
    assert!(told.contains("Secret/flux-system/credentials"), "{told}");
}

#[test]
fn a_wrong_key_is_a_clear_entry_beside_the_rest() {
    let env = encrypted();
    let output = build(&env, &[&key("other.txt")]);
    let told = output.clone().failure(2);
    assert_hidden(&format!("{output}"));
    assert!(
        told.contains("secrets/settings.env: Kustomization/flux-system/secrets: cannot decrypt"),
        "{told}"
    );
    assert!(output.stdout().contains("a: plain"), "{output}");
    let contradiction = build(&env, &[&key("age.txt"), "--no-decryption"]);
    assert_eq!(contradiction.status(), Some(2), "{contradiction}");
}

#[test]
fn nothing_that_was_decrypted_is_kept() {
    let env = encrypted();
    let open = [&key("age.txt"), "--show-secrets", "--yes", "--verbose"];
    let masked = build(&env, &["--show-secrets", "--yes"]).success();
    let first = build(&env, &open);
    let again = build(&env, &open);
    // What was kept without a key is not taken with one, and the other way round.
    assert!(first.stdout().contains("correct horse"), "{first}");
    assert_eq!(first.stdout(), again.stdout());
    let counts = again.stderr();
    assert!(
        counts.contains("2 built, 2 taken from an earlier run"),
        "{counts}"
    );
    assert_eq!(build(&env, &["--show-secrets", "--yes"]).success(), masked);
    let kept = env.home().join(".cache/gitops/render");
    let mut count = 0;
    for file in fs::read_dir(kept).unwrap() {
        assert_hidden(&fs::read_to_string(file.unwrap().path()).unwrap());
        count += 1;
    }
    assert_eq!(count, 1);
}

#[test]
fn a_diff_and_a_test_hide_what_was_opened() {
    let env = encrypted();
    commit(&env);
    let data = "{url: \"ftp://${username}:${password}@host/\"}";
    env.file("carrier/map.yaml", &config_map("substituted", data));
    let key = key("age.txt");
    for form in ["text", "markdown", "json", "yaml", "html"] {
        let diff = env.run(["diff", "branch", "--base", "HEAD", "-o", form, &key]);
        assert_eq!(diff.status(), Some(1), "{diff}");
        assert_hidden(&format!("{diff}"));
        assert!(diff.stdout().contains("ftp://"), "{diff}");
    }
    // Neither the Secret nor what a generator made of it has changed.
    let summary = env.run(["diff", "branch", "--base", "HEAD", "-o", "json", &key]);
    let report: serde_json::Value = serde_json::from_slice(summary.raw_stdout()).unwrap();
    assert_eq!(report["clusters"][0]["owners"].as_array().unwrap().len(), 1);
    let test = env.run(["test", "cluster", "clusters/one", "-o", "json", &key]);
    assert_hidden(&test.success());
}
