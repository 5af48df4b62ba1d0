//! `install --version`: what is fetched is held to its checksum, its form and its size.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::scene::{Server, TestEnv, documents, text};

/// The release that is published here.
pub const TAG: &str = "v2.9.3";

/// A place where one release is published.
struct Published {
    env: TestEnv,
    _server: Server,
}

async fn file(
    State(files): State<Arc<BTreeMap<String, Vec<u8>>>>,
    Path(path): Path<String>,
) -> (StatusCode, Vec<u8>) {
    files
        .get(&path)
        .map_or((StatusCode::NOT_FOUND, Vec::new()), |bytes| {
            (StatusCode::OK, bytes.clone())
        })
}

fn publish(archive: Vec<u8>, checksum: &str) -> Published {
    let server = serve_with(archive, checksum);
    let env = TestEnv::new()
        .variable("GITOPS_RELEASE_URL", &server.url())
        .redacting(&server.url(), "[RELEASES]");
    Published {
        env,
        _server: server,
    }
}

fn serve_with(archive: Vec<u8>, checksum: &str) -> Server {
    let files = BTreeMap::from([
        (
            format!("{TAG}/flux_2.9.3_checksums.txt"),
            format!("{checksum}  manifests.tar.gz\n").into_bytes(),
        ),
        (format!("{TAG}/manifests.tar.gz"), archive),
        (
            "repos/fluxcd/flux2/releases/latest".to_owned(),
            format!("{{\"tag_name\": \"{TAG}\"}}").into_bytes(),
        ),
    ]);
    Server::http(
        Router::new()
            .route("/{*path}", axum::routing::get(file))
            .with_state(Arc::new(files)),
    )
}

/// Serves a release of the tag [`TAG`], whose archive is this.
pub fn serve(archive: &[u8]) -> Server {
    serve_with(archive.to_vec(), &checksum(archive))
}

fn checksum(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Packs files; a name may be one that no well-meaning program would write.
fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append(&header, *content).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

/// Packs the objects of an installation into the files that a release has.
pub fn archive_of(export: &str) -> Vec<u8> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for object in documents(export) {
        let file = match (
            text(&object, "/kind"),
            text(&object, "/metadata/labels/app.kubernetes.io~1component"),
        ) {
            ("Namespace", _) => continue,
            ("NetworkPolicy", _) => "policies",
            ("ClusterRole" | "ClusterRoleBinding" | "ResourceQuota", _) => "rbac",
            (_, component) => component,
        };
        let stream = files.entry(format!("./{file}.yaml")).or_default();
        // JSON is YAML too.
        stream.push_str(&format!("---\n{object}\n"));
    }
    let entries: Vec<_> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_bytes()))
        .collect();
    packed(&entries)
}

const ARGUMENTS: [&str; 4] = ["install", "--export", "--version", TAG];

#[test]
fn another_release_is_fetched_and_tailored() {
    let own = TestEnv::new().run(["install", "--export"]).success();
    let archive = archive_of(&own);
    let sum = checksum(&archive);
    let place = publish(archive, &sum);
    let fetched = place
        .env
        .run(ARGUMENTS.into_iter().chain(["--log-level=debug"]))
        .success();
    assert!(
        fetched.contains("Flux Version: v2.9.3"),
        "{}",
        fetched.lines().take(6).collect::<Vec<_>>().join("\n")
    );
    let objects = documents(&fetched);
    assert_eq!(objects.len(), documents(&own).len());
    let controllers = objects
        .iter()
        .filter(|object| object["kind"] == "Deployment");
    let debugging = |object: &Value| {
        object["spec"]["template"]["spec"]["containers"][0]["args"]
            .to_string()
            .contains("--log-level=debug")
    };
    assert_eq!(controllers.filter(|object| debugging(object)).count(), 4);
}

#[test]
fn the_latest_release_is_the_one_that_the_server_names() {
    let own = TestEnv::new().run(["install", "--export"]).success();
    let archive = archive_of(&own);
    let sum = checksum(&archive);
    let place = publish(archive, &sum);
    let fetched = place
        .env
        .run(["install", "--export", "--version=latest"])
        .success();
    assert!(fetched.contains("# Flux Version: v2.9.3\n"));
}

#[test]
fn a_release_that_is_not_what_was_published_is_refused() {
    let place = publish(
        packed(&[("./rbac.yaml", b"kind: ClusterRole\n")]),
        &"0".repeat(64),
    );
    let said = place.env.run(ARGUMENTS).failure(1);
    assert!(
        said.contains("but 0000") && said.contains("hint: try again"),
        "{said}"
    );
}

#[test]
fn an_archive_that_leads_out_is_refused() {
    let archive = packed(&[("../../etc/passwd", b"x")]);
    let sum = checksum(&archive);
    let place = publish(archive, &sum);
    insta::assert_snapshot!(place.env.run(ARGUMENTS), @r"
    ------- stderr -------
    ✗ cannot unpack manifests.tar.gz of v2.9.3
      because: its entry `../../etc/passwd` leads out of the archive
      hint: the archive is not what a release publishes: check where it was downloaded from
    [exit status: 1]
    ");
}

#[test]
fn a_file_without_end_is_refused() {
    let archive = vec![0; (8 << 20) + 1];
    let sum = checksum(&archive);
    let place = publish(archive, &sum);
    insta::assert_snapshot!(place.env.run(ARGUMENTS), @r"
    ------- stderr -------
    ✗ [RELEASES]/v2.9.3/manifests.tar.gz is larger than 8388608 bytes
    [exit status: 1]
    ");
}

#[test]
fn a_release_that_is_not_there_or_not_ours_is_named() {
    let place = publish(Vec::new(), "");
    insta::assert_snapshot!(place.env.run(["install", "--export", "--version", "v2.9.2"]), @r"
    ------- stderr -------
    ✗ cannot fetch [RELEASES]/v2.9.2/flux_2.9.2_checksums.txt: the server answered 404 Not Found
    [exit status: 1]
    ");
    insta::assert_snapshot!(place.env.run(["install", "--export", "--version", "v1.0.0"]), @r"
    ------- stderr -------
    ✗ version v1.0.0 is not compatible with this version, which installs Flux v2.9.4
      hint: choose a v2.9 release, or use the gitops of the release that you want
    [exit status: 2]
    ");
    insta::assert_snapshot!(place.env.run(["install", "--export", "--version", "2.9"]), @r"
    ------- stderr -------
    ✗ version `2.9` is not of the form v1.2.3
      hint: write the version as a release tag, such as `v2.9.4`, or `latest`
    [exit status: 2]
    ");
}
