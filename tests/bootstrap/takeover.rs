//! The real `flux` and ours over each other's bootstraps: neither changes what the other made.

use std::fs;
use std::path::Path;

use super::place::{assert_follows, beside_an_empty_cluster, generations, words};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::scene::{
    Access, Authority, CommandOutput, GitHttp, Repository, Right, Sshd, TestEnv, are_built, built,
    reference_data,
};

const PASSWORD: &str = "sesame-of-the-test";

/// Prepares manifests for a `flux` that has none of its own: an overlay around an export.
fn overlay(env: &TestEnv, export: &str) -> String {
    let file = env.file("manifests/install.yaml", export);
    env.file(
        "manifests/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [install.yaml]\n",
    );
    let folder = file.parent().unwrap();
    folder.display().to_string()
}

fn our_export(env: &TestEnv) -> String {
    env.run(["install", "--export"]).success()
}

/// Returns what flux itself exports: the same objects, with other words in their definitions; ours where there is
/// no record of it.
fn export_of_flux(env: &TestEnv) -> String {
    let recorded =
        reference_data().map(|data| data.join("flux-reference/install-export/default.yaml"));
    recorded
        .and_then(|file| fs::read_to_string(file).ok())
        .unwrap_or_else(|| {
            eprintln!(
                "the manifests that flux publishes are not beside the project; ours stand in"
            );
            our_export(env)
        })
}

/// A program that bootstraps: the real one or ours.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Flux,
    Us,
}

/// A bootstrap that both programs can make.
struct Story<'a> {
    env: &'a TestEnv,
    repository: &'a Repository,
    arguments: Vec<String>,
    manifests: String,
}

/// What must be the same afterwards.
#[derive(Debug, PartialEq)]
struct State {
    head: String,
    files: Vec<(String, String)>,
    objects: Vec<String>,
    secret: serde_json::Value,
}

impl Story<'_> {
    fn run(&self, by: By) -> CommandOutput {
        let manifests = format!("--manifests={}", self.manifests);
        let invocation = match by {
            By::Flux => self.env.other_command(
                &built("flux"),
                self.arguments.iter().cloned().chain([manifests]),
            ),
            By::Us => self.env.command(self.arguments.iter().cloned()),
        };
        let output = invocation.run();
        assert_eq!(output.status(), Some(0), "{output}");
        assert_follows(self.env, &self.repository.head("main").unwrap());
        output
    }

    fn state(&self) -> State {
        let file = |path: String| {
            let text = self.repository.file("main", &path).unwrap_or_default();
            (path, text)
        };
        let secret = self
            .env
            .scene()
            .object("Secret/flux-system/flux-system")
            .unwrap();
        State {
            head: self.repository.head("main").unwrap(),
            files: self
                .repository
                .files("main")
                .into_iter()
                .map(file)
                .collect(),
            // The Secret is compared by what it says.
            objects: generations(self.env)
                .into_iter()
                .filter(|object| !object.starts_with("Secret/"))
                .collect(),
            secret: with_one_host_key(secret["data"].clone()),
        }
    }

    /// Runs the other program over what is there, and asserts that nothing is another.
    #[track_caller]
    fn unchanged_by(&self, by: By) -> CommandOutput {
        let before = self.state();
        let output = self.run(by);
        let after = self.state();
        assert_eq!(before.head, after.head, "a commit was made:\n{output}");
        assert_eq!(before, after, "{output}");
        output
    }
}

/// Leaves the first host key of a Secret: ours keeps all of them, flux the one that it was shown.
fn with_one_host_key(mut data: serde_json::Value) -> serde_json::Value {
    if let Some(known) = data["known_hosts"].as_str() {
        let known = STANDARD.decode(known).unwrap();
        let known = String::from_utf8(known).unwrap();
        data["known_hosts"] = known.lines().next().into();
    }
    data
}

fn ca_file(env: &TestEnv, authority: &Authority) -> String {
    let path = env.file("ca.pem", authority.pem());
    format!("--ca-file={}", path.display())
}

#[test]
fn what_flux_made_over_https_is_taken_over_and_given_back() {
    if !are_built(&["flux"]) {
        return;
    }
    let Some(env) = beside_an_empty_cluster() else {
        return;
    };
    let authority = Authority::new("Git CA");
    let access = Access::Basic {
        user: "ann".into(),
        password: PASSWORD.into(),
    };
    let server = GitHttp::start(access, Some(&authority.identity()));
    let repository = server.repository("fleet");
    repository.commit("Begin", &[("clusters/one/readme.md", "ours\n")]);
    let env = env.variable("GIT_PASSWORD", PASSWORD);
    let story = Story {
        env: &env,
        repository: &repository,
        arguments: words(&[
            "bootstrap",
            "git",
            &format!("--url={}", server.url("fleet")),
            "--username=ann",
            "--token-auth",
            &ca_file(&env, &authority),
            "--path=clusters/one",
        ]),
        manifests: overlay(&env, &export_of_flux(&env)),
    };
    drop(story.run(By::Flux));
    assert_eq!(repository.subjects("main").len(), 3);
    let ours = story.unchanged_by(By::Us).stderr();
    assert!(
        ours.contains("component manifests are up to date"),
        "{ours}"
    );
    assert!(ours.contains("sync manifests are up to date"), "{ours}");
    let theirs = story.unchanged_by(By::Flux).stderr();
    assert!(theirs.contains("sync manifests are up to date"), "{theirs}");
}

#[test]
fn what_we_made_over_ssh_is_taken_over_by_flux_and_given_back() {
    if !are_built(&["flux"]) {
        return;
    }
    let (Some(sshd), Some(env)) = (Sshd::start(), beside_an_empty_cluster()) else {
        return;
    };
    let repository = sshd.repository("fleet");
    let key = sshd.key("deploy", "ed25519", Right::Write);
    let story = Story {
        env: &env,
        repository: &repository,
        arguments: ssh_arguments(&sshd.url("fleet"), &key),
        manifests: overlay(&env, &our_export(&env)),
    };
    drop(story.run(By::Us));
    assert_eq!(repository.subjects("main").len(), 2);
    let theirs = story.unchanged_by(By::Flux).stderr();
    assert!(
        theirs.contains("component manifests are up to date"),
        "{theirs}"
    );
    assert!(theirs.contains("sync manifests are up to date"), "{theirs}");
    drop(story.unchanged_by(By::Us));

    // With its own words in the definitions flux commits them, and nothing else; to us they are as good as ours.
    drop(overlay(&env, &export_of_flux(&env)));
    let before = story.state();
    drop(story.run(By::Flux));
    let after = story.state();
    assert_eq!(before.objects, after.objects);
    assert_eq!(before.secret, after.secret);
    let changed = before.files.iter().zip(&after.files);
    let changed: Vec<_> = changed
        .filter(|(before, after)| before != after)
        .map(|(_, (path, _))| path.as_str())
        .collect();
    assert_eq!(changed, ["clusters/one/flux-system/gotk-components.yaml"]);
    drop(story.unchanged_by(By::Us));
}

fn ssh_arguments(url: &str, key: &Path) -> Vec<String> {
    words(&[
        "bootstrap",
        "git",
        &format!("--url={url}"),
        &format!("--private-key-file={}", key.display()),
        "--silent",
        "--path=clusters/one",
    ])
}
