//! What stands in the way of a bootstrap is told before anything is written, with its remedy.

use reqwest::Method;
use serde_json::json;

use super::place::{assert_untouched, words};
use crate::scene::{
    Access, Fault, Gate, GitHttp, Gitea, Rule, Scene, TestEnv, User, assert_fits_schema,
    reference_data, text,
};

/// What a person would have typed into the repository's own kustomization, with a patch that is not there.
const UNBUILDABLE: &str =
    "resources:\n- gotk-components.yaml\n- gotk-sync.yaml\npatches:\n- path: gone.yaml\n";

fn beside_an_empty_server() -> Option<TestEnv> {
    Scene::private_bare_server()
        .map(|scene| TestEnv::in_scene(scene).without_variable("FLUX_SYSTEM_NAMESPACE"))
}

fn git(url: &str, extra: &[&str]) -> Vec<String> {
    let mut arguments = words(&[
        "bootstrap",
        "git",
        "--url",
        url,
        "--path=clusters/one",
        "--token-auth",
    ]);
    arguments.extend(words(extra));
    arguments
}

#[test]
fn plain_git_refuses_before_it_writes() {
    let Some(env) = beside_an_empty_server() else {
        return;
    };
    let env = env.variable("GIT_PASSWORD", "sesame-of-the-test");
    let access = Access::Basic {
        user: "ann".into(),
        password: "another".into(),
    };
    let (open, closed) = (GitHttp::open(), GitHttp::start(access, None));
    let repository = open.repository("fleet");
    repository.commit(
        "Begin",
        &[("clusters/one/flux-system/kustomization.yaml", UNBUILDABLE)],
    );
    let head = repository.head("main");
    drop(closed.repository("fleet"));
    let url = open.url("fleet");

    let refused = env.run(git(&url, &[])).failure(2);
    assert!(refused.contains("--allow-insecure-http"), "{refused}");
    let refused = env.run(git("file:///srv/git/fleet", &[])).failure(2);
    assert!(
        refused.contains("ssh") && refused.contains("https"),
        "{refused}"
    );
    let refused = env
        .run(git(
            &closed.url("fleet"),
            &["--allow-insecure-http", "--username=ann"],
        ))
        .failure(1);
    assert!(
        refused.contains("GIT_PASSWORD") || refused.contains("--password"),
        "{refused}"
    );
    assert!(!refused.contains("sesame-of-the-test"), "{refused}");
    let refused = env.run(git(&url, &["--allow-insecure-http"])).failure(1);
    assert!(
        refused.contains("clusters/one/flux-system") && refused.contains("gone.yaml"),
        "{refused}"
    );

    // Nothing to clone into.
    let full = env
        .command(git(&url, &["--allow-insecure-http"]))
        .variable("TMPDIR", "/nonexistent")
        .run();
    let refused = full.failure(1);
    assert!(refused.contains("TMPDIR"), "{refused}");

    // A disk that is full in the middle of the clone.
    let mut number: u64 = 1;
    let noise: String = (0..60_000)
        .map(|_| {
            number = number
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            format!("{number:016x}")
        })
        .collect();
    let big = open.repository("big");
    big.commit("Begin", &[("noise", &noise)]);
    let limited = format!(
        "trap '' XFSZ; ulimit -f 128; exec {} \"$@\"",
        env!("CARGO_BIN_EXE_gitops")
    );
    let arguments = words(&["-c", &limited, "sh"])
        .into_iter()
        .chain(git(&open.url("big"), &["--allow-insecure-http"]));
    let refused = env
        .other_command(std::path::Path::new("/bin/sh"), arguments)
        .run()
        .failure(1);
    assert!(
        refused.to_lowercase().contains("file too large") || refused.contains("space"),
        "{refused}"
    );

    // An API server that is not there.
    let away = env.file("away", "apiVersion: v1\nkind: Config\nclusters: [{name: a, cluster: {server: \"https://127.0.0.1:1\"}}]\nusers: [{name: a, user: {}}]\ncontexts: [{name: a, context: {cluster: a, user: a}}]\ncurrent-context: a\n");
    let away = env
        .command(git(&url, &["--allow-insecure-http"]))
        .variable("KUBECONFIG", &away.display().to_string())
        .run();
    let refused = away.failure(1);
    assert!(refused.contains("127.0.0.1:1"), "{refused}");

    assert_eq!(repository.head("main"), head);
    assert_eq!(big.subjects("main"), ["Begin"]);
    assert_untouched(&env);

    // Without rights each missing one is named.
    let empty = open.repository("empty");
    let env = env.acting_as(User::Jane);
    let refused = env
        .run(git(&open.url("empty"), &["--allow-insecure-http"]))
        .failure(1);
    for right in [
        "customresourcedefinitions",
        "clusterrolebindings",
        "deployments",
        "secrets",
    ] {
        assert!(refused.contains(right), "{right}: {refused}");
    }
    assert_eq!(empty.head("main"), None);
}

#[test]
fn a_time_out_names_what_blocks_and_a_second_run_goes_on() {
    let Some(env) = beside_an_empty_server() else {
        return;
    };
    let server = GitHttp::open();
    let repository = server.repository("fleet");
    let env = env.variable("GIT_PASSWORD", "sesame-of-the-test");
    let arguments = git(
        &server.url("fleet"),
        &["--allow-insecure-http", "--timeout=15s"],
    );
    let late = env.run(arguments).failure(3);
    assert!(
        late.contains("GitRepository") && late.contains("source-controller"),
        "{late}"
    );
    assert_eq!(repository.subjects("main").len(), 2);
}

