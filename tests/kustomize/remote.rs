//! Bases and files that a kustomization has elsewhere: over HTTP, in Git repositories, and from the cache.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::get;

use crate::scene::{GitHttp, Gitea, Repository, Right, Server, SshAgent, Sshd, TestEnv, installed};

const CONFIG_MAP: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: NAME}}\n";

fn config_map(name: &str) -> String {
    CONFIG_MAP.replace("NAME", name)
}

/// What a build of such a config map prints.
fn printed(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n")
}

/// Runs git on a repository.
fn git(env: &TestEnv, repository: &Repository, arguments: &[&str]) {
    let program = installed("git").expect("git is needed to build this");
    let path = repository.path().display().to_string();
    let arguments = ["-C", &path].into_iter().chain(arguments.iter().copied());
    drop(env.other_command(&program, arguments).run().success());
}

/// Commits a base that makes one config map.
fn commit_base(repository: &Repository, name: &str) -> String {
    repository.commit(
        name,
        &[
            (
                "base/kustomization.yaml",
                "resources: [a.yaml, ../shared]\n",
            ),
            ("base/a.yaml", &config_map(name)),
            (
                "shared/kustomization.yaml",
                "resources: []\nnamePrefix: x-\n",
            ),
        ],
    )
}

/// Puts a commit of another repository into the tree of `main`.
fn link(repository: &Repository, path: &str, commit: &str) {
    let git = git2::Repository::open_bare(repository.path()).unwrap();
    let head = git.find_reference("refs/heads/main").unwrap();
    let head = head.peel_to_commit().unwrap();
    let commit = git2::Oid::from_str(commit).unwrap();
    let mut update = git2::build::TreeUpdateBuilder::new();
    update.upsert(path, commit, git2::FileMode::Commit);
    let tree = update.create_updated(&git, &head.tree().unwrap()).unwrap();
    let tree = git.find_tree(tree).unwrap();
    let author = git2::Signature::now("Scene", "scene@example.com").unwrap();
    git.commit(
        Some("refs/heads/main"),
        &author,
        &author,
        "link",
        &tree,
        &[&head],
    )
    .unwrap();
}

fn overlay(env: &TestEnv, entry: &str) {
    env.file(
        "overlay/kustomization.yaml",
        &format!("# Ours\nresources:\n- {entry}\n"),
    );
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Returns the one folder of a repository in the cache.
fn cached(env: &TestEnv) -> PathBuf {
    let cache = env.home().join(".cache/gitops/remote");
    let repositories = folders(&cache);
    assert_eq!(repositories.len(), 1, "{repositories:?}");
    repositories[0].clone()
}

#[test]
fn remote_base_comes_from_a_branch_a_tag_and_a_commit() {
    let server = GitHttp::open();
    let repository = server.repository("app");
    let env = TestEnv::new();
    let one = commit_base(&repository, "one");
    git(&env, &repository, &["tag", "v1"]);
    commit_base(&repository, "two");
    let url = server.url("app");
    for (query, name) in [
        ("", "two"),
        ("?ref=main", "two"),
        ("?ref=v1", "one"),
        ("?version=v1&timeout=20s&submodules=false", "one"),
        (&format!("?ref={one}"), "one"),
    ] {
        overlay(&env, &format!("{url}//base{query}"));
        let output = env.run(["build", "overlay", "overlay"]);
        assert_eq!(output.success(), printed(name), "{query}");
    }
    overlay(&env, &format!("git::{url}/base?ref=v1"));
    assert_eq!(
        env.run(["build", "overlay", "overlay"]).success(),
        printed("one")
    );
    let mode = fs::metadata(cached(&env)).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "nobody else may look into the cache");
}

