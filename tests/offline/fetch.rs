//! Sources that are not in the repository: fetched where that is asked for, then taken from the cache.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{commit, config_map, fleet, kustomization};
use crate::scene::{
    Access, CommandOutput, GitHttp, Registry, Repository, Server, TestEnv, are_built, built,
    installed,
};

/// A source, and a Kustomization that builds its folder `deploy`.
fn following(name: &str, kind: &str, spec: &str) -> String {
    let source = format!(
        "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: flux-system}}\nspec: {{interval: 1m, {spec}}}\n"
    );
    let own = "sourceRef: {kind: GitRepository, name: flux-system}";
    let other = format!("sourceRef: {{kind: {kind}, name: {name}}}");
    source + &kustomization(name, "./deploy", "").replace(own, &other)
}

fn build(env: &TestEnv, more: &[&str]) -> CommandOutput {
    let arguments = ["build", "cluster", "clusters/one"];
    env.run(arguments.iter().chain(more).copied())
}

fn git(env: &TestEnv, repository: &Repository, arguments: &[&str]) {
    let program = installed("git").expect("git is needed to build this");
    let path = repository.path().display().to_string();
    let arguments = ["-C", &path].into_iter().chain(arguments.iter().copied());
    drop(env.other_command(&program, arguments).run().success());
}

#[test]
fn git_sources_are_fetched_by_all_that_names_a_revision() {
    let server = GitHttp::open();
    let repository = server.repository("other");
    let map = |value: &str| config_map("PLACE", &format!("{{a: {value}}}"));
    let first = repository.commit("one", &[("deploy/map.yaml", &map("one"))]);
    let url = format!("url: \"{}\"", server.url("other"));
    let spec = |reference: &str| format!("{url}, ref: {{{reference}}}");
    let env = fleet(&[
        following("by-branch", "GitRepository", &spec("branch: main")),
        following("by-tag", "GitRepository", &spec("tag: v1.0.0")),
        following(
            "by-commit",
            "GitRepository",
            &spec(&format!("commit: {first}")),
        ),
        following("by-range", "GitRepository", &spec("semver: \">=1.0.0 <2\"")),
        following("by-name", "GitRepository", &spec("name: refs/heads/main")),
        following("missing", "GitRepository", &spec("tag: v9")),
        following("bucket", "Bucket", "endpoint: example.com, bucketName: a"),
        kustomization("own", "./own", ""),
    ]);
    env.file("own/map.yaml", &config_map("own", "{a: own}"));
    for (tag, value) in [
        ("v1.0.0", "tagged"),
        ("v1.2.0", "newest"),
        ("v2.0.0", "two"),
    ] {
        repository.commit(tag, &[("deploy/map.yaml", &map(value))]);
        git(&env, &repository, &["tag", tag, "main"]);
    }
    repository.commit("last", &[("deploy/map.yaml", &map("last"))]);
    let asked = || server.requests().len();
    let before = asked();
    let unfetched = build(&env, &[]);
    assert_eq!(asked(), before, "{unfetched}");
    assert!(
        unfetched.stderr().contains("or allow `--fetch`"),
        "{unfetched}"
    );
    let owned = |output: &CommandOutput| -> Vec<(String, String)> {
        let text = output.stdout();
        let maps = text
            .split("---\n")
            .filter(|text| text.contains("kind: ConfigMap"));
        maps.map(|text| {
            let value = |field: &str| {
                let line = text
                    .lines()
                    .find_map(|line| line.trim().strip_prefix(field));
                line.unwrap_or_default().to_owned()
            };
            (value("kustomize.toolkit.fluxcd.io/name: "), value("a: "))
        })
        .collect()
    };
    let pair = |owner: &str, value: &str| (owner.to_owned(), value.to_owned());
    let fetched = build(&env, &["--fetch"]);
    assert_eq!(fetched.status(), Some(2), "{fetched}");
    let mut all = owned(&fetched);
    all.sort();
    assert_eq!(
        all,
        [
            pair("by-branch", "last"),
            pair("by-commit", "one"),
            pair("by-name", "last"),
            pair("by-range", "newest"),
            pair("by-tag", "tagged"),
            pair("own", "own"),
        ]
    );
    let told = fetched.stderr();
    assert!(
        told.contains("its source GitRepository/flux-system/missing cannot be fetched"),
        "{told}"
    );
    assert!(
        told.contains("`--fetch` knows no way to a Bucket"),
        "{told}"
    );
    // What never changes is in the cache; what may change is not taken from there.
    let before = asked();
    let offline = build(&env, &["--offline"]);
    assert_eq!(asked(), before, "{offline}");
    let mut all = owned(&offline);
    all.sort();
    let kept = [
        pair("by-commit", "one"),
        pair("by-tag", "tagged"),
        pair("own", "own"),
    ];
    assert_eq!(all, kept, "{offline}");
    assert!(
        offline.stderr().contains("`--offline` allows no fetch"),
        "{offline}"
    );
}

