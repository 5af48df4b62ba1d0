//! `bootstrap gitea`, against the real Gitea.

use reqwest::Method;

use super::place::{assert_follows, beside_an_empty_cluster, generations, words};
use crate::scene::{Gitea, TestEnv, text};

/// Returns the keys of the Secret that the cluster reads the repository with.
fn keys_of_the_secret(env: &TestEnv) -> Vec<String> {
    let secret = env.scene().object("Secret/flux-system/flux-system");
    let secret = secret.expect("the bootstrap has applied it");
    let data = secret["data"].as_object().expect("it has data");
    data.keys().cloned().collect()
}

#[test]
fn bootstraps_over_https_with_the_token_and_again_without_a_change() {
    let (Some(gitea), Some(env)) = (Gitea::shared(), beside_an_empty_cluster()) else {
        return;
    };
    let owner = gitea.organisation();
    let env = env.variable("GITEA_TOKEN", gitea.token());
    let ca = env
        .file("ca.pem", gitea.authority().unwrap())
        .display()
        .to_string();
    let command = |extra: &str| {
        words(&[
            "bootstrap",
            "gitea",
            "--hostname",
            &gitea.host(),
            "--owner",
            &owner,
            "--repository",
            "fleet",
            "--path",
            "clusters/production",
            "--token-auth",
            "--ca-file",
            &ca,
            extra,
        ])
    };
    // The plan writes nothing anywhere.
    let plan = env.run(command("--plan")).success();
    assert!(plan.contains("1. create repository\n"), "{plan}");
    assert_eq!(
        gitea
            .call(Method::GET, &format!("/repos/{owner}/fleet"), None)
            .0,
        404
    );
    super::place::assert_untouched(&env);

    let first = env.run(command("--silent=false"));
    assert_eq!(
        first.status(),
        Some(2),
        "the services have no `--silent`, as flux has it:\n{first}"
    );
    let first = env.run(command("--yes"));
    let talk = first.stderr();
    drop(first.success());
    assert!(talk.contains("all components are healthy"), "{talk}");
    assert!(!talk.contains(gitea.token()), "{talk}");
    let (_, made) = gitea.call(Method::GET, &format!("/repos/{owner}/fleet"), None);
    assert_eq!(
        (&made["private"], text(&made, "/default_branch")),
        (&true.into(), "main")
    );
    let repository = gitea.repository(&owner, "fleet");
    let folder = "clusters/production/flux-system";
    assert_eq!(
        repository.files("main"),
        [
            "gotk-components.yaml",
            "gotk-sync.yaml",
            "kustomization.yaml"
        ]
        .map(|name| format!("{folder}/{name}"))
    );
    let subjects = repository.subjects("main");
    assert_eq!(subjects[0], "Add Flux sync manifests");
    assert!(subjects[1].starts_with("Add Flux v2."), "{subjects:?}");
    let head = repository.head("main").unwrap();
    assert_follows(&env, &head);
    assert_eq!(keys_of_the_secret(&env), ["ca.crt", "password", "username"]);

    let before = generations(&env);
    let again = env.run(command("--yes"));
    let talk = again.stderr();
    drop(again.success());
    assert!(
        talk.contains("component manifests are up to date"),
        "{talk}"
    );
    assert!(talk.contains("sync manifests are up to date"), "{talk}");
    assert_eq!(repository.head("main").unwrap(), head);
    assert_eq!(generations(&env), before);

    // An upgrade: one more commit, and the cluster has it.
    let upgrade =
        words(&["--components-extra=image-reflector-controller,image-automation-controller"]);
    drop(
        env.run(command("--yes").into_iter().chain(upgrade))
            .success(),
    );
    assert_eq!(repository.subjects("main").len(), 3);
    assert_follows(&env, &repository.head("main").unwrap());
    assert!(
        env.scene()
            .object("Deployment/flux-system/image-automation-controller")
            .is_some()
    );
}

#[test]
fn bootstraps_over_ssh_with_a_deploy_key_and_comes_back_after_a_disaster() {
    let (Some(gitea), Some(env)) = (Gitea::shared(), beside_an_empty_cluster()) else {
        return;
    };
    let ca = |env: &crate::scene::TestEnv| {
        env.file("ca.pem", gitea.authority().unwrap())
            .display()
            .to_string()
    };
    let command = |ca: &str| {
        words(&[
            "bootstrap",
            "gitea",
            "--hostname",
            &gitea.url(),
            "--owner=root1",
            "--personal",
            "--private=false",
            "--repository=ssh-fleet",
            "--path=clusters/one",
            "--ca-file",
            ca,
            "--ssh-hostname",
            &gitea.ssh_host(),
            "--components=source-controller,kustomize-controller",
            "--network-policy=false",
        ])
    };
    let env = env.variable("GITEA_TOKEN", gitea.token());
    let first = env.run(command(&ca(&env)));
    let talk = first.stderr();
    drop(first.success());
    assert!(talk.contains("trusted on first use"), "{talk}");
    assert!(talk.contains("SHA256:"), "{talk}");
    let (_, made) = gitea.call(Method::GET, "/repos/root1/ssh-fleet", None);
    assert_eq!(made["private"], false);
    let (_, keys) = gitea.call(Method::GET, "/repos/root1/ssh-fleet/keys", None);
    let keys = keys.as_array().unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0]["read_only"], true);
    assert_eq!(
        text(&keys[0], "/title"),
        "flux-system-main-flux-system-./clusters/one"
    );
    let repository = gitea.repository("root1", "ssh-fleet");
    let head = repository.head("main").unwrap();
    assert_follows(&env, &head);
    assert_eq!(
        keys_of_the_secret(&env),
        ["identity", "identity.pub", "known_hosts"]
    );
    let sync = repository
        .file("main", "clusters/one/flux-system/gotk-sync.yaml")
        .unwrap();
    assert!(
        sync.contains(&format!(
            "url: ssh://git@{}/root1/ssh-fleet\n",
            gitea.ssh_host()
        )),
        "{sync}"
    );

    // The cluster is lost: the same command on an empty one brings everything back, with a new key.
    drop(env);
    let Some(env) = beside_an_empty_cluster() else {
        return;
    };
    let env = env.variable("GITEA_TOKEN", gitea.token());
    drop(env.run(command(&ca(&env))).success());
    assert_eq!(
        repository.head("main").unwrap(),
        head,
        "nothing had to be committed"
    );
    assert_follows(&env, &head);
    let (_, keys) = gitea.call(Method::GET, "/repos/root1/ssh-fleet/keys", None);
    assert_eq!(
        keys.as_array().unwrap().len(),
        1,
        "the old key is replaced: {keys}"
    );
}