#[test]
fn remote_base_stays_in_the_cache_as_long_as_it_is_whole() {
    let server = GitHttp::open();
    let repository = server.repository("app");
    let env = TestEnv::new();
    let one = commit_base(&repository, "one");
    git(&env, &repository, &["tag", "v1"]);
    let url = server.url("app");
    let packs = || {
        let requests = server.requests();
        requests
            .iter()
            .filter(|request| request.starts_with("POST"))
            .count()
    };
    let build = |entry: &str, more: &[&str]| {
        overlay(&env, entry);
        env.run(["build", "overlay", "overlay"].iter().chain(more).copied())
    };
    let (tag, commit) = (
        format!("{url}//base?ref=v1"),
        format!("{url}//base?ref={one}"),
    );
    let refused = build(&tag, &["--offline"]).failure(1);
    assert!(refused.contains("`--offline` allows no fetch"), "{refused}");
    assert!(
        refused.contains("overlay/kustomization.yaml:3"),
        "{refused}"
    );
    assert_eq!(server.requests().len(), 0, "offline asks nobody");

    assert_eq!(build(&tag, &[]).success(), printed("one"));
    let fetched = packs();
    assert!(fetched > 0);
    assert_eq!(build(&tag, &[]).success(), printed("one"));
    assert_eq!(build(&commit, &[]).success(), printed("one"));
    assert_eq!(packs(), fetched, "the commit is there");
    let asked = server.requests().len();
    assert_eq!(build(&tag, &["--offline"]).success(), printed("one"));
    assert_eq!(build(&commit, &["--offline"]).success(), printed("one"));
    let branch = build(&format!("{url}//base?ref=main"), &["--offline"]).failure(1);
    assert!(branch.contains("`--offline` allows no fetch"), "{branch}");
    assert_eq!(server.requests().len(), asked);

    let tree = folders(&cached(&env))
        .into_iter()
        .find(|path| path.is_dir())
        .unwrap()
        .join("tree");
    fs::remove_file(tree.join("shared/kustomization.yaml")).unwrap();
    assert_eq!(
        build(&commit, &[]).success(),
        printed("one"),
        "half of it is no cache"
    );
    assert!(packs() > fetched);
    assert_eq!(build(&commit, &["--offline"]).success(), printed("one"));
}

#[test]
fn remote_bases_are_fetched_once_by_builds_at_the_same_time() {
    let server = GitHttp::open();
    commit_base(&server.repository("app"), "one");
    let env = TestEnv::new();
    overlay(&env, &format!("{}//base?ref=main", server.url("app")));
    env.file(
        "second/kustomization.yaml",
        "resources: [../overlay]\nnameSuffix: -b\n",
    );
    let both = format!("{}---\n{}", printed("one"), printed("one-b"));
    std::thread::scope(|scope| {
        let runs =
            [0; 3].map(|_| scope.spawn(|| env.run(["build", "overlay", "overlay", "second"])));
        for run in runs {
            assert_eq!(run.join().unwrap().success(), both);
        }
    });
    let left = folders(&cached(&env));
    assert_eq!(left.len(), 1, "nothing is left over: {left:?}");
}

#[test]
fn submodules_belong_to_a_remote_base() {
    let server = GitHttp::open();
    let env = TestEnv::new();
    let library = server.repository("library");
    let commit = commit_base(&library, "library");
    let repository = server.repository("app");
    repository.commit(
        "app",
        &[
            (
                ".gitmodules",
                "[submodule \"lib\"]\n\tpath = vendor/lib\n\turl = ../library.git\n",
            ),
            ("kustomization.yaml", "resources: [vendor/lib/base]\n"),
        ],
    );
    link(&repository, "vendor/lib", &commit);
    overlay(&env, &server.url("app"));
    assert_eq!(
        env.run(["build", "overlay", "overlay"]).success(),
        printed("library")
    );
    overlay(&env, &format!("{}?submodules=false", server.url("app")));
    let refused = env.run(["build", "overlay", "overlay"]).failure(1);
    assert!(refused.contains("vendor/lib/base"), "{refused}");
}