#[test]
fn takes_over_what_flux_committed() {
    let (Some(env), Some(data)) = (beside_an_empty_server(), reference_data()) else {
        return;
    };
    let server = GitHttp::open();
    let repository = server.repository("fleet");
    let components =
        std::fs::read_to_string(data.join("flux-reference/install-export/default.yaml")).unwrap();
    let url = server.url("fleet");
    let sync = format!(
        "# This manifest was generated by flux. DO NOT EDIT.\n---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\n\
         metadata:\n  name: flux-system\n  namespace: flux-system\nspec:\n  interval: 1m0s\n  ref:\n    branch: main\n  \
         secretRef:\n    name: flux-system\n  url: {url}\n---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n\
         metadata:\n  name: flux-system\n  namespace: flux-system\nspec:\n  interval: 10m0s\n  path: ./clusters/one\n  \
         prune: true\n  sourceRef:\n    kind: GitRepository\n    name: flux-system\n"
    );
    let kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- gotk-components.yaml\n- gotk-sync.yaml\n";
    repository.commit(
        "Flux",
        &[
            ("clusters/one/flux-system/gotk-components.yaml", &components),
            ("clusters/one/flux-system/gotk-sync.yaml", &sync),
            ("clusters/one/flux-system/kustomization.yaml", kustomization),
        ],
    );
    let env = env.variable("GIT_PASSWORD", "sesame-of-the-test");
    let plan = env
        .run(git(
            &url,
            &["--allow-insecure-http", "--plan", "-o", "json"],
        ))
        .success();
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    assert_fits_schema("BootstrapPlan", &plan);
    let actions: Vec<&str> = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| text(step, "/action"))
        .collect();
    assert!(!actions.contains(&"CommitSync"), "{plan:#}");
    assert!(!actions.contains(&"CommitComponents"), "{plan:#}");
    assert!(actions.contains(&"InstallComponents"), "{plan:#}");
}

#[test]
fn gitea_refuses_before_it_writes_and_bad_days_pass() {
    let (Some(gitea), Some(env)) = (Gitea::shared(), beside_an_empty_server()) else {
        return;
    };
    let owner = gitea.organisation();
    let ca = env
        .file("ca.pem", gitea.authority().unwrap())
        .display()
        .to_string();
    let command = |host: &str, name: &str, extra: &[&str]| {
        let mut arguments = words(&[
            "bootstrap",
            "gitea",
            "--hostname",
            host,
            "--owner",
            &owner,
            "--repository",
            name,
            "--path=clusters/one",
            "--token-auth",
            "--ca-file",
            &ca,
        ]);
        arguments.extend(words(extra));
        arguments
    };
    let host = gitea.host();
    // A wrong token: the variable is named, its value is not.
    let wrong = "0123456789abcdef0123456789abcdef01234567";
    let refused = env
        .command(command(&host, "fleet", &[]))
        .variable("GITEA_TOKEN", wrong)
        .run()
        .failure(1);
    assert!(
        refused.contains("GITEA_TOKEN") && !refused.contains(wrong),
        "{refused}"
    );
    // One that may only read.
    let weak = gitea.user(
        "weak-bootstrap",
        "read:user,read:repository,read:organization",
    );
    let refused = env
        .command(command(&host, "fleet", &[]))
        .variable("GITEA_TOKEN", &weak)
        .run()
        .failure(1);
    assert!(
        refused.contains("hint: ") && !refused.contains(&weak),
        "{refused}"
    );
    assert_eq!(
        gitea
            .call(Method::GET, &format!("/repos/{owner}/fleet"), None)
            .0,
        404
    );
    // A protected branch.
    let env = env.variable("GITEA_TOKEN", gitea.token());
    let body = json!({ "name": "guarded", "auto_init": true, "default_branch": "main" });
    assert_eq!(
        gitea
            .call(Method::POST, &format!("/orgs/{owner}/repos"), Some(&body))
            .0,
        201
    );
    let rule = json!({ "rule_name": "main", "enable_push": false });
    let (status, answer) = gitea.call(
        Method::POST,
        &format!("/repos/{owner}/guarded/branch_protections"),
        Some(&rule),
    );
    assert_eq!(status, 201, "{answer}");
    let head = gitea.repository(&owner, "guarded").head("main");
    let refused = env.run(command(&host, "guarded", &[])).failure(1);
    assert!(
        refused.contains("protected") && refused.contains("--branch"),
        "{refused}"
    );
    assert_eq!(gitea.repository(&owner, "guarded").head("main"), head);
    assert_untouched(&env);

    // A busy, broken and lossy service: the run gets as far as the cluster, which has no controllers.
    let identity = crate::scene::Authority::new("Gate CA");
    let gate = Gate::before(&gitea.url(), Some(&identity.identity()));
    gate.add(Rule::new(
        "GET",
        "/api/v1/user",
        Fault::too_many_requests("1"),
    ));
    gate.add(Rule::new("GET", "/api/v1/repos/*", Fault::bad_gateway()));
    gate.add(Rule::new("POST", "/api/v1/orgs/*", Fault::LoseAnswer));
    let both = env
        .file(
            "both.pem",
            &format!("{}{}", identity.pem(), gitea.authority().unwrap()),
        )
        .display()
        .to_string();
    drop(
        env.command(command(&gate.host(), "lossy", &["--ca-file", &both]))
            .run_until("waiting for GitRepository"),
    );
    let posts = gate
        .journal()
        .iter()
        .filter(|entry| entry.method == "POST" && entry.path.ends_with("/repos"))
        .count();
    assert_eq!(posts, 1, "the lost creation is looked at, not repeated");
    assert_eq!(gitea.repository(&owner, "lossy").subjects("main").len(), 2);
}