#[test]
fn a_private_source_is_told_and_the_rest_is_built() {
    let server = GitHttp::start(
        Access::Basic {
            user: "me".into(),
            password: "s3cret".into(),
        },
        None,
    );
    server
        .repository("other")
        .commit("one", &[("deploy/map.yaml", &config_map("a", "{a: one}"))]);
    let url = |url: &str| format!("url: \"{url}\", ref: {{branch: main}}");
    let env = fleet(&[
        following("private", "GitRepository", &url(&server.url("other"))),
        following("folder", "GitRepository", &url("file:///srv/git/a")),
        kustomization("own", "./own", ""),
    ]);
    env.file("own/map.yaml", &config_map("own", "{a: own}"));
    let output = build(&env, &["--fetch"]);
    assert!(output.stdout().contains("a: own"), "{output}");
    let told = output.failure(2);
    for name in ["private", "folder"] {
        let owner = format!("Kustomization/flux-system/{name}: its source");
        assert!(told.contains(&owner), "{name}: {told}");
    }
    let diff = |more: &[&str]| {
        commit(&env);
        env.file("own/map.yaml", &config_map("own", "{a: other}"));
        let arguments = ["diff", "branch", "--base", "HEAD"];
        env.run(arguments.iter().chain(more).copied())
    };
    // What could not be had before is not the branch's doing.
    let output = diff(&["--fetch"]);
    assert!(output.stdout().contains("+ other"), "{output}");
}

#[test]
fn remote_bases_are_fetched_and_never_from_this_machine() {
    let server = GitHttp::open();
    let repository = server.repository("base");
    repository.commit(
        "one",
        &[
            ("base/kustomization.yaml", "resources: [map.yaml]\n"),
            ("base/map.yaml", &config_map("remote", "{a: remote}")),
        ],
    );
    let env = fleet(&[
        kustomization("remote", "./remote", ""),
        kustomization("folder", "./folder", ""),
    ]);
    let base = |address: &str| format!("resources: [\"{address}//base?ref=main\"]\n");
    env.file("remote/kustomization.yaml", &base(&server.url("base")));
    let local = format!("file://{}", repository.path().display());
    env.file("folder/kustomization.yaml", &base(&local));
    let unfetched = build(&env, &[]);
    assert!(!unfetched.stdout().contains("a: remote"), "{unfetched}");
    let fetched = build(&env, &["--fetch"]);
    assert_eq!(
        fetched.stdout().matches("a: remote").count(),
        1,
        "{fetched}"
    );
    assert!(
        fetched
            .stderr()
            .contains("a repository may not name folders of this machine"),
        "{fetched}"
    );
    // A base that moves on is seen at once: it is not in the repository, so that nothing of it is kept.
    repository.commit(
        "two",
        &[("base/map.yaml", &config_map("remote", "{a: moved}"))],
    );
    let again = build(&env, &["--fetch"]);
    assert!(again.stdout().contains("a: moved"), "{again}");
}

