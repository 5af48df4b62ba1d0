//! `export`, `delete`, `migrate`, `trigger` and `envsubst`: what recordings of flux do not show.

use crate::scene::{Scene, TestEnv};

const SOURCES: &str = "
apiVersion: v1
kind: Secret
metadata: {name: creds, labels: {team: x}}
stringData: {username: u}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: one}
spec: {interval: 90m, url: https://example.com/one.git, secretRef: {name: creds}, suspend: false}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: two}
spec: {interval: 1m, url: https://example.com/two.git, secretRef: {name: creds}}
";

#[test]
fn all_sources_are_exported_with_their_secrets() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(SOURCES);
    let env = TestEnv::in_scene(scene);
    // Flux stops after the first Secret; it is wanted once, and so are all sources.
    insta::assert_snapshot!(env.run(["export", "source", "git", "--all", "--with-credentials"]).success(), @r"
    ---
    apiVersion: source.toolkit.fluxcd.io/v1
    kind: GitRepository
    metadata:
      name: one
      namespace: [NAMESPACE]
    spec:
      interval: 1h30m0s
      secretRef:
        name: creds
      timeout: 1m0s
      url: https://example.com/one.git
    ---
    apiVersion: v1
    data:
      username: dQ==
    kind: Secret
    metadata:
      name: creds
      namespace: [NAMESPACE]
    type: Opaque
    ---
    apiVersion: source.toolkit.fluxcd.io/v1
    kind: GitRepository
    metadata:
      name: two
      namespace: [NAMESPACE]
    spec:
      interval: 1m0s
      secretRef:
        name: creds
      timeout: 1m0s
      url: https://example.com/two.git
    ");
    env.scene().delete("Secret/creds");
    insta::assert_snapshot!(env.run(["export", "source", "git", "one", "--with-credentials"]).failure(1), @r"
    ✗ cannot export the credentials of GitRepository/[NAMESPACE]/one: there is no Secret `creds` in namespace `[NAMESPACE]`
      hint: leave `--with-credentials` out, or create the Secret
    ");
    insta::assert_snapshot!(env.run(["export", "ks", "--all", "--with-credentials"]).failure(2), @r"
    ✗ --with-credentials is not for kustomization
      hint: it is for sources: leave it out
    ");
}

#[test]
fn deletion_asks_first_and_of_several_all_must_be_there() {
    let Some(scene) = Scene::server() else { return };
    scene.apply(SOURCES);
    let env = TestEnv::in_scene(scene);
    let delete = |names: &[&str]| env.command([&["delete", "source", "git"], names].concat());
    delete(&["one", "nowhere", "-s"]).run().failure(1);
    delete(&["one", "two"]).stdin("n\n").run().failure(1);
    assert!(env.scene().object("GitRepository/one").is_some());
    insta::assert_snapshot!(delete(&["one", "two"]).stdin("y\n").run(), @r"
    ------- stderr -------
    Are you sure you want to delete these 2 objects of kind source git (one, two)? [y/N]
    ► deleting source git one in [NAMESPACE] namespace
    ✔ source git deleted
    ► deleting source git two in [NAMESPACE] namespace
    ✔ source git deleted
    ");
    assert!(env.scene().object("GitRepository/two").is_none());
}

#[test]
fn manifests_are_migrated_in_their_files() {
    const OLD: &str =
        "# kept\napiVersion: source.toolkit.fluxcd.io/v1beta2 # this\nkind: GitRepository\n";
    let env = TestEnv::new();
    let file = env.file("clusters/sync.yaml", OLD);
    env.run(["migrate", "-f", ".", "--dry-run"]).success();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), OLD);
    env.command(["migrate", "-f", "."])
        .stdin("n\n")
        .run()
        .failure(1);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), OLD);
    insta::assert_snapshot!(env.run(["migrate", "-f", ".", "--yes"]), @r"
    ------- stderr -------
    ► starting migration of custom resources
    ✚ clusters/sync.yaml:2: GitRepository v1beta2 -> v1
    ✔ file clusters/sync.yaml migrated successfully
    ✔ custom resources migrated successfully
    ");
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        OLD.replace("v1beta2", "v1")
    );
}

#[test]
fn variables_are_put_into_standard_input() {
    let env = TestEnv::new().variable("region", "north");
    let run = |flags: &[&str], text: &str| {
        let command = env.command([&["envsubst"], flags].concat());
        command.stdin(text).run()
    };
    let text = "a: ${region^}\r\nb: ${zone:=${region}-1} $region $${region}";
    assert_eq!(
        run(&[], text).success(),
        "a: North\nb: north-1 $region ${region}\n"
    );
    assert_eq!(run(&[], "").success(), "");
    // A line of any length, unlike with flux.
    let long = "x".repeat(100_000);
    assert_eq!(
        run(&[], &format!("{long}${{region}}")).success(),
        format!("{long}north\n")
    );
    insta::assert_snapshot!(run(&["--strict"], "a: ${region}\nb: ${zone}\n"), @r#"
    a: north
    ------- stderr -------
    ✗ cannot put variables into line 2
      because: variable not set (strict mode): "zone"
      hint: set it, or give it a default: `${zone:=…}`
    [exit status: 1]
    "#);
}

#[test]
fn a_receiver_that_nobody_serves_is_tried_again() {
    let env = TestEnv::new();
    let said = env.run([
        "trigger",
        "receiver",
        "web",
        "--url=http://127.0.0.1:9",
        "--token=t",
        "--retries=2",
        "--retry-delay=10ms",
    ]);
    assert_eq!(said.status(), Some(1), "{said}");
    let said = said.stderr();
    assert_eq!(said.matches("; retrying in 10ms (").count(), 2, "{said}");
    insta::assert_snapshot!(env.run(["trigger", "receiver", "web", "--url=ftp://x", "--token=t"]), @r"
    ------- stderr -------
    ✗ --url is no address of HTTP
      hint: it looks like https://hooks.example.com
    [exit status: 2]
    ");
}
