//! What is kept from one run to the next: only what it must, for its owner alone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::{commit, config_map, fleet, kustomization};
use crate::scene::TestEnv;

fn apps(count: usize) -> TestEnv {
    let all: Vec<String> = (0..count)
        .map(|number| kustomization(&format!("a{number}"), &format!("./apps/a{number}"), ""))
        .collect();
    let env = fleet(&all);
    for number in 0..count {
        env.file(
            &format!("apps/a{number}/map.yaml"),
            &config_map(&format!("a{number}"), "{a: one}"),
        );
    }
    env
}

/// Builds the cluster; returns its objects, and what was said of its builds.
fn build(env: &TestEnv) -> (String, String) {
    let output = env.run([
        "build",
        "cluster",
        "clusters/one",
        "--show-secrets",
        "--yes",
        "--verbose",
    ]);
    let (stdout, stderr) = (output.stdout(), output.stderr());
    let counts = stderr.lines().find(|line| line.contains(" built, "));
    (stdout, counts.unwrap_or_default().to_owned())
}

fn kept_files(env: &TestEnv) -> Vec<PathBuf> {
    let folder = env.home().join(".cache/gitops/render");
    let mode = fs::metadata(&folder).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let files = fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

#[test]
fn a_warm_run_builds_only_what_read_the_changed_file() {
    let env = apps(5);
    let (cold, counts) = build(&env);
    assert_eq!(counts, "► 6 built, 0 taken from an earlier run");
    let (warm, counts) = build(&env);
    assert_eq!(counts, "► 0 built, 6 taken from an earlier run");
    assert_eq!(warm, cold);
    env.file("apps/a3/map.yaml", &config_map("a3", "{a: two}"));
    let (changed, counts) = build(&env);
    assert_eq!(counts, "► 1 built, 5 taken from an earlier run");
    assert_eq!(
        changed,
        cold.replacen("a: one", "a: two", 4)
            .replacen("a: two", "a: one", 3)
    );
    let [file] = kept_files(&env).try_into().unwrap();
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // What was cut off or deleted is made anew.
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, &text[..text.len() / 2]).unwrap();
    assert_eq!(build(&env).0, changed);
    fs::write(&file, [0xff, 0xfe, 0]).unwrap();
    assert_eq!(build(&env).0, changed);
    fs::remove_file(&file).unwrap();
    assert_eq!(build(&env).0, changed);
}

#[test]
fn no_secret_is_kept() {
    let from = "postBuild: {substituteFrom: [{kind: Secret, name: token}]}";
    let env = fleet(&[
        kustomization("secrets", "./secrets", ""),
        kustomization("app", "./app", from),
    ]);
    env.file(
        "secrets/a.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: token, namespace: flux-system}\nstringData: {TOKEN: kept-secret}\n",
    );
    env.file("app/map.yaml", &config_map("app", "{a: \"x-${TOKEN}\"}"));
    let (objects, _) = build(&env);
    assert!(objects.contains("a: x-kept-secret\n"), "{objects}");
    let files = kept_files(&env);
    assert!(!files.is_empty());
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        assert!(!text.contains("kept-secret"), "{text}");
    }
    let (again, counts) = build(&env);
    assert_eq!(again, objects);
    assert_eq!(counts, "► 2 built, 1 taken from an earlier run");
}

#[test]
fn many_runs_at_a_time_get_along() {
    let env = apps(20);
    let started: Vec<_> = (0..4)
        .map(|_| env.command(["build", "cluster", "clusters/one"]).start())
        .collect();
    let mut outputs = started.into_iter().map(|run| run.finish().success());
    let first = outputs.next().unwrap();
    assert!(outputs.all(|output| output == first));
    assert_eq!(build(&env).0, first);
}

#[test]
fn words_that_may_be_part_of_a_secret_are_not_kept() {
    let env = fleet(&[
        kustomization("a", "./apps/a", ""),
        kustomization("b", "./apps/b", ""),
    ]);
    env.file(
        "apps/a/secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: flux-system}\nstringData: {password: of..nobody/else}\n",
    );
    env.file("apps/b/kustomization.yaml", "resources: [../../base]\n");
    env.file("base/kustomization.yaml", "resources: [map.yaml]\n");
    env.file("base/map.yaml", &config_map("b", "{a: one}"));
    let base = commit(&env);
    let diff = |status| {
        let output = env.run(["diff", "branch", "--base", &base]);
        assert_eq!(output.status(), Some(status), "{output}");
        output.stdout()
    };
    assert_eq!(diff(0), "");
    let kept = || {
        let text = kept_files(&env)
            .into_iter()
            .map(|file| fs::read_to_string(file).unwrap());
        text.collect::<String>()
    };
    assert!(!kept().contains("nobody"), "{}", kept());
    // What a folder leads to is kept, and holds as long as nothing in the folder changes.
    assert!(kept().contains("\"outside\":[\"/base\"]"), "{}", kept());
    env.file("base/map.yaml", &config_map("b", "{a: two}"));
    let changed = diff(1);
    assert!(changed.contains("+ two"), "{changed}");
    env.file(
        "apps/b/kustomization.yaml",
        "resources: [../../base, ../../more]\n",
    );
    env.file("more/kustomization.yaml", "resources: [map.yaml]\n");
    env.file("more/map.yaml", &config_map("more", "{a: one}"));
    let more = diff(1);
    assert!(more.contains("ConfigMap/flux-system/more"), "{more}");
    env.file("more/map.yaml", &config_map("other", "{a: one}"));
    let other = diff(1);
    assert!(other.contains("ConfigMap/flux-system/other"), "{other}");
}