#[test]
fn artifacts_of_registries_are_fetched() {
    let Some(registry) = Registry::shared().filter(|_| are_built(&["flux"])) else {
        return;
    };
    let address = format!("oci://{}/offline/manifests", registry.host());
    let spec =
        |reference: &str| format!("url: \"{address}\", insecure: true, ref: {{{reference}}}");
    let env = fleet(&[
        following("by-tag", "OCIRepository", &spec("tag: v1.0.0")),
        following(
            "by-range",
            "OCIRepository",
            &spec("semver: \"1.x\", semverFilter: \"^v1\""),
        ),
        following("missing", "OCIRepository", &spec("tag: v9")),
    ]);
    for (tag, value) in [("v1.0.0", "one"), ("v1.1.0", "newest"), ("1.9.0", "other")] {
        env.file(
            "pushed/deploy/map.yaml",
            &config_map("a", &format!("{{a: {value}}}")),
        );
        let arguments = [
            "push",
            "artifact",
            &format!("{address}:{tag}"),
            "--path=pushed",
            "--source=test",
            "--revision=main@sha1:1",
            "--insecure-registry",
        ];
        drop(env.other_command(&built("flux"), arguments).run().success());
    }
    let output = build(&env, &["--fetch"]);
    let shown = output.stdout();
    assert!(
        shown.contains("a: one") && shown.contains("a: newest"),
        "{output}"
    );
    assert!(!shown.contains("a: other"), "{output}");
    let told = output.failure(2);
    assert!(
        told.contains("OCIRepository/flux-system/missing cannot be fetched"),
        "{told}"
    );
    let offline = build(&env, &["--offline"]).stdout();
    assert!(
        offline.contains("a: one") && !offline.contains("a: newest"),
        "{offline}"
    );
}

/// What a registry hands out, to those who show the token.
#[derive(Clone)]
struct Guarded {
    manifest: String,
    layer: Vec<u8>,
}

fn digest(content: &[u8]) -> String {
    let bytes = Sha256::digest(content);
    bytes
        .iter()
        .fold("sha256:".into(), |text, byte| format!("{text}{byte:02x}"))
}

async fn answer(State(guarded): State<Guarded>, uri: Uri, headers: HeaderMap) -> Response {
    let shown = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    let host = headers["host"].to_str().unwrap_or_default();
    if uri.path() == "/token" {
        let login = format!("Basic {}", STANDARD.encode("me:s3cret"));
        return if shown == Some(login.as_str()) {
            axum::Json(json!({"token": "pass"})).into_response()
        } else {
            StatusCode::UNAUTHORIZED.into_response()
        };
    }
    if shown != Some("Bearer pass") {
        let challenge = format!(
            "Bearer realm=\"http://{host}/token\",service=\"registry\",scope=\"repository:a/b:pull\""
        );
        return (StatusCode::UNAUTHORIZED, [("www-authenticate", challenge)]).into_response();
    }
    if uri.path().starts_with("/v2/a/b/manifests/") {
        return guarded.manifest.into_response();
    }
    guarded.layer.into_response()
}

fn guarded(value: &str) -> Guarded {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let map = config_map("a", &format!("{{a: {value}}}"));
    let mut header = tar::Header::new_gnu();
    header.set_size(map.len() as u64);
    header.set_mode(0o644);
    archive
        .append_data(&mut header, "deploy/map.yaml", map.as_bytes())
        .unwrap();
    let layer = archive.into_inner().unwrap().finish().unwrap();
    let manifest = json!({"layers": [{"mediaType": "x", "digest": digest(&layer)}]}).to_string();
    Guarded { manifest, layer }
}

#[test]
fn a_private_registry_takes_the_login_that_docker_has() {
    let server =
        |guarded: Guarded| Server::http(Router::new().fallback(answer).with_state(guarded));
    let good = server(guarded("private"));
    let forged = server(Guarded {
        layer: guarded("forged").layer,
        ..guarded("private")
    });
    let spec = |host: String| format!("url: \"oci://{host}/a/b\", insecure: true");
    let env = fleet(&[
        following("good", "OCIRepository", &spec(good.host())),
        following("forged", "OCIRepository", &spec(forged.host())),
    ]);
    let told = build(&env, &["--fetch"]).failure(2);
    assert!(
        told.contains("does not show it to everybody (`docker login`"),
        "{told}"
    );
    let auth = STANDARD.encode("me:s3cret");
    let logins = json!({"auths": {good.host(): {"auth": auth}, forged.host(): {"auth": auth}}});
    env.file("../home/.docker/config.json", &logins.to_string());
    let output = build(&env, &["--fetch"]);
    assert!(output.stdout().contains("a: private"), "{output}");
    assert!(!output.stdout().contains("a: forged"), "{output}");
    let told = output.failure(2);
    assert!(
        told.contains("a layer that is another one than its digest says"),
        "{told}"
    );
    assert!(!told.contains("s3cret") && !told.contains(&auth), "{told}");
}

