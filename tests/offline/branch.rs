//! `diff branch`: both sides, as far as they differ.

use super::{commit, config_map, fleet, kustomization, remove, sync};

#[test]
fn tells_what_a_branch_changes_and_looks_at_nothing_else() {
    let env = fleet(&[
        kustomization("a", "./apps/a", ""),
        kustomization("b", "./apps/b", ""),
        kustomization("c", "./apps/c", ""),
    ]);
    env.file(
        "clusters/two/flux-system/gotk-sync.yaml",
        &sync("clusters/two"),
    );
    env.file(
        "clusters/two/apps.yaml",
        &kustomization("c", "./apps/c", ""),
    );
    for name in ["a", "b", "c"] {
        env.file(
            &format!("apps/{name}/kustomization.yaml"),
            &format!("resources: [../../base/{name}.yaml]\n"),
        );
        env.file(&format!("base/{name}.yaml"), &config_map(name, "{a: one}"));
    }
    let base = commit(&env);
    let same = env.run(["diff", "branch", "--base", "HEAD"]);
    assert_eq!(
        (same.status(), same.stdout().as_str()),
        (Some(0), ""),
        "{same}"
    );
    env.file("base/a.yaml", &config_map("a", "{a: two}"));
    env.file("base/new.yaml", &config_map("new", "{a: new}"));
    env.file(
        "apps/b/kustomization.yaml",
        "resources: [../../base/new.yaml]\n",
    );
    // What is not committed yet counts too.
    let before = env.run(["diff", "branch", "--base", &base, "--verbose"]);
    let head = commit(&env);
    let after = env.run(["diff", "branch", "--base", &base, "--revision", &head]);
    assert_eq!(before.stdout(), after.stdout());
    let text = after.stdout();
    for told in [
        "ConfigMap/flux-system/a",
        "ConfigMap/flux-system/new",
        "ConfigMap/flux-system/b",
        "- one",
        "+ two",
    ] {
        assert!(text.contains(told), "{told}\n{text}");
    }
    assert!(!text.contains("ConfigMap/flux-system/c"), "{text}");
    assert_eq!(after.status(), Some(1), "{after}");
    // Both sides of two applications: the third one, and the other cluster, are not built again.
    assert!(before.stderr().contains("► 4 built, 2 taken"), "{before}");
    let two = env.run(["diff", "branch", "--base", &base, "--path", "clusters/two"]);
    assert_eq!(two.status(), Some(0), "{two}");
}

#[test]
fn the_base_is_where_the_branch_left() {
    let env = fleet(&[kustomization("a", "./a", "")]);
    env.file("a/map.yaml", &config_map("a", "{a: one}"));
    commit(&env);
    let git = git2::Repository::open(env.folder()).unwrap();
    let head = git.head().unwrap().peel_to_commit().unwrap();
    git.reference("refs/remotes/origin/main", head.id(), true, "")
        .unwrap();
    git.branch("feature", &head, false).unwrap();
    git.set_head("refs/heads/feature").unwrap();
    env.file("a/map.yaml", &config_map("a", "{a: two}"));
    commit(&env);
    let output = env.run(["diff", "branch"]);
    assert_eq!(output.status(), Some(1), "{output}");
    assert!(output.stdout().contains("+ two"), "{output}");
}

#[test]
fn a_part_that_cannot_be_built_is_no_difference() {
    let env = fleet(&[kustomization("a", "./a", ""), kustomization("b", "./b", "")]);
    env.file("a/map.yaml", &config_map("a", "{a: one}"));
    env.file("b/map.yaml", &config_map("b", "{a: one}"));
    commit(&env);
    env.file("a/map.yaml", "kind: {\n");
    env.file("b/map.yaml", &config_map("b", "{a: two}"));
    let output = env.run(["diff", "branch", "--base", "HEAD"]);
    assert_eq!(output.status(), Some(2), "{output}");
    assert!(
        output.stdout().contains("ConfigMap/flux-system/b"),
        "{output}"
    );
    assert!(
        output
            .stderr()
            .contains("a/map.yaml:1: Kustomization/flux-system/a: "),
        "{output}"
    );
    for arguments in [
        &["--base", "nope"][..],
        &["--base", "HEAD", "--path", "nowhere"],
    ] {
        let output = env.run(["diff", "branch"].iter().chain(arguments).copied());
        assert_eq!(output.status(), Some(2), "{output}");
    }
    remove(&env, "clusters/one/flux-system/gotk-sync.yaml");
    commit(&env);
    let none = env.run(["diff", "branch", "--base", "HEAD"]);
    assert!(none.failure(2).contains("no cluster is found"));
}