#[test]
fn remote_files_follow_redirects_and_say_what_is_wrong() {
    let web = Router::new()
        .route("/a.yaml", get(|| async { config_map("a") }))
        .route(
            "/moved.yaml",
            get(|| async { Redirect::temporary("/a.yaml") }),
        )
        .route(
            "/round.yaml",
            get(|| async { Redirect::temporary("/round.yaml") }),
        )
        .route("/gone.yaml", get(|| async { StatusCode::GONE }))
        .route(
            "/patch.yaml",
            get(|| async { r#"[{"op": "add", "path": "/data", "value": {"a": "b"}}]"# }),
        );
    let server = Server::http(web);
    let env = TestEnv::new();
    let build = |entry: &str| {
        overlay(&env, &format!("{}{entry}", server.url()));
        env.run(["build", "overlay", "overlay"])
    };
    assert_eq!(build("/a.yaml").success(), printed("a"));
    assert_eq!(build("/moved.yaml").success(), printed("a"));
    let refused = build("/gone.yaml?token=s3cret").failure(1);
    assert!(refused.contains("HTTP Error: status code 410"), "{refused}");
    assert!(
        refused.contains("overlay/kustomization.yaml:3"),
        "{refused}"
    );
    assert!(!refused.contains("s3cret"), "{refused}");
    let refused = build("/round.yaml").failure(1);
    assert!(refused.contains("points elsewhere too often"), "{refused}");
    let offline = env
        .run(["build", "overlay", "overlay", "--offline"])
        .failure(1);
    assert!(offline.contains("`--offline` allows no fetch"), "{offline}");
    env.file(
        "overlay/kustomization.yaml",
        &format!("resources:\n- {0}/a.yaml\npatches:\n- target: {{kind: ConfigMap}}\n  path: {0}/patch.yaml\n", server.url()),
    );
    let patched = env.run(["build", "overlay", "overlay"]).success();
    assert!(patched.contains("data:\n  a: b\n"), "{patched}");
}

#[test]
fn remote_address_never_becomes_an_option_or_shows_a_secret() {
    let env = TestEnv::new();
    for entry in [
        "ssh://-oProxyCommand=touch%20hit/o/r//x",
        "git@-oProxyCommand=touch:o/r//x",
        "ssh://git@host/-o/r.git//x",
        "file://relative/repository//x",
        "file:///nowhere/at/all//x",
        "https://me:s3cret@127.0.0.1:1/o/r//x?ref=v1",
    ] {
        overlay(&env, entry);
        let refused = env.run(["build", "overlay", "overlay"]).failure(1);
        assert!(
            refused.contains("overlay/kustomization.yaml:3"),
            "{entry}: {refused}"
        );
        assert!(!refused.contains("s3cret"), "{refused}");
    }
}

#[test]
fn base_of_a_repository_on_this_machine_stays_in_it() {
    let server = GitHttp::open();
    let repository = server.repository("app");
    let env = TestEnv::new();
    commit_base(&repository, "one");
    let url = format!("file://{}", repository.path().display());
    overlay(&env, &format!("{url}//base?ref=main"));
    let offline = env.run(["build", "overlay", "overlay", "--offline"]);
    assert_eq!(
        offline.success(),
        printed("one"),
        "nothing is fetched for it"
    );
    repository.commit(
        "out",
        &[(
            "out/kustomization.yaml",
            "resources: [/etc/passwd, ../../../x]\n",
        )],
    );
    overlay(&env, &format!("{url}//out"));
    let refused = env.run(["build", "overlay", "overlay"]).failure(1);
    assert!(
        refused.contains("security; file '/etc/passwd' is not in or below"),
        "{refused}"
    );
}

#[test]
fn build_kustomization_takes_remote_bases_as_flux_does() {
    let server = GitHttp::open();
    commit_base(&server.repository("app"), "one");
    let env = TestEnv::new();
    overlay(&env, &format!("{}//base?ref=main", server.url("app")));
    env.file(
        "ks.yaml",
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a, namespace: n}\nspec: {interval: 1m, prune: true, path: ./, sourceRef: {kind: GitRepository, name: a}}\n",
    );
    let call = [
        "build",
        "kustomization",
        "a",
        "-n",
        "n",
        "--path",
        "overlay",
        "--kustomization-file",
        "ks.yaml",
        "--dry-run",
    ];
    let offline = env.run(call.into_iter().chain(["--offline"])).failure(1);
    assert!(offline.contains("`--offline` allows no fetch"), "{offline}");
    assert!(env.run(call).success().contains("name: one\n"));
}

/// Returns an environment that trusts a Gitea, with a repository of two commits on it, and the address of that.
fn beside_gitea() -> Option<(TestEnv, &'static Gitea, String)> {
    let gitea = Gitea::shared()?;
    let owner = gitea.organisation();
    gitea.create_repository(&owner, "app");
    commit_base(&gitea.repository(&owner, "app"), "one");
    let env = TestEnv::new();
    let authority = env.file("../ca.pem", gitea.authority().unwrap());
    let env = env.variable("SSL_CERT_FILE", &authority.display().to_string());
    Some((env, gitea, gitea.clone_url(&owner, "app")))
}

#[test]
fn remote_base_over_https_asks_the_credential_helpers() {
    let Some((env, gitea, url)) = beside_gitea() else {
        return;
    };
    let build = |env: &TestEnv, entry: &str, more: &[&str]| {
        overlay(env, entry);
        env.run(["build", "overlay", "overlay"].iter().chain(more).copied())
    };
    let entry = format!("{url}//base?ref=main&timeout=30s");
    let refused = build(&env, &entry, &[]).failure(1);
    assert!(refused.contains("asks for credentials"), "{refused}");
    assert!(
        refused.contains("overlay/kustomization.yaml:3"),
        "{refused}"
    );
    // A helper of another server is not asked, and one that knows nothing is passed over.
    env.file(
        "../home/.gitconfig",
        &format!(
            "[credential \"https://example.com\"]\n\thelper = \"!echo password=wrong username=wrong #\"\n\
             [credential]\n\thelper = \"!false\"\n\
             \thelper = \"!f() {{ while read -r line; do echo $line; done >asked; echo username=me; echo password={}; }}; f\"\n",
            gitea.token()
        ),
    );
    assert_eq!(build(&env, &entry, &[]).success(), printed("one"));
    let asked = fs::read_to_string(env.folder().join("asked")).unwrap();
    let host = gitea.host();
    assert_eq!(asked, format!("protocol=https\nhost={host}\n\n"));
    let commit = gitea_head(&url, gitea);
    let kept = format!("{url}//base?ref={commit}");
    assert_eq!(build(&env, &kept, &["--offline"]).success(), printed("one"));
    env.file(
        "../home/.gitconfig",
        "[credential]\n\thelper = \"!f() { echo username=me; echo password=s3cret; }; f\"\n",
    );
    let refused = build(&env, &entry, &[]).failure(1);
    assert!(refused.contains("refuses the credentials"), "{refused}");
    assert!(!refused.contains("s3cret"), "{refused}");
}

fn gitea_head(url: &str, gitea: &Gitea) -> String {
    let path = url.strip_suffix(".git").unwrap();
    let mut parts = path.rsplit('/');
    let (name, owner) = (parts.next().unwrap(), parts.next().unwrap());
    gitea.repository(owner, name).head("main").unwrap()
}

#[test]
fn remote_base_over_https_takes_a_token_in_the_address() {
    let Some((env, gitea, url)) = beside_gitea() else {
        return;
    };
    let with_token = url.replace("https://", &format!("https://me:{}@", gitea.token()));
    overlay(&env, &format!("{with_token}//base?ref=main"));
    let output = env.run(["build", "overlay", "overlay"]);
    assert_eq!(output.success(), printed("one"));
    overlay(&env, &format!("{with_token}//base?ref=gone"));
    let refused = env.run(["build", "overlay", "overlay"]).failure(1);
    assert!(refused.contains("gone"), "{refused}");
    assert!(!refused.contains(gitea.token()), "{refused}");
    // Whom nobody vouches for is not trusted.
    let env = TestEnv::new();
    overlay(&env, &format!("{with_token}//base?ref=main"));
    let refused = env.run(["build", "overlay", "overlay"]).failure(1);
    assert!(refused.contains("certificate"), "{refused}");
    assert!(!refused.contains(gitea.token()), "{refused}");
}

#[test]
fn remote_base_over_ssh_comes_with_the_keys_of_the_user() {
    let (Some(server), Some(agent)) = (Sshd::start(), SshAgent::start()) else {
        return;
    };
    let repository = server.repository("app");
    let one = commit_base(&repository, "one");
    agent.take(&server.key("reader", "ed25519", Right::Read));
    let env = TestEnv::new();
    let known = env.file("../known_hosts", &server.known_hosts());
    let env = env
        .variable("SSH_AUTH_SOCK", &agent.socket())
        .variable("SSH_KNOWN_HOSTS", &known.display().to_string());
    git(&env, &repository, &["tag", "v1"]);
    let url = server.url("app");
    for reference in ["main", "v1", &one] {
        overlay(&env, &format!("{url}//base?ref={reference}"));
        let output = env.run(["build", "overlay", "overlay"]);
        assert_eq!(output.success(), printed("one"), "{reference}");
    }
    let output = env.run(["build", "overlay", "overlay", "--offline"]);
    assert_eq!(output.success(), printed("one"));
    server.forget_keys();
    overlay(&env, &format!("{url}//base?ref=main"));
    let refused = env.run(["build", "overlay", "overlay"]).failure(1);
    assert!(
        refused.contains("overlay/kustomization.yaml:3"),
        "{refused}\n{}",
        server.log_tail()
    );
}