#[test]
fn what_the_source_of_the_entry_includes_is_part_of_the_entry() {
    let server = GitHttp::open();
    let other = server.repository("other");
    let map = config_map("a", "{a: included}");
    other.commit("one", &[("part/map.yaml", &map)]);
    let env = fleet(&[format!(
        "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {{name: other, namespace: flux-system}}\nspec: {{interval: 1m, url: \"{}\", ref: {{branch: main}}}}\n",
        server.url("other")
    )]);
    let sync = "clusters/one/flux-system/gotk-sync.yaml";
    let includes = |name: &str| {
        let repository = format!("{{repository: {{name: {name}}}");
        let include = format!(
            "spec: {{include: [{repository}, fromPath: part, toPath: clusters/one/part}}], "
        );
        let text = super::sync("clusters/one").replacen("spec: {", &include, 1);
        env.file(sync, &text);
    };
    includes("other");
    let found = build(&env, &["--fetch"]).success();
    assert!(found.contains("a: included"), "{found}");
    // Without it the rest is shown, and what is missing is told.
    for (more, exit, why) in [
        (
            &[][..],
            0,
            "GitRepository/flux-system/other is not in this repository",
        ),
        (&["--fetch"], 2, "includes GitRepository/flux-system/absent"),
    ] {
        if exit == 2 {
            includes("absent");
        }
        let output = build(&env, more);
        assert_eq!(output.status(), Some(exit), "{output}");
        assert!(output.stdout().contains("name: other"), "{output}");
        let told = output.stderr();
        assert!(
            told.contains(why) && told.contains("gotk-sync.yaml:"),
            "{told}"
        );
    }
}

#[test]
fn what_a_source_includes_is_part_of_it() {
    let server = GitHttp::open();
    let first = server.repository("first");
    let second = server.repository("second");
    let map = |value: &str| config_map("a", &format!("{{a: {value}}}"));
    let parts = [
        (
            "deploy/kustomization.yaml",
            "resources: [own.yaml, ../second/part/map.yaml]\n".to_owned(),
        ),
        ("deploy/own.yaml", config_map("own", "{a: own}")),
    ];
    first.commit(
        "one",
        &parts.each_ref().map(|(path, text)| (*path, text.as_str())),
    );
    second.commit(
        "one",
        &[("part/map.yaml", &map("included")), ("other.txt", "x: y\n")],
    );
    let spec = |name: &str, more: &str| {
        format!("url: \"{}\", ref: {{branch: main}}{more}", server.url(name))
    };
    let include =
        |name: &str, more: &str| format!(", include: [{{repository: {{name: {name}}}{more}}}]");
    let env = fleet(&[
        following(
            "first",
            "GitRepository",
            &spec("first", &include("second", "")),
        ),
        following("second", "GitRepository", &spec("second", "")),
        following(
            "part",
            "GitRepository",
            &spec(
                "second",
                &include("second", ", fromPath: part, toPath: deploy"),
            ),
        ),
        following(
            "taken",
            "GitRepository",
            &spec("first", &include("second", ", toPath: deploy")),
        ),
        following(
            "nobody",
            "GitRepository",
            &spec("first", &include("absent", "")),
        ),
        following(
            "round",
            "GitRepository",
            &spec("first", &include("round", "")),
        ),
        kustomization("own", "./included", "").replace(
            "sourceRef: {kind: GitRepository, name: flux-system}",
            "sourceRef: {kind: GitRepository, name: itself}",
        ),
        format!(
            "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {{name: itself, namespace: flux-system}}\nspec: {{interval: 1m, {}}}\n",
            spec("own", &include("second", ", toPath: included"))
        ),
    ]);
    commit(&env);
    let git = installed("git").expect("git is needed to build this");
    let folder = env.folder().display().to_string();
    let remote = ["-C", &folder, "remote", "add", "origin", &server.url("own")];
    drop(env.other_command(&git, remote).run().success());
    let output = build(&env, &["--fetch", "-o", "json"]);
    let told = output.stderr();
    let list: serde_json::Value = serde_json::from_str(&output.stdout()).unwrap();
    let mut found: Vec<(String, String)> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|object| object["kind"] == "ConfigMap")
        .map(|object| {
            let text = |at: &str| object.pointer(at).unwrap().as_str().unwrap().to_owned();
            let owner = "/metadata/labels/kustomize.toolkit.fluxcd.io~1name";
            (text(owner), text("/data/a"))
        })
        .collect();
    found.sort();
    let expected = [
        ("first", "included"),
        ("first", "own"),
        ("own", "included"),
        ("part", "included"),
    ];
    assert_eq!(
        found,
        expected.map(|(owner, value)| (owner.into(), value.into())),
        "{told}"
    );
    for (name, why) in [
        (
            "taken",
            "cannot include GitRepository/flux-system/second: `/deploy` is there already",
        ),
        (
            "nobody",
            "includes GitRepository/flux-system/absent, which is nowhere in the cluster",
        ),
        ("round", "includes itself"),
    ] {
        let line = told
            .lines()
            .find(|line| line.contains(&format!("Kustomization/flux-system/{name}:")));
        assert!(
            line.is_some_and(|line| line.contains(why) && line.contains(".yaml:")),
            "{name}: {told}"
        );
    }
    assert_eq!(output.status(), Some(2));
    // What moves on in what is included is seen.
    second.commit("two", &[("part/map.yaml", &map("moved"))]);
    assert_eq!(
        build(&env, &["--fetch"])
            .stdout()
            .matches("a: moved")
            .count(),
        3
    );
}

#[test]
fn a_signature_that_nobody_looked_at_is_told() {
    let server = GitHttp::open();
    let repository = server.repository("signed");
    repository.commit("one", &[("deploy/map.yaml", &config_map("a", "{a: one}"))]);
    let url = server.url("signed");
    let verified = following(
        "signed",
        "GitRepository",
        &format!(
            "url: \"{url}\", ref: {{branch: main}}, verify: {{mode: HEAD, secretRef: {{name: keys}}}}"
        ),
    );
    let env = fleet(&[verified]);
    let output = build(&env, &["--fetch"]);
    assert_eq!(output.status(), Some(0), "{output}");
    let told = output.stderr();
    let warning = told
        .lines()
        .find(|line| line.contains("is not verified here"));
    let warning = warning.unwrap_or_else(|| panic!("{told}"));
    assert!(warning.starts_with("⚠"), "{warning}");
    assert!(
        warning.contains("GitRepository/flux-system/signed"),
        "{warning}"
    );
    let place = warning.split(": ").next().unwrap_or_default();
    let (file, line) = place.rsplit_once(':').unwrap_or_default();
    let file = file.rsplit(' ').next().unwrap_or_default();
    let text = std::fs::read_to_string(env.folder().join(file)).unwrap();
    let line: usize = line.parse().unwrap();
    assert!(
        text.lines().nth(line - 1).unwrap().contains("verify"),
        "{warning}"
    );
    assert_eq!(told.matches("is not verified here").count(), 1, "{told}");
    // What was given is the user's own business.
    let given = format!(
        "--local-sources=GitRepository/flux-system/signed={}",
        env.folder().display()
    );
    env.file("deploy/map.yaml", &config_map("a", "{a: given}"));
    assert!(
        !build(&env, &["--fetch", &given])
            .stderr()
            .contains("verified")
    );
}

#[test]
fn a_server_that_never_answers_stops_nobody_from_stopping() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let url = format!("url: \"http://{address}/a.git\", ref: {{branch: main}}");
    let env = fleet(&[following("silent", "GitRepository", &url)]);
    let arguments = ["build", "cluster", "clusters/one", "--fetch"];
    for _ in 0..3 {
        let run = env.command(arguments).start();
        let (connection, _) = silent.accept().unwrap();
        let begin = std::time::Instant::now();
        run.interrupt();
        let told = run.finish().failure(130);
        assert!(told.contains("interrupted"), "{told}");
        assert!(begin.elapsed() < std::time::Duration::from_secs(10));
        drop(connection);
    }
    let limited = env
        .command(arguments.iter().chain(&["--timeout=1s"]).copied())
        .start();
    let _connection = silent.accept().unwrap();
    let told = limited.finish().failure(3);
    assert!(told.contains("timed out after 1s"), "{told}");
}
